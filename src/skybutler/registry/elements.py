"""Dimension records: inserting (column by column), comparing, fetching.  Knows no datasets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from skybutler.dimensions import DimensionElement, DimensionRecord, DimensionUniverse, SkyPixDimension
from skybutler.errors import (
    ConflictError,
    ConflictingDefinitionError,
    InvalidError,
)

from .columns import Columns, plain_columns, same_length
from .database import ColumnKind, Database, Row, quoted
from .footprints import Footprints
from .keys import Keys, Values
from .revision import Revision
from .schema import Table, element_table

if TYPE_CHECKING:
    pass

__all__ = ["Elements"]

_CHUNK = 100_000
_ONE_BY_ONE = 8
_FEW = 400
_FEW_NOTED = 10
"""Instruments and sky maps in one entry of the journal."""


class Elements:
    """The dimension records of one repository.

    Parameters
    ----------
    database : `Database`
        Where the tables are.
    universe : `DimensionUniverse`
        The repository's dimensions.
    keys : `Keys`
        Encodes values and knows which records exist.
    footprints : `Footprints`
        Regions.
    revision : `Revision`
        Told when records are overwritten, which other processes may have cached.
    """

    def __init__(
        self,
        database: Database,
        universe: DimensionUniverse,
        keys: Keys,
        footprints: Footprints,
        revision: Revision,
    ) -> None:
        self._database, self._universe, self._keys, self._footprints = database, universe, keys, footprints
        self._revision = revision
        self._select_sql: dict[str, str] = {}
        self._tables: dict[str, Table] = {}
        self._records: dict[tuple[str, Values], DimensionRecord] = {}
        revision.on_change.append(self._records.clear)

    # ------------------------------------------------------------------ insert
    def insert(self, name: str, columns: Columns, *, skip_existing: bool = False, replace: bool = False) -> int:
        """Insert records column by column.

        Parameters
        ----------
        name : `str`
            Dimension element.
        columns : mapping
            One sequence per record field (``region``: encoded bytes, sphgeom regions or a (n, v, 3) vertex array;
            ``timespan``: `Timespan` objects, or two columns ``timespan_begin``/``timespan_end`` of TAI ns).
            Fields that may be NULL can be left out.
        skip_existing : `bool`
            Leave records alone that exist already.
        replace : `bool`
            Overwrite records that exist already.

        Returns
        -------
        count : `int`
            Records inserted or replaced.

        Raises
        ------
        ConflictingDefinitionError
            A record exists already, or an alternate key is taken.
        DataIdValueError
            A record refers to another that does not exist.
        DimensionNameError
            An unknown field, or a required one is missing.
        """
        element = self._insertable(name)
        n = same_length(element, columns)
        count = 0
        with self._database.transaction():
            for start in range(0, n, _CHUNK):
                part = {f: c[start : start + _CHUNK] for f, c in columns.items()}
                count += self._insert_chunk(element, part, skip_existing, replace)
            self._database.grown(element.name, count)
            if "region" in columns:
                self._database.grown("footprint", count)
        return count

    def _insertable(self, name: str) -> DimensionElement:
        element = self._universe[name]
        if element.view_of or isinstance(element, SkyPixDimension):
            how = f"they come with {element.view_of} records" if element.view_of else "they are computed"
            raise InvalidError(f"Cannot insert {name} records: {how}.")
        return element

    def _insert_chunk(self, element: DimensionElement, columns: Columns, skip: bool, replace: bool) -> int:
        plain = plain_columns(element, columns)
        self._require_parents(element, plain)
        encoded = self._encoded(element, plain)
        if skip or replace:  # of records with the same key the first counts, or the last
            plain, encoded = _once(element, plain, encoded, last=replace)
        n = len(plain[element.required[0]])
        existing = self._existing(element, encoded) if skip or replace or not element.is_dimension else {}
        recorded = self._recorded(element, encoded, existing)
        if recorded and not (skip or replace):
            raise ConflictingDefinitionError(self._exists_text(element, plain, min(recorded)))
        if replace and recorded:
            self._overwrite(element, encoded, existing, plain, sorted(recorded))
        fresh = [i for i in range(n) if i not in existing]
        keys = dict(existing)
        if fresh:
            keys.update(zip(fresh, self._insert_rows(element, encoded, plain, fresh), strict=True))
        self._insert_regions(element, encoded, plain, keys, skip=recorded)
        if element.is_dimension and n < _CHUNK:
            self._keys.remember(element.name, zip(*(plain[d] for d in element.required), strict=True))
        self._note(element, plain, n - len(recorded), len(recorded) if replace else 0)
        return len(recorded) + n - len(existing) if replace else n - len(recorded)

    def _note(self, element: DimensionElement, plain: Mapping[str, list[Any]], inserted: int, replaced: int) -> None:
        """Tell the journal, with the instruments or sky maps whose records they are."""
        governor = element.governor
        of = {governor: sorted(set(plain[governor]))[:_FEW_NOTED]} if governor is not None else {}
        self._database.note("insert-records", element.name, inserted, **of)
        self._database.note("replace-records", element.name, replaced, **of)

    def _table(self, element: DimensionElement) -> Table:
        found = self._tables.get(element.name)
        if found is None:
            found = self._tables[element.name] = element_table(self._universe, element)
        return found

    def _require_parents(self, element: DimensionElement, plain: Mapping[str, list[Any]]) -> None:
        parents = [d for d in element.required if d != element.name]
        if parents:
            self._keys.require_parents(self._universe.conform(parents), plain)
        for implied in element.implied:
            if self._universe[implied].view_of == element.name or implied not in plain:
                continue
            present = [i for i, v in enumerate(plain[implied]) if v is not None]
            group = self._universe.conform([implied])
            self._keys.require_parents(group, {d: [plain[d][i] for i in present] for d in group.required})

    def _encoded(self, element: DimensionElement, plain: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
        """Table columns with text dimensions interned, NaN as NULL and booleans as 0/1."""
        encoded: dict[str, list[Any]] = {}
        dimensions = set(element.required) | set(element.implied)
        for column in self._table(element).columns:
            values = plain.get(column.name)
            if column.kind == "key" or values is None:
                continue
            if column.name in dimensions and self._keys.is_text(column.name):
                texts = self._keys.names.intern_many(v for v in values if v is not None)
                encoded[column.name] = [None if v is None else texts[v] for v in values]
            elif column.kind == "float":
                encoded[column.name] = [None if v is None or v != v else float(v) for v in values]
            elif column.kind == "bool":
                encoded[column.name] = [None if v is None else int(v) for v in values]
            else:
                encoded[column.name] = values
        return encoded

    def _existing(self, element: DimensionElement, encoded: Mapping[str, list[Any]]) -> dict[int, int]:
        """Position → row of records whose key stands in the table already."""
        required = element.required
        n = len(encoded[required[0]])
        varying = [d for d in required if encoded[d].count(encoded[d][0]) < n]
        if n <= _FEW and len(varying) <= 1:
            return self._existing_of_one(element.name, required, (varying or required)[-1], encoded)
        rows = zip(range(n), *(encoded[d] for d in required), strict=True)
        on = " AND ".join(f"t.{quoted(d)} = s.{quoted(d)}" for d in required)
        with self._database.staged({"ord": "int", **self._keys.stage_kinds(required)}, rows) as stage:
            found = self._database.query(
                f"SELECT s.ord, t.k FROM {stage} s CROSS JOIN {quoted(element.name)} t WHERE {on}"
            )
        return {int(o): int(k) for o, k in found}

    def _existing_of_one(
        self, table: str, required: Sequence[str], varying: str, encoded: Mapping[str, list[Any]]
    ) -> dict[int, int]:
        """`_existing` for few rows that differ in one dimension: the detectors of a visit."""
        fixed = [d for d in required if d != varying]
        where = "".join(f"{quoted(d)} = ? AND " for d in fixed)
        wanted, values = self._database.one_of(quoted(varying), "int", encoded[varying])
        found = self._database.query(
            f"SELECT {quoted(varying)}, k FROM {quoted(table)} WHERE {where}{wanted}",
            (*(encoded[d][0] for d in fixed), *values),
        )
        rows = {int(value): int(k) for value, k in found}
        return {i: rows[value] for i, value in enumerate(encoded[varying]) if value in rows} if rows else {}

    def _recorded(
        self, element: DimensionElement, encoded: Mapping[str, list[Any]], existing: Mapping[int, int]
    ) -> set[int]:
        """Positions that are records already; a row that only serves data IDs (no footprint) is none."""
        if not existing or element.is_dimension or not element.has_region:
            return set(existing)
        found: set[int] = set()
        for governor, positions in self._by_governor(element, encoded, sorted(existing)).items():
            number = self._footprints.set_of(element.name, governor)
            if number is not None:
                have = self._footprints.fetch(number, [existing[i] for i in positions])
                found.update(i for i in positions if existing[i] in have)
        return found

    def _insert_rows(
        self,
        element: DimensionElement,
        encoded: Mapping[str, list[Any]],
        plain: Mapping[str, list[Any]],
        fresh: list[int],
    ) -> Sequence[int]:
        table = self._table(element)
        names = [c.name for c in table.columns if c.name in encoded]
        kinds: dict[str, ColumnKind] = {"k": "int", **table.kinds(*names)}
        keys = self._database.reserve_keys(table.name, len(fresh))
        chosen = [encoded[c] if len(fresh) == len(encoded[c]) else [encoded[c][i] for i in fresh] for c in names]
        try:
            self._database.insert_many(table.name, kinds, zip(keys, *chosen, strict=True))
        except ConflictError as error:
            raise ConflictingDefinitionError(
                f"{self._exists_text(element, plain, fresh[0], many=len(fresh))} ({error})",
                hint="Use skip_existing, or replace, to go on.",
            ) from error
        return keys

    def _exists_text(self, element: DimensionElement, plain: Mapping[str, list[Any]], i: int, many: int = 1) -> str:
        shown = ", ".join(f"{d}: {plain[d][i]!r}" for d in element.required)
        if many > 1:
            return f"One of {many} {element.name} records (the first is {{{shown}}}) exists already"
        return f"A {element.name} record with {{{shown}}} exists already"

    def _by_governor(
        self, element: DimensionElement, encoded: Mapping[str, list[Any]], positions: Sequence[int]
    ) -> dict[int, list[int]]:
        if element.governor is None:
            return {0: list(positions)}
        groups: dict[int, list[int]] = {}
        column = encoded[element.governor]
        for i in positions:
            groups.setdefault(column[i], []).append(i)
        return groups

    def _insert_regions(
        self,
        element: DimensionElement,
        encoded: Mapping[str, list[Any]],
        plain: Mapping[str, list[Any]],
        keys: Mapping[int, int],
        *,
        skip: set[int],
    ) -> None:
        if "region" not in plain:
            return
        blobs = plain["region"]
        positions = [i for i in sorted(keys) if blobs[i] is not None and i not in skip]
        for governor, chosen in self._by_governor(element, encoded, positions).items():
            self._footprints.write(element.name, governor, [keys[i] for i in chosen], [blobs[i] for i in chosen])

    def _overwrite(
        self,
        element: DimensionElement,
        encoded: Mapping[str, list[Any]],
        existing: Mapping[int, int],
        plain: Mapping[str, list[Any]],
        positions: list[int],
    ) -> None:
        names = [c for c in encoded if c not in element.required]
        if names:
            assignments = ", ".join(f"{quoted(c)} = ?" for c in names)
            for i in positions:
                self._database.execute(
                    f"UPDATE {quoted(element.name)} SET {assignments} WHERE k = ?",
                    (*(encoded[c][i] for c in names), existing[i]),
                )
        if "region" in plain:
            for governor, chosen in self._by_governor(element, encoded, positions).items():
                keys = [existing[i] for i in chosen]
                self._footprints.delete(element.name, governor, keys)
                pairs = [(existing[i], plain["region"][i]) for i in chosen if plain["region"][i] is not None]
                self._footprints.write(element.name, governor, [k for k, _ in pairs], [b for _, b in pairs])
        self._revision.bump()

    # -------------------------------------------------------------------- sync
    def sync(self, name: str, row: Mapping[str, Any], *, update: bool = False) -> bool | dict[str, Any]:
        """Make sure that a record exists with these values.

        Returns
        -------
        change : `bool` or `dict`
            `False` when it was there already, `True` when inserted, the old values of changed fields when updated.

        Raises
        ------
        ConflictingDefinitionError
            It exists with other values and ``update`` is false; fields, old and new values are named.
        """
        element = self._insertable(name)
        with self._database.transaction():
            record = element.record(**row)
            values = tuple(record.data_id[d] for d in element.required)
            self._records.pop((name, values), None)
            found = self.fetch(name, values)
            if found is None:
                self.insert(name, _columns_of(element, [record]))
                return True
            old = {f: found.get(f) for f in element.fields if f in row and not _same(found.get(f), record.get(f))}
            if not old:
                return False
            if not update:
                shown = "; ".join(f"{f}: {_short(v)} != {_short(record.get(f))}" for f, v in old.items())
                raise ConflictingDefinitionError(
                    f"{name} record {found.data_id} exists with other values: {shown}.",
                    hint="Pass update=True (--update, --update-records) to overwrite.",
                )
            given = {f: [record.get(f)] for f in element.fields if f in row}
            self.insert(name, given, replace=True)
            return old

    def insert_records(self, name: str, rows: Iterable[Mapping[str, Any] | DimensionRecord], **options: bool) -> int:
        """Insert records given one by one; options as for `insert`."""
        element = self._insertable(name)
        records = [r if isinstance(r, DimensionRecord) else element.record(**r) for r in rows]
        return self.insert(name, _columns_of(element, records), **options) if records else 0

    # ------------------------------------------------------------------- fetch
    def select(self, name: str) -> str:
        """SELECT text giving a record's fields in order, from table alias ``t``; a WHERE clause may follow."""
        found = self._select_sql.get(name)
        if found is None:
            found = self._select_sql[name] = self._make_select(self._universe[name])
        return found

    def _make_select(self, element: DimensionElement) -> str:
        columns: list[str] = []
        for field in element.fields:
            if field == "region":
                columns.append("f.region")
            elif field == "timespan":
                columns += ["t.timespan_begin", "t.timespan_end"]
            else:
                own = element.key is not None and field == element.key.name
                columns.append(f"t.{quoted(element.name if own else field)}")
        if element.view_of:
            return f"SELECT DISTINCT {', '.join(columns)} FROM {quoted(element.view_of)} t"
        text = f"SELECT {', '.join(columns)} FROM {quoted(element.name)} t"
        if not element.has_region:
            return text
        kind = "LEFT JOIN" if element.is_dimension else "JOIN"
        governor = f"t.{quoted(element.governor)}" if element.governor else "0"
        return (
            f"{text} {kind} footprint_set g ON g.element = '{element.name}' AND g.governor = {governor} "
            f"{kind} footprint f ON f.footprint_set = g.k AND f.k = t.k"
        )

    def fetch(self, name: str, values: Sequence[Any]) -> DimensionRecord | None:
        """The record with these required values (canonical order), or `None`; cached, as records rarely change."""
        key = (name, tuple(values))
        found = self._records.get(key)
        if found is not None:
            return found
        element = self._universe[name]
        if isinstance(element, SkyPixDimension):
            return element.record(id=values[0], region=element.region(values[0]))
        columns = (element.name,) if element.view_of else element.required
        encoded = self._keys.encode_all(columns, values)
        if encoded is None:
            return None
        where = " AND ".join(f"t.{quoted(d)} = ?" for d in columns)
        row = self._database.query_one(f"{self.select(name)} WHERE {where}", encoded)
        if row is None:
            return None
        found = self.from_row(element, row)
        if len(self._records) > 50_000:
            self._records.clear()
        self._records[key] = found
        return found

    def fetch_by_key(self, name: str, keys: Iterable[Values]) -> dict[Values, DimensionRecord | None]:
        """As `fetch`, of many: a few that are not cached one by one, more of them together."""
        element = self._universe[name]
        found = {key: self._records.get((name, key)) for key in keys}
        absent = [key for key, record in found.items() if record is None]
        if len(absent) <= _ONE_BY_ONE or not element.has_table or isinstance(element, SkyPixDimension):
            return found | {key: self.fetch(name, key) for key in absent}
        whole = [key for key in absent if None not in key]
        columns = {d: [key[i] for key in whole] for i, d in enumerate(element.required)}
        return found | dict(zip(whole, self.fetch_many(name, columns), strict=True))

    def fetch_many(self, name: str, columns: Columns) -> list[DimensionRecord | None]:
        """The records with many required values, `None` where there is none.

        Parameters
        ----------
        name : `str`
            Dimension element with a table of its own.
        columns : mapping
            One sequence of plain values per required dimension.
        """
        element = self._universe[name]
        required = element.required
        found: list[DimensionRecord | None] = [None] * len(columns[required[0]])
        if not found:
            return found
        encoded = [self._keys.encode_column(d, columns[d], intern=False) for d in required]
        on = " AND ".join(f"t.{quoted(d)} = s.{quoted(d)}" for d in required)
        table = f"FROM {quoted(name)} t"
        head, _, tail = self.select(name).partition(table)
        rows = zip(range(len(found)), *encoded, strict=True)
        with self._database.staged({"ord": "int", **self._keys.stage_kinds(required)}, rows) as stage:
            # CROSS JOIN keeps the staged rows outermost in SQLite
            fields = head.removeprefix("SELECT ")
            sql = f"SELECT s.ord, {fields}FROM {stage} s CROSS JOIN {quoted(name)} t{tail} WHERE {on}"
            for row in self._database.query(sql):
                found[int(row[0])] = self.from_row(element, row[1:])
        return found

    def from_row(self, element: DimensionElement, row: Row) -> DimensionRecord:
        """The record in a row of `select`."""
        values: list[Any] = []
        column = iter(row)
        text = self.text_fields(element)
        booleans = {c.name for c in element.metadata if c.type == "bool"}
        for field in element.fields:
            value = next(column)
            if field == "timespan":
                end = next(column)
                value = None if value is None else _timespan(value, end)
            elif value is not None and field in text:
                value = self._keys.names.text(value)
            elif value is not None and field in booleans:
                value = bool(value)
            values.append(value)
        return DimensionRecord(element, values)

    def text_fields(self, element: DimensionElement) -> set[str]:
        """Fields of an element whose column is interned text."""
        fields = {d for d in (*element.required, *element.implied) if self._keys.is_text(d)}
        if element.key is not None and element.name in fields:
            fields.discard(element.name)
            fields.add(element.key.name)
        return fields


def _timespan(begin: int, end: int) -> Any:
    from skybutler.sky.timespan import Timespan

    return Timespan.from_ns(begin, end)


def _once(
    element: DimensionElement, plain: Mapping[str, list[Any]], encoded: Mapping[str, list[Any]], *, last: bool
) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    """Columns with one row per key."""
    n = len(plain[element.required[0]])
    keys = zip(*(plain[d] for d in element.required), strict=True)
    positions: dict[Values, int] = {}
    for i, key in enumerate(keys):
        if last or key not in positions:
            positions[key] = i
    if len(positions) == n:
        return dict(plain), dict(encoded)
    kept = sorted(positions.values())
    return {f: [c[i] for i in kept] for f, c in plain.items()}, {f: [c[i] for i in kept] for f, c in encoded.items()}


def _columns_of(element: DimensionElement, records: Sequence[DimensionRecord]) -> dict[str, list[Any]]:
    return {f: [r.get(f) for r in records] for f in element.fields}


def _same(a: Any, b: Any) -> bool:
    return bool(a == b) or (isinstance(a, float) and isinstance(b, float) and a != a and b != b)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
