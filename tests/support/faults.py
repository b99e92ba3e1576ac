"""A real proxy before a real S3 server that delays, refuses, cuts and loses: what networks and busy stores do."""

from __future__ import annotations

import contextlib
import http.client
import socket
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

SLOW_DOWN = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
DENIED = b"<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"


@dataclass
class Fault:
    """What happens to some of the next requests.

    Parameters
    ----------
    kind : `str`
        ``busy`` (503 SlowDown), ``error`` (500), ``denied`` (403), ``unconditional`` (501 if it has a condition),
        ``reset`` (the connection is reset and the request not handed on), ``lost answer`` (it is handed on, then the
        connection is reset), ``cut`` (half the answer), ``slow`` (``seconds`` before it is handed on), ``lost write``
        (answered with success, not handed on).
    times : `int`
        How many requests.
    method : `str`
        Only this method.
    part : `str`
        Only requests whose path and query have this in them.
    seconds : `float`
        For ``slow``.
    """

    kind: str
    times: int = 1
    method: str = ""
    part: str = ""
    seconds: float = 0.0

    def concerns(self, method: str, target: str) -> bool:
        """Whether it happens to a request."""
        return self.times > 0 and self.method in ("", method) and self.part in unquote(target)


class FaultyProxy(ThreadingHTTPServer):
    """Hands requests on to a server, except where a fault is due.

    Attributes
    ----------
    faults : `list` [`Fault`]
        Waiting to happen; the first that concerns a request does.
    requests : `list` [`tuple` [`str`, `str`]]
        Method and target of every request so far.
    """

    daemon_threads = True

    def __init__(self, upstream: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = upstream.removeprefix("http://")
        self.faults: list[Fault] = []
        self.requests: list[tuple[str, str]] = []
        self._lock = threading.Lock()

    @property
    def endpoint(self) -> str:
        """URL to be used in place of the server's."""
        return f"http://127.0.0.1:{self.server_port}"

    def fail(self, kind: str, **options: Any) -> Fault:
        """Let something happen to the next requests."""
        self.faults.append(Fault(kind, **options))
        return self.faults[-1]

    def due(self, method: str, target: str) -> Fault | None:
        """Note a request; the fault that it meets."""
        with self._lock:
            self.requests.append((method, target))
            for fault in self.faults:
                if fault.concerns(method, target):
                    fault.times -= 1
                    return fault
        return None

    def count(self, method: str) -> int:
        """How many requests of a method there were."""
        return sum(m == method for m, _ in self.requests)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients that give up are what this is for."""


class _Handler(BaseHTTPRequestHandler):
    server: FaultyProxy
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def _handle(self) -> None:
        fault = self.server.due(self.command, self.path)
        kind = fault.kind if fault is not None else ""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if kind == "slow":
            assert fault is not None
            time.sleep(fault.seconds)
        if kind == "reset":
            self._reset()
        elif kind in ("busy", "error", "denied"):
            self._answer({"busy": 503, "error": 500, "denied": 403}[kind], DENIED if kind == "denied" else SLOW_DOWN)
        elif kind == "unconditional" and "If-None-Match" in self.headers:
            self._answer(501, b"<Error><Code>NotImplemented</Code></Error>")
        elif kind == "lost write":
            self._answer(200, b"", {"ETag": '"0123456789abcdef0123456789abcdef"'})
        else:
            self._hand_on(body, kind)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _handle  # noqa: N815 - as http.server wants them

    def _hand_on(self, body: bytes, kind: str) -> None:
        connection = http.client.HTTPConnection(self.server.upstream, timeout=60)
        with contextlib.closing(connection):
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            content = answer.read()
        if kind == "lost answer":
            self._reset()
            return
        hop = ("transfer-encoding", "connection", "content-length")
        headers = {name: value for name, value in answer.getheaders() if name.lower() not in hop}
        length = int(answer.getheader("Content-Length") or 0) if self.command == "HEAD" else len(content)
        self._answer(answer.status, content, headers, length, cut=kind == "cut")

    def _answer(
        self,
        status: int,
        content: bytes,
        headers: dict[str, str] | None = None,
        length: int | None = None,
        *,
        cut: bool = False,
    ) -> None:
        self.send_response_only(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content) if length is None else length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content[: len(content) // 2] if cut else content)
        if cut:
            self.wfile.flush()
            self._reset()

    def _reset(self) -> None:
        """End the connection without a good-bye."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.rfile.close()


@contextlib.contextmanager
def faulty_proxy(upstream: str) -> Iterator[FaultyProxy]:
    """A proxy before a server, as long as the ``with`` block lasts."""
    with FaultyProxy(upstream) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
            thread.join()
