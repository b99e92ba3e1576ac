"""Footprints as objects of an archive.  Knows neither files nor catalogs of sources."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from skybutler.errors import InvalidError, UnreadableFileError
from skybutler.tables.field import Field
from skybutler.tables.footprint import Footprint, HeavyFootprint
from skybutler.tables.peaks import PeakCatalog

from .archive import Archive, ArchiveWriter, Column, Rows

__all__ = ["read_footprint", "read_heavy_footprint", "read_span_set", "write_footprint"]

_DETECTION, _GEOMETRY = "lsst.afw.detection", "lsst.afw.geom"
_FOOTPRINT, _HEAVY, _SPANS = "Footprint", "HeavyFootprint", "SpanSet"
_SPAN_COLUMNS = (
    Column("y", "J", "pixel", "The row of the span"),
    Column("x0", "J", "pixel", "First column of span (inclusive)"),
    Column("x1", "J", "pixel", "Second column of span (inclusive)"),
)
_REFERENCE = (Column("id", "J", "", "id of the SpanSet catalog"),)
_FORMS = {"F": "QE", "D": "QD", "I": "QJ"}
_KINDS = {np.dtype(np.float32): "F", np.dtype(np.float64): "D", np.dtype(np.int32): "I"}
_FORM_OF_TYPE = {"Flag": "X", "B": "B", "U": "J", "I": "J", "L": "K", "F": "E", "D": "D", "Angle": "D"}
_TYPE_OF_FORM = {"X": "Flag", "B": "B", "I": "I", "J": "I", "K": "L", "E": "F", "D": "D"}


_Kind = TypeVar("_Kind", bound=Footprint)


# ----------------------------------------------------------------------------------------------------- reading
def read_span_set(archive: Archive, number: int) -> npt.NDArray[np.int32]:
    """Spans, rows of y, first x and last x."""
    pieces = archive.pieces(number)
    return _spans(pieces[0]) if pieces else np.zeros((0, 3), np.int32)


def _spans(rows: Rows) -> npt.NDArray[np.int32]:
    if not len(rows):
        return np.zeros((0, 3), np.int32)
    return np.stack([rows[name] for name in ("y", "x0", "x1")], axis=1).astype(np.int32)


def read_footprint(archive: Archive, number: int) -> Footprint:
    """Spans, by reference or (before 2016) as a piece of their own, and peaks."""
    first, peaks = archive.pieces(number, 2)
    return _made(archive, number, Footprint, _spans_of(archive, first), peaks=_peaks(peaks))


def read_heavy_footprint(archive: Archive, number: int) -> HeavyFootprint:
    """A footprint and the values of its pixels."""
    first, peaks, values = archive.pieces(number, 3)
    arrays = {name: values.one(name) for name in ("image", "mask", "variance")}
    return _made(archive, number, HeavyFootprint, _spans_of(archive, first), peaks=_peaks(peaks), **arrays)


def _made(archive: Archive, number: int, cls: type[_Kind], spans: Any, **values: Any) -> _Kind:
    try:
        return cls(spans, **values)
    except InvalidError as error:
        raise UnreadableFileError(f"{archive.uri}: footprint {number} is not possible: {error}") from error


def _spans_of(archive: Archive, rows: Rows) -> npt.NDArray[np.int32]:
    if not len(rows) or "y" in rows:
        return _spans(rows)
    return archive.get(rows.one("id"), np.ndarray)  # type: ignore[return-value]


def _peaks(rows: Rows) -> PeakCatalog:
    if not len(rows):
        return PeakCatalog()
    columns = rows.columns()
    fields = [Field(c.name, _TYPE_OF_FORM.get(c.form, "D"), c.doc, c.unit) for c in columns if c.form in _TYPE_OF_FORM]
    return PeakCatalog({f.name: np.asarray(rows[f.name]) for f in fields}, fields=fields, length=len(rows))


# ----------------------------------------------------------------------------------------------------- writing
def write_footprint(writer: ArchiveWriter, number: int, footprint: Footprint) -> None:
    """A footprint, with or without values of its pixels, and its spans as an object."""
    spans = writer.number()
    rows = [dict(zip(("y", "x0", "x1"), row, strict=True)) for row in footprint.spans.tolist()]
    writer.add(spans, writer.table(_SPAN_COLUMNS), _SPANS, _GEOMETRY, rows)
    heavy = footprint if isinstance(footprint, HeavyFootprint) else None
    kind = _FOOTPRINT if heavy is None else _HEAVY + _KINDS[heavy.image.dtype]
    writer.add(number, writer.table(_REFERENCE), kind, _DETECTION, [{"id": spans}])
    _write_peaks(writer, number, kind, footprint.peaks)
    if heavy is not None:
        columns = (
            Column("image", _FORMS[kind[-1]], "count", "image pixels for HeavyFootprint"),
            Column("mask", "QJ", "", "mask pixels for HeavyFootprint"),
            Column("variance", "QE", "count^2", "variance pixels for HeavyFootprint"),
        )
        values = {"image": heavy.image, "mask": heavy.mask, "variance": heavy.variance}
        writer.add(number, writer.table(columns), kind, _DETECTION, [values])


def _write_peaks(writer: ArchiveWriter, number: int, kind: str, peaks: PeakCatalog) -> None:
    fields = [field for field in peaks.schema if field.type in _FORM_OF_TYPE]
    # Flags stand in front of other columns, as in all tables of archives.
    ordered = [*(f for f in fields if f.is_flag), *(f for f in fields if not f.is_flag)]
    columns = tuple(Column(f.name, _FORM_OF_TYPE[f.type], f.unit, f.doc) for f in ordered)
    arrays = [peaks[field.name].tolist() for field in ordered]
    rows = [dict(zip((f.name for f in ordered), row, strict=True)) for row in zip(*arrays, strict=True)]
    writer.add(number, writer.table(columns), kind, _DETECTION, rows)
