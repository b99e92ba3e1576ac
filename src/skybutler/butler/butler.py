"""The one door to a repository: puts, gets, finds and queries datasets.  Work is done by registry and datastore."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from skybutler.datasets import (
    CollectionType,
    DatasetExistence,
    DatasetRef,
    DatasetType,
    FileDataset,
    FileRecord,
)
from skybutler.registry.registry import Registry

from .collections import ButlerCollections
from .config import RepositoryConfig
from .deferred import DeferredDataset
from .definitions import Definitions
from .labels import Labels, resolve_label
from .lookup import Collections, listed
from .queries import Queries
from .transaction import Transactions
from .transfers import Transfers

if TYPE_CHECKING:
    import numpy as np

    from skybutler.datasets.provenance import DatasetProvenance
    from skybutler.sky.timespan import Timespan

    from .lineage import LineageGraph


__all__ = ["Butler"]


class Butler(Queries, Definitions, Transfers, Labels):
    """A repository, opened.

    Parameters
    ----------
    config : path, `str` or `RepositoryConfig`
        Repository directory, its configuration file, a label (see ``DAF_BUTLER_REPOSITORY_INDEX``), or what was read
        from it.
    collections : `str` or sequence of `str`, optional
        Collections searched when a call names none.
    run : `str`, optional
        RUN that `put` and `ingest` write to; it is made when needed, searched by default, and makes the butler
        writeable.
    writeable : `bool`, optional
        Whether writes are allowed; by default when ``run`` is given.
    **defaults
        Values of governor dimensions (``instrument``, ``skymap``) for data IDs that lack them.  A governor with one
        value in the repository needs none.

    Raises
    ------
    RepositoryNotFoundError
        There is no repository at that place.
    SchemaVersionError
        It was made by a newer skybutler.
    """

    def __init__(
        self,
        config: str | os.PathLike[str] | RepositoryConfig,
        *,
        collections: Collections = None,
        run: str | None = None,
        writeable: bool | None = None,
        **defaults: str,
    ) -> None:
        if not isinstance(config, RepositoryConfig):
            config = RepositoryConfig.read(resolve_label(config))
        self.config = config
        writes = run is not None if writeable is None else bool(writeable)
        self.registry = Registry.open(
            self.config.resolved(self.config.registry), writeable=writes, namespace=self.config.namespace
        )
        try:
            self._transactions = Transactions(self.registry, lambda: self.datastore)
            if not self.config.is_plain:
                self.datastore  # noqa: B018 - what is wrong with it is said now
            self._set_defaults(collections, run, defaults)
        except BaseException:
            self.registry.close()
            raise

    def _set_defaults(self, collections: Collections, run: str | None, defaults: Mapping[str, Any]) -> None:
        self.run = run
        if run is not None and self.registry.writeable:
            self.registry.collections.register(run, CollectionType.RUN)
        named = listed(collections) if collections is not None else (run,) if run is not None else ()
        for name in named:
            self.registry.collections.resolve(name)
        self.collections = ButlerCollections(self.registry, tuple(named))
        self._defaults = {k: v for k, v in defaults.items() if v is not None}
        for name in self._defaults:
            self.registry.universe[name]

    # ------------------------------------------------------------- repository
    @staticmethod
    def create(root: str | os.PathLike[str], **options: Any) -> RepositoryConfig:
        """Make a repository; options as for `skybutler.butler.create.create_repository`."""
        from .create import create_repository

        return create_repository(root, **options)

    def clone(self, *, collections: Collections = None, run: str | None = None, **defaults: str) -> Butler:
        """Another butler over the same connection with other defaults."""
        other = object.__new__(Butler)
        other.config, other.registry = self.config, self.registry
        other.datastore, other._transactions = self.datastore, self._transactions
        kept = self.collections.defaults if collections is None and run is None else collections
        other._set_defaults(kept, run, {**self._defaults, **defaults})
        return other

    def close(self) -> None:
        """Release the database connection."""
        self.registry.close()

    def __enter__(self) -> Butler:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Butler('{self.config.root}', collections={self.collections.defaults}, run={self.run!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        options = {
            "collections": self.collections.defaults,
            "run": self.run,
            "writeable": self.registry.writeable,
            **self._defaults,
        }
        return _reopened, (self.config, options)

    @property
    def writeable(self) -> bool:
        """Whether writes are allowed."""
        return self.registry.writeable

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, rows and files; nested blocks can fail on their own."""
        with self._transactions.begin():
            yield

    # ------------------------------------------------------------------- read
    def get(
        self,
        dataset_type: str | DatasetType | DatasetRef,
        data_id: Mapping[str, Any] | None = None,
        *,
        parameters: Mapping[str, Any] | None = None,
        collections: Collections = None,
        storage_class: str | None = None,
        timespan: Timespan | None = None,
        **values: Any,
    ) -> Any:
        """Read a dataset.

        Parameters
        ----------
        dataset_type : `str`, `DatasetType` or `DatasetRef`
            What to read; ``calexp.wcs`` is a component.  A ref is read without searching.
        data_id : mapping, optional
            Dimension values, alternate keys (``detector='R11_S20'``) or record fields (``exposure.obs_id``).
        parameters : mapping, optional
            Read parameters of the storage class, e.g. ``bbox`` or ``columns``.
        collections : `str` or sequence of `str`, optional
            Where to search, instead of the defaults.
        storage_class : `str`, optional
            Read as this instead of what the dataset type says.
        timespan : `Timespan`, optional
            When a calibration must be valid; by default that of the data ID's exposure or visit.
        **values
            More dimension values.

        Raises
        ------
        DatasetNotFoundError
            No such dataset in the collections.
        InconsistentDataIdError
            A given implied value (``band=...``) is wrong.
        """
        ref, record = self._locate(dataset_type, data_id, collections, timespan, values)
        component = ref.component or (_component(dataset_type) if not isinstance(dataset_type, DatasetRef) else None)
        return self._read(ref, record, component=component, parameters=parameters, storage_class=storage_class)

    def get_deferred(
        self,
        dataset_type: str | DatasetType | DatasetRef,
        data_id: Mapping[str, Any] | None = None,
        *,
        parameters: Mapping[str, Any] | None = None,
        collections: Collections = None,
        storage_class: str | None = None,
        timespan: Timespan | None = None,
        **values: Any,
    ) -> DeferredDataset:
        """Find a dataset now, read it later; arguments as for `get`."""
        ref, _ = self._locate(dataset_type, data_id, collections, timespan, values)
        if not isinstance(dataset_type, DatasetRef) and (component := _component(dataset_type)):
            ref = ref.make_component_ref(component, self._component_class(ref, component))
        return DeferredDataset(self, ref, parameters, storage_class)

    def find_dataset(
        self,
        dataset_type: str | DatasetType,
        data_id: Mapping[str, Any] | None = None,
        *,
        collections: Collections = None,
        timespan: Timespan | None = None,
        dimension_records: bool = False,
        **values: Any,
    ) -> DatasetRef | None:
        """The first dataset of a type and data ID in the collections, or `None`."""
        found = self._find(dataset_type, data_id, collections, timespan, values)
        if found is None:
            return None
        return found[0].expanded(self.registry.data_ids.expand(found[0].data_id)) if dimension_records else found[0]

    def get_dataset(self, id: uuid.UUID | str) -> DatasetRef | None:
        """The dataset with a UUID, or `None`."""
        found = self.registry.get_dataset(id if isinstance(id, uuid.UUID) else uuid.UUID(str(id)))
        return found[0] if found else None

    def exists(
        self,
        dataset_type: str | DatasetType | DatasetRef,
        data_id: Mapping[str, Any] | None = None,
        *,
        full_check: bool = True,
        collections: Collections = None,
        **values: Any,
    ) -> DatasetExistence:
        """What is known of a dataset; with ``full_check`` its file is looked for."""
        if isinstance(dataset_type, DatasetRef):
            found = self.registry.get_dataset(dataset_type.id)
        else:
            found = self._find(dataset_type, data_id, collections, None, values)
        if found is None:
            return DatasetExistence.UNRECOGNIZED
        record = found[2]
        if record is None:
            return DatasetExistence.RECORDED
        if not full_check:
            return DatasetExistence.KNOWN
        return DatasetExistence.VERIFIED if self.datastore.exists(record) else DatasetExistence.MISSING

    def lineage(
        self, dataset: DatasetRef | uuid.UUID | str, direction: str = "inputs", depth: int | None = None
    ) -> LineageGraph:
        """What a dataset was made from (``outputs``: what was made from it; ``both``); see `.lineage.trace`."""
        from .lineage import trace

        return trace(self, dataset, direction, depth)

    def get_provenance(self, dataset: DatasetRef | uuid.UUID | str) -> DatasetProvenance | None:
        """What is recorded of the making of one dataset, inputs as UUIDs; `None` if nothing is."""
        identifier = dataset.id if isinstance(dataset, DatasetRef) else uuid.UUID(str(dataset))
        return self.registry.lineage.get([identifier.bytes]).get(identifier.bytes)

    def get_uri(
        self,
        dataset_type: str | DatasetType | DatasetRef,
        data_id: Mapping[str, Any] | None = None,
        *,
        collections: Collections = None,
        predict: bool = False,
        run: str | None = None,
        **values: Any,
    ) -> str:
        """URI of a dataset's file; with ``predict``, the one it would get (marked ``#predicted``)."""
        if predict:
            registered = self._dataset_type(dataset_type)
            expanded = self.registry.data_ids.expand(self._standardize(registered, data_id, values))
            ref = DatasetRef(registered, expanded, self._require_run(run))
            return self.datastore.storage.url(self.datastore.path_of(ref)) + "#predicted"
        _, record = self._locate(dataset_type, data_id, collections, None, values)
        return self.datastore.uri(record)

    # ------------------------------------------------------------------ write
    def put(
        self,
        obj: Any,
        dataset_type: str | DatasetType | DatasetRef,
        data_id: Mapping[str, Any] | None = None,
        *,
        run: str | None = None,
        provenance: DatasetProvenance | Mapping[str, Any] | None = None,
        **values: Any,
    ) -> DatasetRef:
        """Write a dataset.

        Parameters
        ----------
        obj
            What to write, of the storage class's Python type or convertible to it.
        dataset_type : `str`, `DatasetType` or `DatasetRef`
            Type; a ref keeps its UUID, data ID and run.
        data_id : mapping, optional
            Dimension values, as for `get`.
        run : `str`, optional
            RUN to write to, made when needed; by default the butler's.
        provenance : `DatasetProvenance` or mapping, optional
            How it was made, for `lineage`; files that have a place for it keep it too.  Of a mapping, flat names as
            files have them are understood, and the rest are notes.

        Returns
        -------
        ref : `DatasetRef`
            With records attached to its data ID.

        Raises
        ------
        DatasetExistsError
            The run has a dataset of this type and data ID.
        StorageClassError
            The object does not fit the storage class.
        """
        self.registry.database.require_writeable()
        registered = self._dataset_type(dataset_type)
        if isinstance(dataset_type, DatasetRef):
            given, identifier, run = dataset_type.data_id, dataset_type.id, dataset_type.run
        else:
            given, identifier = self._standardize(registered, data_id, values), None
        expanded = self.registry.data_ids.expand(given)
        ref = DatasetRef(registered, expanded, self._require_run(run), identifier)
        made = self._made(provenance)
        new = self.datastore.prepare(obj, ref, provenance=made)
        datasets = self.registry.datasets
        with self._transactions.begin() as stage:
            self.registry.collections.register(ref.run, CollectionType.RUN)
            known = new.record
            datasets.add(ref, known)
            datasets.claim_paths([new.path])
            in_use = partial(datasets.path_in_use, besides=ref.id.bytes)
            record = self.datastore.write(new, stage, in_use=in_use)
            if known is None:
                datasets.set_record(ref.id.bytes, record)
            if made is not None:
                self.registry.lineage.record({ref.id.bytes: made})
        return ref

    def ingest(
        self,
        *datasets: FileDataset,
        transfer: str | None = "auto",
        skip_existing: bool = False,
        record_validation_info: bool = True,
    ) -> None:
        """Take existing files into the repository; see `skybutler.butler.files.ingest`."""
        from .files import ingest

        ingest(self, datasets, transfer, skip_existing=skip_existing, track=record_validation_info)

    def ingest_columns(
        self,
        dataset_type: str,
        columns: Mapping[str, Sequence[Any] | np.ndarray[Any, Any]],
        paths: Sequence[str],
        *,
        run: str | None = None,
        transfer: str | None = "auto",
        formatter: str | None = None,
        ids: np.ndarray[Any, Any] | None = None,
        skip_existing: bool = False,
        record_validation_info: bool = True,
        provenance: Sequence[DatasetProvenance | None] | None = None,
    ) -> np.ndarray[Any, Any]:
        """Take many files of one dataset type into the repository; see `skybutler.butler.files.ingest_columns`."""
        from .files import ingest_columns

        return ingest_columns(
            self,
            dataset_type,
            columns,
            paths,
            run=self._require_run(run),
            transfer=transfer,
            formatter=formatter,
            ids=ids,
            skip_existing=skip_existing,
            track=record_validation_info,
            provenance=provenance,
        )

    def prune_datasets(
        self,
        refs: Iterable[DatasetRef],
        *,
        disassociate: bool = True,
        unstore: bool = False,
        tags: Iterable[str] = (),
        purge: bool = False,
    ) -> int:
        """Take datasets out of tags, delete their files, or both and themselves; see `skybutler.butler.files.prune`."""
        from .files import prune

        return prune(self, refs, disassociate=disassociate, unstore=unstore, tags=tags, purge=purge)

    def remove_runs(self, names: str | Iterable[str], *, unlink_from_chains: bool = False) -> int:
        """Remove RUNs with all their datasets and files; see `skybutler.butler.files.remove_runs`."""
        from .files import remove_runs

        return remove_runs(self, listed(names), unlink_from_chains=unlink_from_chains)

    # ----------------------------------------------------------------- within
    def _made(self, provenance: DatasetProvenance | Mapping[str, Any] | None) -> DatasetProvenance | None:
        if provenance is None:
            return None
        from .lineage import completed

        return completed(self, provenance)

    def _component_class(self, ref: DatasetRef, component: str) -> str:
        return self.get_dataset_type(f"{ref.dataset_type.name}.{component}").storage_class

    def _read(
        self,
        ref: DatasetRef,
        record: FileRecord,
        *,
        component: str | None,
        parameters: Mapping[str, Any] | None,
        storage_class: str | None,
    ) -> Any:
        return self.datastore.get(ref, record, component=component, parameters=parameters, storage_class=storage_class)


def _component(dataset_type: str | DatasetType) -> str | None:
    return DatasetType.split(dataset_type if isinstance(dataset_type, str) else dataset_type.name)[1]


def _reopened(config: RepositoryConfig, options: Mapping[str, Any]) -> Butler:
    return Butler(config, **options)
