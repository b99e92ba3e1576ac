"""A repository, or a part of it, written as Parquet tables with a manifest: quick and small for large sets."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from skybutler.datasets import CollectionType, DatasetRef, FileRecord
from skybutler.dimensions import DimensionElement
from skybutler.errors import MissingFileError
from skybutler.registry.attachments import ATTACHED, all_attached, attached, attached_columns
from skybutler.registry.memberships import all_certified, all_tagged
from skybutler.registry.record_columns import all_records, field_columns
from skybutler.registry.rows import DatasetRows, rows_in_run, rows_of
from skybutler.storage import container, is_absolute

from .bundle_manifest import MANIFEST, Manifest
from .bundle_places import Draft, new_bundle
from .bundle_tables import TableWriter
from .datasets import packed
from .dimension_records import RecordGatherer
from .files import Job, bring_files, check_mode

if TYPE_CHECKING:
    from skybutler.butler import Butler
    from skybutler.butler.transfers import HasIds

__all__ = ["FILES", "column_types", "export_bundle"]

FILES = "files/"
"""Where the data files of a bundle are."""

_AT_ONCE = 10_000
_RECORD = {"path": "string", "formatter": "string", "storage_class": "string", "size": "int64", "checksum": "binary"}
_TYPES = {
    "dataset_types": {"name": "string", "dimensions": "string", "storage_class": "string", "is_calibration": "bool"},
    "collections": {"name": "string", "type": "string", "doc": "string"},
    "chains": {"parent": "string", "position": "int64", "child": "string"},
    "tagged": {"collection": "string", "dataset": "id"},
    "certified": {"collection": "string", "dataset": "id", "begin": "int64", "finish": "int64"},
}
_KINDS = {"text": "string", "int": "int64", "bytes": "binary", "id": "id"}


def column_types(kind: str, name: str = "", element: DimensionElement | None = None) -> dict[str, str]:
    """Types of a table's columns by name, for `TableWriter`."""
    if element is not None:
        return {column: _field_type(element, column) for column in field_columns(element)}
    if kind in _TYPES:
        return _TYPES[kind]
    kinds = {c.name: c.kind for c in ATTACHED[kind].columns}
    text = ("formatter", "storage_class")
    return {c: "id" if c == "dataset" else "string" if c in text else _KINDS[kinds[c]] for c in attached_columns(kind)}


def _field_type(element: DimensionElement, column: str) -> str:
    if column in element.columns:
        return {"string": "string", "int": "int64", "float": "double", "bool": "bool", "hash": "binary"}[
            element.columns[column].type
        ]
    if column == "region":
        return "binary"
    dimension = element.dimension_of_field(column)
    return _key_type(element.universe[dimension]) if dimension is not None else "int64"


def _key_type(element: DimensionElement) -> str:
    return "string" if element.key is not None and element.key.type == "string" else "int64"


def export_bundle(
    butler: Butler,
    destination: str | os.PathLike[str],
    refs: Iterable[DatasetRef] | HasIds | None = None,
    *,
    collections: Sequence[str] = (),
    transfer: str | None = None,
) -> Manifest:
    """Write a repository, or some of its datasets, as a bundle, which `import_bundle` takes back as it was.

    Parameters
    ----------
    butler : `Butler`
    destination : path or URI
        New directory (in an object store a prefix below which nothing is), or a new file named ``*.zip``.
    refs : iterable of `DatasetRef`, optional
        Which datasets, with the dimension records, types, RUNs and provenance that belong to them; by default all of
        the repository is written.
    collections : sequence of `str`
        With ``refs``: names of further collections, with their members among the datasets; of chains with children.
    transfer : `str`, optional
        How data files are brought along, one of `skybutler.transfer.files.MODES`; by default they are not.

    Returns
    -------
    manifest : `Manifest`
        What was written.

    Raises
    ------
    FileExistsInStoreError
        The destination exists.
    ChecksumMismatchError, MissingFileError
        A data file is not as it was recorded, or gone.
    """
    mode = check_mode(transfer) if transfer is not None else None
    with new_bundle(destination, butler.datastore.storage) as draft:
        butler.registry.refresh()
        return _Bundle(butler, draft, refs, collections, mode).write()


class _Bundle:
    """One bundle while it is written."""

    def __init__(
        self,
        butler: Butler,
        draft: Draft,
        refs: Iterable[DatasetRef] | HasIds | None,
        collections: Sequence[str],
        mode: str | None,
    ) -> None:
        self._butler, self._registry, self._mode = butler, butler.registry, mode
        self._draft, self._folder = draft, draft.folder
        self._ids = packed(refs) if refs is not None else None
        self._held = set(self._ids) if self._ids is not None else None
        self._runs: set[str] = set()
        self._named = collections
        self._gatherer = RecordGatherer(butler.registry)
        self._writers: dict[tuple[str, str], TableWriter] = {}
        self._manifest = Manifest(butler.dimensions.namespace, butler.dimensions.version)
        self._brought: set[str] = set()

    def write(self) -> Manifest:
        """Write all tables, files and the manifest."""
        try:
            if self._ids is None:
                self._write_all_records()
            for rows in self._blocks():
                self._add_datasets(rows)
            if self._ids is None:
                self._write_attached(all_attached(self._registry, table) for table in ATTACHED)
            self._write_definitions()
            self._write_members()
        except BaseException:
            for writer in self._writers.values():
                writer.abandon()
            raise
        self._manifest.tables = [writer.close() for writer in self._in_order()]
        if self._mode is not None:
            self._manifest.files = len(self._brought)
        (self._folder / MANIFEST).write_text(self._manifest.text(), encoding="utf-8")
        return self._manifest

    # ----------------------------------------------------------------- tables
    def _table(self, kind: str, name: str = "", types: Mapping[str, str] | None = None) -> TableWriter:
        found = self._writers.get((kind, name))
        if found is None:
            folder = {"dimension": "dimensions/", "datasets": "datasets/"}.get(kind, "")
            path = f"{folder}{name or kind}.parquet"
            found = TableWriter(self._folder, path, kind, name, types or column_types(kind))
            self._writers[kind, name] = found
        return found

    def _in_order(self) -> list[TableWriter]:
        """Writers in the order of import."""
        elements = {e.name: i for i, e in enumerate(self._registry.universe.elements)}
        kinds = ["dataset_types", "collections", "chains", "dimension", "datasets", *ATTACHED, "tagged", "certified"]
        keys = sorted(self._writers, key=lambda key: (kinds.index(key[0]), elements.get(key[1], 0), key[1]))
        return [self._writers[key] for key in keys]

    def _add_records(self, name: str, columns: Mapping[str, Sequence[Any]]) -> None:
        element = self._registry.universe[name]
        self._table("dimension", name, column_types("dimension", name, element)).add(columns)

    def _write_all_records(self) -> None:
        for element in self._registry.universe.elements:
            if element.has_table:
                for columns in all_records(self._registry, element.name):
                    self._add_records(element.name, columns)

    # --------------------------------------------------------------- datasets
    def _blocks(self) -> Iterator[DatasetRows]:
        """The datasets, some thousand of one type at a time."""
        if self._ids is not None:
            left = iter(self._ids)
            while part := list(islice(left, _AT_ONCE)):
                yield from rows_of(self._registry, part)
            return
        runs = [c for c in self._registry.collections.all() if c.type is CollectionType.RUN]
        for registered in self._registry.dataset_types.all():
            for run in runs:
                if self._registry.datasets.summaries.holds(run, registered):
                    yield from rows_in_run(self._registry, registered, run)

    def _add_datasets(self, rows: DatasetRows) -> None:
        kind = rows.dataset_type
        self._runs.update(rows.run)
        keys = {d: _key_type(self._registry.universe[d]) for d in kind.dimensions.required}
        writer = self._table("datasets", kind.name, {"id": "id", "run": "string", **keys, **_RECORD})
        record = {name: getattr(rows, name) for name in _RECORD}
        writer.add({"id": rows.ids, "run": rows.run, **rows.columns, **record})
        if self._ids is not None:
            for name, columns in self._gatherer.gather(kind.dimensions, rows.columns).items():
                self._add_records(name, columns)
            self._write_attached([attached(self._registry, table, rows.ids)] for table in ATTACHED)
        if self._mode is not None:
            self._bring(rows)

    def _write_attached(self, tables: Iterable[Iterable[Mapping[str, list[Any]]]]) -> None:
        for name, batches in zip(ATTACHED, tables, strict=True):
            for columns in batches:
                if columns["dataset"]:
                    self._table(name).add(columns)

    def _bring(self, rows: DatasetRows) -> None:
        """Bring data files into the bundle; those outside the datastore stay where they are."""
        parts = attached(self._registry, "artifact", rows.ids)
        names = ("path", "formatter", "storage_class", "size", "checksum")
        own = zip(*(getattr(rows, name) for name in names), strict=True)
        jobs: dict[str, Job] = {}
        for path, formatter, storage_class, size, checksum in (
            *own,
            *zip(*(parts[name] for name in names), strict=True),
        ):
            file = container(path) if path is not None else None
            if file is None or is_absolute(file) or file in self._brought:
                continue
            self._brought.add(file)
            measured = (-1, None) if file != path else (-1 if size is None else size, checksum)
            jobs[file] = Job(FileRecord(file, formatter, storage_class, *measured), FILES + file)
        storage, stage = self._draft.files, self._draft.stage
        todo, mode = list(jobs.values()), str(self._mode)
        try:
            bring_files(self._butler.datastore, storage, todo, mode, stage, in_use=lambda p: True)
        except MissingFileError as error:
            error.hint = "Remove such datasets, or export without files. Find them with: butler verify REPO"
            raise
        stage.sync()
        self._manifest.file_bytes += int(storage.sizes([job.path for job in jobs.values()]).sum()) if jobs else 0

    # ------------------------------------------------------------ definitions
    def _write_definitions(self) -> None:
        kinds = [r.dataset_type for r in self._registry.dataset_types.all()]
        if self._ids is not None:
            kinds = [kind for kind in kinds if ("datasets", kind.name) in self._writers]
        self._table("dataset_types").add(
            {
                "name": [kind.name for kind in kinds],
                "dimensions": [",".join(kind.dimensions.required) for kind in kinds],
                "storage_class": [kind.storage_class for kind in kinds],
                "is_calibration": [int(kind.is_calibration) for kind in kinds],
            }
        )
        infos = [self._registry.collections.info(name) for name in self._collection_names()]
        self._table("collections").add(
            {
                "name": [info.name for info in infos],
                "type": [info.type.name for info in infos],
                "doc": [info.doc for info in infos],
            }
        )
        links = [(info.name, i, child) for info in infos for i, child in enumerate(info.children)]
        if links:
            columns = map(list, zip(*links, strict=True))
            self._table("chains").add(dict(zip(_TYPES["chains"], columns, strict=True)))

    def _collection_names(self) -> list[str]:
        collections = self._registry.collections
        if self._ids is None:
            return collections.names()
        waiting = [*collections.resolve(list(self._named)), *(collections.get(run) for run in sorted(self._runs))]
        found: set[str] = set()
        while waiting:
            item = waiting.pop()
            if item.name not in found:
                found.add(item.name)
                waiting += collections.children(item)
        self._runs |= found
        return sorted(found)

    def _write_members(self) -> None:
        """Members of tags and calibrations, as far as both are in the bundle."""
        for kind, batches in (("tagged", all_tagged(self._registry)), ("certified", all_certified(self._registry))):
            for columns in batches:
                if self._held is not None:
                    pairs = enumerate(zip(columns["collection"], columns["dataset"], strict=True))
                    kept = [i for i, (name, dataset) in pairs if name in self._runs and dataset in self._held]
                    columns = {name: [values[i] for i in kept] for name, values in columns.items()}
                if columns["dataset"]:
                    self._table(kind).add(columns)
