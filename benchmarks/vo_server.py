"""A server of its own, what its processes use, and clients of it that cost little.  Knows no query."""

from __future__ import annotations

import http.client
import os
import selectors
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

__all__ = ["Client", "Rate", "RunningServer", "rate", "running", "sync_path"]

_TICKS = os.sysconf("SC_CLK_TCK")
_STARTS_S = 60.0
_BLANK, _LAST_CHUNK = b"\r\n\r\n", b"\r\n0\r\n\r\n"


def sync_path(adql: str, tap: str = "/api/tap", **more: Any) -> str:
    """Path of a query that is answered at once."""
    return f"{tap}/sync?{urlencode({'LANG': 'ADQL', 'QUERY': adql, **more})}"


@dataclass(frozen=True)
class RunningServer:
    """`butler serve`, or a peer, with the processes that it has started.

    Parameters
    ----------
    port, pid : `int`
        Where it listens, and its first process.
    tap : `str`
        Path of its TAP service.
    """

    port: int
    pid: int
    tap: str = "/api/tap"

    def answers(self, path: str) -> bool:
        """Whether it is ready."""
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 5) as line:
            line.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
            return b" 200 " in line.recv(64)
        return False

    def processes(self) -> list[int]:
        """All that live."""
        found = [self.pid]
        for pid in found:
            with suppress(OSError):
                for task in Path(f"/proc/{pid}/task").iterdir():
                    found += [int(child) for child in (task / "children").read_text().split()]
        return found

    def cpu(self) -> float:
        """Seconds of processor, those of ended processes included, without its database."""
        ticks = 0
        for pid in self.processes():
            with suppress(OSError):
                words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                ticks += sum(int(word) for word in words[11:15])
        return ticks / _TICKS

    def megabytes(self) -> float:
        """Memory of all processes together that is theirs alone; pages of mapped files, such as SQLite's, are not."""
        kilobytes = 0
        for pid in self.processes():
            with suppress(OSError, StopIteration):
                lines = Path(f"/proc/{pid}/status").read_text().splitlines()
                kilobytes += int(next(line for line in lines if line.startswith("RssAnon:")).split()[1])
        return kilobytes / 1024

    def connections(self) -> int:
        """Of clients: those that are open, and those that were closed by the client alone."""
        lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return sum(one[1].endswith(f":{self.port:04X}") and one[3] in ("01", "08") for one in lines)


@contextmanager
def running(
    repositories: Mapping[str, Path], workers: int = 1, options: Sequence[str] = (), log: Path | None = None
) -> Iterator[RunningServer]:
    """A server that answers; ended afterwards.

    Parameters
    ----------
    repositories : mapping
        Their places by label.
    workers : `int`
        Processes that answer.
    options : sequence of `str`
        More of the command line.
    log : path, optional
        Where what it says goes.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(Path(sys.executable).parent / "butler"), "serve", f"--port={port}", f"--workers={workers}"]
    command += [*(f"{label}={place}" for label, place in repositories.items()), *options]
    log = log or Path(os.devnull)
    with log.open("w") as told, subprocess.Popen(command, stdout=told, stderr=told) as process:
        server = RunningServer(port, process.pid)
        try:
            wait_until_it_answers(server, process, "/health", log)
            yield server
        finally:
            process.terminate()


def wait_until_it_answers(server: RunningServer, process: subprocess.Popen[bytes], path: str, log: Path) -> None:
    """Wait for a server that has just been started; raise `RuntimeError` with its log if it ends or takes too long."""
    deadline = time.monotonic() + _STARTS_S
    while not server.answers(path):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the server did not start: {process.args!r} {log.read_text()[-2000:]}")
        time.sleep(0.1)


class Client:
    """One connection that is kept.

    Parameters
    ----------
    server : `RunningServer`
        Whose CPU time is told, too.
    timeout : `float`
        Seconds that the server may be silent.
    """

    def __init__(self, server: RunningServer, timeout: float = 600) -> None:
        self.server = server
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=timeout)

    def request(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, str, bytes]:
        """Status, where it leads, and content of an answer."""
        form = {} if body is None else {"Content-Type": "application/x-www-form-urlencoded"}
        self._connection.request(method, path, None if body is None else urlencode(body), {**form, **(headers or {})})
        answer = self._connection.getresponse()
        return answer.status, answer.headers.get("Location") or "", answer.read()

    def ask(self, adql: str, **more: Any) -> tuple[int, float]:
        """Bytes of an answer, and seconds until the first."""
        began = time.perf_counter()
        self._connection.request("GET", sync_path(adql, self.server.tap, **more))
        answer = self._connection.getresponse()
        n, first = len(answer.read(1)), time.perf_counter() - began
        while piece := answer.read1(1 << 18):
            n += len(piece)
        answer.read()  # `read1` leaves a connection open whose length is known
        if answer.status != 200:
            raise RuntimeError(f"{answer.status} for {adql}")
        return n, first

    def median(self, call: Callable[[], object], n: int) -> tuple[float, float, float]:
        """Milliseconds that something takes: the median, what 95 of 100 stay under, and the server's CPU, the mean."""
        call()
        times, began = [], self.server.cpu()
        for _ in range(n):
            start = time.perf_counter()
            call()
            times.append(time.perf_counter() - start)
        cpu = (self.server.cpu() - began) / n
        return 1e3 * statistics.median(times), 1e3 * sorted(times)[int(0.95 * (n - 1))], 1e3 * cpu

    def job(self, adql: str, **more: Any) -> bytes:
        """The result of a query that is asked as a job, with all the trips that pyvo makes; the job is deleted."""
        query = {"LANG": "ADQL", "QUERY": adql, **more}
        status, url, _ = self.request("POST", f"{self.server.tap}/async", query)
        if status != 303:
            raise RuntimeError(f"{status} for a job")
        path = urlsplit(url).path
        if (status := self.request("POST", f"{path}/phase", {"PHASE": "RUN"})[0]) != 303:
            raise RuntimeError(f"{status} for running a job")
        while b">COMPLETED<" not in (told := self.request("GET", f"{path}?WAIT=10")[2]):
            if b">QUEUED<" not in told and b">EXECUTING<" not in told:
                raise RuntimeError(told.decode())
        status, _, content = self.request("GET", f"{path}/results/result")
        if status != 200 or self.request("DELETE", path)[0] != 303:
            raise RuntimeError(f"{status} for a result")
        return content


# --------------------------------------------------------------------------------------------------- many at a time
@dataclass(frozen=True)
class Rate:
    """What several clients had.

    Parameters
    ----------
    per_second : `float`
        Answers.
    p50, p95 : `float`
        Milliseconds of a request.
    cpu : `float`
        Milliseconds of the server's processors for each.
    """

    per_second: float
    p50: float
    p95: float
    cpu: float


def rate(server: RunningServer, path: Callable[[], str], clients: int, seconds: float) -> Rate:
    """How many requests are answered if so many clients ask again as soon as they are answered.

    All clients are one thread that looks for the length of answers and for nothing else, so that the server has the
    processors.

    Parameters
    ----------
    server : `RunningServer`
    path : callable
        Gives the path of the next request.
    clients : `int`
        Connections.
    seconds : `float`
        How long.
    """
    with selectors.DefaultSelector() as found:
        waiting = {}
        for _ in range(clients):
            line = socket.create_connection(("127.0.0.1", server.port))
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            waiting[line] = _Waiting(line, path())
            found.register(line, selectors.EVENT_READ)
        times: list[float] = []
        before, began = server.cpu(), time.perf_counter()
        while time.perf_counter() < began + seconds or not times:
            for key, _ in found.select(60):
                line = key.fileobj  # type: ignore[assignment]
                if waiting[line].read():
                    times.append(time.perf_counter() - waiting[line].began)
                    waiting[line] = _Waiting(line, path())
        took, used = time.perf_counter() - began, server.cpu() - before
        for line in waiting:
            line.close()
    times.sort()
    p50, p95 = (1e3 * times[int(q * (len(times) - 1))] for q in (0.5, 0.95))
    return Rate(len(times) / took, p50, p95, 1e3 * used / len(times))


class _Waiting:
    """A request under way."""

    def __init__(self, line: socket.socket, path: str) -> None:
        self._line, self._left, self._head, self._tail = line, -1, b"", b""
        self._chunked = False
        self.began = time.perf_counter()
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())

    def read(self) -> bool:
        """Whether the answer is complete."""
        piece = self._line.recv(1 << 18)
        if not piece:
            raise RuntimeError("the server has hung up")
        if not self._head.endswith(_BLANK):
            head, end, piece = (self._head + piece).partition(_BLANK)
            self._head = head + end
            if not end:
                return False
            if not head.startswith(b"HTTP/1.1 200 "):
                raise RuntimeError((head + piece).decode(errors="replace")[:500])
            length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            self._chunked = b"transfer-encoding: chunked" in head.lower()
            if not length and not self._chunked:
                raise RuntimeError("an answer without its length is not small")
            self._left = int(length or 0)
        if self._chunked:
            self._tail = (self._tail + piece)[-len(_LAST_CHUNK) :]
            return self._tail == _LAST_CHUNK
        self._left -= len(piece)
        return self._left == 0
