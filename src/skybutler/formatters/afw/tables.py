"""Binary tables with the cards that LSST's afw gives them.  Knows neither files nor objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from astropy.io import fits

__all__ = ["INDEX", "Column", "index_hdu", "table_hdu"]

_PLACE = "# of this catalog relative to the start of this"  # cut off, as in all such files
_VERSION = 3
"""Of the conventions for tables."""


class Column(NamedTuple):
    """A column of a table.

    Parameters
    ----------
    name : `str`
    form : `str`
        FITS format: ``D`` for a number, ``9D`` or ``1D`` for so many of them, ``64A`` for a text, ``QD``, ``QB`` or
        ``QA`` for arrays, bytes or texts of any length, ``X`` for a flag.
    unit, doc : `str`
        Unit and description; numbers in ``rad`` are angles.
    """

    name: str
    form: str
    unit: str = ""
    doc: str = ""


_POINTS = "index of the catalog this entry points to, from the perspective of "
_INDEX = (
    Column("id", "J", "", "Archive ID of the persistable object that owns the records pointed at by this entry"),
    Column("cat.archive", "J", "", _POINTS + "the archive"),
    Column("cat.persistable", "J", "", _POINTS + "the Persistable"),
    Column("row0", "J", "", "first row used by the persistable object in this catalog"),
    Column("nrows", "J", "", "number of rows used by the persistable object in this catalog"),
    Column("name", "64A", "", "unique name for the persistable object's class"),
    Column("module", "64A", "", "Python module that should be imported to register the object's factory"),
)  # fmt: skip

INDEX = tuple(column.name for column in _INDEX)
"""Columns of the index."""


def index_hdu(values: Mapping[str, Sequence[Any]], n_tables: int) -> fits.BinTableHDU:
    """The index of an archive; ``n_tables`` counts it too."""
    hdu = _table(_INDEX, values)
    hdu.header["EXTTYPE"] = hdu.header["EXTNAME"] = "ARCHIVE_INDEX"
    hdu.header["AR_CATN"] = (0, _PLACE)
    hdu.header["AR_NCAT"] = (n_tables, "# of catalogs in this archive, including the in")
    hdu.header["HIERARCH AFW_TABLE_VERSION"] = _VERSION
    return hdu


def table_hdu(
    columns: Sequence[Column], values: Mapping[str, Sequence[Any]], number: int, kinds: Sequence[str], version: int
) -> fits.BinTableHDU:
    """A table of an archive.

    Parameters
    ----------
    columns : sequence of `Column`
        Flags are packed into one column in front of the others.
    values : mapping
        Values by column.
    number : `int`
        Its place after the index.
    kinds : sequence of `str`
        Names of the classes that have rows in it.
    version : `int`
        1, or more if tables before it have the same name.
    """
    hdu = _table(columns, values)
    hdu.header["EXTTYPE"] = "ARCHIVE_DATA"
    hdu.header["AR_CATN"] = (number, _PLACE)
    for kind in kinds:
        room = 65 - max(len(kind), 18)  # a long name leaves less of the card
        hdu.header.append(("AR_NAME", kind, "Class name for objects stored here"[:room]), end=True)
    if kinds:
        hdu.header["EXTNAME"] = kinds[-1]
    if version > 1:
        hdu.header["EXTVER"] = version
    hdu.header["HIERARCH AFW_TABLE_VERSION"] = _VERSION
    return hdu


def _table(columns: Sequence[Column], values: Mapping[str, Sequence[Any]]) -> fits.BinTableHDU:
    from astropy.io import fits

    flags = [column for column in columns if column.form == "X"]
    others = [column for column in columns if column.form != "X"]
    made = []
    if flags:
        bits = np.array([values[flag.name] for flag in flags], dtype=bool).reshape(len(flags), -1).T
        made.append(fits.Column("flags", f"{len(flags)}X", array=bits))
    for column in others:
        form = column.form if column.form[0].isdigit() else f"1{column.form}{'()' if column.form[0] == 'Q' else ''}"
        cells = _cells(values[column.name], column.form)
        made.append(fits.Column(column.name, form, unit=column.unit or None, array=cells))
    hdu = fits.BinTableHDU.from_columns(made)
    for i, flag in enumerate(flags, start=1):
        hdu.header[f"TFLAG{i}"] = flag.name
        if flag.doc:
            hdu.header[f"TFDOC{i}"] = flag.doc
    if flags:
        hdu.header["FLAGCOL"] = (1, "Column number for the bitflags.")
    for i, column in enumerate(others, start=1 + bool(flags)):
        if column.doc:
            hdu.header[f"TDOC{i}"] = column.doc
        hdu.header[f"TCCLS{i}"] = (_template(column), "Field template used by lsst.afw.table")
    return hdu


def _cells(values: Sequence[Any], form: str) -> Any:
    """Values as the FITS library takes them."""
    if not form.startswith("Q"):
        return np.array(values) if len(values) else np.array([], dtype="U1" if form.endswith("A") else np.float64)
    cells = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):
        if form.startswith("QA"):
            cells[i] = np.array(list(value), dtype="U1")
        elif form.startswith("QB"):
            cells[i] = np.frombuffer(value, np.uint8)
        else:
            cells[i] = np.asarray(value, _ARRAYS[form[1]])
    return cells


_ARRAYS = {"E": np.float32, "D": np.float64, "J": np.int32, "K": np.int64, "I": np.int16}


def _template(column: Column) -> str:
    """The word that afw has for a kind of column."""
    if column.form.endswith("A"):
        return "String"
    if column.form.startswith("Q") or column.form[0].isdigit():
        return "Array"
    return "Angle" if column.unit == "rad" else "Scalar"
