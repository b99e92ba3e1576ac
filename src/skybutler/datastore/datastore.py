"""Datasets as files: writes, reads, checks, removes them.  Knows no registry: it hands out and takes file records."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skybutler.datasets.file_columns import FileColumns
from skybutler.datasets.file_record import FileRecord
from skybutler.datasets.storage_class import StorageClass, StorageClasses
from skybutler.formatters.catalog import FormatterTable, load, make, short_name
from skybutler.formatters.converters import convert
from skybutler.formatters.formatter import BytesFormatter, Formatter
from skybutler.storage import Stage, Storage, StoredFile, is_absolute
from skybutler.storage.chain import Chain
from skybutler.storage.checksum import of_bytes

from .constraints import Constraints
from .ingest import ingest_files
from .placing import InUse, in_use_always, place
from .reading import Reading
from .stores import Stores, shared_settings
from .templates import Templates

if TYPE_CHECKING:
    from skybutler.datasets.dataset_type import DatasetType
    from skybutler.datasets.provenance import DatasetProvenance
    from skybutler.datasets.ref import DatasetRef

    from .caching import Caching

__all__ = ["Datastore", "NewFile"]

_SMALL = 16_384
"""Bytes whose checksum is computed twice at less cost than a further database statement has."""


@dataclass(frozen=True, slots=True)
class NewFile:
    """A dataset's file before it is written: where, in which format, and its bytes or a function that writes them."""

    path: str
    formatter: str
    storage_class: str
    data: bytes | Callable[[Path], None]
    storage: Storage
    kept: bool = False
    """Whether a local copy is kept."""

    @property
    def record(self) -> FileRecord | None:
        """What the registry will have to keep, of a small file; of others it is known when they are written."""
        small = isinstance(self.data, bytes) and len(self.data) <= _SMALL
        return self.recorded(of_bytes(self.data)) if small else None  # type: ignore[arg-type]

    def recorded(self, stored: StoredFile) -> FileRecord:
        """What the registry has to keep of the file as it was written."""
        return FileRecord(self.path, self.formatter, self.storage_class, stored.size, stored.checksum)


class Datastore(Reading):
    """Files of datasets, below one root or, the same, below several.

    A caller that keeps records in a database does, in one transaction: insert the rows, `write` or
    `skybutler.datastore.ingest.ingest` with a `stage`, ``stage.sync()``, commit, ``stage.finish()``.

    Parameters
    ----------
    stores : `skybutler.storage.Storage` or `Stores`
        Where the files are.
    storage_classes : `skybutler.datasets.StorageClasses`
        Known storage classes.
    templates : `Templates`, optional
        Paths of new files.
    formatters : `skybutler.formatters.FormatterTable`, optional
        Writers of new files.
    caching : `skybutler.datastore.caching.Caching`, optional
        Local copies of remote files.
    """

    def __init__(
        self,
        stores: Storage | Stores,
        *,
        storage_classes: StorageClasses | None = None,
        templates: Templates | None = None,
        formatters: FormatterTable | None = None,
        caching: Caching | None = None,
    ) -> None:
        self._stores = stores if isinstance(stores, Stores) else Stores({"": (stores, Constraints())})
        self.storage = self._stores.storage
        self.storage_classes = storage_classes if storage_classes is not None else StorageClasses.default()
        self.templates = templates if templates is not None else Templates()
        self.caching = caching
        self.formatters = formatters if formatters is not None else FormatterTable()

    @classmethod
    def open(
        cls,
        root: str | os.PathLike[str],
        config: Mapping[str, Any] | None = None,
        storage_classes: StorageClasses | None = None,
    ) -> Datastore:
        """Datastore below a directory or URI.

        Parameters
        ----------
        root : `str` or path-like
            Directory, ``file:`` or ``s3:`` URI.
        config : mapping, optional
            The ``datastore`` section of ``butler.yaml``: ``templates``, ``formatters``, ``constraints``, ``s3`` for
            the settings of an object store, ``datastores`` for several stores (``root`` is not used then), ``cached``
            for local copies of what is in object stores; other keys are none of its business.
        storage_classes : `skybutler.datasets.StorageClasses`, optional
            Known storage classes.

        Raises
        ------
        skybutler.errors.ConfigError
            If something in the configuration is wrong.
        """
        config = config or {}
        stores, shared = Stores.open(root, config), shared_settings(config)
        return cls(
            stores,
            storage_classes=storage_classes,
            templates=Templates(shared.get("templates")),
            formatters=FormatterTable(shared.get("formatters")),
            caching=_caching(config.get("cached")),
        )

    def __repr__(self) -> str:
        return f"Datastore({self.storage.root!r})"

    @property
    def root(self) -> str:
        """URI of the root, ending in ``/``."""
        return self.storage.root

    def accepting(self, dataset_type: DatasetType, instrument: str | None = None) -> Storage:
        """Where files of a dataset type (and instrument) are written to: the stores that take them.

        Raises
        ------
        skybutler.errors.DatasetTypeRejectedError
            If no store takes them.
        """
        return self._stores.accepting(dataset_type, instrument)

    @property
    def takes_everything(self) -> bool:
        """Whether all stores take all dataset types."""
        return self._stores.is_open

    def taking(self, dataset_type: DatasetType, instrument: str | None = None) -> list[str]:
        """Names of the stores that take files of a dataset type (and instrument); the only store's is empty."""
        return self._stores.taking(dataset_type, instrument)

    def stage(self) -> Stage:
        """A new stage for the files of one transaction."""
        return Stage(self.storage)

    # ---------------------------------------------------------------- writing
    def path_of(self, ref: DatasetRef, extension: str | None = None) -> str:
        """Path that a new file of a dataset gets; its data ID needs the records whose fields the template uses.

        Parameters
        ----------
        ref : `skybutler.datasets.DatasetRef`
            The dataset.
        extension : `str`, optional
            Extension with its point, instead of that of the formatter.

        Raises
        ------
        skybutler.errors.TemplateError
            If the template needs what the data ID does not have.
        """
        instrument = _instrument_of(ref)
        template = self.templates.find(ref.dataset_type, instrument=instrument)
        if extension is None:
            extension = make(self.formatters.choose(ref.dataset_type, instrument=instrument)).extension
        return template.render_ref(ref) + extension

    def prepare(self, obj: Any, ref: DatasetRef, *, provenance: DatasetProvenance | None = None) -> NewFile:
        """Decide how and where a dataset will be stored, and make its content if that is small; `write` it then.

        Parameters
        ----------
        obj
            Object of the Python type of the storage class, or convertible to it; not to be changed before `write`.
        ref : `skybutler.datasets.DatasetRef`
            The dataset, expanded as far as the file template needs it.
        provenance : `skybutler.datasets.DatasetProvenance`, optional
            How it was made, kept in files that have a place for it.

        Raises
        ------
        skybutler.errors.StorageClassError
            If the object neither is nor can be converted to what the storage class holds.
        skybutler.errors.TemplateError
            If the file template needs what the data ID does not have.
        skybutler.errors.DatasetTypeRejectedError
            If no store takes such datasets.
        """
        dataset_type = ref.dataset_type
        storage_class = self.storage_classes[dataset_type.storage_class]
        instrument = _instrument_of(ref)
        storage = self._stores.accepting(dataset_type, instrument)
        obj = convert(obj, storage_class)
        choice = self.formatters.choose(dataset_type, instrument=instrument)
        formatter = make(choice) if choice.parameters else load(choice.name)
        path = self.templates.find(dataset_type, instrument=instrument).render_ref(ref) + formatter.extension
        flat = formatter.provenance.flat(provenance, ref) if provenance and formatter.provenance else None
        data = _content(formatter, obj, storage_class, flat)
        is_remote = self.caching is not None and storage.local_root is None and not isinstance(storage, Chain)
        kept = is_remote and self.caching is not None and self.caching.keeps(ref)
        return NewFile(path, choice.name, storage_class.name, data, storage, kept)

    def write(self, new: NewFile, stage: Stage, *, in_use: InUse = in_use_always) -> FileRecord:
        """Write what was prepared.

        Parameters
        ----------
        new : `NewFile`
            From `prepare`.
        stage : `skybutler.storage.Stage`
            Stage of the transaction.
        in_use : callable, optional
            Tells whether a dataset owns the file that is already in the place; one left by a killed process is
            replaced.  By default every file counts as owned.

        Returns
        -------
        record : `skybutler.datasets.FileRecord`
            What the registry has to keep.

        Raises
        ------
        skybutler.errors.FileExistsInStoreError
            If another dataset has a file in the place.
        """

        def write(overwrite: bool) -> StoredFile:
            bring = partial(stage.write, new.path, overwrite=overwrite, storage=new.storage)
            if new.kept and self.caching is not None:
                return self.caching.write(new.storage, new.path, new.data, bring)
            return bring(new.data)

        return new.recorded(place(new.path, in_use, write))

    def ingest(
        self,
        sources: Sequence[str],
        mode: str | None,
        *,
        formatter: str,
        storage_class: str,
        stage: Stage | None = None,
        stems: Sequence[str] | Callable[[], Sequence[str]] = (),
        track: bool = True,
        checksum: bool = False,
        in_use: InUse = in_use_always,
        dataset_type: DatasetType | None = None,
        instrument: str | None = None,
    ) -> FileColumns:
        """Take files into the datastore that others have made.

        Parameters
        ----------
        sources : sequence of `str`
            Local paths or URIs; relative paths are relative to the root.
        mode, stage, stems, track, checksum, in_use
            See `skybutler.datastore.ingest.ingest_files`; `stems` gives what ``stems`` needs.
        formatter : `str`
            Short name of the formatter that reads the files, or a foreign class name that has one.
        storage_class : `str`
            Storage class of the datasets.
        dataset_type : `skybutler.datasets.DatasetType`, optional
            Their type, which decides which stores take them.
        instrument : `str`, optional
            Their instrument.

        Returns
        -------
        files : `skybutler.datasets.FileColumns`
            What the registry has to keep, in the order of ``sources``.

        Raises
        ------
        skybutler.errors.ButlerError
            See `skybutler.datastore.ingest.ingest_files`.
        """
        storage = self._stores.accepting(dataset_type, instrument) if dataset_type is not None else self.storage
        files = ingest_files(
            storage, sources, mode, stage=stage, stems=stems, track=track, checksum=checksum, in_use=in_use
        )
        return FileColumns(
            files.paths, files.sizes, short_name(formatter, storage_class), storage_class, files.checksums
        )

    def stems(self, dataset_type: DatasetType, columns: Mapping[str, Any], n: int) -> list[str]:
        """Paths without extension for many datasets of one type; see `skybutler.datastore.FileTemplate.render_many`.

        Parameters
        ----------
        dataset_type : `skybutler.datasets.DatasetType`
            Type of all of them.
        columns : mapping
            Columns, or single values for all, by template field: dimensions, record fields such as
            ``exposure.obs_id``, and ``run``.  An ``instrument`` that is a column must have one value only.
        n : `int`
            How many.
        """
        instrument = columns.get("instrument")
        if instrument is not None and not isinstance(instrument, str):
            instrument = instrument[0] if n else None
        template = self.templates.find(dataset_type, instrument=instrument)
        return template.render_many({**columns, "datasetType": dataset_type.name}, n)

    def remove(self, records: Iterable[FileRecord]) -> None:
        """Delete the files of datasets that no longer exist; missing ones are no error, ``direct`` ones are kept.

        The caller sees to it that no other dataset is in the same file.
        """
        self.storage.remove(dict.fromkeys(record.path for record in records if not is_absolute(record.path)))


def _caching(config: Any) -> Caching | None:
    if config is None and not os.environ.get("DAF_BUTLER_CACHE_DIRECTORY"):
        return None
    from .caching import Caching

    return Caching.open(config)


def _content(
    formatter: Formatter, obj: Any, storage_class: StorageClass, provenance: Mapping[str, Any] | None
) -> bytes | Callable[[Path], None]:
    """The bytes of a small file, or a function that writes a larger one."""
    if isinstance(formatter, BytesFormatter):
        return formatter.to_bytes(obj, storage_class, provenance)
    return lambda path: formatter.write(obj, path, storage_class, provenance)


def _instrument_of(ref: DatasetRef) -> str | None:
    return ref.data_id["instrument"] if "instrument" in ref.dataset_type.dimensions else None
