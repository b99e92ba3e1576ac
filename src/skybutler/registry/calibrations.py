"""Calibration collections: validity ranges, certify, decertify, look-up by time.  Knows no instruments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from skybutler.datasets.collection import CollectionType
from skybutler.errors import (
    AmbiguousCalibrationError,
    ConflictingDefinitionError,
    DatasetTypeError,
)

from .collections import Collection, Collections
from .database import Database
from .dataset_types import DatasetTypes, RegisteredType
from .datasets import Datasets
from .keys import Keys

if TYPE_CHECKING:
    from skybutler.sky.timespan import Timespan

__all__ = ["Calibrations"]


class Calibrations:
    """Datasets with validity ranges, per CALIBRATION collection.

    Parameters
    ----------
    database : `Database`
        Where the tables are.
    keys, types, collections, datasets
        The registry's other parts.
    """

    def __init__(
        self, database: Database, keys: Keys, types: DatasetTypes, collections: Collections, datasets: Datasets
    ) -> None:
        self._database, self._keys, self._types = database, keys, types
        self._collections, self._datasets = collections, datasets

    def certify(self, collection: str, ids: Iterable[bytes], timespan: Timespan) -> int:
        """Make datasets valid over a time span; those that have exactly this range already are left as they are.

        Returns
        -------
        count : `int`
            How many ranges are new.

        Raises
        ------
        ConflictingDefinitionError
            Another range of the same type and data ID overlaps; type, data ID and both ranges are named.
        DatasetTypeError
            A dataset is not of a calibration type.
        """
        if timespan.is_empty:
            raise ConflictingDefinitionError("An empty validity range cannot be certified.")
        begin, end = timespan.begin_ns, timespan.end_ns
        with self._database.transaction():
            target = self._collections.require(collection, CollectionType.CALIBRATION)
            self._database.lock_table("calibration")
            with self._database.staged({"id": "id"}, ((i,) for i in ids)) as stage:
                source = f"{stage} s JOIN dataset d ON d.id = s.id"
                self._datasets.summaries.keep(stage)
                self._check_types(source)
                self._check_free(source, target, begin, end)
                added = self._database.execute(
                    "INSERT INTO calibration (collection, dataset_type, data_id, begin, finish, dataset) "
                    "SELECT CAST(? AS BIGINT), d.dataset_type, d.data_id, CAST(? AS BIGINT), CAST(? AS BIGINT), d.k "
                    f"FROM {source} WHERE NOT EXISTS (SELECT 1 FROM calibration c WHERE c.collection = ? "
                    "AND c.dataset_type = d.dataset_type AND c.data_id = d.data_id AND c.begin = ?)",
                    (target.k, begin, end, target.k, begin),
                )
                if added:
                    self._database.note("certify", collection, added, valid=str(timespan))
                self._datasets.summaries.copy(stage, target)
        return added

    def _check_types(self, source: str) -> None:
        wrong = self._database.query_one(
            f"SELECT t.name FROM {source} JOIN dataset_type t ON t.k = d.dataset_type "
            "WHERE t.is_calibration = 0 LIMIT 1"
        )
        if wrong is not None:
            raise DatasetTypeError(
                f"'{wrong[0]}' is not a calibration dataset type and cannot be certified.",
                hint="Register calibration types with --is-calibration.",
            )
        twice = self._database.query_one(
            f"SELECT d.dataset_type, d.data_id FROM {source} GROUP BY d.dataset_type, d.data_id "
            "HAVING count(*) > 1 LIMIT 1"
        )
        if twice is not None:
            raise ConflictingDefinitionError(f"Two datasets for the same range: {self._describe(*map(int, twice))}.")

    def _check_free(self, source: str, target: Collection, begin: int, end: int) -> None:
        """Refuse ranges that overlap others; the same dataset with the same range is no conflict."""
        clash = self._database.query(
            f"SELECT d.dataset_type, d.data_id, c.begin, c.finish FROM {source} JOIN calibration c ON c.collection = ? "
            "AND c.dataset_type = d.dataset_type AND c.data_id = d.data_id WHERE c.begin < ? AND c.finish > ? "
            "AND NOT (c.dataset = d.k AND c.begin = ? AND c.finish = ?)",
            (target.k, end, begin, begin, end),
        )
        if clash:
            kind, data_id, b, e = map(int, clash[0])
            more = f" ({len(clash)} conflicts in all)" if len(clash) > 1 else ""
            raise ConflictingDefinitionError(
                f"{self._describe(kind, data_id)} is already certified in '{target.name}' "
                f"for {_timespan(b, e)}, which overlaps {_timespan(begin, end)}{more}.",
                hint=f"Choose dates that only touch it, or first: {self._undoing(kind, target, begin, end)}",
            )

    def _undoing(self, kind: int, target: Collection, begin: int, end: int) -> str:
        """The command that makes room for a range."""
        from skybutler.sky.timespan import Timespan, iso_text

        ends = [("--begin-date", begin, Timespan.MIN_NS), ("--end-date", end, Timespan.MAX_NS)]
        dates = "".join(
            f" {option} {iso_text(ns).removesuffix('.' + 9 * '0')}" for option, ns, unbounded in ends if ns != unbounded
        )
        return f"butler decertify-calibrations REPO {target.name} {self._type_name(kind)}{dates}"

    def decertify(
        self,
        collection: str,
        dataset_type: str,
        timespan: Timespan,
        *,
        data_ids: Iterable[Mapping[str, Any]] | None = None,
    ) -> int:
        """Take a time span out of the validity ranges; ranges that stick out are shortened or split.

        Returns
        -------
        count : `int`
            How many ranges were changed.
        """
        target = self._collections.require(collection, CollectionType.CALIBRATION)
        registered = self._types.get(dataset_type)
        with self._database.transaction():
            self._database.lock_table("calibration")
            if data_ids is None:
                return self._cut(target, registered, timespan, "")
            found = {self._row(registered, d) for d in data_ids} - {None}
            with self._database.staged({"data_id": "int"}, ((row,) for row in found)) as stage:
                return self._cut(target, registered, timespan, f" AND data_id IN (SELECT data_id FROM {stage})")

    def _cut(self, target: Collection, registered: RegisteredType, timespan: Timespan, chosen: str) -> int:
        """Take a time span out of the ranges that a condition chooses."""
        begin, end = timespan.begin_ns, timespan.end_ns
        touched = "collection = ? AND dataset_type = ? AND begin < ? AND finish > ?" + chosen
        parameters = (target.k, registered.k, end, begin)
        rows = self._database.query(
            f"SELECT data_id, begin, finish, dataset FROM calibration WHERE {touched}", parameters
        )
        self._database.execute(f"DELETE FROM calibration WHERE {touched}", parameters)
        same = (target.k, registered.k)
        left = [(*same, data_id, b, begin, dataset) for data_id, b, _, dataset in rows if b < begin]
        left += [(*same, data_id, end, e, dataset) for data_id, _, e, dataset in rows if e > end]
        names = ("collection", "dataset_type", "data_id", "begin", "finish", "dataset")
        self._database.insert_many("calibration", dict.fromkeys(names, "int"), left)
        self._database.note(
            "decertify", f"{registered.dataset_type.name} in {target.name}", len(rows), valid=str(timespan)
        )
        return len(rows)

    def find(
        self, name: str, values: Sequence[Any], collection: Collection, timespan: Timespan | None
    ) -> tuple[int, bytes, str] | None:
        """The dataset valid at a time in one collection: row, id and run.

        Raises
        ------
        AmbiguousCalibrationError
            Several ranges qualify; type, data ID and ranges are named.
        """
        registered = self._types.get(name)
        data_id = self._keys.find(registered.key_table, tuple(registered.dataset_type.dimensions.required), values)
        if data_id is None:
            return None
        sql = (
            "SELECT d.k, d.id, d.run, c.begin, c.finish FROM calibration c JOIN dataset d ON d.k = c.dataset "
            "WHERE c.collection = ? AND c.dataset_type = ? AND c.data_id = ?"
        )
        parameters: list[Any] = [collection.k, registered.k, data_id]
        if timespan is not None:
            sql += " AND c.begin < ? AND c.finish > ?"
            parameters += [timespan.end_ns, timespan.begin_ns]
        rows = self._database.query(sql, parameters)
        if len({r[0] for r in rows}) > 1:
            ranges = ", ".join(str(_timespan(r[3], r[4])) for r in rows[:4])
            when = f" at {timespan}" if timespan is not None else ""
            raise AmbiguousCalibrationError(
                f"{self._describe(registered.k, data_id)} has {len(rows)} calibrations in '{collection.name}'{when}: "
                f"{ranges}.",
                hint="Give a timespan=, or a data ID with an exposure or visit."
                if timespan is None
                else "Ask for a shorter time: timespan=",
            )
        if not rows:
            return None
        return int(rows[0][0]), bytes(rows[0][1]), self._datasets.run_name(int(rows[0][2]))

    def spans(self, name: str, values: Sequence[Any], collection: Collection) -> list[Timespan]:
        """When one collection has something valid for a type and data ID, in order of time."""
        registered = self._types.get(name)
        data_id = self._keys.find(registered.key_table, tuple(registered.dataset_type.dimensions.required), values)
        rows = self._database.query(
            "SELECT begin, finish FROM calibration WHERE collection = ? AND dataset_type = ? AND data_id = ? "
            "ORDER BY begin",
            (collection.k, registered.k, -1 if data_id is None else data_id),
        )
        return [_timespan(int(b), int(e)) for b, e in rows]

    def ranges(self, collection: str, dataset_type: str) -> list[tuple[int, bytes, Timespan]]:
        """Row, id and validity range of every member of one type, by data ID and time."""
        target = self._collections.require(collection, CollectionType.CALIBRATION)
        registered = self._types.get(dataset_type)
        rows = self._database.query(
            "SELECT d.k, d.id, c.begin, c.finish FROM calibration c JOIN dataset d ON d.k = c.dataset "
            "WHERE c.collection = ? AND c.dataset_type = ? ORDER BY c.data_id, c.begin",
            (target.k, registered.k),
        )
        return [(int(k), bytes(i), _timespan(b, e)) for k, i, b, e in rows]

    def _row(self, registered: RegisteredType, data_id: Mapping[str, Any]) -> int | None:
        required = tuple(registered.dataset_type.dimensions.required)
        return self._keys.find(registered.key_table, required, [data_id[d] for d in required])

    def _describe(self, dataset_type: int, data_id: int) -> str:
        registered = self._types.get(self._type_name(dataset_type))
        return f"'{registered.dataset_type.name}' with data ID {self._datasets.data_id(registered, data_id)}"

    def _type_name(self, dataset_type: int) -> str:
        row = self._database.query_one("SELECT name FROM dataset_type WHERE k = ?", (dataset_type,))
        assert row is not None
        return str(row[0])


def _timespan(begin: int, end: int) -> Timespan:
    from skybutler.sky.timespan import Timespan  # loads datetime and decimal, which a look-up has no need of

    return Timespan.from_ns(begin, end)
