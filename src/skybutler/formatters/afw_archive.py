"""FITS files as archives of persisted objects: an index, and tables whose rows are pieces of objects.

The first table is the index.  Its rows say of an object (by number) which rows of which table are its pieces; columns
of integers refer to other objects.  The layout is that of LSST's afw.  Knows no classes of objects.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from skybutler.errors import UnreadableFileError

if TYPE_CHECKING:
    from astropy.io import fits

__all__ = ["Archive", "ArchiveWriter", "Columns", "Piece"]

Columns = Mapping[str, Any]
"""Values of rows by column name: arrays, or lists where a value is a text or has no fixed length."""


_SIZES = {"A": 1, "B": 1, "I": 2, "J": 4, "E": 4}
"""Bytes of a value in a heap, by the letter of its format; of others 8."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some rows of one table.

    Parameters
    ----------
    table : `int`
        Number of the table, 1 for the first after the index.
    start, stop : `int`
        Rows, half-open.
    """

    table: int
    start: int
    stop: int


class Archive:
    """An archive that is read.

    Parameters
    ----------
    hdus : `astropy.io.fits.HDUList`
        An open file.
    uri : `str`
        The file, for messages.

    Raises
    ------
    UnreadableFileError
        The file has no index, or refers to what it does not have.
    """

    def __init__(self, hdus: fits.HDUList, uri: str) -> None:
        self._uri = uri
        self._hdus = {hdu.header.get("AR_CATN"): hdu for hdu in hdus[1:] if hasattr(hdu, "columns")}
        self._columns: dict[tuple[int, str], Any] = {}
        if 0 not in self._hdus or self._hdus[0].header.get("EXTTYPE") != "ARCHIVE_INDEX":
            raise UnreadableFileError(f"{uri} has no index of persisted objects.")
        index = self._hdus[0].data
        self.classes: dict[int, str] = {}
        self._pieces: dict[int, list[tuple[int, Piece]]] = {}
        names = ("id", "cat.archive", "cat.persistable", "row0", "nrows", "name")
        for number, table, order, row, count, name in zip(*(index[c].tolist() for c in names), strict=True):
            self.classes[number] = name.strip()
            self._pieces.setdefault(number, []).append((order, Piece(table, row, row + count)))

    def pieces(self, number: int, kind: str) -> list[Piece]:
        """The pieces of an object, in order; it must be of a class."""
        if self.classes.get(number) != kind:
            raise UnreadableFileError(f"{self._uri}: object {number} is no {kind}, but {self.classes.get(number)}.")
        return [piece for _, piece in sorted(self._pieces[number], key=lambda found: found[0])]

    def has(self, table: int, name: str) -> bool:
        """Whether a table has a column."""
        return table in self._hdus and name in self._hdus[table].columns.names

    def column(self, table: int, name: str) -> Any:
        """A whole column: numbers as an array, texts, bytes and arrays of any length as a list."""
        key = (table, name)
        if key not in self._columns:
            if not self.has(table, name):
                raise UnreadableFileError(f"{self._uri}: table {table} has no column {name}.")
            hdu = self._hdus[table]
            form = str(hdu.columns[name].format)
            varying = "Q" in form or "P" in form
            if varying:
                self._check_extent(hdu, name, form)
            values = hdu.data[name]
            self._columns[key] = [_value(v, form) for v in values] if varying else values
        return self._columns[key]

    def _check_extent(self, hdu: Any, name: str, form: str) -> None:
        """Refuse values that would lie outside of a table's heap, or be more than it: they would fill the memory."""
        counts, offsets = np.asarray(hdu.data)[name].astype(np.int64).T
        heap = int(hdu.header["PCOUNT"])
        sizes = np.clip(counts, -1, heap + 1) * next((n for letter, n in _SIZES.items() if letter in form[1:]), 8)
        ends = np.clip(offsets, -1, heap + 1) + sizes  # clipped, so that no sum overflows
        if min(counts.min(initial=0), offsets.min(initial=0)) < 0 or (ends > heap)[counts > 0].any():
            raise UnreadableFileError(f"{self._uri}: values of {name} lie outside of their table.")
        if int(sizes.sum()) > heap:
            raise UnreadableFileError(f"{self._uri}: values of {name} are larger than their table.")

    def flags(self, table: int) -> dict[str, Any]:
        """Packed flags of a table, each a logical array, by name."""
        header = self._hdus[table].header
        if "FLAGCOL" not in header:
            return {}
        bits = self._hdus[table].data[header[f"TTYPE{header['FLAGCOL']}"].strip()]
        return {header[f"TFLAG{i + 1}"].strip(): bits[:, i] for i in range(bits.shape[1])}


def _value(value: Any, form: str) -> Any:
    """What a cell of variable length holds."""
    if "QA" in form or "PA" in form:
        return value if isinstance(value, str) else "".join(c or " " for c in value).rstrip()
    return value.tobytes() if "B" in form else value


class ArchiveWriter:
    """An archive that is made; objects are numbered by the caller, the one that the file is of is 1."""

    def __init__(self) -> None:
        self._tables: list[tuple[str, Mapping[str, str], dict[str, list[Any]]]] = []
        self._index: list[tuple[int, int, int, int, int, str, str]] = []

    def table(self, name: str, formats: Mapping[str, str]) -> int:
        """A new table for pieces of a class.

        Parameters
        ----------
        name : `str`
            Name of the class.
        formats : mapping
            FITS formats by column; ``name|unit`` for a column with a unit, ``X`` for a flag.

        Returns
        -------
        table : `int`
            Its number.
        """
        columns = {column.partition("|")[0]: form for column, form in formats.items()}
        self._tables.append((name, formats, {column: [] for column in columns}))
        return len(self._tables)

    def add(self, number: int, table: int, order: int, module: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Rows that are a piece of an object.

        Parameters
        ----------
        number : `int`
            The object.
        table : `int`
            Where the rows go.
        order : `int`
            Which of the object's pieces this is, from 0.
        module : `str`
            What other software imports to read the class; only written.
        rows : sequence of mapping
            Values by column.
        """
        name, _, columns = self._tables[table - 1]
        first = len(next(iter(columns.values())))
        for row in rows:
            for column, values in columns.items():
                values.append(row[column])
        self._index.append((number, table, order, first, len(rows), name, module))

    def hdus(self) -> fits.HDUList:
        """The file."""
        from astropy.io import fits

        names = ("id", "cat.archive", "cat.persistable", "row0", "nrows", "name", "module")
        forms = ("J",) * 5 + ("64A",) * 2
        index = _table_hdu(
            dict(zip(names, forms, strict=True)), dict(zip(names, zip(*self._index, strict=True), strict=True))
        )
        index.header.update(
            {"EXTTYPE": "ARCHIVE_INDEX", "EXTNAME": "ARCHIVE_INDEX", "AR_CATN": 0, "AR_NCAT": len(self._tables) + 1}
        )
        made = [fits.PrimaryHDU(), index]
        for number, (name, formats, columns) in enumerate(self._tables, start=1):
            hdu = _table_hdu(formats, columns)
            hdu.header.update({"EXTTYPE": "ARCHIVE_DATA", "AR_CATN": number, "AR_NAME": name, "EXTNAME": name})
            made.append(hdu)
        for hdu in made[1:]:
            hdu.header["HIERARCH AFW_TABLE_VERSION"] = 3
        return fits.HDUList(made)


def _table_hdu(formats: Mapping[str, str], columns: Columns) -> Any:
    from astropy.io import fits

    flags = [name for name, form in formats.items() if form == "X"]
    made = []
    if flags:
        bits = np.array([columns[name] for name in flags], dtype=bool).T
        made.append(fits.Column("flags", f"{len(flags)}X", array=bits))
    for given, form in formats.items():
        name, _, unit = given.partition("|")
        if form != "X":
            made.append(fits.Column(name, form, unit=unit or None, array=_cells(columns[name], form)))
    hdu = fits.BinTableHDU.from_columns(made)
    for i, column in enumerate(made, start=1):
        if column.name != "flags":
            hdu.header[f"TCCLS{i}"] = _template(column.format)
    if flags:
        hdu.header["FLAGCOL"] = 1
        hdu.header.update({f"TFLAG{i}": name for i, name in enumerate(flags, start=1)})
    return hdu


def _cells(values: Sequence[Any], form: str) -> Any:
    """Values as the FITS library takes them."""
    if not form.startswith("Q"):
        return np.array(values)
    cells = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):
        if form.startswith("QA"):
            cells[i] = np.array(list(value), dtype="U1")
        elif form.startswith("QB"):
            cells[i] = np.frombuffer(value, np.uint8)
        else:
            cells[i] = np.asarray(value, np.float32 if form.startswith("QE") else np.float64)
    return cells


def _template(form: str) -> str:
    """The word that afw has for a kind of column."""
    if "A" in form:
        return "String"
    return "Array" if form.startswith("Q") else "Scalar"
