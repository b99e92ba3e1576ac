"""Export files in the layout in which programs write them, read block by block in bounded memory.

Whatever looks different is handed to the YAML library: a value, a part of a block, or, where that is no YAML by
itself (which the caller is told by an error), the whole file.  The results are the same.  Knows no repository.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from skybutler.sky.timespan import Timespan

from .blocks import Block, DatasetRows, DimensionRows, RangeRows, Rows, TagRows
from .yaml_blocks import Interpreter
from .yaml_columns import id_column, instant_column, region_column, scalar_column
from .yaml_file import Head, WholeFile, require_last_line, unreadable
from .yaml_values import ExportLoader

__all__ = ["ScannedFile", "open_yaml"]

_HEAD = re.compile(rb"(?:[a-z_]+: [^\n]*\n)+data:\n(?=- )")
_START = re.compile(rb"^- type: ([a-z_]+)\n", re.MULTILINE)
_OUTSIDE = re.compile(rb"\n(?!- type: [a-z_]+\n|  |\Z)")
"""A line that is neither the begin of a block nor inside of one."""
_OTHER_BREAKS = re.compile(rb"\r|\xc2\x85|\xe2\x80[\xa8\xa9]")
"""What else ends a line in YAML."""
_RECORDS = re.compile(rb"\n  (?:records|dataset_ids|validity_ranges):\n")
_NO_RECORD = re.compile(rb"\n(?!  - |    )(?=.)", re.DOTALL)
_PART = 1 << 20
"""Bytes of records that are read together."""

_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_FIRST_DATASET = re.compile(
    rf"  - dataset_id:\n    - !uuid '{_UUID}'\n    data_id:\n    - (\w+): [^\n]*\n((?:      \w+: [^\n]*\n)*)"
    r"    path: [^\n]*\n    formatter: [^\n]*\n",
    re.ASCII,
)
_FIELD = re.compile(r"(?:  - |    )(\w+): ([^\n]*(?:\n      [^\n]*)*)\n", re.ASCII)
_TIMES = ("datetime_begin", "datetime_end")
_TIME_LINES = "    datetime_begin: \n    datetime_end: \n"
_TAGGED = re.compile(rf"  - !uuid '({_UUID})'\n")
_RANGE = re.compile(
    r"  - timespan: !lsst\.daf\.butler\.Timespan\n      begin: ([^\n]*)\n      end: ([^\n]*)\n    dataset_ids:\n"
    rf"((?:    - !uuid '{_UUID}'\n)+)"
)


@dataclass(frozen=True)
class _Place:
    """Where a block stands: all of it, and its records, which are its end unless it ``has_records`` there."""

    start: int
    records: int
    end: int
    has_records: bool


def open_yaml(name: str, path: Path) -> ScannedFile | WholeFile:
    """An export file on this machine, to be read in parts if its layout is the usual one.

    Parameters
    ----------
    name : `str`
        Name of the file, for messages.
    path : `~pathlib.Path`
        Where it is.

    Raises
    ------
    FormatError, UnreadableFileError, SchemaVersionError
        See `WholeFile`.
    """
    with path.open("rb") as stream:
        data = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) if path.stat().st_size else b""
    require_last_line(name, data)
    head = _HEAD.match(data)
    if head is None or _OUTSIDE.search(data, head.end() - 1) or _OTHER_BREAKS.search(data):
        return WholeFile(name, bytes(data))
    return ScannedFile(name, data, head.end())


class ScannedFile:
    """An export file of the usual layout.

    Parameters
    ----------
    name : `str`
        Name of the file, for messages.
    data : bytes-like
        Content.
    start : `int`
        Where the first block begins.
    """

    def __init__(self, name: str, data: Any, start: int) -> None:
        self.name, self._data = name, data
        self._interpreter = Interpreter(name)
        head = Head(name, self._loaded(0, start - len(b"data:\n"), 1))
        self.version, self.universe_version = head.version, head.universe_version
        self.universe_namespace = head.universe_namespace
        self._blocks = list(self._found(start))

    def _found(self, start: int) -> Iterator[Block]:
        starts = [match.start() for match in _START.finditer(self._data, start)]
        line, before = 1, 0
        for begin, end in zip(starts, [*starts[1:], len(self._data)], strict=True):
            line, before = line + self._lines(before, begin), begin
            content = {"type": bytes(self._data[begin + 8 : self._data.find(b"\n", begin)]).decode()}
            kind = self._interpreter.type_of(content, line)
            place = self._place(begin, end)
            key = str(self._head_of(place, line).get("element", "")) if kind == "dimension" else ""
            yield Block(kind, key, line, place)

    def _place(self, begin: int, end: int) -> _Place:
        found = _RECORDS.search(self._data, begin, end)
        if found is None or found.end() == end or _NO_RECORD.search(self._data, found.end() - 1, end - 1):
            return _Place(begin, end, end, has_records=False)
        return _Place(begin, found.end(), end, has_records=True)

    def _lines(self, start: int, end: int) -> int:
        """How many lines end in a part of the file."""
        return sum(bytes(self._data[i : min(i + _PART, end)]).count(b"\n") for i in range(start, end, _PART))

    def _text(self, start: int, end: int) -> str:
        try:
            return bytes(self._data[start:end]).decode()
        except UnicodeDecodeError as error:
            raise unreadable(self.name, error) from error

    def _loaded(self, start: int, end: int, line: int) -> Any:
        """A part of the file, read by the YAML library."""
        try:
            return yaml.load(self._text(start, end), ExportLoader)  # noqa: S506 - a safe loader
        except (yaml.YAMLError, RecursionError) as error:
            raise unreadable(f"{self.name}, from line {line} on,", error) from error

    def _head_of(self, place: _Place, line: int) -> Mapping[str, Any]:
        """A block without the records at its end."""
        found = self._loaded(place.start, place.records, line)
        content: Mapping[str, Any] = found[0]
        self._interpreter.type_of(content, line)  # which may go on in the next line, and be none
        return content

    def whole(self) -> WholeFile:
        """The same file, read at once."""
        return WholeFile(self.name, bytes(self._data))

    # ------------------------------------------------------------------- read
    def blocks(self) -> Sequence[Block]:
        """All blocks in their order."""
        return self._blocks

    def rows(self, block: Block) -> Iterator[Rows]:
        """What is in a block, some thousand records at a time.

        Raises
        ------
        UnreadableFileError
            A part of it is no YAML by itself; perhaps the whole file is.
        """
        place: _Place = block.place
        content = self._head_of(place, block.line)
        if not place.has_records:
            yield from self._interpreter.rows(content, block.line)
            return
        line = block.line + self._lines(place.start, place.records)
        for start, end in self._parts(place):
            yield from self._part(content, self._text(start, end), start, end, line)
            line += self._lines(start, end)

    def _parts(self, place: _Place) -> Iterator[tuple[int, int]]:
        """Bounds of some records each."""
        start = place.records
        while start < place.end:
            found = self._data.find(b"\n  - ", min(start + _PART, place.end), place.end)
            end = found + 1 if found >= 0 else place.end
            yield start, end
            start = end

    def _part(self, content: Mapping[str, Any], text: str, start: int, end: int, line: int) -> Iterator[Rows]:
        found: Sequence[Rows] | None
        if content["type"] == "dataset":
            found = _datasets(content, text, line)
        elif content["type"] == "dimension":
            found = _dimension(content, text, line)
        else:
            found = _associations(content, text, line)
        if found is not None:
            yield from found
            return
        field = next(reversed([key for key in content if key != "type"]))
        yield from self._interpreter.rows({**content, field: self._loaded(start, end, line)}, line)


# ------------------------------------------------------------------------- parts
def _datasets(content: Mapping[str, Any], text: str, line: int) -> Sequence[Rows] | None:
    """Datasets with a file each, all written alike; `None` if they are not."""
    first = _FIRST_DATASET.match(text)
    kind, run = content.get("dataset_type"), content.get("run")
    if first is None or not isinstance(kind, str) or not isinstance(run, str):
        return None
    names = [first[1], *re.findall(r"      (\w+): ", first[2])]
    keys = "".join(f"    {'-' if i == 0 else ' '} {name}: ([^\n]*)\n" for i, name in enumerate(names))
    pattern = (
        f"  - dataset_id:\n    - !uuid '({_UUID})'\n    data_id:\n{keys}    path: ([^\n]*)\n    formatter: ([^\n]*)\n"
    )
    found = re.findall(pattern, text)
    if len(found) * (len(names) + 5) != text.count("\n"):
        return None
    ids, *values, paths, formatters = zip(*found, strict=True)
    columns = [scalar_column(column) for column in (*values, paths, formatters)]
    if any(column is None for column in columns):
        return None
    *plain, path, formatter = [column or [] for column in columns]
    if any(type(v) is not str for v in {*path, *formatter}) or len(set(names)) < len(names):
        return None
    return [DatasetRows(kind, run, id_column(ids), dict(zip(names, plain, strict=True)), path, formatter, line)]


def _dimension(content: Mapping[str, Any], text: str, line: int) -> Sequence[Rows] | None:
    """Dimension records that all have the same fields (but for their times); `None` if they have not."""
    element, end = content.get("element"), text.find("\n  - ")
    record = text[: end + 1] if end >= 0 else text
    fields = _FIELD.findall(record)
    names = [name for name, _ in fields if name not in _TIMES]
    if not isinstance(element, str) or not names or len(set(names)) < len(names) or not record.startswith("  - "):
        return None
    found = re.findall(_record_pattern(names), text)
    if not found:
        return None
    *columns, begin, end_texts = zip(*found, strict=True)
    timed = sum(map(bool, begin))
    fixed = len(found) * sum(len(name) + 7 for name in names) + timed * len(
        "    datetime_begin: \n    datetime_end: \n"
    )
    if fixed + sum(sum(map(len, column)) for column in (*columns, begin, end_texts)) != len(text):
        return None
    plain = {n: (region_column if n == "region" else scalar_column)(c) for n, c in zip(names, columns, strict=True)}
    spans = _spans(begin, end_texts) if timed else []
    if spans is None or any(column is None for column in plain.values()):
        return None
    if timed:
        plain["timespan"] = spans
    return [DimensionRows(element, {n: c or [] for n, c in plain.items()}, line)]


def _record_pattern(names: Sequence[str]) -> str:
    values = "".join(
        f"{'  - ' if i == 0 else '    '}{name}: ([^\n]*(?:\n      [^\n]*)*)\n" for i, name in enumerate(names)
    )
    return f"{values}(?:    datetime_begin: ([^\n]*)\n    datetime_end: ([^\n]*)\n)?"


def _spans(begin: Sequence[str], end: Sequence[str]) -> list[Timespan | None] | None:
    """Timespans of records, absent where there are no texts."""
    places = [i for i, text in enumerate(begin) if text]
    begins, ends = (instant_column([column[i] for i in places]) for column in (begin, end))
    if begins is None or ends is None:
        return None
    spans: list[Timespan | None] = [None] * len(begin)
    for i, first, last in zip(places, begins, ends, strict=True):
        spans[i] = Timespan(first, last)
    return spans


def _associations(content: Mapping[str, Any], text: str, line: int) -> Sequence[Rows] | None:
    """Members of a collection; `None` if they are not written as usual."""
    collection, kind = content.get("collection"), content.get("collection_type")
    if not isinstance(collection, str):
        return None
    if kind == "TAGGED":
        ids = _TAGGED.findall(text)
        return [TagRows(collection, id_column(ids), line)] if len(ids) == text.count("\n") else None
    ranges = _RANGE.findall(text)
    if kind != "CALIBRATION" or not ranges:
        return None
    members = [re.findall(_UUID, listed) for _, _, listed in ranges]
    if sum(len(ids) + 4 for ids in members) != text.count("\n"):
        return None
    begins, ends = (instant_column([r[i] for r in ranges]) for i in (0, 1))
    if begins is None or ends is None:
        return None
    spans = [Timespan(*bounds) for bounds in zip(begins, ends, strict=True)]
    return [RangeRows(collection, span, id_column(ids), line) for span, ids in zip(spans, members, strict=True)]
