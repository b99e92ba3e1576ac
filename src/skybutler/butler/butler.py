"""The one door to a repository: puts, gets, finds and queries datasets.  Work is done by registry and datastore."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from skybutler.datasets import CollectionType, DatasetExistence, DatasetRef, DatasetType, FileDataset, FileRecord
from skybutler.datasets.identity import uuid7
from skybutler.datasets.storage_class import StorageClasses
from skybutler.datastore import Datastore
from skybutler.dimensions import DataId, DimensionGroup, DimensionRecord, DimensionUniverse
from skybutler.errors import (
    DatasetNotFoundError,
    FileNotFoundInStoreError,
    NoDefaultCollectionError,
    UnknownComponentError,
    nearest,
)
from skybutler.registry.registry import Registry

from .collections import ButlerCollections
from .config import RepositoryConfig
from .create import create_repository
from .deferred import DeferredDataset
from .labels import resolve_label
from .transaction import Transactions

if TYPE_CHECKING:
    import numpy as np

    from skybutler.registry.results import DataIdResults, DatasetResults, RecordResults, Results
    from skybutler.sky.timespan import Timespan

    from .query import ButlerQuery

__all__ = ["Butler"]

Collections = str | Sequence[str] | None
_R = TypeVar("_R", bound="Results[Any]")


class Butler:
    """A repository, opened.

    Parameters
    ----------
    config : path or `str`
        Repository directory, its configuration file, or a label (see ``DAF_BUTLER_REPOSITORY_INDEX``).
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
        config: str | os.PathLike[str],
        *,
        collections: Collections = None,
        run: str | None = None,
        writeable: bool | None = None,
        **defaults: str,
    ) -> None:
        self.config = RepositoryConfig.read(resolve_label(config))
        writes = run is not None if writeable is None else bool(writeable)
        self.registry = Registry.open(
            self.config.resolved(self.config.registry), writeable=writes, namespace=self.config.namespace
        )
        classes = StorageClasses(self.config.storage_classes) if self.config.storage_classes else StorageClasses.default()
        self.datastore = Datastore.open(self.config.resolved(self.config.datastore_root), self.config.datastore, classes)
        self._transactions = Transactions(self.registry, self.datastore)
        self._set_defaults(collections, run, defaults)

    def _set_defaults(self, collections: Collections, run: str | None, defaults: Mapping[str, Any]) -> None:
        self.run = run
        if run is not None and self.registry.writeable:
            self.registry.collections.register(run, CollectionType.RUN)
        named = _listed(collections) if collections is not None else (run,) if run is not None else ()
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
        return create_repository(root, **options)

    def clone(self, *, collections: Collections = None, run: str | None = None, **defaults: str) -> Butler:
        """Another butler over the same connection with other defaults."""
        other = object.__new__(Butler)
        other.config, other.registry, other.datastore = self.config, self.registry, self.datastore
        other._transactions = self._transactions
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
        return _reopened, (self.config.root, options)

    @property
    def dimensions(self) -> DimensionUniverse:
        """The repository's dimension universe."""
        return self.registry.universe

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
            ref = DatasetRef(registered, expanded, self._require_run(run), uuid.UUID(bytes=uuid7(1)[0].tobytes()))
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
        provenance: Mapping[str, Any] | None = None,
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
        provenance : mapping, optional
            Flat names and values kept in files that have a place for them.

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
            given, identifier, run = dataset_type.data_id, dataset_type.id.bytes, dataset_type.run
        else:
            given, identifier = self._standardize(registered, data_id, values), uuid7(1)[0].tobytes()
        expanded = self.registry.data_ids.expand(given)
        target = self._require_run(run)
        ref = DatasetRef(registered, expanded, target, uuid.UUID(bytes=identifier))
        datasets = self.registry.datasets
        with self._transactions.begin() as stage:
            self.registry.collections.register(target, CollectionType.RUN)
            datasets.add(registered.name, expanded, target, id=identifier)
            path = self.datastore.path_of(ref)
            datasets.claim_paths([path])
            record = self.datastore.put(
                obj, ref, stage, path=path, provenance=provenance, in_use=datasets.path_in_use
            )
            datasets.set_record(identifier, record)
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

        return remove_runs(self, _listed(names), unlink_from_chains=unlink_from_chains)

    def retrieve_artifacts(
        self,
        refs: Iterable[DatasetRef],
        destination: str | os.PathLike[str],
        *,
        transfer: str = "auto",
        preserve_path: bool = True,
        overwrite: bool = False,
    ) -> list[str]:
        """Copy files of datasets out of the repository; see `skybutler.butler.files.retrieve`."""
        from .files import retrieve

        return retrieve(self, refs, destination, transfer=transfer, preserve_path=preserve_path, overwrite=overwrite)

    # ------------------------------------------------------------ definitions
    def register_dataset_type(
        self,
        dataset_type: DatasetType | str,
        dimensions: Iterable[str] | DimensionGroup = (),
        storage_class: str = "StructuredDataDict",
        *,
        is_calibration: bool = False,
    ) -> bool:
        """Register a dataset type; tell whether it is new.

        Raises
        ------
        ConflictingDefinitionError
            The name has another definition.
        StorageClassError
            The storage class is unknown.
        """
        if isinstance(dataset_type, str):
            self.datastore.storage_classes[storage_class]
            group = self.dimensions.conform(dimensions)
            dataset_type = DatasetType(dataset_type, group, storage_class, is_calibration=is_calibration)
        self.registry.refresh()
        return self.registry.dataset_types.register(dataset_type)

    def get_dataset_type(self, name: str) -> DatasetType:
        """The registered type of a name (of a component, with the component's storage class)."""
        self.registry.refresh()
        parent, component = DatasetType.split(name)
        found = self.registry.dataset_types.get(parent).dataset_type
        if component is None:
            return found
        held = self.datastore.storage_classes[found.storage_class].all_components
        if component not in held:
            raise UnknownComponentError(
                f"Dataset type '{parent}' ({found.storage_class}) has no component '{component}'.",
                hint=nearest(component, held) or f"It has: {', '.join(held) or 'none'}.",
            )
        return DatasetType(name, found.dimensions, held[component], found.is_calibration)

    def query_dataset_types(self, expression: str | Iterable[str] = "*") -> list[DatasetType]:
        """Registered types that match names or globs, sorted by name."""
        self.registry.refresh()
        return [r.dataset_type for r in self.registry.dataset_types.resolve(expression)]

    def insert_dimension_data(
        self, element: str, *rows: Mapping[str, Any] | DimensionRecord, skip_existing: bool = False, replace: bool = False
    ) -> int:
        """Insert dimension records; `Registry.elements` has a columnar way for many."""
        return self.registry.elements.insert_records(element, rows, skip_existing=skip_existing, replace=replace)

    def sync_dimension_data(self, element: str, row: Mapping[str, Any], *, update: bool = False) -> bool | dict[str, Any]:
        """Make sure a record exists: `False` it did, `True` inserted, a `dict` of old values when updated."""
        return self.registry.elements.sync(element, row, update=update)

    def expand_data_id(
        self, data_id: Mapping[str, Any] | None = None, *, dimensions: Iterable[str] | DimensionGroup | None = None, **values: Any
    ) -> DataId:
        """A data ID with records and implied values, everything given checked against them."""
        given = {**(data_id or {}), **values}
        if dimensions is None:
            names = [n for n in given if n in self.dimensions]
            dimensions = data_id.group if isinstance(data_id, DataId) and not values else names
        group = self.dimensions.conform(dimensions)
        return self.registry.data_ids.expand(self.registry.data_ids.standardize(given, group, defaults=self._defaults))

    # ---------------------------------------------------------------- queries
    def query(self) -> ButlerQuery:
        """A fluent query; usable in a ``with`` block or by itself."""
        from .query import ButlerQuery

        return ButlerQuery(self)

    def query_datasets(
        self,
        dataset_type: str | DatasetType | Iterable[str],
        collections: Collections = None,
        *,
        find_first: bool = True,
        data_id: Mapping[str, Any] | None = None,
        where: str = "",
        bind: Mapping[str, Any] | None = None,
        order_by: str | Iterable[str] = (),
        limit: int | None = None,
        with_dimension_records: bool = False,
        **values: Any,
    ) -> DatasetResults:
        """Datasets of one or several types.

        Parameters
        ----------
        dataset_type : `str`, `DatasetType` or iterable of `str`
            Names and globs.
        collections : `str` or sequence of `str`, optional
            Names and globs, in search order; by default the butler's.
        find_first : `bool`
            Only the first dataset per type and data ID.
        data_id : mapping, optional
            Dimension values or record fields that must hold; dimensions that the type lacks are joined, spatially
            where they have regions.
        where : `str`
            Condition in the ``where`` language.
        bind : mapping, optional
            Values of names in the condition.
        order_by : `str` or iterable of `str`
            Names, ``-`` in front for descending.
        limit : `int`, optional
            At most so many; there is no limit by default.
        with_dimension_records : `bool`
            Attach records to the data IDs of the refs.

        Returns
        -------
        refs : `DatasetResults`
            Lazy; empty results can ``explain()`` themselves; ``to_arrow()`` and others give columns.

        Raises
        ------
        MissingDatasetTypeError, MissingCollectionError
            A plain name is unknown.
        ExpressionError
            The condition is wrong; the place is shown.
        """
        from skybutler.registry.ask import ask_datasets

        self.registry.refresh()
        types = self.registry.dataset_types.resolve(
            dataset_type.name if isinstance(dataset_type, DatasetType) else dataset_type
        )
        results = ask_datasets(
            self.registry,
            types,
            self._searched(collections),
            find_first=find_first,
            where=where,
            bind_values=bind,
            data_id={**(data_id or {}), **values},
            defaults=self._defaults,
        )
        return _shaped(results, order_by, limit, with_dimension_records)

    def query_all_datasets(
        self, collections: Collections = None, *, name: str | Iterable[str] = "*", **options: Any
    ) -> DatasetResults:
        """Datasets of all types that match ``name`` and are in the collections; options as for `query_datasets`."""
        searched = self._searched(collections)
        flat = self.registry.collections.flatten(self.registry.collections.resolve(searched))
        present = set(self.registry.collections.dataset_type_names(flat))
        names = [r.dataset_type.name for r in self.registry.dataset_types.resolve(name)]
        return self.query_datasets([n for n in names if n in present], searched, **options)

    def query_data_ids(
        self,
        dimensions: Iterable[str] | DimensionGroup | str,
        *,
        data_id: Mapping[str, Any] | None = None,
        where: str = "",
        bind: Mapping[str, Any] | None = None,
        order_by: str | Iterable[str] = (),
        limit: int | None = None,
        with_dimension_records: bool = False,
        **values: Any,
    ) -> DataIdResults:
        """Data IDs of some dimensions; arguments as for `query_datasets`."""
        from skybutler.registry.ask import ask_data_ids

        self.registry.refresh()
        group = self.dimensions.conform(dimensions)
        results = ask_data_ids(
            self.registry,
            group,
            where=where,
            bind_values=bind,
            data_id={**(data_id or {}), **values},
            defaults=self._defaults,
        )
        return _shaped(results, order_by, limit, with_dimension_records)

    def query_dimension_records(
        self,
        element: str,
        *,
        data_id: Mapping[str, Any] | None = None,
        where: str = "",
        bind: Mapping[str, Any] | None = None,
        order_by: str | Iterable[str] = (),
        limit: int | None = None,
        **values: Any,
    ) -> RecordResults:
        """Records of a dimension element; arguments as for `query_datasets`."""
        from skybutler.registry.ask import ask_records

        self.registry.refresh()
        results = ask_records(
            self.registry,
            element,
            where=where,
            bind_values=bind,
            data_id={**(data_id or {}), **values},
            defaults=self._defaults,
        )
        return _shaped(results, order_by, limit)

    # ----------------------------------------------------------------- within
    def _searched(self, collections: Collections) -> tuple[str, ...]:
        named = _listed(collections) if collections is not None else self.collections.defaults
        if not named:
            raise NoDefaultCollectionError(
                "No collections were given, and this butler has no default ones.",
                hint="Pass collections=..., or open it with Butler(repo, collections=...).",
            )
        return named

    def _require_run(self, run: str | None) -> str:
        chosen = run or self.run
        if chosen is None:
            raise NoDefaultCollectionError(
                "No run was given, and this butler has no default one.",
                hint="Pass run=..., or open it with Butler(repo, run=...).",
            )
        return chosen

    def _dataset_type(self, given: str | DatasetType | DatasetRef) -> DatasetType:
        """The registered type meant (of a component: of the whole)."""
        if isinstance(given, DatasetRef):
            given = given.dataset_type
        name = DatasetType.split(given if isinstance(given, str) else given.name)[0]
        return self.registry.dataset_types.get(name).dataset_type

    def _standardize(self, kind: DatasetType, data_id: Mapping[str, Any] | None, values: Mapping[str, Any]) -> DataId:
        return self.registry.data_ids.standardize(data_id, kind.dimensions, defaults=self._defaults, **values)

    def _find(
        self,
        dataset_type: str | DatasetType,
        data_id: Mapping[str, Any] | None,
        collections: Collections,
        timespan: Timespan | None,
        values: Mapping[str, Any],
    ) -> tuple[DatasetRef, int, FileRecord | None] | None:
        self.registry.refresh()
        searched = self._searched(collections)
        kind = self._dataset_type(dataset_type)
        standard = self._standardize(kind, data_id, values)
        if len(standard) > len(standard.group.required) and not standard.has_records:
            self.registry.data_ids.expand(standard)  # given implied values must be right
        if kind.is_calibration and timespan is None:
            timespan = self._time_of({**(data_id or {}), **values})
        return self.registry.find_dataset(kind.name, standard, searched, timespan=timespan)

    def _time_of(self, given: Mapping[str, Any]) -> Timespan | None:
        """When the exposure, visit or day of a data ID was, for looking up calibrations."""
        for name in ("exposure", "visit", "day_obs"):
            if given.get(name) is None:
                continue
            group = self.dimensions.conform([name])
            wanted = {d: given[d] for d in group.required if d in given}
            standard = self.registry.data_ids.standardize(wanted, group, defaults=self._defaults)
            record = self.registry.elements.fetch(name, standard.required_values)
            if record is not None:
                return record.timespan
        return None

    def _locate(
        self,
        dataset_type: str | DatasetType | DatasetRef,
        data_id: Mapping[str, Any] | None,
        collections: Collections,
        timespan: Timespan | None,
        values: Mapping[str, Any],
    ) -> tuple[DatasetRef, FileRecord]:
        """Ref and file record, or an error that says what is missing."""
        if isinstance(dataset_type, DatasetRef):
            return dataset_type, self._record_of(dataset_type)
        found = self._find(dataset_type, data_id, collections, timespan, values)
        if found is None:
            kind = self._dataset_type(dataset_type)
            given = self._standardize(kind, data_id, values)
            searched = self._searched(collections)
            raise DatasetNotFoundError(
                f"Dataset {kind.name} with data ID {given} could not be found in collections {searched}.",
                hint=self._whereabouts(kind, given, searched),
            )
        if found[2] is None:
            raise FileNotFoundInStoreError(f"Nothing is stored for {found[0]}.", hint="It was unstored, or never written.")
        return found[0], found[2]

    def _whereabouts(self, kind: DatasetType, data_id: DataId, searched: Sequence[str]) -> str:
        """Where else the dataset is."""
        from skybutler.registry.ask import ask_datasets

        registered = self.registry.dataset_types.get(kind.name)
        everywhere = self.registry.collections.names()
        refs = ask_datasets(self.registry, [registered], everywhere, find_first=False, data_id=data_id.required).limit(3)
        runs = [r.run for r in refs]
        if runs:
            return f"It exists in {', '.join(map(repr, runs))}: pass collections=..."
        holders = self.registry.datasets.holders(registered, searched)
        return "" if holders else f"None of them ever held a '{kind.name}'."

    def _record_of(self, ref: DatasetRef) -> FileRecord:
        found = self.registry.datasets.get_many([ref.id.bytes]).get(ref.id.bytes)
        if found is None:
            raise DatasetNotFoundError(f"Dataset {ref} is not in this repository.")
        if found[2] is None:
            raise FileNotFoundInStoreError(f"Nothing is stored for {ref}.", hint="It was unstored, or never written.")
        return found[2]

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


def _listed(collections: Collections | Iterable[str]) -> tuple[str, ...]:
    return (collections,) if isinstance(collections, str) else tuple(collections or ())


def _component(dataset_type: str | DatasetType) -> str | None:
    return DatasetType.split(dataset_type if isinstance(dataset_type, str) else dataset_type.name)[1]


def _shaped(results: _R, order_by: str | Iterable[str], limit: int | None, with_records: bool = False) -> _R:
    names = [order_by] if isinstance(order_by, str) and order_by else list(order_by)
    if names:
        results = results.order_by(*names)
    if with_records:
        results = results.with_dimension_records()
    return results.limit(limit) if limit is not None else results


def _reopened(root: str, options: Mapping[str, Any]) -> Butler:
    return Butler(root, **options)
