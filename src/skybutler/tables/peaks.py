"""Catalogs of peaks of detections.  Knows no files."""

from __future__ import annotations

from .catalog import Catalog
from .field import Field
from .record import Record

__all__ = ["PeakCatalog", "PeakRecord"]


class PeakRecord(Record):
    """One row of a `PeakCatalog`."""

    __slots__ = ()

    @property
    def id(self) -> int:
        """Unique id."""
        return int(self["id"])

    @property
    def x(self) -> float:
        """X in pixels, with its fraction."""
        return float(self["f_x"])

    @property
    def y(self) -> float:
        """Y in pixels, with its fraction."""
        return float(self["f_y"])

    @property
    def peak_value(self) -> float:
        """Value of the image there."""
        return float(self["peakValue"])


class PeakCatalog(Catalog):
    """Peaks: id, position with fraction (f_x, f_y), pixel (i_x, i_y) and value."""

    fixed = (
        Field("id", "L", "unique ID"),
        Field("f_x", "F", "subpixel peak position", "pixel"),
        Field("f_y", "F", "subpixel peak position", "pixel"),
        Field("i_x", "I", "integer peak position", "pixel"),
        Field("i_y", "I", "integer peak position", "pixel"),
        Field("peakValue", "F", "value of peak pixel", "count"),
    )
    record_type = PeakRecord
