"""Answers made in a thread of their own while the client reads.  Knows no protocol.

A database connection belongs to one thread, so that all of an answer is made in one; a client that reads slowly makes
it wait, and one that hangs up, or reads nothing for long, ends it.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.responses import Response, StreamingResponse

from skybutler.errors import UnavailableError

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from starlette.requests import Request

    from skybutler.registry.interrupt import Interrupt

__all__ = ["Ending", "Threads"]

T = TypeVar("T")
_SMALL = 1 << 16
"""Answers up to this size are sent whole, with their length."""
_AHEAD = 4
"""Pieces made before the client has taken them."""
_PATIENCE_S = 60.0
"""So long a client may read nothing of an answer under way."""
_END = b""
_HUNG_UP = 499
"""What servers note of those who did not wait for the answer."""


class Threads:
    """Threads in which answers are made.

    Parameters
    ----------
    n : `int`
        How many.
    """

    def __init__(self, n: int = 16) -> None:
        self._pool = ThreadPoolExecutor(n, thread_name_prefix="answer")

    def close(self) -> None:
        """Wait for answers under way, and end."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    async def run(self, work: Callable[[], T]) -> T:
        """The result of a function."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    async def respond(
        self,
        make: Callable[[], Iterator[bytes]],
        media_type: str,
        headers: Mapping[str, str] | None = None,
        *,
        ending: Ending | None = None,
    ) -> Response:
        """A response with what a function makes, piece by piece.

        Errors before the first piece are raised here, when nothing was sent yet.

        Parameters
        ----------
        make : callable
            Called in a thread, as is all that it gives.
        media_type, headers : `str`, mapping
            Of the response.
        ending : `Ending`, optional
            When it has to end.
        """
        loop = asyncio.get_running_loop()
        stream = _Stream(make, loop, ending)
        loop.run_in_executor(self._pool, stream.run)
        first = await stream.begin()
        if first is None:
            return Response(status_code=_HUNG_UP)
        if stream.complete:
            return Response(first, media_type=media_type, headers=dict(headers or {}))
        return StreamingResponse(stream.rest(first), media_type=media_type, headers=dict(headers or {}))


@dataclass(frozen=True, slots=True)
class Ending:
    """When an answer has to end before its time.

    Parameters
    ----------
    request : `starlette.requests.Request`
        Who asks may hang up.
    interrupt : `skybutler.registry.interrupt.Interrupt`
        What ends it.
    seconds : `float`
        How long it may take.
    """

    request: Request
    interrupt: Interrupt
    seconds: float

    async def hung_up(self) -> None:
        """Wait until who asks has hung up."""
        while (await self.request.receive())["type"] != "http.disconnect":
            pass


class _Stream:
    """One answer under way."""

    def __init__(
        self, make: Callable[[], Iterator[bytes]], loop: AbstractEventLoop, ending: Ending | None = None
    ) -> None:
        self._make, self._loop, self._ending = make, loop, ending
        self._timer: asyncio.TimerHandle | None = None
        if ending is not None:
            reason = f"The query took longer than the {ending.seconds:g} s that it may take."
            self._timer = loop.call_later(ending.seconds, ending.interrupt.stop, reason)
        self._queue: asyncio.Queue[bytes | BaseException] = asyncio.Queue()
        self._places = threading.Semaphore(_AHEAD)
        self._begun: asyncio.Future[bytes] = loop.create_future()
        self._gone = False
        self.complete = False

    # In the thread
    def run(self) -> None:
        """Make all pieces."""
        pieces: Iterator[bytes] = iter(())
        begun = False
        try:
            pieces = self._make()
            head = bytearray()
            for piece in pieces:
                head += piece
                if len(head) > _SMALL:
                    break
            else:
                self.complete = True
            begun = True
            self._tell(self._set_begun, bytes(head))
            if not self.complete:
                self._send(pieces)
        except BaseException as error:  # noqa: BLE001 - it goes to who waits for the answer
            self._tell(self._queue.put_nowait if begun else self._fail, error)
        finally:
            if hasattr(pieces, "close"):
                pieces.close()

    def _send(self, pieces: Iterator[bytes]) -> None:
        for piece in pieces:
            patience = time.monotonic() + _PATIENCE_S
            while not self._places.acquire(timeout=min(1.0, _PATIENCE_S)):
                if self._gone or self._loop.is_closed():
                    return
                if time.monotonic() > patience:  # a few such clients would have all the threads
                    raise UnavailableError(f"Who asked has read nothing for {_PATIENCE_S:g} s.")
            if self._gone:
                return
            if piece:
                self._tell(self._queue.put_nowait, piece)
            else:
                self._places.release()
        self._tell(self._queue.put_nowait, _END)

    def _tell(self, call: Callable[[Any], None], value: object) -> None:
        try:
            self._loop.call_soon_threadsafe(call, value)
        except RuntimeError:  # the server has ended
            self._gone = True

    # In the event loop
    def _set_begun(self, head: bytes) -> None:
        if not self._begun.done():
            self._begun.set_result(head)

    def _fail(self, error: BaseException) -> None:
        if not self._begun.done():
            self._begun.set_exception(error)

    async def begin(self) -> bytes | None:
        """The first pieces; `None` if who asked has hung up."""
        if self._ending is None:
            watch: asyncio.Future[None] = self._loop.create_future()
        else:
            watch = asyncio.ensure_future(self._ending.hung_up())
        try:
            await asyncio.wait((self._begun, watch), return_when=asyncio.FIRST_COMPLETED)
            if not self._begun.done():
                self._begun.add_done_callback(lambda begun: begun.exception())  # which nobody waits for any more
                self._leave()
                return None
            first = await self._begun
        except BaseException:
            self._leave()
            raise
        finally:
            watch.cancel()
        if self.complete:
            self._leave()
        return first

    async def rest(self, first: bytes) -> AsyncIterator[bytes]:
        """All pieces."""
        try:
            yield first
            while True:
                piece = await self._queue.get()
                self._places.release()
                if isinstance(piece, BaseException):
                    raise piece
                if piece == _END:
                    return
                yield piece
        finally:
            self._leave()

    def _leave(self) -> None:
        """Nobody reads any more; the thread may wait for a place, or for a database."""
        self._gone = True
        if self._timer is not None:
            self._timer.cancel()
        if self._ending is not None:
            self._ending.interrupt.stop("Who asked has hung up.")
        self._places.release()
