from __future__ import annotations

import asyncio
import socket
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from skybutler.web.sharing import SharingLoop


class Echo(asyncio.Protocol):
    """Says which loop has the connection."""

    def __init__(self, name):
        self._name = name

    def connection_made(self, transport):
        self._transport = transport
        transport.write(self._name)
        transport.write(b" " * transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    def data_received(self, data):
        self._transport.write(data)


def _serve(sock, name, servers, ready, done):
    async def main():
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Echo(name), sock=sock, backlog=100)
        servers.append(server)
        ready.set()
        await asyncio.to_thread(done.wait)
        server.close()
        await server.wait_closed()

    with asyncio.Runner(loop_factory=SharingLoop) as runner:
        runner.run(main())


@pytest.fixture
def shared():
    """Two loops that listen at one port, as two processes do."""
    with socket.socket() as sock:  # which does not say that it is TCP, as those of uvicorn
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        done = threading.Event()
        threads: list[threading.Thread] = []
        servers: list[Any] = []
        both = [sock.dup() for _ in range(2)]  # none when a loop has begun: it makes the socket of all block again
        for name, one in zip((b"a", b"b"), both, strict=True):
            ready = threading.Event()
            threads.append(threading.Thread(target=_serve, args=(one, name, servers, ready, done)))
            threads[-1].start()
            ready.wait(100)
        yield SimpleNamespace(port=sock.getsockname()[1], done=done, threads=threads, servers=servers)
        done.set()
        for thread in threads:
            thread.join(100)
            assert not thread.is_alive()


def test_connections_that_come_together_are_shared_out(shared):
    lines = [socket.create_connection(("127.0.0.1", shared.port), 100) for _ in range(40)]
    names = [line.recv(1) for line in lines]
    for line in lines:
        assert line.recv(1) == b" "  # answers in two pieces do not wait for each other
        line.sendall(b"hello")
        assert line.recv(5) == b"hello"
        line.close()
    assert 8 <= names.count(b"a") <= 32
    assert set(names) == {b"a", b"b"}


def test_connections_that_are_gone_do_not_count(shared):
    for _ in range(200):
        with socket.create_connection(("127.0.0.1", shared.port), 100) as line:
            assert line.recv(1) in b"ab"
    assert max(len(server._open) for server in shared.servers) < 20


def test_what_is_closed_takes_no_connection(shared):
    shared.done.set()
    for thread in shared.threads:
        thread.join(100)
    line = socket.create_connection(("127.0.0.1", shared.port), 100)  # the kernel takes it, for the first one lives
    line.settimeout(0.3)
    with line, pytest.raises(TimeoutError):
        line.recv(1)
