"""FITS files as archives of persisted objects: the reader.  Knows no classes of objects; `classes` has their functions.

A file has an index, and tables whose rows are pieces of objects.  The index says of an object (by number) which rows of
which table are its pieces; columns of integers refer to other objects.  Tables are found by place after the index,
never by name: unrelated classes whose rows have the same columns share one.  The layout is that of LSST's afw.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, overload

import numpy as np

from skybutler.errors import InvalidError, UnreadableFileError
from skybutler.formatters.fits_header import check_whole, reading

from . import classes
from .archive_writer import ArchiveWriter
from .tables import INDEX, Column
from .unknown import StoredObject

if TYPE_CHECKING:
    from astropy.io import fits

__all__ = ["Archive", "ArchiveWriter", "Column", "Rows"]

_T = TypeVar("_T")

_SIZES = {"A": 1, "B": 1, "I": 2, "J": 4, "E": 4}
"""Bytes of a value in a heap, by the letter of its format; of others 8."""


@dataclass(frozen=True, slots=True)
class Rows:
    """A piece of an object: some rows of one table.

    Parameters
    ----------
    archive : `Archive`
        Where the table is.
    table : `int`
        Number of the table, 1 for the first after the index.
    start, stop : `int`
        Rows, half-open.
    """

    archive: Archive
    table: int
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start

    def __contains__(self, name: object) -> bool:
        return name in self.archive.names(self.table)

    def __getitem__(self, name: str) -> Any:
        """Values of a column or flag: an array of numbers (rows, ...), a list of texts, bytes or arrays of any length.

        Raises
        ------
        UnreadableFileError
            The table has no such column.
        """
        return self.archive.column(self.table, name)[self.start : self.stop]

    def one(self, name: str, default: _T | None = None) -> Any:
        """The value of a column in the only row, as a plain Python value; ``default`` if there is no such column.

        Raises
        ------
        UnreadableFileError
            The piece has no row or several, or there is neither column nor default.
        """
        if len(self) != 1:
            raise UnreadableFileError(f"{self.archive.uri}: an object has {len(self)} rows where it needs one.")
        if default is not None and name not in self:
            return default
        value = self[name][0]
        return value.item() if isinstance(value, np.generic) else value

    def columns(self) -> tuple[Column, ...]:
        """The columns of the table, as `ArchiveWriter.table` takes them."""
        return self.archive.schema(self.table)


class Archive:
    """An archive that is read.  Tables are read when an object needs them.

    Parameters
    ----------
    hdus : `astropy.io.fits.HDUList`
        An open file.
    uri : `str`
        The file, for messages.
    index : `int`
        Place of the index among the HDUs.

    Raises
    ------
    UnreadableFileError
        The file has no index there, or one that is corrupt.
    """

    def __init__(self, hdus: fits.HDUList, uri: str, index: int = 1) -> None:
        self.uri = uri
        self._hdus, self._index = hdus, index
        self._tables: dict[int, Any] = {}
        self._columns: dict[tuple[int, str], Any] = {}
        self._names: dict[int, list[str]] = {}
        self._schemas: dict[int, tuple[Column, ...]] = {}
        self._made: dict[int, object] = {}
        self._underway: list[int] = []
        self.classes: dict[int, str] = {}
        """Name of the class of each object by its number."""
        self.modules: dict[int, str] = {}
        """What other software imports to read the class of an object."""
        self._pieces: dict[int, list[tuple[int, int, int, int]]] = {}
        with reading(uri):
            hdu = self._table(0)
            if hdu.header.get("EXTTYPE") != "ARCHIVE_INDEX":
                raise UnreadableFileError(f"{uri} has no index of persisted objects in HDU {index}.")
            found = hdu.data
            for number, table, order, row, count, name, module in zip(*(found[c].tolist() for c in INDEX), strict=True):
                self.classes[number], self.modules[number] = name.strip(), module.strip()
                self._pieces.setdefault(number, []).append((order, table, row, count))

    def check_whole(self) -> None:
        """Raise `UnreadableFileError` if the file ends before its tables do."""
        with reading(self.uri):
            for table in range(1, int(self._table(0).header["AR_NCAT"])):
                self._table(table)

    # --------------------------------------------------------------------------------------------------------- objects
    @overload
    def get(self, number: int) -> Any: ...
    @overload
    def get(self, number: int, kind: type[_T]) -> _T | None: ...
    def get(self, number: int, kind: type[_T] | None = None) -> Any:
        """The object of a number.

        Parameters
        ----------
        number : `int`
            0 for none.
        kind : `type`, optional
            What it must be an instance of.

        Returns
        -------
        obj
            The same for the same number; a `StoredObject` if nothing reads its class; `None` for number 0.

        Raises
        ------
        UnreadableFileError
            There is no such object, it refers to itself, it is malformed or not of the class wanted.
        SchemaVersionError
            It is of a later version than those known.
        """
        if number == 0:
            return None
        if number not in self._made:
            self._made[number] = self._read(number)
        made = self._made[number]
        if kind is not None and not isinstance(made, kind):
            raise UnreadableFileError(
                f"{self.uri}: object {number} is a {self.classes[number]} where a {kind.__name__} should be."
            )
        return made

    def _read(self, number: int) -> object:
        if number not in self.classes:
            raise UnreadableFileError(f"{self.uri} refers to a persisted object {number}, which it does not have.")
        if number in self._underway:
            path = " -> ".join(str(n) for n in [*self._underway[self._underway.index(number) :], number])
            raise UnreadableFileError(f"{self.uri}: persisted objects refer to each other in a circle: {path}.")
        read = classes.reader(self.classes[number]) or StoredObject.read
        self._underway.append(number)
        try:
            with reading(f"{self.classes[number]} (object {number}) of {self.uri}"):
                return read(self, number)
        except InvalidError as error:
            what = f"{self.classes[number]} (object {number}) of {self.uri}"
            raise UnreadableFileError(f"{what} has values that make no sense: {error}") from error
        finally:
            self._underway.pop()

    def pieces(self, number: int, count: int | None = None) -> list[Rows]:
        """The pieces of an object, in order.

        Raises
        ------
        UnreadableFileError
            There are not as many as ``count``, or they are not in the file.
        """
        found = sorted(self._pieces.get(number, ()))
        if count is not None and len(found) != count:
            kind = self.classes.get(number)
            raise UnreadableFileError(f"{self.uri}: {kind} {number} has {len(found)} pieces instead of {count}.")
        return [self._rows(number, table, row, n) for _, table, row, n in found]

    def _rows(self, number: int, table: int, row: int, count: int) -> Rows:
        if count == 0:  # such rows are told to begin anywhere, even before the first
            return Rows(self, table, 0, 0)
        if row < 0 or count < 0 or row + count > self._table(table).header["NAXIS2"]:
            place = f"in rows {row} to {row + count - 1} of table {table}, which has not as many"
            raise UnreadableFileError(f"{self.uri}: object {number} is {place}.")
        return Rows(self, table, row, row + count)

    # ---------------------------------------------------------------------------------------------------------- tables
    def _table(self, number: int) -> Any:
        if number in self._tables:
            return self._tables[number]
        place = self._index + number
        try:
            hdu = self._hdus[place] if number >= 0 else None
        except IndexError:
            hdu = None
        if hdu is None or hdu.header.get("XTENSION") != "BINTABLE" or hdu.header.get("AR_CATN") != number:
            what = f"table {number} of persisted objects" if number else "index of persisted objects"
            raise UnreadableFileError(f"{self.uri} has no {what} in HDU {place}; is it cut short?")
        check_whole(hdu, place)
        self._tables[number] = hdu
        return hdu

    def names(self, table: int) -> list[str]:
        """Names of the columns and flags of a table."""
        if table not in self._names:
            hdu = self._table(table)
            self._names[table] = [*hdu.columns.names, *self._flags(hdu.header)]
        return self._names[table]

    def column(self, table: int, name: str) -> Any:
        """A whole column or flag: numbers as an array; texts, bytes and arrays of any length as a list."""
        key = (table, name)
        if key not in self._columns:
            with reading(self.uri):
                self._columns[key] = self._read_column(table, name)
        return self._columns[key]

    def _read_column(self, table: int, name: str) -> Any:
        hdu = self._table(table)
        if name not in hdu.columns.names:
            flags = self._flags(hdu.header)
            if name not in flags:
                raise UnreadableFileError(f"{self.uri}: table {table} of persisted objects has no column {name}.")
            return hdu.data[hdu.header[f"TTYPE{hdu.header['FLAGCOL']}"].strip()][:, flags[name]]
        form = str(hdu.columns[name].format)
        if "Q" not in form and "P" not in form:
            values = hdu.data[name]
            return [str(v) for v in values] if form.endswith("A") else values
        self._check_extent(hdu, name, form)
        return [_value(v, form) for v in hdu.data[name]]

    @staticmethod
    def _flags(header: Any) -> dict[str, int]:
        """Bits of the packed flags of a table by name."""
        if "FLAGCOL" not in header:
            return {}
        width = int(str(header[f"TFORM{header['FLAGCOL']}"]).strip().rstrip("X") or 1)
        return {str(header[f"TFLAG{i + 1}"]).strip(): i for i in range(width)}

    def hold(self) -> None:
        """Keep all tables in memory, so that objects can be read after the file was closed."""
        with reading(self.uri):
            for table in range(1, int(self._table(0).header["AR_NCAT"])):
                for name in self.names(table):
                    self.column(table, name)

    def schema(self, table: int) -> tuple[Column, ...]:
        """The columns of a table, flags first."""
        if table not in self._schemas:
            self._schemas[table] = self._read_schema(table)
        return self._schemas[table]

    def _read_schema(self, table: int) -> tuple[Column, ...]:
        header = self._table(table).header
        columns = [
            Column(name, "X", "", str(header.get(f"TFDOC{i + 1}", ""))) for name, i in self._flags(header).items()
        ]
        for i in range(1, int(header["TFIELDS"]) + 1):
            if i == header.get("FLAGCOL"):
                continue
            kind = str(header.get(f"TCCLS{i}", ""))
            form = str(header[f"TFORM{i}"]).strip().partition("(")[0]
            form = form[1:] if form.startswith("1Q") or (form.startswith("1") and kind in ("Scalar", "Angle")) else form
            unit, doc = (str(header.get(f"{key}{i}", "")) for key in ("TUNIT", "TDOC"))
            columns.append(Column(str(header[f"TTYPE{i}"]).strip(), form, unit, doc))
        return tuple(columns)

    def _check_extent(self, hdu: Any, name: str, form: str) -> None:
        """Refuse values that would lie outside of a table's heap, or be more than it: they would fill the memory."""
        counts, offsets = np.asarray(hdu.data)[name].astype(np.int64).T
        heap = int(hdu.header["PCOUNT"])
        sizes = np.clip(counts, -1, heap + 1) * next((n for letter, n in _SIZES.items() if letter in form[1:]), 8)
        ends = np.clip(offsets, -1, heap + 1) + sizes  # clipped, so that no sum overflows
        if min(counts.min(initial=0), offsets.min(initial=0)) < 0 or (ends > heap)[counts > 0].any():
            raise UnreadableFileError(f"{self.uri}: values of {name} lie outside of their table.")
        if int(sizes.sum()) > heap:
            raise UnreadableFileError(f"{self.uri}: values of {name} are larger than their table.")


def _value(value: Any, form: str) -> Any:
    """What a cell of variable length holds."""
    if "QA" in form or "PA" in form:
        return value if isinstance(value, str) else "".join(c or " " for c in value).rstrip()
    return value.tobytes() if "B" in form else value
