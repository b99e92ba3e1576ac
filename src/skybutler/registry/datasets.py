"""Dataset rows: adding one or many, finding, removing, tagging.  File records pass through unread.

A file record whose path has a scheme (``file:///...``) stays somebody else's file: it is never trashed.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from skybutler.datasets.collection import CollectionType
from skybutler.datasets.file_columns import FileColumns
from skybutler.datasets.file_record import FileRecord
from skybutler.datasets.identity import uuid7
from skybutler.datasets.ref import DatasetRef
from skybutler.dimensions import DataId
from skybutler.errors import (
    CollectionTypeError,
    ConflictError,
    ConflictingDefinitionError,
    DatasetExistsError,
    DimensionNameError,
)

from .collections import Collection, Collections
from .database import ColumnKind, Database, Row, quoted
from .dataset_types import DatasetTypes, RegisteredType
from .keys import Keys
from .revision import Revision

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Datasets"]

_RECORD = "d.path, d.formatter, d.storage_class, d.size, d.checksum"
_CHUNK = 400
_UNIX_TAI_OFFSET_NS = 37 * 1_000_000_000
"""TAI - UTC since 2017; ingest times need no better."""


class Datasets:
    """Datasets of one repository.

    Parameters
    ----------
    database : `Database`
        Where the tables are.
    keys : `Keys`
        Data IDs as integers.
    types : `DatasetTypes`
        Dataset types.
    collections : `Collections`
        Collections.
    revision : `Revision`
        Told when a collection gets its first dataset of a type.
    """

    def __init__(
        self, database: Database, keys: Keys, types: DatasetTypes, collections: Collections, revision: Revision
    ) -> None:
        self._database, self._keys, self._types = database, keys, types
        self._collections, self._revision = collections, revision
        self._summaries: set[tuple[int, int]] = set()
        self._governors: set[tuple[int, str, int]] = set()
        self._holders: dict[tuple[int, tuple[str, ...]], list[Collection]] = {}
        self._find_sql: dict[tuple[str, int], str] = {}
        self._run_names: dict[int, str] = {}
        revision.on_change.append(self._forget)

    def _forget(self) -> None:
        self._summaries.clear()
        self._governors.clear()
        self._holders.clear()
        self._run_names.clear()

    # -------------------------------------------------------------------- find
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

    def find(
        self, name: str, values: Sequence[Any], collections: Sequence[str]
    ) -> tuple[int, bytes, str, FileRecord | None] | None:
        """First dataset of a type and data ID in runs and tags, in search order.

        Parameters
        ----------
        name : `str`
            Dataset type.
        values : sequence
            Required dimension values in canonical order.
        collections : sequence of `str`
            Where to search; chains are followed, calibrations skipped (see `Calibrations`).

        Returns
        -------
        found : `tuple` or `None`
            Row, 16-byte id, run name and file record.
        """
        registered = self._types.get(name)
        holders = [c for c in self.holders(registered, collections) if c.type is not CollectionType.CALIBRATION]
        if not holders:
            return None
        required = tuple(registered.dataset_type.dimensions.required)
        encoded = self._keys.encode_all(required, values)
        if encoded is None:
            return None
        if all(c.type is CollectionType.RUN for c in holders):
            rows = self._find_in_runs(registered, required, encoded, holders)
        else:
            rows = self._find_anywhere(registered, required, values, holders)
        return self._found(rows[0]) if rows else None

    def _found(self, row: Row) -> tuple[int, bytes, str, FileRecord | None]:
        run = self.run_name(int(row[2]))
        return int(row[0]), row[1], run, self.file_record(row[3:8])

    def _find_in_runs(
        self, registered: RegisteredType, required: tuple[str, ...], encoded: Row, holders: Sequence[Collection]
    ) -> list[Row]:
        """One statement: key table joined to the unique index of ``dataset``."""
        sql = self._find_sql.get((registered.key_table, len(holders)))
        if sql is None:
            runs = ", ".join("?" * len(holders))
            source, condition = "dataset d", "d.data_id = 0"
            if registered.key_table:
                source = f"{quoted(registered.key_table)} t JOIN dataset d ON d.data_id = t.k"
                condition = " AND ".join(f"t.{quoted(dimension)} = ?" for dimension in required)
            sql = (
                f"SELECT d.k, d.id, d.run, {_RECORD} FROM {source} "
                f"WHERE {condition} AND d.dataset_type = ? AND d.run IN ({runs})"
            )
            self._find_sql[registered.key_table, len(holders)] = sql
        rows = self._database.query(sql, (*encoded, registered.k, *(c.k for c in holders)))
        if len(rows) > 1:
            rank = {c.k: i for i, c in enumerate(holders)}
            rows.sort(key=lambda r: rank[r[2]])
        return rows

    def _find_anywhere(
        self, registered: RegisteredType, required: tuple[str, ...], values: Sequence[Any], holders: Sequence[Collection]
    ) -> list[Row]:
        data_id = self._keys.find(registered.key_table, required, values)
        if data_id is None:
            return []
        for holder in holders:
            if holder.type is CollectionType.RUN:
                source, column = "dataset d", "d.run"
            else:
                source, column = "tag m JOIN dataset d ON d.k = m.dataset", "m.collection"
            prefix = "d" if holder.type is CollectionType.RUN else "m"
            rows = self._database.query(
                f"SELECT d.k, d.id, d.run, {_RECORD} FROM {source} "
                f"WHERE {column} = ? AND {prefix}.dataset_type = ? AND {prefix}.data_id = ?",
                (holder.k, registered.k, data_id),
            )
            if rows:
                return rows
        return []

    def run_name(self, k: int) -> str:
        """Name of a RUN by its row."""
        name = self._run_names.get(k)
        if name is None:
            row = self._database.query_one("SELECT name FROM collection WHERE k = ?", (k,))
            assert row is not None, k
            name = self._run_names[k] = row[0]
        return name

    def file_record(self, columns: Sequence[Any]) -> FileRecord | None:
        """The record in (path, formatter, storage_class, size, checksum), or `None` when nothing is stored."""
        path, formatter, storage_class, size, checksum = columns
        if path is None:
            return None
        text = self._keys.names.text
        return FileRecord(path, text(formatter), text(storage_class), int(size), checksum and bytes(checksum))

    def artifacts(self, row: int) -> dict[str, FileRecord]:
        """Records of components stored as files of their own, by component name."""
        rows = self._database.query(
            "SELECT component, path, formatter, storage_class, size, checksum FROM artifact WHERE dataset = ?", (row,)
        )
        text = self._keys.names.text
        return {
            r[0]: FileRecord(r[1], text(r[2]), text(r[3]), int(r[4]), r[5] and bytes(r[5]), component=r[0]) for r in rows
        }

    def get_many(self, ids: Sequence[bytes]) -> dict[bytes, tuple[DatasetRef, int, FileRecord | None]]:
        """Datasets by 16-byte id: ref (data ID with required values), row and file record; unknown ids are left out."""
        found: dict[bytes, tuple[DatasetRef, int, FileRecord | None]] = {}
        by_k = {r.k: r for r in self._types.all()} if len(ids) > 1 else {}
        for start in range(0, len(ids), _CHUNK):
            part = [self._database.id_parameter(i) for i in ids[start : start + _CHUNK]]
            marks = ", ".join("?" * len(part))
            rows = self._database.query(
                f"SELECT d.id, d.k, d.dataset_type, d.run, d.data_id, {_RECORD} FROM dataset d WHERE d.id IN ({marks})",
                part,
            )
            for row in rows:
                registered = by_k.get(row[2]) or self._type_by_row(int(row[2]))
                data_id = self.data_id(registered, int(row[4]))
                ref = DatasetRef(registered.dataset_type, data_id, self.run_name(int(row[3])), uuid.UUID(bytes=bytes(row[0])))
                found[bytes(row[0])] = (ref, int(row[1]), self.file_record(row[5:10]))
        return found

    def _type_by_row(self, k: int) -> RegisteredType:
        row = self._database.query_one("SELECT name FROM dataset_type WHERE k = ?", (k,))
        assert row is not None, k
        return self._types.get(row[0])

    def data_id(self, registered: RegisteredType, data_id: int) -> DataId:
        """The data ID (required values) of a key-table row."""
        group = registered.dataset_type.dimensions
        required = tuple(group.required)
        if not required:
            return DataId.from_required_values(group, ())
        columns = ", ".join(map(quoted, required))
        row = self._database.query_one(f"SELECT {columns} FROM {quoted(registered.key_table)} WHERE k = ?", (data_id,))
        assert row is not None, (registered.key_table, data_id)
        values = tuple(self._keys.decode(d, v) for d, v in zip(required, row, strict=True))
        return DataId.from_required_values(group, values)

    # --------------------------------------------------------------------- add
    def add(
        self, name: str, data_id: DataId, run: str, *, id: bytes | None = None, record: FileRecord | None = None
    ) -> DatasetRef:
        """Add one dataset to a RUN.

        Raises
        ------
        DatasetExistsError
            The run has a dataset of this type and data ID already, or the id is taken.
        DataIdValueError
            The data ID refers to a dimension record that does not exist.
        """
        registered = self._types.get(name)
        dataset_type = registered.dataset_type
        values = tuple(data_id[d] for d in dataset_type.dimensions.required)
        collection = self.require_run(run)
        identifier = id or uuid7(1)[0].tobytes()
        with self._database.transaction():
            key = self._keys.obtain(registered.key_table, dataset_type.dimensions, values)
            columns, parameters = self._file_parameters(record)
            try:
                self._database.execute(
                    f"INSERT INTO dataset (id, dataset_type, run, data_id, ingested{columns}) "
                    f"VALUES ({', '.join('?' * (5 + len(parameters)))})",
                    (self._database.id_parameter(identifier), registered.k, collection.k, key, now_ns(), *parameters),
                )
            except ConflictError as error:
                raise DatasetExistsError(
                    f"A dataset of type '{name}' with data ID {data_id} is already in run '{run}', or its id is taken.",
                    hint="Put it into another run, or remove the old one: butler prune-datasets REPO --purge RUN ...",
                ) from error
            self._summarize(registered, collection, data_id)
        return DatasetRef(dataset_type, data_id, run, uuid.UUID(bytes=identifier))

    def _file_parameters(self, record: FileRecord | None) -> tuple[str, tuple[Any, ...]]:
        if record is None:
            return "", ()
        intern = self._keys.names.intern
        return ", path, formatter, storage_class, size, checksum", (
            record.path,
            intern(record.formatter),
            intern(record.storage_class),
            record.size,
            record.checksum,
        )

    def set_record(self, identifier: bytes, record: FileRecord) -> None:
        """Record where a dataset is stored (inside a transaction)."""
        _, parameters = self._file_parameters(record)
        self._database.execute(
            "UPDATE dataset SET path = ?, formatter = ?, storage_class = ?, size = ?, checksum = ? WHERE id = ?",
            (*parameters, self._database.id_parameter(identifier)),
        )

    def add_artifact(self, row: int, record: FileRecord) -> None:
        """Record a component stored as a file of its own (inside a transaction)."""
        _, parameters = self._file_parameters(record)
        self._database.execute(
            "INSERT INTO artifact (dataset, component, path, formatter, storage_class, size, checksum) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (row, record.component, *parameters),
        )

    def require_run(self, run: str) -> Collection:
        """The collection, which must be a RUN.

        Raises
        ------
        CollectionTypeError
            It is of another kind.
        MissingCollectionError
            It does not exist.
        """
        collection = self._collections.get(run)
        if collection.type is not CollectionType.RUN:
            raise CollectionTypeError(f"Datasets are written into RUN collections; '{run}' is {collection.type.name}.")
        return collection

    def _summarize(self, registered: RegisteredType, collection: Collection, data_id: Mapping[str, Any]) -> None:
        """Note that the collection holds this type and these governor values."""
        key = (collection.k, registered.k)
        if key not in self._summaries:
            made = self._database.execute(
                "INSERT INTO collection_summary (collection, dataset_type) VALUES (?, ?) ON CONFLICT DO NOTHING", key
            )
            if made:
                self._revision.bump()
                self._holders.clear()
            self._summaries.add(key)
        for governor in registered.dataset_type.dimensions.governors:
            value = self._keys.names.intern(data_id[governor])
            entry = (collection.k, governor, value)
            if entry not in self._governors:
                self._database.execute(
                    "INSERT INTO collection_governor (collection, dimension, value) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                    entry,
                )
                self._governors.add(entry)

    # -------------------------------------------------------------------- bulk
    def insert(
        self,
        name: str,
        run: str,
        columns: Mapping[str, Sequence[Any] | np.ndarray[Any, Any]],
        *,
        ids: np.ndarray[Any, Any] | None = None,
        files: FileColumns | None = None,
        skip_existing: bool = False,
    ) -> np.ndarray[Any, Any]:
        """Add many datasets of one type to a RUN, column by column.

        Parameters
        ----------
        name, run : `str`
            Dataset type and RUN.
        columns : mapping
            One sequence of plain values per required dimension, all of length n.
        ids : `numpy.ndarray`, optional
            16-byte ids, uint8 of shape (n, 16); time-ordered ones are made when not given.
        files : `FileColumns`, optional
            Where they are stored.
        skip_existing : `bool`
            Leave out datasets that the run has already instead of raising.

        Returns
        -------
        added : `numpy.ndarray`
            Boolean, shape (n,): which datasets are new.

        Raises
        ------
        DatasetExistsError
            Naming the first data IDs that the run has already or that are given twice.
        DataIdValueError
            A data ID refers to a dimension record that does not exist.
        DimensionNameError
            A required dimension has no column.
        """
        import numpy as np

        registered = self._types.get(name)
        group = registered.dataset_type.dimensions
        required = tuple(group.required)
        if lacking := [d for d in required if d not in columns]:
            raise DimensionNameError(f"No column for required dimension(s) {', '.join(lacking)} of '{name}'.")
        n = len(columns[required[0]]) if required else len(ids if ids is not None else files.path if files else ())
        added = np.ones(n, bool)
        if not n:
            return added
        collection = self.require_run(run)
        ids = uuid7(n) if ids is None else np.ascontiguousarray(ids, dtype=np.uint8)
        with self._database.transaction():
            plain = {d: _plain(columns[d]) for d in required}
            self._keys.require_parents(group, plain)
            rows = self._stage_rows(required, plain, ids, files)
            kinds: dict[str, ColumnKind] = {"ord": "int", **self._keys.stage_kinds(required), "id": "id", **_FILE_KINDS}
            with self._database.staged(kinds, rows) as stage:
                self._insert_keys(registered, required, stage)
                existing = self._existing(registered, required, collection, stage)
                if existing and not skip_existing:
                    raise _exists(name, run, required, plain, existing)
                added[existing] = False
                try:
                    self._insert_staged(registered, required, collection, stage, files)
                except ConflictError as error:
                    raise DatasetExistsError(
                        f"Two of the {n} datasets of type '{name}' have the same data ID, or an id is taken already: {error}"
                    ) from error
            self._summarize_columns(registered, collection, plain)
        return added

    def existing(self, name: str, run: str, columns: Mapping[str, Any]) -> np.ndarray[Any, Any]:
        """Which of many data IDs a RUN has datasets of a type for already: boolean, shape (n,)."""
        import numpy as np

        registered = self._types.get(name)
        required = tuple(registered.dataset_type.dimensions.required)
        collection = self._collections.find(run)
        n = len(columns[required[0]]) if required else 1
        found = np.zeros(n, bool)
        if collection is None:
            return found
        encoded = [self._keys.encode_column(d, _plain(columns[d]), intern=False) for d in required]
        kinds: dict[str, ColumnKind] = {"ord": "int", **self._keys.stage_kinds(required)}
        with self._database.staged(kinds, zip(range(n), *encoded, strict=True)) as stage:
            found[self._existing(registered, required, collection, stage)] = True
        return found

    def _stage_rows(
        self,
        required: Sequence[str],
        plain: Mapping[str, list[Any]],
        ids: np.ndarray[Any, Any],
        files: FileColumns | None,
    ) -> Iterator[Row]:
        n = len(ids)
        encoded = [self._keys.encode_column(d, plain[d], intern=True) for d in required]
        blob = ids.tobytes()
        id_column = [blob[i : i + 16] for i in range(0, 16 * n, 16)]
        if files is None:
            return zip(range(n), *encoded, id_column, *[[None] * n] * 3, strict=True)
        checksum = files.checksum if files.checksum is not None else [None] * n
        return zip(range(n), *encoded, id_column, _plain(files.path), _plain(files.size), checksum, strict=True)

    def _insert_keys(self, registered: RegisteredType, required: Sequence[str], stage: str) -> None:
        """Rows of the key table that are not there yet; element tables are complete already."""
        if not registered.key_table or not self._is_open(registered.key_table):
            return
        names = ", ".join(map(quoted, required))
        self._database.execute(
            f"INSERT INTO {quoted(registered.key_table)} ({names}) SELECT {names} FROM {stage} WHERE true "
            "ON CONFLICT DO NOTHING"
        )

    def _is_open(self, key_table: str) -> bool:
        """Whether data IDs may be added to a key table (rows of dimension tables come with their records only)."""
        return key_table.startswith("data_id_") or not self._keys.universe[key_table].is_dimension

    def _join(self, registered: RegisteredType, required: Sequence[str], stage: str) -> tuple[str, str, str]:
        """FROM clause, condition and expression of ``data_id`` for staged rows.

        CROSS JOIN keeps the staged rows outermost in SQLite, also before statistics exist.
        """
        if not registered.key_table:
            return f"{stage} s", "1 = 1", "0"
        on = " AND ".join(f"t.{quoted(d)} = s.{quoted(d)}" for d in required)
        return f"{stage} s CROSS JOIN {quoted(registered.key_table)} t", on, "t.k"

    def _existing(self, registered: RegisteredType, required: Sequence[str], run: Collection, stage: str) -> list[int]:
        """Positions of staged rows that the run has already."""
        if (run.k, registered.k) not in self._summaries and not self._database.query_one(
            "SELECT 1 FROM collection_summary WHERE collection = ? AND dataset_type = ?", (run.k, registered.k)
        ):
            return []
        source, on, key = self._join(registered, required, stage)
        rows = self._database.query(
            f"SELECT s.ord FROM {source} CROSS JOIN dataset d "
            f"WHERE {on} AND d.run = ? AND d.dataset_type = ? AND d.data_id = {key}",
            (run.k, registered.k),
        )
        return sorted(int(r[0]) for r in rows)

    def _insert_staged(
        self, registered: RegisteredType, required: Sequence[str], run: Collection, stage: str, files: FileColumns | None
    ) -> None:
        source, on, key = self._join(registered, required, stage)
        intern = self._keys.names.intern
        formatter, storage_class = (intern(files.formatter), intern(files.storage_class)) if files else (None, None)
        self._database.execute(
            "INSERT INTO dataset (id, dataset_type, run, data_id, ingested, path, formatter, storage_class, size, checksum) "
            f"SELECT s.id, CAST(? AS BIGINT), CAST(? AS BIGINT), {key}, CAST(? AS BIGINT), s.path, CAST(? AS BIGINT), "
            f"CAST(? AS BIGINT), s.size, s.checksum FROM {source} "
            f"WHERE {on} AND NOT EXISTS (SELECT 1 FROM dataset o WHERE o.run = ? AND o.dataset_type = ? "
            f"AND o.data_id = {key}) ORDER BY s.ord",
            (registered.k, run.k, now_ns(), formatter, storage_class, run.k, registered.k),
        )

    def _summarize_columns(
        self, registered: RegisteredType, collection: Collection, plain: Mapping[str, list[Any]]
    ) -> None:
        governors = tuple(registered.dataset_type.dimensions.governors)
        for values in set(zip(*(plain[g] for g in governors), strict=True)) if governors else {()}:
            self._summarize(registered, collection, dict(zip(governors, values, strict=True)))

    # ------------------------------------------------------------------ remove
    def rows_of(self, ids: Iterable[bytes]) -> list[int]:
        """Rows of datasets by id, unknown ones left out."""
        listed = list(ids)
        with self._database.staged({"id": "id"}, ((i,) for i in listed)) as stage:
            rows = self._database.query(f"SELECT d.k FROM {stage} s JOIN dataset d ON d.id = s.id")
        return [int(r[0]) for r in rows]

    def remove(self, rows: Sequence[int], *, unstore_only: bool = False) -> int:
        """Remove datasets (or only their file records); their files go to the trash table (inside a transaction).

        Parameters
        ----------
        rows : sequence of `int`
            Rows from `rows_of` or queries.
        unstore_only : `bool`
            Keep the datasets themselves.

        Returns
        -------
        count : `int`
            How many rows of ``dataset`` were changed.
        """
        with self._database.transaction(), self._database.staged({"k": "int"}, ((k,) for k in rows)) as stage:
            chosen = f"(SELECT k FROM {stage})"
            self._trash(chosen)
            self._database.execute(f"DELETE FROM artifact WHERE dataset IN {chosen}")
            self._database.execute(f"DELETE FROM shared_file WHERE dataset IN {chosen}")
            if unstore_only:
                return self._database.execute(
                    "UPDATE dataset SET path = NULL, formatter = NULL, storage_class = NULL, size = NULL, checksum = NULL "
                    f"WHERE k IN {chosen}"
                )
            self._database.execute(f"DELETE FROM tag WHERE dataset IN {chosen}")
            self._database.execute(f"DELETE FROM calibration WHERE dataset IN {chosen}")
            return self._database.execute(f"DELETE FROM dataset WHERE k IN {chosen}")

    def _trash(self, chosen: str) -> None:
        """Enter the files of chosen datasets into the trash, except foreign ones and those others still use."""
        ours = "path IS NOT NULL AND path NOT LIKE '%://%'"
        self._database.execute(
            f"INSERT INTO trash (path) SELECT path FROM dataset d WHERE d.k IN {chosen} AND d.{ours} AND NOT EXISTS ("
            "SELECT 1 FROM shared_file f JOIN shared_file o ON o.path = f.path WHERE f.dataset = d.k "
            f"AND o.dataset NOT IN {chosen}) ON CONFLICT DO NOTHING"
        )
        self._database.execute(
            f"INSERT INTO trash (path) SELECT path FROM artifact WHERE dataset IN {chosen} AND {ours} ON CONFLICT DO NOTHING"
        )

    def share_file(self, path: str, rows: Iterable[int]) -> None:
        """Note that one file holds several datasets (inside a transaction)."""
        self._database.insert_many("shared_file", {"dataset": "int", "path": "text"}, [(k, path) for k in rows])

    def trash(self) -> list[str]:
        """Files whose rows are gone and which wait for removal; inside a transaction they are locked."""
        lock = self._database.row_lock if self._database.in_transaction else ""
        return [str(r[0]) for r in self._database.query(f"SELECT path FROM trash ORDER BY path{lock}")]

    def claim_paths(self, paths: Sequence[str]) -> None:
        """Take paths that are about to be written out of the trash (inside a transaction, before writing)."""
        if len(paths) == 1:
            self._database.execute("DELETE FROM trash WHERE path = ?", (paths[0],))
        elif self._database.query_one("SELECT 1 FROM trash LIMIT 1"):
            self.trash_emptied(paths)

    def trash_emptied(self, paths: Sequence[str]) -> None:
        """Forget trash entries whose files were removed."""
        with self._database.transaction(), self._database.staged({"path": "text"}, ((p,) for p in paths)) as stage:
            self._database.execute(f"DELETE FROM trash WHERE path IN (SELECT path FROM {stage})")

    def path_in_use(self, path: str) -> bool:
        """Whether any stored dataset has this path (walks the table: for repairs, not for hot paths)."""
        return bool(
            self._database.query_one("SELECT 1 FROM dataset WHERE path = ? LIMIT 1", (path,))
            or self._database.query_one("SELECT 1 FROM artifact WHERE path = ? LIMIT 1", (path,))
        )

    # ------------------------------------------------------------------- tags
    def associate(self, collection: str, ids: Iterable[bytes]) -> None:
        """Add datasets to a TAGGED collection; repeating is no change.

        Raises
        ------
        CollectionTypeError
            The collection is not TAGGED.
        ConflictingDefinitionError
            It holds another dataset of the same type and data ID.
        """
        tagged = self._require_tagged(collection)
        with (
            self._database.transaction(),
            self._database.staged({"id": "id"}, ((i,) for i in ids)) as stage,
        ):
            clash = self._database.query_one(
                f"SELECT d.id FROM {stage} s JOIN dataset d ON d.id = s.id JOIN tag m ON m.collection = ? "
                "AND m.dataset_type = d.dataset_type AND m.data_id = d.data_id WHERE m.dataset <> d.k LIMIT 1",
                (tagged.k,),
            )
            if clash is not None:
                ref = self.get_many([bytes(clash[0])])[bytes(clash[0])][0]
                raise ConflictingDefinitionError(
                    f"'{collection}' already holds another '{ref.dataset_type.name}' with data ID {ref.data_id}."
                )
            try:
                self._database.execute(
                    "INSERT INTO tag (collection, dataset_type, data_id, dataset) "
                    f"SELECT CAST(? AS BIGINT), d.dataset_type, d.data_id, d.k FROM {stage} s JOIN dataset d ON d.id = s.id "
                    "WHERE NOT EXISTS (SELECT 1 FROM tag o WHERE o.collection = ? AND o.dataset = d.k)",
                    (tagged.k, tagged.k),
                )
            except ConflictError as error:
                raise ConflictingDefinitionError(
                    f"Two of the datasets for '{collection}' have the same type and data ID."
                ) from error
            self.copy_summary(stage, tagged)

    def copy_summary(self, stage: str, collection: Collection) -> None:
        """Enter types and governors of staged ids into a collection's summary (inside a transaction)."""
        made = self._database.execute(
            "INSERT INTO collection_summary (collection, dataset_type) SELECT DISTINCT CAST(? AS BIGINT), d.dataset_type "
            f"FROM {stage} s JOIN dataset d ON d.id = s.id WHERE true ON CONFLICT DO NOTHING",
            (collection.k,),
        )
        self._database.execute(
            "INSERT INTO collection_governor (collection, dimension, value) SELECT DISTINCT CAST(? AS BIGINT), g.dimension, "
            f"g.value FROM collection_governor g WHERE g.collection IN (SELECT DISTINCT d.run FROM {stage} s "
            "JOIN dataset d ON d.id = s.id) ON CONFLICT DO NOTHING",
            (collection.k,),
        )
        if made:
            self._holders.clear()
            self._revision.bump()

    def disassociate(self, collection: str, ids: Iterable[bytes]) -> None:
        """Take datasets out of a TAGGED collection; those not in it are no error."""
        tagged = self._require_tagged(collection)
        with self._database.transaction(), self._database.staged({"id": "id"}, ((i,) for i in ids)) as stage:
            self._database.execute(
                f"DELETE FROM tag WHERE collection = ? AND dataset IN (SELECT d.k FROM {stage} s JOIN dataset d ON d.id = s.id)",
                (tagged.k,),
            )

    def _require_tagged(self, name: str) -> Collection:
        collection = self._collections.get(name)
        if collection.type is not CollectionType.TAGGED:
            raise CollectionTypeError(f"'{name}' is a {collection.type.name} collection; only TAGGED ones can be changed so.")
        return collection


_FILE_KINDS: dict[str, ColumnKind] = {"path": "text", "size": "int", "checksum": "bytes"}


def now_ns() -> int:
    """This moment in TAI nanoseconds (good to the leap-second offset, enough for ``ingest_date``)."""
    return time.time_ns() + _UNIX_TAI_OFFSET_NS


def _plain(values: Any) -> list[Any]:
    """A column as a list of Python values."""
    return list(values.tolist()) if hasattr(values, "tolist") else list(values)


def _exists(
    name: str, run: str, required: Sequence[str], plain: Mapping[str, list[Any]], positions: Sequence[int]
) -> DatasetExistsError:
    shown = "; ".join("{" + ", ".join(f"{d}: {plain[d][i]!r}" for d in required) + "}" for i in positions[:3])
    more = f" and {len(positions) - 3} more" if len(positions) > 3 else ""
    return DatasetExistsError(
        f"Run '{run}' already holds '{name}' for {shown}{more}.",
        hint="Skip what exists (skip_existing=True, --skip-existing) or use another run.",
    )
