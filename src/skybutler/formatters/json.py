"""JSON files of plain data and of time spans.  Knows neither registry nor datastore."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from skybutler.errors import FormatError, UnreadableFileError

from .formatter import BytesFormatter, Source, no_component

if TYPE_CHECKING:
    from skybutler.datasets.storage_class import StorageClass

__all__ = ["JsonFormatter", "dump_json", "load_json"]

_FIRST_NS, _LAST_NS = 0, 4_102_444_800_000_000_000
"""Bounds of time in files of the Gen3 butler: 1970 and 2100, TAI; they mean "unbounded"."""


class JsonFormatter(BytesFormatter):
    """Mappings, lists, texts and numbers as JSON, and a time span as ``[begin, end]`` in TAI nanoseconds."""

    extension = ".json"

    def read(
        self, source: Source, storage_class: StorageClass, component: str | None, parameters: Mapping[str, Any]
    ) -> object:
        no_component(component, storage_class)
        found = load_json(source.read_bytes(), source.uri)
        return _timespan(found, source.uri) if storage_class.name == "Timespan" else found

    def to_bytes(self, obj: Any, storage_class: StorageClass, provenance: Mapping[str, Any] | None) -> bytes:
        if storage_class.name == "Timespan":
            obj = [_LAST_NS, _FIRST_NS] if obj.is_empty else _bounds(obj)
        return dump_json(obj)


def load_json(data: bytes, where: str) -> Any:
    """Content of a JSON text.

    Raises
    ------
    skybutler.errors.UnreadableFileError
        If it is no JSON; the error tells line and column.
    """
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise UnreadableFileError(f"{where} is not readable as JSON: {error}") from error


def dump_json(obj: Any) -> bytes:
    """JSON text of plain data; numpy numbers and arrays are written as what they hold.

    Raises
    ------
    skybutler.errors.FormatError
        If something in it is not plain data.
    """
    try:
        return json.dumps(obj, default=_plain, ensure_ascii=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise FormatError(f"The object cannot be written as JSON: {error}") from error


def _plain(obj: Any) -> Any:
    if hasattr(obj, "tolist"):  # numpy array or scalar
        return obj.tolist()
    if isinstance(obj, Mapping):
        return dict(obj)
    raise TypeError(f"there is a {type(obj).__module__}.{type(obj).__qualname__} in it")


def _bounds(timespan: Any) -> list[int]:
    return [max(timespan.begin_ns, _FIRST_NS), min(timespan.end_ns, _LAST_NS)]


def _timespan(found: Any, where: str) -> object:
    from skybutler.sky.timespan import Timespan

    if not isinstance(found, list) or len(found) != 2 or not all(isinstance(ns, int) for ns in found):
        raise UnreadableFileError(f"{where} should hold the two integers of a time span, not {found!r:.60}.")
    begin, end = found
    if begin >= end:
        return Timespan.make_empty()
    return Timespan.from_ns(None if begin <= _FIRST_NS else begin, None if end >= _LAST_NS else end)
