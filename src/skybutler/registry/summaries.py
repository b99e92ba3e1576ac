"""What each collection holds or once held: dataset types, instruments, sky maps.  Knows no single dataset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from skybutler.errors import DatasetNotFoundError, MissingCollectionError

from .collections import Collection, Collections
from .database import Database
from .dataset_types import RegisteredType
from .names import Names
from .revision import Revision

__all__ = ["Summaries"]

_MEMBERSHIPS = (("dataset", "run"), ("tag", "collection"), ("calibration", "collection"))
_HELD = (
    "SELECT 1 FROM {table} m WHERE m.{collection} = collection_summary.collection "
    "AND m.dataset_type = collection_summary.dataset_type"
)


class Summaries:
    """Summaries of the collections of one repository: supersets, as removals do not shrink them.

    Parameters
    ----------
    database : `Database`
        Where the tables are.
    names : `Names`
        Interned text.
    collections : `Collections`
        Collections.
    revision : `Revision`
        Told when a collection gets its first dataset of a type.
    """

    def __init__(self, database: Database, names: Names, collections: Collections, revision: Revision) -> None:
        self._database, self._names, self._collections, self._revision = database, names, collections, revision
        self._types: set[tuple[int, int]] = set()
        self._governors: set[tuple[int, str, int]] = set()
        self._holders: dict[tuple[int, tuple[str, ...]], list[Collection]] = {}
        self._held: set[tuple[int, int | None]] = set()
        database.after_begin.append(self._held.clear)
        database.on_rollback.append(self._held.clear)
        revision.on_change.append(self._forget)

    def _forget(self) -> None:
        self._types.clear()
        self._governors.clear()
        self._holders.clear()

    def holds(self, collection: Collection, registered: RegisteredType) -> bool:
        """Whether a collection has or once had datasets of a type."""
        key = (collection.k, registered.k)
        return key in self._types or bool(
            self._database.query_one("SELECT 1 FROM collection_summary WHERE collection = ? AND dataset_type = ?", key)
        )

    def holders(self, registered: RegisteredType, collections: Sequence[str]) -> list[Collection]:
        """Runs, tags and calibrations that may hold datasets of the type, in search order."""
        key = (registered.k, tuple(collections))
        found = self._holders.get(key)
        if found is None:
            flat = self._collections.flatten(self._collections.get(c) for c in collections)
            rows = self._database.query(
                "SELECT collection FROM collection_summary WHERE dataset_type = ?", (registered.k,)
            )
            holding = {int(r[0]) for r in rows}
            found = self._holders[key] = [c for c in flat if c.k in holding]
        return found

    def governors(self, collections: Sequence[Collection]) -> dict[str, set[str]]:
        """Values of governor dimensions that datasets of any of these runs, tags and calibrations have or had."""
        found: dict[str, set[str]] = {}
        for collection in collections:
            rows = self._database.query(
                "SELECT dimension, value FROM collection_governor WHERE collection = ?", (collection.k,)
            )
            for dimension, value in rows:
                found.setdefault(str(dimension), set()).add(self._names.text(value))
        return found

    def note(self, registered: RegisteredType, collection: Collection, data_id: Mapping[str, Any]) -> None:
        """Note that the collection holds this type and these governor values (inside a transaction).

        Raises
        ------
        MissingCollectionError
            Another process has just removed the collection, or the dataset type.
        """
        self._hold(collection, registered)
        key = (collection.k, registered.k)
        if key not in self._types:
            made = self._database.execute(
                "INSERT INTO collection_summary (collection, dataset_type) VALUES (?, ?) ON CONFLICT DO NOTHING", key
            )
            if made:
                self._revision.bump()
                self._holders.clear()
            self._types.add(key)
        for governor in registered.dataset_type.dimensions.governors:
            value = self._names.intern(data_id[governor])
            entry = (collection.k, governor, value)
            if entry not in self._governors:
                self._database.execute(
                    "INSERT INTO collection_governor (collection, dimension, value) VALUES (?, ?, ?) "
                    "ON CONFLICT DO NOTHING",
                    entry,
                )
                self._governors.add(entry)

    def _hold(self, collection: Collection, registered: RegisteredType | None = None) -> None:
        """Keep other transactions from removing what this one adds to, until it ends."""
        lock, key = self._database.shared_lock, (collection.k, registered.k if registered else None)
        if not lock or key in self._held:
            return
        sql, values = "SELECT 1 FROM collection c WHERE c.k = ?", [collection.k]
        if registered is not None:
            sql, values = (
                "SELECT 1 FROM collection c, dataset_type t WHERE c.k = ? AND t.k = ?",
                [*values, registered.k],
            )
        if self._database.query_one(sql + lock, values) is None:
            raise MissingCollectionError(
                f"Collection '{collection.name}' or the dataset type was removed by another process.", hint="Try again."
            )
        self._held.add(key)

    def note_columns(self, registered: RegisteredType, collection: Collection, plain: Mapping[str, list[Any]]) -> None:
        """Note what many datasets of one type add to a collection; ``plain`` has a column per governor."""
        governors = tuple(registered.dataset_type.dimensions.governors)
        for values in set(zip(*(plain[g] for g in governors), strict=True)) if governors else {()}:
            self.note(registered, collection, dict(zip(governors, values, strict=True)))

    def refresh(self) -> int:
        """Forget types that collections no longer hold; waits for writers, and makes them wait.

        Governor values of a collection are forgotten with its last type.

        Returns
        -------
        forgotten : `int`
            Pairs of collection and dataset type.
        """
        with self._database.transaction():
            self._database.lock_out("repository")  # which every writing transaction reads first, for the revision
            held = " AND ".join(f"NOT EXISTS ({_HELD.format(table=t, collection=c)})" for t, c in _MEMBERSHIPS)
            forgotten = self._database.execute(f"DELETE FROM collection_summary WHERE {held}")
            self._database.execute(
                "DELETE FROM collection_governor WHERE NOT EXISTS "
                "(SELECT 1 FROM collection_summary s WHERE s.collection = collection_governor.collection)"
            )
            self._revision.bump()
        return forgotten

    def keep(self, stage: str) -> None:
        """Keep other transactions from removing the datasets of staged ids (inside a transaction).

        Raises
        ------
        DatasetNotFoundError
            Some are not there.
        """
        if lock := self._database.shared_lock:
            locked = f"SELECT 1 FROM {stage} s JOIN dataset d ON d.id = s.id{lock} OF d"
            self._database.query(f"SELECT count(*) FROM ({locked}) l")
        row = self._database.query_one(
            f"SELECT count(*) FROM {stage} s WHERE NOT EXISTS (SELECT 1 FROM dataset d WHERE d.id = s.id)"
        )
        if row and row[0]:
            raise DatasetNotFoundError(f"{row[0]} of the datasets are not in this repository.")

    def copy(self, stage: str, collection: Collection) -> None:
        """Enter types and governors of staged ids into a collection's summary (inside a transaction)."""
        self._hold(collection)
        made = self._database.execute(
            "INSERT INTO collection_summary (collection, dataset_type) "
            "SELECT DISTINCT CAST(? AS BIGINT), d.dataset_type "
            f"FROM {stage} s JOIN dataset d ON d.id = s.id WHERE true ON CONFLICT DO NOTHING",
            (collection.k,),
        )
        self._database.execute(
            "INSERT INTO collection_governor (collection, dimension, value) "
            "SELECT DISTINCT CAST(? AS BIGINT), g.dimension, g.value "
            f"FROM collection_governor g WHERE g.collection IN (SELECT DISTINCT d.run FROM {stage} s "
            "JOIN dataset d ON d.id = s.id) ON CONFLICT DO NOTHING",
            (collection.k,),
        )
        if made:
            self._holders.clear()
            self._revision.bump()
