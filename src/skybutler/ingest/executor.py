"""Many calls of one function, answers in order, whatever becomes of the processes.  Knows nothing of what is called."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

__all__ = ["Executor", "Remedy", "SerialExecutor", "in_order", "lost"]

T = TypeVar("T")
R = TypeVar("R")
W = TypeVar("W")


@dataclass(frozen=True)
class Remedy(Generic[T, R]):
    """What to do with an item over which processes die.

    Parameters
    ----------
    divide : callable
        The smaller items to try in its place; none or one when it cannot be divided.
    give_up : callable
        The answer for an item that cannot be divided, given it and the reason.
    """

    divide: Callable[[T], Sequence[T]]
    give_up: Callable[[T, str], R]


class Executor(Protocol):
    """Where bulk work is done."""

    def map(self, function: Callable[[T], R], items: Iterable[T], remedy: Remedy[T, R] | None = None) -> Iterator[R]:
        """``function(item)`` of every item, in order; items are taken only as fast as answers are.

        A process that dies is replaced and its item sent again: each item has one answer, or those of its parts.

        Parameters
        ----------
        function : callable
            A function of a module (other processes import it by name).
        items : iterable
            What can be pickled.
        remedy : `Remedy`, optional
            For items that end the processes that work on them.

        Raises
        ------
        UnavailableError
            An item goes on ending processes and there is no remedy, or processes cannot work at all.
        """


class SerialExecutor(Executor):
    """Calls one after the other in this process."""

    def map(self, function: Callable[[T], R], items: Iterable[T], remedy: Remedy[T, R] | None = None) -> Iterator[R]:
        return map(function, items)


def in_order(submit: Callable[[T], W], items: Iterator[T], ahead: Callable[[], int]) -> Iterator[tuple[T, W]]:
    """Items with what was made of them when they were submitted, a bounded number ahead of the one that is given.

    Parameters
    ----------
    submit : callable
        Begins the work on an item.
    items : iterator
        Taken from only when there is room.
    ahead : callable
        How many items may be under way, now.
    """
    waiting: deque[tuple[T, W]] = deque()
    while True:
        room = max(1, ahead()) - len(waiting)
        waiting.extend((item, submit(item)) for item in itertools.islice(items, max(0, room)))
        if not waiting:
            return
        yield waiting.popleft()


def lost(item: object, deaths: int) -> str:
    """The sentence about an item over which processes died."""
    return f"each of the {deaths} processes that read {item} died (killed, crashed or out of memory)."
