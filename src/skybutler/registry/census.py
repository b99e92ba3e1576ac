"""What a repository holds, counted by the database: never a row per dataset in Python.  Knows no files, no sky."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from .collections import Collection
from .database import Database, quoted
from .registry import Registry

__all__ = ["Census", "DatasetCount", "MemberCount", "ObservationCount"]


class DatasetCount(NamedTuple):
    """Datasets of one type in one run; bytes of what is stored, ``unsized`` of which have no recorded size."""

    run: str
    dataset_type: str
    datasets: int
    stored: int
    bytes: int
    unsized: int


class MemberCount(NamedTuple):
    """Members of one type in a TAGGED or CALIBRATION collection; of the latter also the ends of all validity ranges.

    Times are TAI nanoseconds.
    """

    collection: str
    dataset_type: str
    datasets: int
    begin: int | None = None
    end: int | None = None


class ObservationCount(NamedTuple):
    """Exposures or visits of one night, instrument and filter; times are TAI nanoseconds."""

    instrument: str
    day_obs: int | None
    physical_filter: str | None
    band: str | None
    n: int
    begin: int | None
    end: int | None


@dataclass(frozen=True, slots=True)
class Census:
    """Counts of one repository.

    Parameters
    ----------
    registry : `Registry`
        The repository's.
    collections : sequence of `Collection`, optional
        Only datasets of these runs, tags and calibrations, and records of their instruments and sky maps.
    """

    registry: Registry
    collections: Sequence[Collection] | None = None

    @property
    def _database(self) -> Database:
        return self.registry.database

    # -------------------------------------------------------------- repository
    def facts(self) -> dict[str, str]:
        """What the repository says about itself, by key; the definition of its dimensions is left out."""
        rows = self._database.query("SELECT key, value FROM repository WHERE key <> 'universe'")
        return {str(key): str(value) for key, value in rows}

    def server(self) -> str:
        """Name and version of the database."""
        if self._database.dialect == "sqlite":
            row = self._database.query_one("SELECT sqlite_version()")
            return f"SQLite {row[0] if row else '?'}"
        row = self._database.query_one("SELECT current_setting('server_version')")
        return f"PostgreSQL {str(row[0]).partition(' ')[0] if row else '?'}"

    def records(self) -> dict[str, int]:
        """Number of records of each dimension element that has any; regions of join elements are no records here."""
        found = {}
        for element in self.registry.universe.elements:
            if not element.has_table or (not element.is_dimension and element.has_region):
                continue  # the table of such an element also holds data IDs of datasets
            where, values = self._of_governors(element.required)
            row = self._database.query_one(f"SELECT count(*) FROM {quoted(element.name)} t{where}", values)
            if row and row[0]:
                found[str(element.name)] = int(row[0])
        return found

    def per_governor(self, element: str, governor: str) -> dict[str, int]:
        """Records of an element per instrument or sky map; empty in a universe that has it not."""
        if not self._has(element, governor):
            return {}
        column = quoted(governor)
        where, values = self._of_governors((governor,))
        rows = self._database.query(
            f"SELECT t.{column}, count(*) FROM {quoted(element)} t{where} GROUP BY t.{column}", values
        )
        return {self.registry.names.text(k): int(n) for k, n in rows}

    def filters(self) -> list[tuple[str, str, str | None]]:
        """Instrument, physical filter and band of every filter."""
        if not self._has("physical_filter", "instrument", "band"):
            return []
        where, values = self._of_governors(("instrument",))
        rows = self._database.query(f"SELECT instrument, physical_filter, band FROM physical_filter t{where}", values)
        return sorted((self._text(i) or "", self._text(f) or "", self._text(b)) for i, f, b in rows)

    def observations(self, element: str) -> list[ObservationCount]:
        """Records of ``exposure`` or ``visit`` per night, instrument and filter."""
        if not self._has(element, "instrument", "physical_filter", "day_obs"):
            return []
        bands = {(i, f): b for i, f, b in self.filters()}
        where, values = self._of_governors(("instrument",))
        rows = self._database.query(
            "SELECT t.instrument, t.day_obs, t.physical_filter, count(*), min(t.timespan_begin), max(t.timespan_end) "
            f"FROM {quoted(element)} t{where} GROUP BY t.instrument, t.day_obs, t.physical_filter",
            values,
        )
        self.registry.names.load(k for row in rows for k in (row[0], row[2]) if k is not None)
        made = []
        for instrument, day, physical, n, begin, end in rows:
            name, chosen = self._text(instrument) or "", self._text(physical)
            made.append(ObservationCount(name, day, chosen, bands.get((name, chosen or "")), int(n), begin, end))
        return sorted(made, key=lambda row: (row.instrument, row.day_obs or 0, row.physical_filter or ""))

    # ---------------------------------------------------------------- datasets
    def datasets(self) -> list[DatasetCount]:
        """Datasets per run and type, in one walk over the table."""
        where, values = self._of_datasets()
        sizes = "CASE WHEN d.size > 0 THEN d.size ELSE 0 END"
        unsized = "CASE WHEN d.path IS NOT NULL AND coalesce(d.size, -1) < 0 THEN 1 ELSE 0 END"
        counts = self._database.query(
            f"SELECT d.run, d.dataset_type, count(*), count(d.path), CAST(sum({sizes}) AS BIGINT), "
            f"CAST(sum({unsized}) AS BIGINT) FROM dataset d{where} GROUP BY d.run, d.dataset_type",
            values,
        )
        more = self._further_files(where, values)
        runs, types = self._collection_names(), self._type_names()
        return sorted(
            DatasetCount(runs[run], types[kind], int(n), int(stored), int(size) + more.get((run, kind), 0), int(no))
            for run, kind, n, stored, size, no in counts
            if run in runs and kind in types  # else it was removed meanwhile
        )

    def _further_files(self, where: str, values: Sequence[Any]) -> dict[tuple[int, int], int]:
        """Bytes of files beyond the first of a dataset, by run and type."""
        if self._database.query_one("SELECT 1 FROM artifact LIMIT 1") is None:
            return {}
        rows = self._database.query(
            "SELECT d.run, d.dataset_type, CAST(sum(CASE WHEN a.size > 0 THEN a.size ELSE 0 END) AS BIGINT) "
            f"FROM artifact a JOIN dataset d ON d.k = a.dataset{where} GROUP BY d.run, d.dataset_type",
            values,
        )
        return {(run, kind): int(size) for run, kind, size in rows}

    def tags(self) -> list[MemberCount]:
        """Members of TAGGED collections per type."""
        where, values = self._of_collections()
        rows = self._database.query(
            f"SELECT t.collection, t.dataset_type, count(*) FROM tag t{where} GROUP BY t.collection, t.dataset_type",
            values,
        )
        names, types = self._collection_names(), self._type_names()
        return sorted(MemberCount(names[c], types[t], int(n)) for c, t, n in rows if c in names and t in types)

    def calibrations(self) -> list[MemberCount]:
        """Members of CALIBRATION collections per type; a dataset with several validity ranges counts once for each."""
        where, values = self._of_collections()
        rows = self._database.query(
            "SELECT t.collection, t.dataset_type, count(*), min(t.begin), max(t.finish) "
            f"FROM calibration t{where} GROUP BY t.collection, t.dataset_type",
            values,
        )
        names, types = self._collection_names(), self._type_names()
        known = ((names[c], types[t], int(n), b, e) for c, t, n, b, e in rows if c in names and t in types)
        return sorted(MemberCount(*row) for row in known)

    def trash(self) -> int:
        """How many files wait for removal."""
        row = self._database.query_one("SELECT count(*) FROM trash")
        return int(row[0]) if row else 0

    # ------------------------------------------------------------------ within
    def _text(self, k: int | None) -> str | None:
        return None if k is None else self.registry.names.text(k)

    def _collection_names(self) -> dict[int, str]:
        return {c.k: c.name for c in self.registry.collections.all()}

    def _type_names(self) -> dict[int, str]:
        return {t.k: t.dataset_type.name for t in self.registry.dataset_types.all()}

    def _has(self, element: str, *dimensions: str) -> bool:
        """Whether the universe has an element with a table, these dimensions (or fields) and what they belong to."""
        if element not in self.registry.universe:
            return False
        definition = self.registry.universe[element]
        known = {*definition.required, *definition.implied, *definition.columns}
        return definition.has_table and known.issuperset(dimensions)

    def _of_collections(self) -> tuple[str, list[int]]:
        """WHERE clause of ``tag t`` and ``calibration t``."""
        if self.collections is None:
            return "", []
        keys = [c.k for c in self.collections]
        return (f" WHERE t.collection IN ({', '.join('?' * len(keys))})", keys) if keys else (" WHERE 1 = 0", [])

    def _of_datasets(self) -> tuple[str, list[int]]:
        """WHERE clause of ``dataset d``."""
        if self.collections is None:
            return "", []
        keys = [c.k for c in self.collections]
        if not keys:
            return " WHERE 1 = 0", []
        marks = ", ".join("?" * len(keys))
        members = (f"d.k IN (SELECT dataset FROM {table} WHERE collection IN ({marks}))" for table in _MEMBERS)
        return f" WHERE (d.run IN ({marks}) OR {' OR '.join(members)})", keys * (1 + len(_MEMBERS))

    def _of_governors(self, dimensions: Sequence[str]) -> tuple[str, list[int]]:
        """WHERE clause of a table ``t`` of records with these dimensions."""
        if self.collections is None:
            return "", []
        chosen = self.registry.datasets.summaries.governors(self.collections)
        parts: list[str] = []
        values: list[int] = []
        for governor in (d for d in dimensions if d in self.registry.universe.governors):
            keys = [k for name in chosen.get(governor, ()) if (k := self.registry.names.find(name)) is not None]
            parts.append(f"t.{quoted(governor)} IN ({', '.join('?' * len(keys))})" if keys else "1 = 0")
            values += keys
        return (f" WHERE {' AND '.join(parts)}" if parts else ""), values


_MEMBERS = ("tag", "calibration")
