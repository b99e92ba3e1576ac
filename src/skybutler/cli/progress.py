"""Progress bars on a terminal, and nothing elsewhere.  Knows no subcommand."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .command import settings

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

__all__ = ["Advance", "progress_bar"]

Advance = Callable[[int, int | None], None]
"""Called with how many are done and, when that is known, of how many."""


_open: list[Progress] = []
"""What is on the terminal now."""


def _say_nothing(done: int, total: int | None = None) -> None:
    """Progress that nobody watches."""


@contextmanager
def progress_bar(title: str, unit: str = "") -> Iterator[Advance]:
    """A bar on stderr as long as the block runs, with rate and remaining time.

    Parameters
    ----------
    title : `str`
        What is being done.
    unit : `str`
        What is counted.
    """
    if not settings().progress or not sys.stderr.isatty():
        yield _say_nothing
        return
    if _open:  # inside another: one line more
        task = _open[-1].add_task(title, total=None, unit=unit)
        yield _advance(_open[-1], task)
        _open[-1].remove_task(task)
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[unit]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(file=sys.stderr), transient=True) as bars:
        _open.append(bars)
        try:
            yield _advance(bars, bars.add_task(title, total=None, unit=unit))
        finally:
            _open.pop()


def _advance(bars: Progress, task: TaskID) -> Advance:
    def advance(done: int, total: int | None = None) -> None:
        bars.update(task, completed=done, total=total)

    return advance
