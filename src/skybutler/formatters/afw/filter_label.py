"""Filters as rows of tables.  Knows no files."""

from __future__ import annotations

from skybutler.images.exposure import FilterLabel

from .archive import Archive, ArchiveWriter, Column

__all__ = ["fits_into_table", "read_filter_label", "write_filter_label"]

_WIDTH = 32
_COLUMNS = (
    Column("band_exists", "X", "", "Existence flag for band"),
    Column("physical_exists", "X", "", "Existence flag for physical"),
    Column("band", f"{_WIDTH}A", "", "Name of the band."),
    Column("physical", f"{_WIDTH}A", "", "Name of the physical filter."),
)


def read_filter_label(archive: Archive, number: int) -> FilterLabel:
    """A filter."""
    (rows,) = archive.pieces(number, 1)
    band, physical = (rows.one(name) if rows.one(f"{name}_exists") else None for name in ("band", "physical"))
    return FilterLabel(band, physical)


def fits_into_table(label: FilterLabel) -> bool:
    """Whether the names are short enough for the table, and of characters that it can have."""
    names = [name for name in (label.band, label.physical) if name is not None]
    return all(name.isascii() and name.isprintable() and len(name) <= _WIDTH for name in names)


def write_filter_label(writer: ArchiveWriter, number: int, label: FilterLabel) -> None:
    """A filter; see `fits_into_table`."""
    row = {
        "band_exists": label.band is not None, "physical_exists": label.physical is not None,
        "band": label.band or "", "physical": label.physical or "",
    }  # fmt: skip
    writer.add(number, writer.table(_COLUMNS), "FilterLabel", "lsst.afw.image", [row])
