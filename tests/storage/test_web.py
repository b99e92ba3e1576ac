"""Files behind URLs of the web: whole or not at all, and what servers say of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from skybutler.errors import DeniedError, MissingFileError, UnavailableError
from skybutler.storage.web import fetched, is_web_url


class _Answers(BaseHTTPRequestHandler):
    """Says by its path what to answer: ``/200/name``, ``/404/name``; ``/short/name`` stops before the end."""

    def do_GET(self) -> None:
        code = self.path.split("/")[1]
        content = b"0123456789"
        if code.isdecimal() and code != "200":
            self.send_error(int(code))
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(content) + 5 * (code == "short")))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def website() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_copy_has_the_name_of_the_file_and_is_gone_after_use(website: str) -> None:
    with fetched(f"{website}/200/a%20b.fits?signature=secret") as path:
        assert (path.name, path.read_bytes()) == ("a b.fits", b"0123456789")
    assert not path.parent.exists()


@pytest.mark.parametrize(
    "code, error",
    [("404", MissingFileError), ("410", MissingFileError), ("403", DeniedError), ("500", UnavailableError)],
)
def test_what_servers_refuse(website: str, code: str, error: type[Exception]) -> None:
    with pytest.raises(error, match=code) as caught, fetched(f"{website}/{code}/a.fits?signature=secret"):
        pass
    assert "secret" not in str(caught.value)


def test_files_that_come_in_part_only(website: str) -> None:
    with (
        pytest.raises(UnavailableError, match="15 bytes, of which 10 came|cannot be read"),
        fetched(f"{website}/short/a"),
    ):
        pass


def test_no_server() -> None:
    with pytest.raises(UnavailableError, match="cannot be read"), fetched("http://127.0.0.1:9/a.fits"):
        pass


def test_which_places_are_of_the_web() -> None:
    assert [is_web_url(p) for p in ("http://a/b", "https://a/b", "s3://a/b", "/http://a", "file:///b")] == [
        True, True, False, False, False,
    ]  # fmt: skip
