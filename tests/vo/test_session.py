"""The token goes to the server that it is for, and to nobody else: two servers that write down what they are sent."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from skybutler.errors import DeniedError, UnauthorizedError
from skybutler.vo.session import ServerSession


@dataclass
class Site:
    """A server that redirects to what its paths say."""

    address: str = ""
    seen: list[tuple[str, str | None]] = field(default_factory=list)


@contextmanager
def _site() -> Iterator[Site]:
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.seen.append((self.path, self.headers.get("Authorization")))
            path, _, target = self.path.partition("?to=")
            status = int(path.rpartition("/")[2]) if path.rpartition("/")[2].isdigit() else 200
            self.send_response(303 if target else status)
            if target:
                self.send_header("Location", target)
            self.send_header("Content-Length", "6")
            self.end_headers()
            self.wfile.write(b"answer")

        def log_message(self, format: str, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    site.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def ours() -> Iterator[Site]:
    with _site() as site:
        yield site


@pytest.fixture
def other() -> Iterator[Site]:
    with _site() as site:
        yield site


@pytest.fixture
def session(ours: Site) -> Iterator[ServerSession]:
    with ServerSession(f"{ours.address}/butler", "a.token") as session:
        yield session


def test_every_service_gets_the_token(ours, session):
    for service in ("tap/sync", "datalink/links?ID=x", "cutout/sync"):
        session.get(f"{ours.address}/butler/api/{service}")
    assert [sent for _, sent in ours.seen] == ["Bearer a.token"] * 3


def test_nobody_else_gets_it(ours, other, session):
    session.get(f"{other.address}/butler/api/tap")
    session.get(f"{ours.address}/elsewhere/api/tap")
    session.get(f"{ours.address}/butlers/api/tap")
    assert {sent for _, sent in [*ours.seen, *other.seen]} == {None}


def test_redirects_to_others_do_not_take_it_along(ours, other, session):
    session.get(f"{ours.address}/butler/go?to={other.address}/butler/api")
    session.get(f"{ours.address}/butler/go?to={ours.address}/elsewhere")
    assert [sent for _, sent in other.seen] == [None]
    assert [sent for _, sent in ours.seen] == ["Bearer a.token", "Bearer a.token", None]


def test_redirects_within_the_server_do(ours, session):
    session.get(f"{ours.address}/butler/go?to=/butler/api/tap/async/job")
    assert [sent for _, sent in ours.seen] == ["Bearer a.token"] * 2


@pytest.mark.parametrize(
    "url, is_ours",
    [
        ("https://data.example/butler/api", True),
        ("https://DATA.example:443/butler", True),
        ("https://data.example/butler?x=1", True),
        ("http://data.example/butler/api", False),
        ("https://data.example:8443/butler/api", False),
        ("https://data.example@evil.example/butler/api", False),
        ("https://data.example.evil.example/butler/api", False),
        ("https://evil.example/https://data.example/butler/api", False),
        ("https://evil.example\\@data.example/butler/api", False),
        ("https://data.example/butler/../other", False),
        ("https://data.example/butler/%2e%2e/other", False),
        ("https://data.example:x/butler", False),
        ("", False),
    ],
)
def test_what_is_of_the_server(url, is_ours):
    with ServerSession("https://data.example/butler/", "a.token") as session:
        assert session.is_ours(url) is is_ours


def test_refusals_say_what_to_do(ours, other, session):
    with pytest.raises(UnauthorizedError, match="refuses: answer"):
        session.get(f"{ours.address}/butler/401")
    with pytest.raises(DeniedError, match="refuses: answer"):
        session.get(f"{ours.address}/butler/403")
    assert session.get(f"{other.address}/401").status_code == 401
    with ServerSession(ours.address) as without, pytest.raises(UnauthorizedError, match="Set ACCESS_TOKEN"):
        without.get(f"{ours.address}/401")
    assert ours.seen[-1][1] is None
