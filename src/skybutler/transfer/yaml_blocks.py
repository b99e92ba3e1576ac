"""From a parsed YAML block to rows, every field checked; old forms are read too.  Knows no text and no repository."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from skybutler.datasets import CollectionType
from skybutler.errors import CollectionTypeError, nearest
from skybutler.sky.timespan import Timespan

from .blocks import (
    CollectionBlock,
    DatasetRows,
    DatasetTypeBlock,
    DimensionRows,
    RangeRows,
    Rows,
    TagRows,
    at_line,
)
from .yaml_values import Instant, id_bytes

__all__ = ["TYPES", "Interpreter"]

_log = logging.getLogger(__name__)

TYPES = ("dimension", "collection", "run", "dataset_type", "dataset", "associations")
"""Kinds of blocks."""

_AT_ONCE = 20_000
_TIMES = ("datetime_begin", "datetime_end")
_OF_FILES = ("path", "formatter")


class Interpreter:
    """Turns parsed blocks into rows.

    Parameters
    ----------
    name : `str`
        Name of the file, for messages.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def rows(self, content: Mapping[str, Any], line: int) -> Iterator[Rows]:
        """The rows of a block.

        Parameters
        ----------
        content : mapping
            The block.
        line : `int`
            Where it begins.

        Raises
        ------
        FormatError
            A field is missing or has a wrong value; file and line are named.
        """
        kind = self.type_of(content, line)
        if kind == "dimension":
            yield from self.dimension(content, line)
        elif kind == "dataset":
            yield from self.datasets(content, line)
        elif kind == "associations":
            yield from self._associations(content, line)
        elif kind == "dataset_type":
            yield self._dataset_type(content, line)
        else:
            yield self._collection(content, line)

    def type_of(self, content: object, line: int) -> str:
        """The kind of a block; one that is not known is an error."""
        kind = content.get("type") if isinstance(content, Mapping) else None
        if not isinstance(kind, str) or kind not in TYPES:
            shown = f"unknown block type {kind!r}" if kind is not None else "a block without type"
            hint = nearest(str(kind), TYPES) or f"Blocks are: {', '.join(TYPES)}."
            raise at_line(self._name, line, f"{shown}.", hint)
        return kind

    def _text(self, content: Mapping[str, Any], field: str, line: int) -> str:
        value = content.get(field)
        if not isinstance(value, str):
            what = "is missing" if field not in content else f"must be text, not {value!r:.60}"
            raise at_line(self._name, line, f"'{field}' of this {content.get('type')} block {what}.", _TRUNCATED)
        return value

    def _records(self, content: Mapping[str, Any], line: int) -> list[Mapping[str, Any]]:
        records = content.get("records", ())
        if records is None:
            records = ()
        if not isinstance(records, Sequence) or not all(isinstance(r, Mapping) for r in records):
            raise at_line(self._name, line, "'records' must be a list of mappings.", _TRUNCATED)
        return list(records)

    # ------------------------------------------------------------ dimensions
    def dimension(self, content: Mapping[str, Any], line: int) -> Iterator[DimensionRows]:
        """Dimension records."""
        element, records = self._text(content, "element", line), self._records(content, line)
        for start in range(0, len(records), _AT_ONCE):
            part = records[start : start + _AT_ONCE]
            self._require_whole(element, part, line)
            fields = dict.fromkeys(str(field) for record in part for field in record)
            columns = {field: [record.get(field) for record in part] for field in fields if field not in _TIMES}
            if set(_TIMES) & set(fields):
                columns["timespan"] = [self._span(record, line) for record in part]
            yield DimensionRows(element, columns, line)

    def _span(self, record: Mapping[str, Any], line: int) -> Timespan | None:
        """The timespan of a record, which stands in two fields."""
        if not any(field in record for field in _TIMES):
            return None
        ends = [record.get(field) for field in _TIMES]
        for end in ends:
            if end is not None and not isinstance(end, Instant):
                raise at_line(self._name, line, f"{end!r:.60} is no time of a record.")
        return Timespan(*ends)

    # ----------------------------------------------------------- collections
    def _collection(self, content: Mapping[str, Any], line: int) -> CollectionBlock:
        name = self._text(content, "name", line)
        if content["type"] == "run":
            return CollectionBlock(name, CollectionType.RUN, line=line)
        kind = self._collection_type(content, line)
        doc, children = content.get("doc"), content.get("children")
        if kind is not CollectionType.CHAINED:
            return CollectionBlock(name, kind, None if doc is None else str(doc), line=line)
        if not isinstance(children, Sequence) or isinstance(children, str):
            raise at_line(self._name, line, f"the chain '{name}' has no list of children.", _TRUNCATED)
        names = tuple(self._child(name, child, line) for child in children)
        return CollectionBlock(name, kind, None if doc is None else str(doc), names, line)

    def _collection_type(self, content: Mapping[str, Any], line: int) -> CollectionType:
        try:
            return CollectionType.from_name(self._text(content, "collection_type", line))
        except CollectionTypeError as error:
            raise at_line(self._name, line, error.message, error.hint) from error

    def _child(self, chain: str, child: object, line: int) -> str:
        """Name of a child; the restriction that old files may put beside it has no meaning any more."""
        if isinstance(child, Sequence) and not isinstance(child, str) and child:
            _log.warning(
                "%s, line %d: chain '%s' restricts the search of its child '%s'; that is left out, as it is not "
                "supported any more.", self._name, line, chain, child[0],
            )  # fmt: skip
            child = child[0]
        if not isinstance(child, str):
            raise at_line(self._name, line, f"{child!r:.60} is no name of a child of '{chain}'.")
        return child

    # ---------------------------------------------------------- dataset types
    def _dataset_type(self, content: Mapping[str, Any], line: int) -> DatasetTypeBlock:
        name, dimensions = self._text(content, "name", line), content.get("dimensions")
        if not isinstance(dimensions, Sequence) or not all(isinstance(d, str) for d in dimensions):
            raise at_line(self._name, line, f"dataset type '{name}' has no list of dimensions.", _TRUNCATED)
        storage_class = self._text(content, "storage_class", line)
        return DatasetTypeBlock(
            name, tuple(dimensions), storage_class, bool(content.get("is_calibration", False)), line
        )

    # --------------------------------------------------------------- datasets
    def datasets(self, content: Mapping[str, Any], line: int) -> Iterator[DatasetRows]:
        """Datasets."""
        kind, run = self._text(content, "dataset_type", line), self._text(content, "run", line)
        records = self._records(content, line)
        for start in range(0, len(records), _AT_ONCE):
            yield self.dataset_rows(kind, run, records[start : start + _AT_ONCE], line)

    def dataset_rows(self, kind: str, run: str, records: Sequence[Mapping[str, Any]], line: int) -> DatasetRows:
        """Rows of parsed records."""
        ids, data_ids = bytearray(), []
        paths: list[str | None] = []
        formatters: list[str | None] = []
        for record in records:
            mine, values = _listed(record.get("dataset_id")), _listed(record.get("data_id"))
            if len(mine) != len(values) or not all(isinstance(v, Mapping) for v in values) or not mine:
                raise at_line(
                    self._name, line, f"a record of '{kind}' lacks ids or data IDs: {record!r:.120}", _TRUNCATED
                )
            for value in mine:
                identifier = id_bytes(value)
                if identifier is None:
                    raise at_line(self._name, line, f"{value!r:.60} is no dataset id.")
                ids += identifier
            data_ids += values
            paths += [self._optional(record, "path", line)] * len(mine)
            formatters += [self._optional(record, "formatter", line)] * len(mine)
        columns = self._data_id_columns(kind, data_ids, line)
        self._require_whole(kind, records, line)
        return DatasetRows(kind, run, bytes(ids), columns, paths, formatters, line)

    def _require_whole(self, what: str, records: Sequence[Mapping[str, Any]], line: int) -> None:
        """Refuse a last record that ends before the one before it does: so ends a file that is cut off."""
        if len(records) < 2:
            return
        last, usual = list(records[-1]), list(records[-2])
        missing = usual[len(last) :]
        if missing and last == usual[: len(last)] and tuple(missing) not in (_TIMES, _OF_FILES):
            said = f"the last record of '{what}' is not complete: it has no {', '.join(missing)}."
            raise at_line(self._name, line, said, _TRUNCATED)

    def _optional(self, record: Mapping[str, Any], field: str, line: int) -> str | None:
        value = record.get(field)
        if value is not None and not isinstance(value, str):
            raise at_line(self._name, line, f"'{field}' of a dataset must be text, not {value!r:.60}.")
        return value

    def _data_id_columns(self, kind: str, data_ids: Sequence[Mapping[str, Any]], line: int) -> dict[str, list[Any]]:
        names = tuple(data_ids[0]) if data_ids else ()
        if any(tuple(d) != names for d in data_ids) and any(set(d) != set(names) for d in data_ids):
            raise at_line(self._name, line, f"data IDs of '{kind}' have different dimensions.", _TRUNCATED)
        return {name: [d[name] for d in data_ids] for name in names}

    # ----------------------------------------------------------- associations
    def _associations(self, content: Mapping[str, Any], line: int) -> Iterator[Rows]:
        collection, kind = self._text(content, "collection", line), self._collection_type(content, line)
        if kind is CollectionType.TAGGED:
            yield TagRows(collection, self._ids(content, line), line)
        elif kind is CollectionType.CALIBRATION:
            ranges = content.get("validity_ranges")
            if not isinstance(ranges, Sequence) or not all(isinstance(r, Mapping) for r in ranges):
                raise at_line(self._name, line, f"'{collection}' has no list of validity ranges.", _TRUNCATED)
            for entry in ranges:
                yield RangeRows(collection, self._timespan(entry, line), self._ids(entry, line), line)
        else:
            raise at_line(self._name, line, f"datasets cannot be associated with the {kind.name} '{collection}'.")

    def _ids(self, content: Mapping[str, Any], line: int) -> bytes:
        found = bytearray()
        for value in _listed(content.get("dataset_ids")):
            identifier = id_bytes(value)
            if identifier is None:
                raise at_line(self._name, line, f"{value!r:.60} is no dataset id.")
            found += identifier
        return bytes(found)

    def _timespan(self, entry: Mapping[str, Any], line: int) -> Timespan:
        if isinstance(span := entry.get("timespan"), Timespan):
            return span
        ends = entry.get("begin"), entry.get("end")
        if (
            "timespan" in entry
            or not {"begin", "end"} <= set(entry)
            or not all(end is None or isinstance(end, Instant) for end in ends)
        ):
            raise at_line(self._name, line, f"a validity range without timespan: {dict(entry)!r:.120}", _TRUNCATED)
        return Timespan(*ends)


_TRUNCATED = "Is the file complete? Compare its size with where it came from."


def _listed(value: Any) -> list[Any]:
    """A list of what may be a single value."""
    if value is None:
        return []
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str | bytes) else [value]
