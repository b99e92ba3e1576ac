"""The registry as one object: opens a database, checks its version, hands out its parts.  Knows no files."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from skybutler.datasets.collection import CollectionType
from skybutler.datasets.file_record import FileRecord
from skybutler.datasets.ref import DatasetRef
from skybutler.dimensions import DataId, DimensionUniverse
from skybutler.errors import ConfigError, FormatError, SchemaVersionError
from skybutler.version import __version__

from .calibrations import Calibrations
from .collections import Collections
from .data_ids import DataIds
from .database import Database, open_database
from .dataset_types import DatasetTypes
from .datasets import Datasets
from .elements import Elements
from .footprints import Footprints
from .journal import Journal, write_entries
from .keys import Keys
from .names import Names
from .revision import Revision
from .schema import SCHEMA_VERSION, make_schema

if TYPE_CHECKING:
    from skybutler.sky.timespan import Timespan

    from .lineage import Lineage

__all__ = ["Registry"]


class Registry(threading.local):
    """What exists and how it relates.

    Threads may share one: each has its own connection, transactions and caches (a cache holds what an open transaction
    did, which other threads must not see).

    Parameters
    ----------
    database : `Database`
        An open database with our schema.
    universe : `DimensionUniverse`
        The dimensions stored in it.
    """

    def __init__(self, database: Database, universe: DimensionUniverse) -> None:
        self.database, self.universe = database, universe
        self.revision = Revision(database)
        self._has_looked = False
        self.journal = Journal(database)
        self.names = Names(database)
        self.keys = Keys(database, universe, self.names)
        self.footprints = Footprints(database)
        self.elements = Elements(database, universe, self.keys, self.footprints, self.revision)
        self.collections = Collections(database, self.revision)
        self.dataset_types = DatasetTypes(database, universe, self.revision)
        self.datasets = Datasets(database, self.keys, self.dataset_types, self.collections, self.revision)
        self.calibrations = Calibrations(database, self.keys, self.dataset_types, self.collections, self.datasets)
        self.data_ids = DataIds(database, universe, self.keys, self.elements)

    # -------------------------------------------------------------------- open
    @staticmethod
    def _fill(database: Database, universe: DimensionUniverse) -> None:
        with database.transaction():
            if taken := sorted(database.table_names()):
                raise ConfigError(
                    f"The registry database is not empty: it holds {len(taken)} tables ({', '.join(taken[:4])}, ...).",
                    hint="Choose another database, or another namespace (PostgreSQL schema).",
                )
            make_schema(database, universe)
            facts = {
                "schema_version": str(SCHEMA_VERSION),
                "universe": universe.to_json(),
                "created_by": f"skybutler {__version__}",
                "revision": "1",
            }
            database.insert_many("repository", {"key": "text", "value": "text"}, list(facts.items()))
            write_entries(database, {("create", "repository"): (1, {"by": facts["created_by"]})})

    @classmethod
    def create(
        cls, url: str, universe: DimensionUniverse, *, namespace: str | None = None, journal: str = "wal"
    ) -> Registry:
        """Make the tables in an empty database (or PostgreSQL schema) and open it.

        Raises
        ------
        ConfigError
            The database holds tables already.
        """
        database = open_database(url, writeable=True, create=True, namespace=namespace, journal=journal)
        try:
            cls._fill(database, universe)
        except BaseException:
            database.close()
            raise
        return cls(database, universe)

    @classmethod
    def open(cls, url: str, *, writeable: bool, namespace: str | None = None) -> Registry:
        """Open an existing registry.

        Raises
        ------
        SchemaVersionError
            It was made by a newer skybutler, or needs migrating.
        FormatError
            The database is not a skybutler registry.
        """
        database = open_database(url, writeable=writeable, namespace=namespace)
        try:
            facts = cls.facts(database)
            _require_present(int(facts["schema_version"]))
        except BaseException:
            database.close()
            raise
        return cls(database, DimensionUniverse.from_json(facts["universe"]))

    @staticmethod
    def facts(database: Database) -> dict[str, str]:
        """What the database says about itself: ``schema_version``, ``universe`` and more.

        Raises
        ------
        SchemaVersionError
            It was made by a newer skybutler.
        FormatError
            It is no skybutler registry.
        """
        if "repository" not in database.table_names():
            raise FormatError("The database holds no skybutler registry.", hint="Make one with: butler create REPO")
        facts: dict[str, str] = dict(database.query("SELECT key, value FROM repository"))
        version = int(facts["schema_version"])
        if version > SCHEMA_VERSION:
            raise SchemaVersionError(
                f"This repository has registry schema {version}; this skybutler ({__version__}) "
                f"knows up to {SCHEMA_VERSION}.",
                hint=f"It was written by {facts.get('created_by', 'a newer version')}: pip install --upgrade skybutler",
            )
        return facts

    def close(self) -> None:
        """Release the database connection of this thread."""
        self.database.close()

    @property
    def writeable(self) -> bool:
        """Whether writes are allowed."""
        return self.database.writeable

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing; nested calls are savepoints."""
        return self.database.transaction()

    def refresh(self) -> None:
        """Notice definitions changed by other processes; every public read calls it."""
        if not self._has_looked:
            self.revision.check()

    @contextmanager
    def one_look(self) -> Iterator[None]:
        """Notice definitions changed by other processes now, and not again while the block runs.

        A question is made of many reads, each of which would cost a trip to the database.
        """
        self.refresh()
        before, self._has_looked = self._has_looked, True
        try:
            yield
        finally:
            self._has_looked = before

    @property
    def lineage(self) -> Lineage:
        """How datasets were made; loaded only where somebody asks."""
        from .lineage import Lineage

        return Lineage(self.database)

    # ---------------------------------------------------------------- datasets
    def find_dataset(
        self,
        dataset_type: str,
        data_id: DataId,
        collections: Sequence[str],
        *,
        timespan: Timespan | None = None,
    ) -> tuple[DatasetRef, int, FileRecord | None] | None:
        """First dataset of a type and data ID, searching collections in order, calibrations by time.

        Parameters
        ----------
        dataset_type : `str`
            Name of a registered type.
        data_id : `DataId`
            With all required values.
        collections : sequence of `str`
            Names; chains are followed.
        timespan : `Timespan`, optional
            When a calibration must be valid.

        Returns
        -------
        found : `tuple` or `None`
            Ref, row, file record (`None` when nothing is stored).

        Raises
        ------
        MissingDatasetTypeError, MissingCollectionError
            A name is unknown.
        AmbiguousCalibrationError
            Several validity ranges qualify.
        """
        self.refresh()
        registered = self.dataset_types.get(dataset_type)
        required = registered.dataset_type.dimensions.required
        values = tuple(data_id[d] for d in required)
        found = None
        if registered.dataset_type.is_calibration:
            found = self._find_calibration(dataset_type, values, collections, timespan)
        else:
            found = self.datasets.find(dataset_type, values, collections)
        if found is None:
            return None
        row, identifier, run, record = found
        ref = DatasetRef(registered.dataset_type, data_id, run, uuid.UUID(bytes=bytes(identifier)))
        return ref, row, record

    def _find_calibration(
        self, name: str, values: Sequence[Any], collections: Sequence[str], timespan: Timespan | None
    ) -> tuple[int, bytes, str, FileRecord | None] | None:
        registered = self.dataset_types.get(name)
        for holder in self.datasets.holders(registered, collections):
            if holder.type is not CollectionType.CALIBRATION:
                if (found := self.datasets.find(name, values, [holder.name])) is not None:
                    return found
                continue
            valid = self.calibrations.find(name, values, holder, timespan)
            if valid is not None:
                return (*valid, self.file_record(valid[1]))
        return None

    def file_record(self, identifier: bytes) -> FileRecord | None:
        """File record of a dataset by id."""
        found = self.datasets.file_records([identifier]).get(identifier)
        return found[1] if found else None

    def get_dataset(self, identifier: uuid.UUID) -> tuple[DatasetRef, int, FileRecord | None] | None:
        """A dataset by its UUID: ref, row and file record, or `None`."""
        self.refresh()
        return self.datasets.get_many([identifier.bytes]).get(identifier.bytes)

    def standardize(
        self,
        data_id: Mapping[str, Any] | None,
        dataset_type: str,
        /,
        *,
        defaults: Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> DataId:
        """A data ID with the required values of a dataset type; see `DataIds.standardize`."""
        group = self.dataset_types.get(dataset_type).dataset_type.dimensions
        return self.data_ids.standardize(data_id, group, defaults=defaults, **kw)


def _require_present(version: int) -> None:
    if version < SCHEMA_VERSION:
        raise SchemaVersionError(
            f"This repository has registry schema {version}; this skybutler needs {SCHEMA_VERSION}.",
            hint="Bring it up to date with: butler migrate REPO",
        )
