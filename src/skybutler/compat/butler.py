"""``Butler`` with the methods and keywords of lsst.daf.butler.  Delegates to ours; adds no abilities."""

# ruff: noqa: N802, N803, N815 - the names are those of lsst.daf.butler

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from skybutler.butler import Butler as PlainButler
from skybutler.butler.config import RepositoryConfig
from skybutler.datasets import DatasetExistence, FileDataset
from skybutler.datasets import DatasetRef as PlainRef
from skybutler.dimensions import DimensionUniverse
from skybutler.errors import (
    ConflictError,
    FileExistsInStoreError,
    InvalidError,
)

from .collections import ButlerCollections
from .dataset_types import DatasetRef, storage_class_name, type_name
from .deferred import DeferredDatasetHandle
from .lists import Lists
from .registry import Registry, RegistryDefaults
from .registry_queries import Expression
from .transfers import Transfers
from .wrapping import plain_parameters, to_compat, to_plain

if TYPE_CHECKING:
    from lsst.resources import ResourcePath

    from .exporting import RepoExportContext


__all__ = ["Butler", "DatasetRefURIs"]

_NO = frozenset({"", "0", "false", "no", "off"})


class DatasetRefURIs(NamedTuple):
    """Where a dataset is.

    Attributes
    ----------
    primaryURI : `lsst.resources.ResourcePath`
        Its file.
    componentURIs : `dict`
        Files of its parts; we write whole datasets, so there are none.
    """

    primaryURI: ResourcePath
    componentURIs: dict[str, ResourcePath]


class Butler(Lists, Transfers):
    """A repository, opened.

    Parameters
    ----------
    config : path, `str` or configuration
        Repository directory, its configuration file, or a label.
    butler : `Butler`, optional
        Instead of ``config``: another one, whose connection is used.
    collections : `str` or iterable of `str`, optional
        Collections searched when a call names none.
    run : `str`, optional
        RUN that `put` writes to; it makes the butler writeable.
    writeable : `bool` or `str`, optional
        Whether writes are allowed; of texts, all but "false", "no", "off" and "0" mean yes.
    inferDefaults : `bool`
        Accepted; governor dimensions with one value in the repository never need to be given.
    collection : `str`, optional
        The name of ``collections`` in 2020; an empty text is none.
    **kwargs
        Values of governor dimensions for data IDs that lack them.
    """

    def __init__(
        self,
        config: Any = None,
        *,
        butler: Butler | None = None,
        collections: Expression = None,
        run: str | None = None,
        writeable: bool | str | None = None,
        inferDefaults: bool = True,
        collection: str | None = None,
        **kwargs: str,
    ) -> None:
        if collections is None and collection:
            collections = collection
        if butler is not None:
            self._open(butler._plain.clone(collections=collections, run=run, **kwargs))
            return
        if config is None:
            raise InvalidError("Butler needs a repository: Butler('/path/to/repo') or Butler('label').")
        writes = writeable.strip().lower() not in _NO if isinstance(writeable, str) else writeable
        self._open(PlainButler(_place(config), collections=collections, run=run, writeable=writes, **kwargs))

    def _open(self, plain: PlainButler) -> None:
        self._plain = plain
        self.registry = Registry(plain)

    @classmethod
    def of(cls, plain: PlainButler) -> Butler:
        """A butler of ours with these spellings."""
        made = cls.__new__(cls)
        made._open(plain)
        return made

    @classmethod
    def from_config(cls, config: Any = None, **options: Any) -> Butler:
        """The same as the constructor."""
        return cls(config, **options)

    @staticmethod
    def makeRepo(
        root: str | os.PathLike[str],
        config: Any = None,
        dimensionConfig: Any = None,
        standalone: bool = False,
        forceConfigRoot: bool = True,
        outfile: str | os.PathLike[str] | None = None,
    ) -> RepositoryConfig:
        """Make a repository and give its configuration.

        Raises
        ------
        FileExistsError
            There is one already; it is never overwritten.
        """
        try:
            return PlainButler.create(
                root,
                seed=config,
                dimensions=dimensionConfig,
                standalone=standalone,
                override=not forceConfigRoot,
                outfile=outfile,
            )
        except ConflictError as error:
            raise FileExistsInStoreError(error.message, hint=error.hint) from error

    @staticmethod
    def get_known_repos() -> set[str]:
        """Labels of the repository index."""
        return PlainButler.get_known_repos()

    @staticmethod
    def get_repo_uri(label: str, return_label: bool = False) -> ResourcePath:
        """Where the repository of a label is; arguments and errors as of `skybutler.Butler.get_repo_uri`."""
        from lsst.resources import ResourcePath

        place = PlainButler.get_repo_uri(label, return_label)
        return ResourcePath(place, forceDirectory=None if place.endswith((".yaml", ".yml")) else True)

    @staticmethod
    def has_repo_config(root: Any) -> bool:
        """Whether there is a repository at a place."""
        return PlainButler.has_repo_config(_place(root))

    # -------------------------------------------------------------- the butler
    @property
    def plain(self) -> PlainButler:
        """Our own butler underneath."""
        return self._plain

    @property
    def dimensions(self) -> DimensionUniverse:
        """The repository's dimension universe."""
        return self._plain.dimensions

    @property
    def collections(self) -> ButlerCollections:
        """Collections; iterating gives those searched by default."""
        return ButlerCollections(self._plain.registry, self._plain.collections.defaults)

    @property
    def collection(self) -> str:
        """The collection searched by default (a name of 2020); can be replaced."""
        return next(iter(self._plain.collections.defaults), "")

    @collection.setter
    def collection(self, name: str) -> None:
        self.registry.defaults = RegistryDefaults((name,) if name else (), self.run, self._plain._defaults)

    @property
    def run(self) -> str | None:
        """RUN that is written to."""
        return self._plain.run

    def isWriteable(self) -> bool:
        """Whether writes are allowed."""
        return self._plain.writeable

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing, rows and files."""
        return self._plain.transaction()

    def clone(
        self, *, collections: Expression = None, run: str | None = None, inferDefaults: bool = True, **kwargs: str
    ) -> Butler:
        """Another butler over the same connection with other defaults."""
        return self.of(self._plain.clone(collections=collections, run=run, **kwargs))

    def close(self) -> None:
        """Release the database connection."""
        self._plain.close()

    def __enter__(self) -> Butler:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        return Butler.of, (self._plain,)

    def __repr__(self) -> str:
        return repr(self._plain)

    def __getattr__(self, name: str) -> Any:
        # What is spelt alike on both sides (query_dimension_records, retrieve_artifacts ...).
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._plain, name)

    # ------------------------------------------------------------------- files
    def get(
        self,
        datasetRefOrType: Any,
        dataId: Mapping[str, Any] | None = None,
        *,
        parameters: Mapping[str, Any] | None = None,
        collections: Expression = None,
        storageClass: Any = None,
        timespan: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Read a dataset; see `skybutler.Butler.get`.  Images and catalogs have the spellings of lsst.afw."""
        found = self._plain.get(
            _target(datasetRefOrType),
            dataId,
            parameters=plain_parameters(parameters),
            collections=collections,
            storage_class=storage_class_name(storageClass),
            timespan=timespan,
            **kwargs,
        )
        return to_compat(found, _component(datasetRefOrType))

    def getDirect(self, ref: PlainRef, *, parameters: Mapping[str, Any] | None = None, storageClass: Any = None) -> Any:
        """Read the dataset of a ref."""
        return self.get(ref, parameters=parameters, storageClass=storageClass)

    def getDeferred(
        self,
        datasetRefOrType: Any,
        dataId: Mapping[str, Any] | None = None,
        *,
        parameters: Mapping[str, Any] | None = None,
        collections: Expression = None,
        storageClass: Any = None,
        timespan: Any = None,
        **kwargs: Any,
    ) -> DeferredDatasetHandle:
        """Find a dataset now, read it later."""
        found = self._plain.get_deferred(
            _target(datasetRefOrType),
            dataId,
            parameters=plain_parameters(parameters),
            collections=collections,
            storage_class=storage_class_name(storageClass),
            timespan=timespan,
            **kwargs,
        )
        found.ref = found.ref.expanded(self._plain.registry.data_ids.expand(found.ref.data_id))
        return DeferredDatasetHandle(found)

    def put(
        self,
        obj: Any,
        datasetRefOrType: Any,
        dataId: Mapping[str, Any] | None = None,
        *,
        run: str | None = None,
        provenance: Any = None,
        **kwargs: Any,
    ) -> DatasetRef:
        """Write a dataset; see `skybutler.Butler.put`."""
        ref = self._plain.put(
            to_plain(obj), _target(datasetRefOrType), dataId, run=run, provenance=provenance, **kwargs
        )
        return DatasetRef.of(ref)

    def putDirect(self, obj: Any, ref: PlainRef) -> DatasetRef:
        """Write the dataset of a ref."""
        return self.put(obj, ref)

    def exists(
        self,
        dataset_ref_or_type: Any,
        data_id: Mapping[str, Any] | None = None,
        *,
        full_check: bool = True,
        collections: Expression = None,
        **kwargs: Any,
    ) -> DatasetExistence:
        """What is known of a dataset; with ``full_check`` its file is looked for."""
        target = _target(dataset_ref_or_type)
        return self._plain.exists(target, data_id, full_check=full_check, collections=collections, **kwargs)

    def datasetExists(
        self,
        datasetRefOrType: Any,
        dataId: Mapping[str, Any] | None = None,
        *,
        collections: Expression = None,
        **kwargs: Any,
    ) -> bool:
        """Whether the file of a dataset is there.

        Raises
        ------
        LookupError
            Not even the registry knows the dataset.
        """
        target = _target(datasetRefOrType)
        found = self._plain.exists(target, dataId, collections=collections, **kwargs)
        if found is DatasetExistence.UNRECOGNIZED:
            self._plain.get_deferred(target, dataId, collections=collections, **kwargs)
        return bool(found)

    def stored(self, ref: PlainRef) -> bool:
        """Whether something is stored for a ref."""
        return bool(self._plain.exists(ref, full_check=False))

    def getURI(
        self,
        datasetRefOrType: Any,
        dataId: Mapping[str, Any] | None = None,
        *,
        predict: bool = False,
        collections: Expression = None,
        run: str | None = None,
        **kwargs: Any,
    ) -> ResourcePath:
        """Where the file of a dataset is."""
        from lsst.resources import ResourcePath

        target = _target(datasetRefOrType)
        uri = self._plain.get_uri(target, dataId, predict=predict, collections=collections, run=run, **kwargs)
        return ResourcePath(uri, forceAbsolute=True)

    def getURIs(self, datasetRefOrType: Any, dataId: Mapping[str, Any] | None = None, **options: Any) -> DatasetRefURIs:
        """Where the file of a dataset is, and those of its parts (none)."""
        return DatasetRefURIs(self.getURI(datasetRefOrType, dataId, **options), {})

    def ingest(
        self,
        *datasets: FileDataset,
        transfer: str | None = "auto",
        record_validation_info: bool = True,
        skip_existing: bool = False,
    ) -> None:
        """Take existing files into the repository."""
        self._plain.ingest(
            *datasets, transfer=transfer, record_validation_info=record_validation_info, skip_existing=skip_existing
        )

    @contextmanager
    def export(
        self,
        *,
        directory: Any = None,
        filename: Any = None,
        format: str | None = None,
        transfer: str | None = None,
    ) -> Iterator[RepoExportContext]:
        """Export datasets, collections and dimension records: what, is told to the context."""
        from .exporting import RepoExportContext

        places = {"directory": _optional_place(directory), "filename": _optional_place(filename)}
        with self._plain.export(**places, format=format, transfer=transfer) as export:
            yield RepoExportContext(export)

    def import_(
        self,
        *,
        directory: Any = None,
        filename: Any = None,
        format: str | None = None,
        transfer: str | None = None,
        skip_dimensions: Iterable[Any] | None = None,
        record_validation_info: bool = True,
        without_datastore: bool = False,
    ) -> None:
        """Take in what was exported; files stay where they are unless a transfer mode is given."""
        self._plain.import_(
            directory=_optional_place(directory),
            filename=filename
            if hasattr(filename, "read") and not hasattr(filename, "ospath")
            else _optional_place(filename),
            format=format,
            transfer=transfer,
            skip_dimensions=[str(name) for name in skip_dimensions or ()],
            record_validation_info=record_validation_info,
            without_datastore=without_datastore,
        )

    def pruneDatasets(
        self,
        refs: Iterable[PlainRef],
        *,
        disassociate: bool = True,
        unstore: bool = False,
        tags: Iterable[str] = (),
        purge: bool = False,
    ) -> None:
        """Take datasets out of tags, delete their files, or both and themselves."""
        self._plain.prune_datasets(refs, disassociate=disassociate, unstore=unstore, tags=tags, purge=purge)

    def removeRuns(self, names: Iterable[str], unstore: bool = True, *, unlink_from_chains: bool = False) -> None:
        """Remove RUNs with all their datasets and files."""
        if not unstore:
            raise InvalidError("A RUN cannot be removed while its files stay: nobody would know of them.")
        self._plain.remove_runs(names, unlink_from_chains=unlink_from_chains)


def _optional_place(given: Any) -> str | None:
    """Path or URI of what is given, relative where it is."""
    return None if given is None else os.fspath(given) if isinstance(given, str | os.PathLike) else str(given)


def _target(given: Any) -> Any:
    """A ref as it is, of a dataset type the name."""
    return given if isinstance(given, PlainRef) else type_name(given)


def _component(given: Any) -> str | None:
    """Name of the component that a ref or a name of a dataset type means."""
    if isinstance(given, PlainRef):
        return given.component
    return type_name(given).partition(".")[2] or None


def _place(given: Any) -> str:
    """Path of a repository given by path, URI or configuration."""
    if isinstance(given, RepositoryConfig):
        return given.root
    if hasattr(given, "ospath"):
        return str(given.ospath)
    return str(os.fspath(given))
