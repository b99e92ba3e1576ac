"""Data ID values ↔ integers of key tables: encoding, parents that must exist.  Knows no datasets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from skybutler.dimensions import DimensionGroup, DimensionUniverse, SkyPixDimension
from skybutler.errors import DataIdValueError, DimensionValueError

from .columns import check_values
from .database import ColumnKind, Database, Row, quoted
from .names import Names
from .schema import EMPTY_DATA_ID

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Keys", "Values"]

Values = tuple[Any, ...]
"""Values of the required dimensions in canonical order."""

_REMEMBERED = 200_000


class Keys:
    """Encodes data IDs for the database and finds or makes their rows in key tables.

    Parameters
    ----------
    database : `Database`
        Where the tables are.
    universe : `DimensionUniverse`
        The repository's dimensions.
    names : `Names`
        Interned text.
    """

    def __init__(self, database: Database, universe: DimensionUniverse, names: Names) -> None:
        self._database, self.universe, self.names = database, universe, names
        self._present: dict[str, set[Values]] = {}
        self._find_sql: dict[tuple[str, tuple[str, ...]], str] = {}
        self._text = {d.name for d in universe.dimensions if d.key is not None and d.key.type == "string"}
        database.on_rollback.append(self._present.clear)

    # ---------------------------------------------------------------- encoding
    def is_text(self, dimension: str) -> bool:
        """Whether values of the dimension are interned text."""
        return dimension in self._text

    def encode(self, dimension: str, value: Any) -> int | None:
        """The integer stored for a value; `None` for text that no row of the repository holds."""
        return self.names.find(value) if dimension in self._text else value

    def decode(self, dimension: str, stored: int) -> Any:
        """The value of a stored integer."""
        return self.names.text(stored) if dimension in self._text else stored

    def load_texts(self, dimensions: Sequence[str], rows: Iterable[Row]) -> None:
        """Fetch the texts in stored integers of many data IDs at once, before they are decoded one by one."""
        text = [i for i, d in enumerate(dimensions) if d in self._text]
        if text:
            self.names.load(row[i] for row in rows for i in text)

    def encode_all(self, dimensions: Sequence[str], values: Sequence[Any]) -> Values | None:
        """Stored integers of one data ID, or `None` when a text is unknown."""
        text = self._text
        encoded = tuple(self.names.find(v) if d in text else v for d, v in zip(dimensions, values, strict=True))
        return None if None in encoded else encoded

    def encode_column(self, dimension: str, values: np.ndarray[Any, Any] | Sequence[Any], *, intern: bool) -> list[Any]:
        """Stored integers of a column; unknown text becomes `None` unless ``intern``."""
        import numpy as np

        array = np.asarray(values)
        if dimension not in self._text:
            if array.dtype.kind not in "iu":
                raise DimensionValueError(f"Values of dimension '{dimension}' must be integers, not {array.dtype}.")
            return list(array.tolist())
        if array.dtype.kind not in "UOT":
            raise DimensionValueError(f"Values of dimension '{dimension}' must be text, not {array.dtype}.")
        distinct, inverse = np.unique(array.astype(str), return_inverse=True)
        texts = [str(t) for t in distinct]
        known = self.names.intern_many(texts) if intern else {t: self.names.find(t) for t in texts}
        codes = np.array([known[t] for t in texts], dtype=object)
        return list(codes[inverse].tolist())

    # -------------------------------------------------------------------- rows
    def find(self, table: str, dimensions: tuple[str, ...], values: Sequence[Any]) -> int | None:
        """Row of a data ID (given as plain values) in its key table, or `None`."""
        if not table:
            return EMPTY_DATA_ID
        encoded = self.encode_all(dimensions, values)
        if encoded is None:
            return None
        sql = self._find_sql.get((table, dimensions))
        if sql is None:
            conditions = " AND ".join(f"{quoted(d)} = ?" for d in dimensions)
            sql = self._find_sql[table, dimensions] = f"SELECT k FROM {quoted(table)} WHERE {conditions}"
        row = self._database.query_one(sql, encoded)
        return int(row[0]) if row else None

    def obtain(self, table: str, group: DimensionGroup, values: Sequence[Any]) -> int:
        """Row of a data ID in its key table, made when new (inside a transaction).

        Raises
        ------
        DataIdValueError
            A dimension record it refers to does not exist.
        """
        dimensions = tuple(group.required)
        found = self.find(table, dimensions, values)
        if found is not None:
            return found
        self.require_parents(group, {d: [v] for d, v in zip(dimensions, values, strict=True)})
        encoded = [self.names.intern(v) if d in self._text else v for d, v in zip(dimensions, values, strict=True)]
        columns, marks = ", ".join(map(quoted, dimensions)), ", ".join("?" * len(dimensions))
        self._database.execute(
            f"INSERT INTO {quoted(table)} ({columns}) VALUES ({marks}) ON CONFLICT DO NOTHING", encoded
        )
        found = self.find(table, dimensions, values)
        assert found is not None, (table, values)
        return found

    def stage_kinds(self, dimensions: Iterable[str]) -> dict[str, ColumnKind]:
        """Kinds of staged dimension columns."""
        return dict.fromkeys(dimensions, "int")

    # ----------------------------------------------------------------- parents
    def require_parents(self, group: DimensionGroup, columns: Mapping[str, Sequence[Any]]) -> None:
        """Check that every dimension record which data IDs refer to exists.

        Parameters
        ----------
        group : `DimensionGroup`
            Dimensions of the data IDs.
        columns : mapping
            One sequence per required dimension (plain values), all of one length.

        Raises
        ------
        DataIdValueError
            Naming the first missing record and how to make it.
        """
        for name in group.required:
            element = self.universe[name]
            assert element.key is not None
            check_values(f"'{name}'", element.key.type, _listed(columns[name]))
            if isinstance(element, SkyPixDimension):
                every = element.pixelization.universe()  # a pixel index needs no row
                if (wrong := next((i for i in columns[name] if not every.contains(int(i))), None)) is not None:
                    raise DataIdValueError(f"There is no {name} pixel {wrong}.")
                continue
            dimensions = tuple(element.required)
            rows = set(zip(*(columns[d] for d in dimensions), strict=True))
            known = self._present.setdefault(name, set())
            missing = rows - known
            if missing:
                absent = self._absent(name, dimensions, missing)
                if absent:
                    raise _missing_record(name, dimensions, absent)
                if len(known) > _REMEMBERED:
                    known.clear()
                known |= missing

    def remember(self, element: str, rows: Iterable[Values]) -> None:
        """Note that these records exist (they are never deleted)."""
        known = self._present.setdefault(element, set())
        if len(known) < _REMEMBERED:
            known.update(rows)

    def _absent(self, name: str, dimensions: tuple[str, ...], rows: set[Values]) -> list[Values]:
        """Those of ``rows`` that have no record."""
        element = self.universe[name]
        table, columns = (element.view_of, (name,)) if element.view_of else (name, dimensions)
        listed = sorted(rows)
        encoded = [self.encode_all(columns, row) for row in listed]
        staged: list[Row] = [(i, *row) for i, row in enumerate(encoded) if row is not None]
        join = " AND ".join(f"t.{quoted(d)} = s.{quoted(d)}" for d in columns)
        with self._database.staged({"ord": "int", **self.stage_kinds(columns)}, staged) as stage:
            found = self._database.query(
                f"SELECT s.ord FROM {stage} s WHERE EXISTS (SELECT 1 FROM {quoted(table)} t WHERE {join})"
            )
        present = {int(r[0]) for r in found}
        return [row for i, row in enumerate(listed) if i not in present]


def _listed(values: Sequence[Any]) -> list[Any]:
    return list(values.tolist()) if hasattr(values, "tolist") else list(values)


def _missing_record(name: str, dimensions: tuple[str, ...], absent: list[Values]) -> DataIdValueError:
    shown = ", ".join(f"{d}: {v!r}" for d, v in zip(dimensions, absent[0], strict=True))
    more = f" (and {len(absent) - 1} more)" if len(absent) > 1 else ""
    hints = {
        "instrument": "Register it with: butler register-instrument REPO NAME",
        "detector": "Register the instrument again with: butler register-instrument REPO NAME --update",
        "physical_filter": "Register the instrument again with: butler register-instrument REPO NAME --update",
        "visit": "Define visits with: butler define-visits REPO INSTRUMENT",
        "exposure": "Ingest its raws first with: butler ingest-raws REPO FILES",
        "skymap": "Register it with: butler register-skymap REPO -C FILE",
        "tract": "Register the sky map with: butler register-skymap REPO -C FILE",
        "patch": "Register the sky map with: butler register-skymap REPO -C FILE",
    }
    hint = hints.get(name, f"Insert it first: butler.registry.insert_dimension_data('{name}', ...)")
    return DataIdValueError(f"No {name} record with {{{shown}}} exists{more}.", hint=hint)
