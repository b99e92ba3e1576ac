"""Ending what one thread asks of a database from another.  Knows neither databases nor why."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from skybutler.errors import ButlerError, UnavailableError

__all__ = ["Interrupt"]

_AGAIN_SECONDS = 0.05
"""A statement may begin just after it was to end, so that it is told again and again until nobody asks any more."""


class Interrupt:
    """Says to a thread that it shall ask no more, and ends the statement that it waits for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left = threading.Event()
        self._cancel: Callable[[], None] | None = None
        self._reason: str | None = None

    def stop(self, reason: str) -> None:
        """End it; does not wait until it has ended, and may be called by any thread, more than once.

        Parameters
        ----------
        reason : `str`
            What the thread shall say.
        """
        with self._lock:
            if self._reason is not None:
                return
            self._reason = reason
            if self._cancel is not None:
                threading.Thread(target=self._insist, name="interrupt", daemon=True).start()

    def check(self) -> None:
        """Say so where no statement is under way that could be ended.

        Raises
        ------
        UnavailableError
            It is to end.
        """
        if self._reason is not None:
            raise UnavailableError(self._reason)

    def _insist(self) -> None:
        while True:
            with self._lock:
                if self._cancel is None:
                    return
                self._cancel()
            self._left.wait(_AGAIN_SECONDS)

    @contextmanager
    def ending(self, cancel: Callable[[], None]) -> Iterator[None]:
        """What is done within can be ended by a function that ends the statement under way, if there is one.

        Raises
        ------
        UnavailableError
            It was ended.
        """
        with self._lock:
            self.check()
            self._cancel = cancel
            self._left.clear()
        try:
            yield
        except ButlerError as error:
            if self._reason is not None:
                raise UnavailableError(self._reason) from error
            raise
        finally:
            with self._lock:
                self._cancel = None
            self._left.set()
