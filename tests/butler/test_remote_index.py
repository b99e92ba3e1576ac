"""An index from a web server that really runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from skybutler.butler.labels import known_repositories
from skybutler.butler.remote_index import read_remote
from skybutler.errors import ConfigError


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def web(tmp_path: Path) -> Iterator[str]:
    """URL of a server of the files in the test's folder."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(tmp_path))) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_an_index_on_the_web(web: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "index.json").write_text('{"dp02": "/repo/dp02"}')
    monkeypatch.delenv("DAF_BUTLER_REPOSITORIES", raising=False)
    monkeypatch.setenv("DAF_BUTLER_REPOSITORY_INDEX", f"{web}/index.json")
    assert known_repositories() == {"dp02": "/repo/dp02"}


def test_it_is_read_again_later(web: str, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("a: /a")
    assert read_remote(f"{web}/a.yaml", 1) == "a: /a"
    (tmp_path / "a.yaml").write_text("a: /b")
    assert [read_remote(f"{web}/a.yaml", moment) for moment in (1, 2)] == ["a: /a", "a: /b"]


def test_what_cannot_be_read(web: str, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"\xff\xfe")
    for uri in (f"{web}/a.yaml", f"{web}/none.yaml", "http://127.0.0.1:9/a.yaml", "gopher://h/a.yaml"):
        with pytest.raises(ConfigError, match="cannot be read"):
            read_remote(uri, 0)
