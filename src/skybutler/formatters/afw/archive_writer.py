"""FITS files as archives of persisted objects: the writer.  Knows no classes of objects; `classes` has their functions.

Tables stand in the file in the order in which they were first asked for, and rows of equal columns share one, whatever
they are of, as LSST's afw has it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from skybutler.errors import FormatError

from . import classes
from .tables import INDEX, Column, index_hdu, table_hdu

if TYPE_CHECKING:
    from astropy.io import fits

__all__ = ["ArchiveWriter"]


class ArchiveWriter:
    """An archive that is made.  The first object put has number 1; a file of one lone object is of that."""

    def __init__(self) -> None:
        self._tables: list[tuple[tuple[Column, ...], dict[str, list[Any]], list[str]]] = []
        self._by_schema: dict[tuple[tuple[str, str], ...], int] = {}
        self._index: list[tuple[int, int, int, int, int, str, str]] = []
        self._orders: Counter[int] = Counter()
        self._numbers: dict[int, tuple[int, object]] = {}
        self._next = 1

    def put(self, obj: object) -> int:
        """Add an object, and those it refers to.

        Parameters
        ----------
        obj
            Of a class of `classes.WRITERS`; `None` for none.

        Returns
        -------
        number : `int`
            The same for the same object, 0 for `None`.

        Raises
        ------
        FormatError
            Nothing writes objects of this class, or this one cannot be written.
        """
        if obj is None:
            return 0
        if id(obj) not in self._numbers:
            write = classes.writer(type(obj))
            if write is None:
                raise FormatError(f"A {type(obj).__name__} cannot be written into an archive of persisted objects.")
            number = self.number()
            self._numbers[id(obj)] = number, obj  # kept, so that no other object can get its identity
            write(self, number, obj)
        return self._numbers[id(obj)][0]

    def number(self) -> int:
        """The next free number, for an object of the file that is none of ours."""
        self._next += 1
        return self._next - 1

    def table(self, columns: Sequence[Column]) -> int:
        """The number of the table whose rows have these columns, which is made if there is none.

        Tables stand in the file in the order in which they were asked for.
        """
        schema = tuple((column.name, column.form) for column in columns)
        if schema not in self._by_schema:
            self._tables.append((tuple(columns), {column.name: [] for column in columns}, []))
            self._by_schema[schema] = len(self._tables)
        return self._by_schema[schema]

    def add(self, number: int, table: int, kind: str, module: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Rows that are the next piece of an object.

        Parameters
        ----------
        number : `int`
            The object.
        table : `int`
            Where the rows go.
        kind : `str`
            The name that files have for its class.
        module : `str`
            What other software imports to read the class; only written.
        rows : sequence of mapping
            Values by column; references are numbers that `put` gave.
        """
        _, columns, kinds = self._tables[table - 1]
        first = len(next(iter(columns.values())))
        for row in rows:
            for column, values in columns.items():
                values.append(row[column])
        if kind not in kinds:
            kinds.append(kind)
        self._index.append((number, table, self._orders[number], first, len(rows), kind, module))
        self._orders[number] += 1

    def add_empty(self, number: int, kind: str, module: str) -> None:
        """An object that is its class and nothing more."""
        self._index.append((number, -1, -1, -1, 0, kind, module))

    def hdus(self) -> Iterator[fits.BinTableHDU]:
        """The index, then the tables; of an archive of no objects nothing."""
        if not self._index:
            return
        yield index_hdu(dict(zip(INDEX, zip(*self._index, strict=True), strict=True)), len(self._tables) + 1)
        names: list[str] = []
        for number, (columns, values, kinds) in enumerate(self._tables, start=1):
            name = kinds[-1] if kinds else "unused"
            names.append(name)
            yield table_hdu(columns, values, number, kinds, names.count(name))

    def file(self) -> fits.HDUList:
        """A file with nothing but the archive."""
        from astropy.io import fits

        return fits.HDUList([fits.PrimaryHDU(), *self.hdus()])
