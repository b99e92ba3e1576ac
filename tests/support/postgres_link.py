"""A connection to PostgreSQL that is cut at the worst moment: the server has committed, the client is not told."""

from __future__ import annotations

import selectors
import shutil
import socket
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

_COMMITTED = b"COMMIT\0"  # tag of CommandComplete (PostgreSQL protocol, section "Message Formats")


class CuttingLink:
    """Passes bytes between clients and a server's socket, in a thread.

    Parameters
    ----------
    url : `str`
        libpq URL of a database, with the folder of the server's socket as ``host``.

    Attributes
    ----------
    url : `str`
        The same database by way of this link.
    armed : `bool`
        Whether to cut the connection when the next commit is answered, instead of passing the answer on.
    closed_for : `float`
        So many seconds after a cut no connection is made.
    cuts : `int`
        Cuts so far.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._target = f"{parse_qs(parts.query)['host'][0]}/.s.PGSQL.5432"
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))
        self.url = urlunsplit(parts._replace(query=urlencode({"host": str(self.folder)}, safe="/")))
        self.armed, self.closed_for, self.cuts = False, 0.0, 0
        self._opens_at = 0.0
        self._ends = threading.Event()
        self._selector = selectors.DefaultSelector()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.folder / ".s.PGSQL.5432"))
        self._listener.listen()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._other: dict[socket.socket, socket.socket] = {}
        self._servers: set[socket.socket] = set()
        self._thread = threading.Thread(target=self._pass)
        self._thread.start()

    def close(self) -> None:
        """End the link and its connections."""
        self._ends.set()
        self._thread.join()
        for end in list(self._other):
            end.close()
        self._listener.close()
        shutil.rmtree(self.folder)

    def _pass(self) -> None:
        while not self._ends.is_set():
            for key, _ in self._selector.select(0.02):
                if key.fileobj is self._listener:
                    self._accept()
                elif isinstance(key.fileobj, socket.socket) and key.fileobj in self._other:
                    self._forward(key.fileobj)

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        if time.monotonic() < self._opens_at:
            client.close()
            return
        server = socket.socket(socket.AF_UNIX)
        server.connect(self._target)
        self._servers.add(server)
        for end, other in ((client, server), (server, client)):
            self._other[end] = other
            self._selector.register(end, selectors.EVENT_READ)

    def _forward(self, end: socket.socket) -> None:
        try:
            data = end.recv(1 << 20)
        except ConnectionError:
            data = b""
        if self.armed and end in self._servers and _COMMITTED in data:
            self.armed, self.cuts = False, self.cuts + 1
            self._opens_at = time.monotonic() + self.closed_for
            data = b""
        if not data:
            self._drop(end)
            return
        try:
            self._other[end].sendall(data)
        except ConnectionError:
            self._drop(end)

    def _drop(self, end: socket.socket) -> None:
        for one in (end, self._other.pop(end)):
            self._other.pop(one, None)
            self._servers.discard(one)
            self._selector.unregister(one)
            one.close()
