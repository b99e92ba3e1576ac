"""Columns that follow from some of the keys of a row: looked up once for each record, put into rows by Arrow.

Rows of one exposure have most of their columns in common, so that a database need not make them for each row, nor a
driver carry them.  Knows no queries, and not what the columns mean.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from skybutler.vo.arrays import array_of
from skybutler.vo.field import Field

if TYPE_CHECKING:
    from skybutler.registry.database import ColumnKind, Database

__all__ = ["KEY", "MOST_KEYS", "DerivedColumns", "Piece", "RecordLookup"]

KEY = "key_{}"
"""Name of the column of a key, by its place."""
MOST_KEYS = 6

_REMEMBERED = 20_000
"""Records of which values are kept while rows come in."""
_LISTED = 200
"""Records that one statement asks for."""

Codes = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Piece:
    """A value, or a part of a text.

    Parameters
    ----------
    sql : `str`
        What it is.
    keys : `tuple` [`int`]
        Places of the keys from which it follows; none if it is the same for all rows.
    """

    sql: str
    keys: tuple[int, ...]


_Value = tuple[Piece, str]
"""With the type as which it is wanted."""


@dataclass(frozen=True, slots=True)
class DerivedColumns:
    """The columns of one dataset type that follow from its keys.

    Parameters
    ----------
    keys : `tuple` [`str`]
        Dimensions of its data IDs.
    columns : mapping
        By name, the texts of which a value is made, or its only piece; a number is the place of the key that it is.
    select : callable
        SQL of some columns, from the names of keys, the columns, and the table that has the keys.
    """

    keys: tuple[str, ...]
    columns: Mapping[str, tuple[Piece, ...] | int]
    select: Callable[[Sequence[str], Sequence[str], str | None], str]


class RecordLookup:
    """Finds the values of derived columns for the rows of one answer.

    Parameters
    ----------
    database : `skybutler.registry.database.Database`
        Where records are.
    derived : `DerivedColumns`
        Of the dataset type of the rows.
    fields : sequence of `Field`
        Which columns are wanted; all of them are derived.
    """

    def __init__(self, database: Database, derived: DerivedColumns, fields: Sequence[Field]) -> None:
        self._fields = {f.name: f for f in fields}
        self._columns = {f.name: derived.columns[f.name] for f in fields}
        wanted: dict[tuple[int, ...], dict[_Value, Field]] = {}
        for field in fields:
            pieces = self._columns[field.name]
            for piece in () if isinstance(pieces, int) else pieces:
                wanted.setdefault(piece.keys, {}).setdefault((piece, field.datatype), field)
        self._records = [_Records(database, derived, keys, pieces) for keys, pieces in wanted.items()]

    def columns(self, keys: Sequence[Sequence[int]], n: int) -> dict[str, pa.Array]:
        """Values of rows by column; those that follow from the same keys as dictionaries with the same indices.

        Parameters
        ----------
        keys : sequence
            Values of each key.
        n : `int`
            Number of rows.
        """
        coded = _CodedKeys(keys, n)
        made: dict[str, pa.Array] = {}
        values = {v: array for records in self._records for v, array in records.values(coded).items()}
        for name, pieces in self._columns.items():
            field = self._fields[name]
            if isinstance(pieces, int):
                made[name] = array_of(field, keys[pieces])
            elif len(pieces) == 1:
                made[name] = values[pieces[0], field.datatype]
            else:
                made[name] = _texts([values[piece, field.datatype] for piece in pieces])
        return made


def _texts(pieces: Sequence[pa.DictionaryArray]) -> pa.Array:
    """Texts that follow one another, in each row."""
    if all(len(piece.dictionary) == 1 for piece in pieces):
        text = pc.binary_join_element_wise(*(piece.dictionary[0] for piece in pieces), "")
        return pa.DictionaryArray.from_arrays(pieces[0].indices, pa.array([text.as_py()], pa.string()))
    arrays = [p.dictionary[0] if len(p.dictionary) == 1 else p.dictionary.take(p.indices) for p in pieces]
    return pc.binary_join_element_wise(*arrays, "")


class _Records:
    """Values that follow from the same keys."""

    def __init__(
        self, database: Database, derived: DerivedColumns, keys: tuple[int, ...], values: Mapping[_Value, Field]
    ) -> None:
        self._database, self._select, self._keys, self._values = database, derived.select, keys, values
        self._sql = [piece.sql for piece, _ in values]
        self._names = [derived.keys[key] for key in keys]
        self._known: dict[tuple[int, ...], tuple[Any, ...]] = {}
        self._last: list[tuple[int, ...]] = []
        self._arrays: list[pa.Array] = []

    def values(self, coded: _CodedKeys) -> dict[_Value, pa.DictionaryArray]:
        """Values of rows."""
        codes, combinations = coded.combined(self._keys)
        if combinations != self._last:
            if len(self._known) > _REMEMBERED:
                self._known.clear()
            self._look_up([c for c in combinations if c not in self._known])
            columns = zip(*(self._known[c] for c in combinations), strict=True)
            fields = self._values.values()
            self._arrays = [array_of(field, found) for field, found in zip(fields, columns, strict=True)]
            self._last = combinations
        made = [pa.DictionaryArray.from_arrays(codes, array) for array in self._arrays]
        return dict(zip(self._values, made, strict=True))

    def _look_up(self, missing: Sequence[tuple[int, ...]]) -> None:
        if not missing:
            return
        if not self._keys:
            (self._known[()],) = self._database.query(self._select((), self._sql, None))
            return
        kinds: dict[str, ColumnKind] = dict.fromkeys(self._names, "int")
        for start in range(0, len(missing), _LISTED):
            table, given = self._database.listed(kinds, missing[start : start + _LISTED])
            for row in self._database.query(self._select(self._names, self._sql, table), given):
                self._known[row[: len(self._names)]] = row[len(self._names) :]


class _CodedKeys:
    """Keys of rows as numbers of their different values."""

    def __init__(self, keys: Sequence[Sequence[int]], n: int) -> None:
        self._keys, self._n = keys, n
        self._single: dict[int, tuple[Codes, list[int]]] = {}
        self._several: dict[tuple[int, ...], tuple[pa.Array, list[tuple[int, ...]]]] = {}

    def combined(self, keys: Sequence[int]) -> tuple[pa.Array, list[tuple[int, ...]]]:
        """For each row the number of its combination of keys, and the combinations.

        Where numbers are the same they are the same array.
        """
        varying = tuple(key for key in keys if len(self._of(key)[1]) > 1)
        if varying not in self._several:
            self._several[varying] = self._combined(varying)
        codes, combinations = self._several[varying]
        places = [varying.index(key) if key in varying else None for key in keys]
        only = [self._of(key)[1][0] for key in keys]
        return codes, [
            tuple(value if place is None else c[place] for value, place in zip(only, places, strict=True))
            for c in combinations
        ]

    def _combined(self, keys: tuple[int, ...]) -> tuple[pa.Array, list[tuple[int, ...]]]:
        codes: Codes = np.zeros(self._n, np.int64)
        combinations: list[tuple[int, ...]] = [()]
        for key in keys:
            others, values = self._of(key)
            if len(combinations) == 1:
                codes, combinations = others, [(value,) for value in values]
                continue
            codes, chosen = _encoded(pa.array(codes * len(values) + others))
            combinations = [(*combinations[c // len(values)], values[c % len(values)]) for c in chosen]
        return pa.array(codes, pa.int32()), combinations

    def _of(self, key: int) -> tuple[Codes, list[int]]:
        if key not in self._single:
            self._single[key] = _encoded(pa.array(self._keys[key], pa.int64()))
        return self._single[key]


def _encoded(values: pa.Array) -> tuple[Codes, list[int]]:
    encoded = values.dictionary_encode()
    return encoded.indices.to_numpy().astype(np.int64), encoded.dictionary.to_pylist()
