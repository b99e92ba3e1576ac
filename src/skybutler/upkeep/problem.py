"""What is wrong with a repository, one kind of trouble at a time, and what can be done.  Knows no terminal."""

from __future__ import annotations

import json
import tempfile
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Advance", "Found", "Problem", "Progress", "Remedies", "quiet"]

Advance = Callable[[int, int | None], None]
Progress = Callable[[str, str], AbstractContextManager[Advance]]
"""Called with a title and what is counted; gives a context whose value is told how many are done, and of how many."""

_IN_MEMORY = 4 << 20
"""Bytes of findings that are held in memory; more go to a temporary file."""


def quiet(title: str, unit: str) -> AbstractContextManager[Advance]:
    """Progress that nobody watches."""
    return nullcontext(lambda done, total=None: None)


@dataclass(frozen=True, slots=True)
class Remedies:
    """What a repair may do beyond what loses nothing.

    Parameters
    ----------
    delete_orphans : `bool`
        Delete files that no dataset has.
    remove_missing : `bool`
        Remove datasets whose file is gone, instead of forgetting where it was.
    accept_changed : `bool`
        Record sizes and checksums of changed files as they are now.
    older_than : `float`
        Seconds: files without a dataset that are younger may belong to a process that is at work.
    """

    delete_orphans: bool = False
    remove_missing: bool = False
    accept_changed: bool = False
    older_than: float = 3600.0


@dataclass(slots=True)
class Problem:
    """One kind of trouble.

    Parameters
    ----------
    kind : `str`
        Short name: ``missing-file``.
    what : `str`
        In words, after a number: "datasets whose file is gone".
    count : `int`
        How many.
    examples : `list` [`str`]
        The first of them.
    remedy : `str`
        What `repair` does; what the user may ask for where it is `None`.
    repair : callable, optional
        Mends it, in transactions of its own; returns how many it mended.
    is_wrong : `bool`
        Whether it is trouble at all, and not only worth knowing.
    """

    kind: str
    what: str
    count: int
    examples: list[str] = field(default_factory=list)
    remedy: str = ""
    repair: Callable[[], int] | None = None
    is_wrong: bool = True


class Found:
    """Findings of one kind, in the order they came, in bounded memory; closed when it is no longer used.

    Each is a short sequence of numbers, text and `None`.
    """

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY, "w+", encoding="utf-8")  # noqa: SIM115 - see below
        weakref.finalize(self, self._file.close)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, *values: Any) -> None:
        """Append one."""
        self._file.write(json.dumps(values) + "\n")
        self._count += 1

    def batches(self, size: int = 2_000) -> Iterator[list[Sequence[Any]]]:
        """All of them, some thousand at a time."""
        self._file.seek(0)
        batch: list[Sequence[Any]] = []
        for line in self._file:
            batch.append(json.loads(line))
            if len(batch) == size:
                yield batch
                batch = []
        if batch:
            yield batch
