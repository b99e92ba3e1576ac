"""Which bytes of a Parquet file some rows and columns need, and a file made of just those.  Knows no tables."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from skybutler.storage.ranged_stream import RangedStream

from .formatter import Source

__all__ = ["RangedFile", "column_ranges", "filter_columns", "groups_that_may_match"]

_TAIL = 64 << 10
"""Bytes of the end of a file that are fetched first: most footers are shorter."""

_WORD = re.compile(r"\w+")
_END = 8
"""Length of the footer, and the mark of the format."""


class RangedFile(RangedStream):
    """A file of which ranges are fetched in few requests, as many as possible before they are asked for.

    Parameters
    ----------
    source : `Source`
        The file.

    Raises
    ------
    skybutler.errors.ChecksumMismatchError
        Raised if the file is not of its recorded size.
    """

    def __init__(self, source: Source) -> None:
        super().__init__(source.state().size)
        self._source = source
        self._starts: list[int] = []
        self._held: list[bytes] = []
        start = max(self.size - _TAIL, 0)
        self.fetch([(start, self.size)])
        footer = int.from_bytes(self._held[0][-_END:-4], "little") + _END if self.size >= _END else 0
        if self.size - footer < start and footer <= self.size:
            rest = self._source.read_ranges([(self.size - footer, start)])[0]
            self._starts, self._held = [self.size - footer], [rest + self._held[0]]

    def fetch(self, ranges: Iterable[tuple[int, int]]) -> None:
        """Fetch half-open ranges in one request; what is held already, and empty ranges, are left out."""
        wanted = [r for r in _joined(ranges) if r[0] < r[1] and self._find(*r) is None]
        if not wanted:
            return
        for (start, _), content in zip(wanted, self._source.read_ranges(wanted), strict=True):
            place = bisect_right(self._starts, start)
            self._starts.insert(place, start)
            self._held.insert(place, content)

    def range(self, start: int, stop: int) -> bytes | memoryview:
        """Bytes that are held, or are fetched now."""
        found = self._find(start, stop)
        if found is None:
            self.fetch([(start, stop)])
            found = self._find(start, stop)
        return found if found is not None else self._source.read_ranges([(start, stop)])[0]

    def _find(self, start: int, stop: int) -> memoryview | None:
        """The bytes of a range if one of those held has them all."""
        for place in range(bisect_right(self._starts, start) - 1, -1, -1):
            begin, content = self._starts[place], self._held[place]
            if stop <= begin + len(content):
                return memoryview(content)[start - begin : stop - begin]
        return None


def _joined(ranges: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Ranges in order, those that touch as one."""
    last: tuple[int, int] | None = None
    for start, stop in sorted(ranges):
        if last is None or start > last[1]:
            if last is not None:
                yield last
            last = (start, stop)
        else:
            last = (last[0], max(last[1], stop))
    if last is not None:
        yield last


def groups_that_may_match(file: RangedFile, expression: pa.compute.Expression | None, n_groups: int) -> list[int]:
    """Numbers of the row groups whose statistics do not exclude that rows satisfy a condition; no rows are read."""
    if expression is None:
        return list(range(n_groups))
    from pyarrow import dataset

    fragment = dataset.ParquetFileFormat().make_fragment(pa.PythonFile(file, mode="r"))
    return [group.id for group in fragment.subset(filter=expression).row_groups]


def column_ranges(
    metadata: pq.FileMetaData, names: Iterable[str] | None, groups: Sequence[int]
) -> Iterator[tuple[int, int]]:
    """Half-open byte ranges of columns (`None` for all) in row groups."""
    wanted = None if names is None else set(names)
    if metadata.num_row_groups == 0:
        return
    first = metadata.row_group(0)
    paths = [first.column(i).path_in_schema for i in range(first.num_columns)]
    chosen = [i for i, path in enumerate(paths) if wanted is None or not wanted.isdisjoint((path, _root(path, wanted)))]
    for group in groups:
        described = metadata.row_group(group)
        for i in chosen:
            column = described.column(i)
            start = column.data_page_offset
            if column.has_dictionary_page and column.dictionary_page_offset:
                start = min(start, column.dictionary_page_offset)
            yield start, start + column.total_compressed_size


def _root(path: str, wanted: set[str]) -> str:
    """The wanted name that a path leads to from: names may have points themselves, lists add parts of their own."""
    while path not in wanted and "." in path:
        path = path.rpartition(".")[0]
    return path


def filter_columns(filters: Any, names: Iterable[str]) -> set[str]:
    """Names of columns that filters look at; of an expression, those that occur in its text."""
    if filters is None:
        return set()
    if isinstance(filters, pa.compute.Expression):
        text = str(filters)
        words = set(_WORD.findall(text))
        return {name for name in names if name in words or (not name.isidentifier() and name in text)}
    found: set[str] = set()
    for condition in filters:
        if isinstance(condition, list):
            found |= filter_columns(condition, names)
        elif isinstance(condition, tuple) and condition:
            found.add(str(condition[0]))
    return found
