"""A bundle taken into a repository: compared as a whole, then written in one transaction."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from skybutler.datasets import CollectionType, DatasetType, FileRecord
from skybutler.datastore import Datastore
from skybutler.errors import (
    ChecksumMismatchError,
    ConflictingDefinitionError,
    FormatError,
    InconsistentUniverseError,
    MissingFileError,
    nearest,
)
from skybutler.registry.attachments import ATTACHED, attach, attached_columns
from skybutler.registry.record_columns import field_columns
from skybutler.registry.rows import DatasetRows
from skybutler.sky.timespan import Timespan
from skybutler.storage import Stage, Storage, container, is_absolute

from .bundle_manifest import FORMAT, MANIFEST, Manifest, TableEntry, check_tables, read_manifest
from .bundle_out import FILES, column_types
from .bundle_places import opened_bundle
from .bundle_tables import read_table
from .dataset_types import require_types
from .datasets import insert_rows
from .dimension_records import insert_new
from .files import Job, bring_files, check_mode
from .report import ImportReport, Tally
from .standing import fresh_positions

if TYPE_CHECKING:
    from skybutler.butler import Butler

__all__ = ["import_bundle", "is_bundle"]

_RECORD = ("path", "formatter", "storage_class", "size", "checksum")


def is_bundle(source: str | os.PathLike[str], beside: Storage | None = None) -> bool:
    """Whether a directory or zip file is a bundle, as its manifest says; see `opened_bundle`."""
    place = os.fspath(source)
    if "://" not in place and not os.path.exists(place):
        return False
    storage = opened_bundle(source, beside)
    return storage.exists(MANIFEST) and FORMAT.encode() in storage.read(MANIFEST)[:1000]


def import_bundle(
    butler: Butler,
    source: str | os.PathLike[str],
    *,
    directory: str | os.PathLike[str] | None = None,
    transfer: str = "auto",
    without_datastore: bool = False,
) -> ImportReport:
    """Take a bundle into a repository: all of it, or nothing; what is there already is left alone.

    Parameters
    ----------
    butler : `Butler`
        Where to; writeable.
    source : path or URI
        The bundle: a directory, or a zip file.
    directory : path or URI, optional
        Where the data files are when they are not in the bundle: the root of the datastore they were in.  Without it
        they must be below this datastore's root already.
    transfer : `str`
        How files are brought in, one of `skybutler.transfer.files.MODES`.
    without_datastore : `bool`
        Take in what the registry knows, and no files.

    Returns
    -------
    report : `ImportReport`
        How many of each kind were new, and how many were there.

    Raises
    ------
    MissingFileError
        There is no bundle, or data files do not exist.
    FormatError, SchemaVersionError, ChecksumMismatchError
        It is damaged, was changed, or is too new.
    ConflictingDefinitionError
        The repository has something else under the same name; what differs is named.
    InconsistentUniverseError
        Its dimensions do not fit to those of the repository.
    """
    mode = check_mode(transfer)
    butler.registry.database.require_writeable()
    storage = opened_bundle(source, butler.datastore.storage)
    manifest = read_manifest(storage)
    check_tables(storage, manifest.tables)
    if manifest.namespace != butler.dimensions.namespace:
        raise InconsistentUniverseError(
            f"The bundle has dimensions of version {manifest.universe_version} of '{manifest.namespace}', the "
            f"repository those of version {butler.dimensions.version} of '{butler.dimensions.namespace}'."
        )
    butler.registry.refresh()
    files = None
    if not without_datastore:
        files = _Files(butler, storage, manifest, directory, mode)
    return _Import(butler, storage, manifest, files, os.fspath(source)).run()


class _Files:
    """The data files of a bundle, on their way."""

    def __init__(
        self,
        butler: Butler,
        storage: Storage,
        manifest: Manifest,
        directory: str | os.PathLike[str] | None,
        mode: str,
    ) -> None:
        self._butler, self._mode = butler, mode
        self._prefix = FILES if directory is None and manifest.files >= 0 else ""
        self._source: Datastore | None = None
        if self._prefix:
            self._source = Datastore(storage)
        elif directory is not None:
            self._source = Datastore.open(directory)
        self._seen: set[str] = set()

    def bring(self, kind: DatasetType, instrument: str | None, records: list[FileRecord], stage: Stage) -> int:
        """Bring the files of some datasets, or see that they are there; tell how many."""
        wanted: dict[str, FileRecord] = {}
        for record in records:
            file = container(record.path)
            if not is_absolute(file) and file not in self._seen:
                whole = file == record.path
                wanted[file] = record if whole else FileRecord(file, record.formatter, record.storage_class)
        self._seen.update(wanted)
        if self._source is None:
            self._require_there(wanted)
            return 0
        jobs = [Job(replace(record, path=self._prefix + file), file) for file, record in wanted.items()]
        datasets = self._butler.registry.datasets
        datasets.claim_paths(list(wanted))
        target = self._butler.datastore.accepting(kind, instrument)
        bring_files(self._source, target, jobs, self._mode, stage, in_use=datasets.path_in_use)
        return len(jobs)

    def _require_there(self, wanted: dict[str, FileRecord]) -> None:
        storage = self._butler.datastore.storage
        sizes = storage.sizes(list(wanted))
        for (path, record), size in zip(wanted.items(), sizes.tolist(), strict=True):
            if size < 0:
                raise MissingFileError(
                    f"The bundle has no files, and there is no {storage.url(path)} ({int((sizes < 0).sum())} of "
                    f"{len(sizes)} are missing).",
                    hint="Name the root they are below (directory=, --directory), or import without_datastore.",
                )
            if record.size not in (-1, size):
                raise ChecksumMismatchError(f"{storage.url(path)} has {size} bytes, the bundle says {record.size}.")


class _Import:
    """One import."""

    def __init__(self, butler: Butler, storage: Storage, manifest: Manifest, files: _Files | None, source: str) -> None:
        self._butler, self._registry = butler, butler.registry
        self._storage, self._manifest, self._files = storage, manifest, files
        self.report = ImportReport(source)

    def run(self) -> ImportReport:
        """Write everything, in one transaction."""
        kinds = self._dataset_types()
        with self._butler._transactions.begin() as stage:
            for kind in require_types(self._registry, kinds.values(), register=True):
                self._butler.register_dataset_type(kind)
                self.report.dataset_types.new += 1
            self.report.dataset_types.existing = len(kinds) - self.report.dataset_types.new
            self._write_collections()
            for entry in self._manifest.of_kind("dimension"):
                self._write_records(entry)
            tables = [(kinds[e.name], e) for e in self._manifest.of_kind("datasets") if e.name in kinds]
            fresh = [self._fresh(kind, entry) for kind, entry in tables]  # all is compared before files are brought
            for (kind, entry), new in zip(tables, fresh, strict=True):
                self._write_datasets(kind, entry, new, stage)
            for table in ATTACHED:
                self._write_attached(table)
            self._write_members()
        return self.report

    def _rows(self, entry: TableEntry, names: tuple[str, ...] | None = None) -> Iterator[dict[str, list[Any]]]:
        return read_table(self._storage, entry, names or tuple(column_types(entry.kind)))

    # ------------------------------------------------------------ definitions
    def _dataset_types(self) -> dict[str, DatasetType]:
        kinds: dict[str, DatasetType] = {}
        for entry in self._manifest.of_kind("dataset_types"):
            for columns in self._rows(entry):
                for name, dimensions, storage_class, calibration in zip(*columns.values(), strict=True):
                    names = dimensions.split(",") if dimensions else []
                    for dimension in names:
                        if dimension not in self._butler.dimensions:
                            hint = nearest(dimension, [e.name for e in self._butler.dimensions.elements])
                            raise InconsistentUniverseError(
                                f"Dataset type '{name}' has the dimension '{dimension}', which version "
                                f"{self._butler.dimensions.version} here has not.", hint=hint,
                            )  # fmt: skip
                    group = self._butler.dimensions.conform(names)
                    kinds[name] = DatasetType(name, group, storage_class, bool(calibration))
        return kinds

    def _write_collections(self) -> None:
        collections = self._registry.collections
        for entry in self._manifest.of_kind("collections"):
            for columns in self._rows(entry):
                for name, kind, doc in zip(*columns.values(), strict=True):
                    new = collections.find(name) is None
                    collections.register(name, CollectionType[kind], doc if new else None)
                    self.report.collections.add(int(new), int(not new))
        chains: dict[str, list[str]] = {}
        for entry in self._manifest.of_kind("chains"):
            for columns in self._rows(entry):
                for parent, _, child in zip(*columns.values(), strict=True):
                    chains.setdefault(parent, []).append(child)
        for parent, children in chains.items():
            held = [c.name for c in collections.children(collections.get(parent))]
            if held and held != children:
                raise ConflictingDefinitionError(
                    f"The chain '{parent}' has the children {', '.join(held)} here, and {', '.join(children)} in the "
                    "bundle.",
                    hint=f"Make them equal: butler collection-chain REPO {parent} ...",
                )
            if not held:
                collections.set_chain(parent, children)

    def _write_records(self, entry: TableEntry) -> None:
        if entry.name not in self._butler.dimensions:
            raise InconsistentUniverseError(
                f"The bundle has {entry.name} records; version {self._butler.dimensions.version} here has none."
            )
        tally = self.report.records.setdefault(entry.name, Tally())
        for columns in self._rows(entry, field_columns(self._butler.dimensions[entry.name])):
            n = len(next(iter(columns.values())))
            new = insert_new(self._registry, {entry.name: columns})
            tally.add(new, n - new)

    # --------------------------------------------------------------- datasets
    def _blocks(self, kind: DatasetType, entry: TableEntry) -> Iterator[DatasetRows]:
        required = tuple(kind.dimensions.required)
        for columns in self._rows(entry, ("id", "run", *required, *_RECORD)):
            keys = {d: columns[d] for d in required}
            yield DatasetRows(kind, columns["id"], columns["run"], keys, *(columns[name] for name in _RECORD))

    def _fresh(self, kind: DatasetType, entry: TableEntry) -> list[np.ndarray[Any, Any]]:
        """Positions of what is new in each block; contradictions are errors."""
        found = []
        for rows in self._blocks(kind, entry):
            positions = np.array(fresh_positions(self._registry, rows), np.int32)
            self.report.datasets.add(len(positions), len(rows) - len(positions))
            found.append(positions)
        return found

    def _write_datasets(
        self, kind: DatasetType, entry: TableEntry, fresh: list[np.ndarray[Any, Any]], stage: Stage
    ) -> None:
        for rows, positions in zip(self._blocks(kind, entry), fresh, strict=True):
            if not len(positions):
                continue
            new = rows.chosen(positions.tolist())
            if self._files is None:
                nothing: list[Any] = [None] * len(new)
                new = replace(new, path=nothing, formatter=nothing, storage_class=nothing, size=nothing,
                              checksum=nothing)  # fmt: skip
            else:
                instrument = new.columns["instrument"][0] if "instrument" in new.columns else None
                self.report.files += self._files.bring(kind, instrument, _file_records(new), stage)
            insert_rows(self._registry, new)

    def _write_attached(self, table: str) -> None:
        if self._files is None and table in ("artifact", "shared_file"):
            return
        for entry in self._manifest.of_kind(table):
            for columns in self._rows(entry, attached_columns(table)):
                attach(self._registry, table, columns)

    def _write_members(self) -> None:
        for entry in self._manifest.of_kind("tagged"):
            by_name: dict[str, list[bytes]] = {}
            for columns in self._rows(entry):
                for name, dataset in zip(*columns.values(), strict=True):
                    by_name.setdefault(name, []).append(dataset)
            before = self._count("tag")
            for name, ids in by_name.items():
                self._registry.datasets.associate(name, ids)
            new = self._count("tag") - before
            self.report.tagged.add(new, entry.rows - new)
        for entry in self._manifest.of_kind("certified"):
            ranges: dict[tuple[str, int, int], list[bytes]] = {}
            for columns in self._rows(entry):
                for name, dataset, begin, finish in zip(*columns.values(), strict=True):
                    ranges.setdefault((name, begin, finish), []).append(dataset)
            new = sum(
                self._registry.calibrations.certify(name, ids, Timespan.from_ns(begin, finish))
                for (name, begin, finish), ids in ranges.items()
            )
            self.report.certified.add(new, entry.rows - new)

    def _count(self, table: str) -> int:
        row = self._registry.database.query_one(f"SELECT count(*) FROM {table}")
        return int(row[0]) if row else 0


def _file_records(rows: DatasetRows) -> list[FileRecord]:
    """What is recorded of the files of some datasets."""
    if any(path is not None and not formatter for path, formatter in zip(rows.path, rows.formatter, strict=True)):
        raise FormatError(f"Datasets of '{rows.dataset_type.name}' have a file and no formatter.")
    values = zip(*(getattr(rows, name) for name in _RECORD), strict=True)
    return [
        FileRecord(path, formatter, storage_class, -1 if size is None else size, checksum)
        for path, formatter, storage_class, size, checksum in values
        if path is not None
    ]
