"""What stands in an export file, block by block, whatever its format was.  Knows no repository."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from skybutler.datasets import CollectionType
from skybutler.errors import FormatError
from skybutler.sky.timespan import Timespan

__all__ = [
    "Block",
    "CollectionBlock",
    "DatasetRows",
    "DatasetTypeBlock",
    "DimensionRows",
    "ExportFile",
    "RangeRows",
    "Rows",
    "TagRows",
    "at_line",
]


@dataclass(frozen=True)
class CollectionBlock:
    """A collection; ``doc`` is `None` where the file says nothing of it."""

    name: str
    type: CollectionType
    doc: str | None = None
    children: tuple[str, ...] = ()
    line: int = 0


@dataclass(frozen=True)
class DatasetTypeBlock:
    """A dataset type as it is written: names of its dimensions, implied ones with them."""

    name: str
    dimensions: tuple[str, ...]
    storage_class: str
    is_calibration: bool = False
    line: int = 0


@dataclass(frozen=True)
class DimensionRows:
    """Dimension records as columns: instants as TAI nanoseconds, regions encoded; absent fields are `None`."""

    element: str
    columns: Mapping[str, Sequence[Any]]
    line: int = 0


@dataclass(frozen=True)
class DatasetRows:
    """Datasets of one type and run: 16 bytes of id each, data ID columns, path and formatter where they have them."""

    dataset_type: str
    run: str
    ids: bytes
    columns: Mapping[str, Sequence[Any]]
    paths: Sequence[str | None]
    formatters: Sequence[str | None]
    line: int = 0

    def __len__(self) -> int:
        return len(self.ids) // 16


@dataclass(frozen=True)
class TagRows:
    """Members of a TAGGED collection."""

    collection: str
    ids: bytes
    line: int = 0


@dataclass(frozen=True)
class RangeRows:
    """Members of a CALIBRATION collection that have one validity range."""

    collection: str
    timespan: Timespan
    ids: bytes
    line: int = 0


Rows = DimensionRows | CollectionBlock | DatasetTypeBlock | DatasetRows | TagRows | RangeRows


@dataclass(frozen=True)
class Block:
    """One block of a file, not read yet.

    Parameters
    ----------
    type : `str`
        ``dimension``, ``collection``, ``run``, ``dataset_type``, ``dataset`` or ``associations``.
    key : `str`
        Element of ``dimension`` blocks, else empty.
    line : `int`
        Where it begins in the file; the first line is 1.
    place : object
        What the file needs to read it.
    """

    type: str
    key: str
    line: int
    place: Any = field(repr=False, default=None)


class ExportFile(Protocol):
    """An export file that was opened; blocks can be read again and again."""

    name: str
    """For messages."""
    version: str
    universe_version: int
    universe_namespace: str

    def blocks(self) -> Sequence[Block]:
        """All blocks in their order."""

    def rows(self, block: Block) -> Iterator[Rows]:
        """What is in a block, some thousand records at a time."""


def at_line(name: str, line: int, message: str, hint: str = "") -> FormatError:
    """An error in an export file."""
    return FormatError(f"{name}, line {line}: {message}", hint=hint)
