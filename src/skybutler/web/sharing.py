"""Connections shared out among processes that listen at one socket.  Knows no HTTP.

An event loop takes all the connections that wait when it looks; so of clients that come together, and keep their
connections, one process would get all while the others idle.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from collections.abc import Callable
from typing import Any

__all__ = ["SharingLoop"]

_log = logging.getLogger(__name__)
_PAUSE_S, _LONGEST_S = 0.0002, 0.002
"""For each connection that a process has, it leaves the next one to others for so long, and at most."""
_AGAIN_S = 1.0
_EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class SharingLoop(asyncio.SelectorEventLoop):
    """An event loop that takes the connections of a socket one by one, the later the more it has."""

    async def create_server(
        self, protocol_factory: Callable[[], asyncio.BaseProtocol], *args: Any, **kwargs: Any
    ) -> Any:
        """Listen, as `asyncio.loop.create_server`; a socket that is given is shared with other processes."""
        sock: socket.socket | None = kwargs.get("sock")
        if sock is None or kwargs.get("ssl") is not None:
            return await super().create_server(protocol_factory, *args, **kwargs)
        sock.listen(kwargs.get("backlog", 100))
        sock.setblocking(False)
        return _Listener(self, protocol_factory, sock)


class _Listener:
    """What takes the connections of a socket; as much of `asyncio.Server` as servers need."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, make: Callable[[], asyncio.BaseProtocol], sock: socket.socket
    ) -> None:
        self.sockets = (sock,)
        self._loop, self._make, self._socket = loop, make, sock
        self._open: set[asyncio.BaseTransport] = set()
        self._task = loop.create_task(self._take())

    async def _take(self) -> None:
        while True:
            try:
                connection, _ = await self._loop.sock_accept(self._socket)
            except OSError as error:
                if error.errno in _EXHAUSTED:
                    _log.error("No connection can be taken: %s", error)
                    await asyncio.sleep(_AGAIN_S)
                continue
            connection.setblocking(False)
            if connection.family in (socket.AF_INET, socket.AF_INET6):
                # asyncio does not, if a socket was not told its protocol; then answers wait for acknowledgements
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                transport, _ = await self._loop.connect_accepted_socket(self._make, connection)
            except OSError:  # it is gone already
                connection.close()
                continue
            self._open = {one for one in self._open if not one.is_closing()} | {transport}
            await asyncio.sleep(min(_PAUSE_S * len(self._open), _LONGEST_S))

    def close(self) -> None:
        """Take no more connections."""
        self._task.cancel()
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket)  # while it has its number; other processes keep it open
        self._socket.close()

    async def wait_closed(self) -> None:
        """Wait until none is taken any more."""
        await asyncio.wait([self._task])
