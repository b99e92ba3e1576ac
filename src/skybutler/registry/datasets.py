"""Dataset rows: finding, fetching and adding one.  File records pass through unread.

What is done with many at once has modules of its own, reached from here: `bulk`, `removal`, `tags`.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from skybutler.datasets.collection import CollectionType
from skybutler.datasets.file_record import FileRecord
from skybutler.datasets.ref import DatasetRef
from skybutler.dimensions import DataId
from skybutler.errors import ConflictError, DatasetExistsError

from .bulk import BulkInsert
from .clock import now_ns
from .collections import Collection, Collections
from .database import Database, Row, quoted
from .dataset_types import DatasetTypes, RegisteredType
from .keys import Keys
from .removal import Removal
from .revision import Revision
from .summaries import Summaries
from .tags import Tags

__all__ = ["Datasets"]

_RECORD = "d.path, d.formatter, d.storage_class, d.size, d.checksum"
_INSERT = (
    "INSERT INTO dataset (id, dataset_type, run, data_id, ingested, path, formatter, storage_class, size, checksum) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_NOT_STORED = (None,) * 5


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
        Tells when caches are stale.

    Attributes
    ----------
    holders
        See `Summaries`.
    insert, existing
        See `BulkInsert`.
    remove, remove_run, share_files, trash, claim_paths, trash_emptied, path_in_use
        See `Removal`.
    associate, disassociate, tagged
        See `Tags`.
    """

    def __init__(
        self, database: Database, keys: Keys, types: DatasetTypes, collections: Collections, revision: Revision
    ) -> None:
        self._database, self._keys, self._types, self._collections = database, keys, types, collections
        self.summaries = Summaries(database, keys.names, collections, revision)
        self.holders = self.summaries.holders
        bulk = BulkInsert(database, keys, types, collections, self.summaries)
        self.insert, self.existing = bulk.insert, bulk.existing
        removal = Removal(database)
        self.remove, self.remove_run = removal.remove, removal.remove_run
        self.share_files, self.trash, self.claim_paths = removal.share_files, removal.trash, removal.claim_paths
        self.trash_emptied, self.path_in_use = removal.trash_emptied, removal.path_in_use
        tags = Tags(database, collections, self.summaries, self._described)
        self.associate, self.disassociate, self.tagged = tags.associate, tags.disassociate, tags.members
        self._find_sql: dict[tuple[str, int], str] = {}
        self._run_names: dict[int, str] = {}
        revision.on_change.append(self._run_names.clear)

    # -------------------------------------------------------------------- find
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
        self,
        registered: RegisteredType,
        required: tuple[str, ...],
        values: Sequence[Any],
        holders: Sequence[Collection],
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
        return self.artifacts_of([row]).get(row, {})

    def artifacts_of(self, rows: Sequence[int]) -> dict[int, dict[str, FileRecord]]:
        """As `artifacts`, of many datasets; those without such files are left out."""
        select = "SELECT dataset, component, path, formatter, storage_class, size, checksum FROM artifact"
        text = self._keys.names.text
        found: dict[int, dict[str, FileRecord]] = {}
        for row, name, path, formatter, kind, size, checksum in self._database.query_many(
            select, "dataset", "int", rows
        ):
            found.setdefault(int(row), {})[name] = FileRecord(
                path, text(formatter), text(kind), int(size), checksum and bytes(checksum), component=name
            )
        return found

    def get_many(self, ids: Sequence[bytes]) -> dict[bytes, tuple[DatasetRef, int, FileRecord | None]]:
        """Datasets by 16-byte id: ref (data ID with required values), row and file record; unknown ids are left out."""
        select = f"SELECT d.id, d.k, d.dataset_type, d.run, d.data_id, {_RECORD} FROM dataset d"
        rows = list(self._database.query_many(select, "d.id", "id", ids))
        wanted: dict[int, set[int]] = {}
        for row in rows:
            wanted.setdefault(int(row[2]), set()).add(int(row[4]))
        by_k = {r.k: r for r in self._types.all()} if len(ids) > 1 else {}
        kinds = {k: by_k.get(k) or self._type_by_row(k) for k in wanted}
        data_ids = {k: self.data_ids(kinds[k], keys) for k, keys in wanted.items()}
        found: dict[bytes, tuple[DatasetRef, int, FileRecord | None]] = {}
        for identifier, row, kind, run, key, *record in rows:
            ref = DatasetRef(
                kinds[kind].dataset_type,
                data_ids[kind][key],
                self.run_name(int(run)),
                uuid.UUID(bytes=bytes(identifier)),
            )
            found[bytes(identifier)] = (ref, int(row), self.file_record(record))
        return found

    def file_records(self, ids: Sequence[bytes]) -> dict[bytes, tuple[int, FileRecord | None]]:
        """Row and file record of datasets by 16-byte id; unknown ids are left out."""
        rows = self._database.query_many(f"SELECT d.id, d.k, {_RECORD} FROM dataset d", "d.id", "id", ids)
        return {bytes(row[0]): (int(row[1]), self.file_record(row[2:7])) for row in rows}

    def _type_by_row(self, k: int) -> RegisteredType:
        row = self._database.query_one("SELECT name FROM dataset_type WHERE k = ?", (k,))
        assert row is not None, k
        return self._types.get(row[0])

    def data_id(self, registered: RegisteredType, data_id: int) -> DataId:
        """The data ID (required values) of a key-table row."""
        return self.data_ids(registered, [data_id])[data_id]

    def data_ids(self, registered: RegisteredType, rows: Iterable[int]) -> dict[int, DataId]:
        """The data IDs (required values) of key-table rows, some hundred a statement."""
        group, listed = registered.dataset_type.dimensions, sorted(rows)
        required = tuple(group.required)
        if not required:
            return {k: DataId.from_required_values(group, ()) for k in listed}
        select = f"SELECT {', '.join(['k', *map(quoted, required)])} FROM {quoted(registered.key_table)}"
        found = list(self._database.query_many(select, "k", "int", listed))
        assert len(found) == len(listed), (registered.key_table, listed)
        if len(found) > 1:
            self._keys.load_texts(required, [row[1:] for row in found])
        decode = self._keys.decode
        return {
            int(k): DataId.from_required_values(group, tuple(map(decode, required, stored))) for k, *stored in found
        }

    def _described(self, identifier: bytes) -> str:
        ref = self.get_many([identifier])[identifier][0]
        return f"'{ref.dataset_type.name}' with data ID {ref.data_id}"

    # --------------------------------------------------------------------- add
    def add(self, ref: DatasetRef, record: FileRecord | None = None) -> None:
        """Add one dataset to a RUN (inside a transaction, which must not go on after an error).

        Parameters
        ----------
        ref : `DatasetRef`
            The dataset, of a registered type and an existing run.
        record : `FileRecord`, optional
            Where it is stored.

        Raises
        ------
        DatasetExistsError
            The run has a dataset of this type and data ID already, or the id is taken.
        DataIdValueError
            The data ID refers to a dimension record that does not exist.
        """
        registered = self._types.get(ref.dataset_type.name)
        collection = self._collections.require(ref.run, CollectionType.RUN)
        group = registered.dataset_type.dimensions
        key = self._keys.obtain(registered.key_table, group, tuple(ref.data_id[d] for d in group.required))
        values = self._file_parameters(record) if record is not None else _NOT_STORED
        identifier = self._database.id_parameter(ref.id.bytes)
        try:
            self._database.execute(_INSERT, (identifier, registered.k, collection.k, key, now_ns(), *values))
        except ConflictError as error:
            raise DatasetExistsError(
                f"A dataset of type '{ref.dataset_type.name}' with data ID {ref.data_id} is already in run "
                f"'{ref.run}', or its id is taken.",
                hint="Put it into another run, or remove the old one: butler prune-datasets REPO --purge RUN ...",
            ) from error
        self._database.note_inserted("dataset", "id", identifier)
        self._database.note("put", f"{ref.dataset_type.name} in {ref.run}")
        self.summaries.note(registered, collection, ref.data_id)

    def _file_parameters(self, record: FileRecord) -> tuple[Any, ...]:
        intern = self._keys.names.intern
        return record.path, intern(record.formatter), intern(record.storage_class), record.size, record.checksum

    def set_record(self, identifier: bytes, record: FileRecord) -> None:
        """Record where a dataset is stored (inside a transaction)."""
        parameters = self._file_parameters(record)
        self._database.execute(
            "UPDATE dataset SET path = ?, formatter = ?, storage_class = ?, size = ?, checksum = ? WHERE id = ?",
            (*parameters, self._database.id_parameter(identifier)),
        )

    def add_artifact(self, row: int, record: FileRecord) -> None:
        """Record a component stored as a file of its own (inside a transaction)."""
        parameters = self._file_parameters(record)
        self._database.execute(
            "INSERT INTO artifact (dataset, component, path, formatter, storage_class, size, checksum) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (row, record.component, *parameters),
        )
