"""A zip file of datasets taken into a repository as it is: its members are read where they are."""

from __future__ import annotations

import logging
import os
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from skybutler.datasets import CollectionType
from skybutler.errors import (
    ChecksumMismatchError,
    DatasetExistsError,
    DimensionNameError,
    FormatError,
    InconsistentUniverseError,
    MissingFileError,
)
from skybutler.registry.attachments import attach
from skybutler.registry.rows import DatasetRows
from skybutler.storage import Storage, locate, member_path
from skybutler.storage.checksum import of_stream
from skybutler.storage.storage import check_path
from skybutler.storage.zipped import ZippedFiles, members

from .artifact_index import INDEX_NAME, Artifact, ArtifactIndex, described_type, read_index, zip_name
from .dataset_types import require_types
from .datasets import insert_rows
from .dimension_records import insert_new
from .index_records import record_columns
from .standing import fresh_positions

if TYPE_CHECKING:
    from skybutler.butler import Butler

__all__ = ["ingest_zip"]

_log = logging.getLogger(__name__)


def ingest_zip(
    butler: Butler,
    zip_file: str | os.PathLike[str],
    *,
    transfer: str | None = "auto",
    transfer_dimensions: bool = False,
    dry_run: bool = False,
    skip_existing: bool = False,
) -> int:
    """Take the datasets of a zip file into the repository, with their ids and RUNs: all of them, or none.

    Dataset types and RUNs are made when needed.  The zip file stays one file, whose members are read in place; it is
    deleted with the last of its datasets.

    Parameters
    ----------
    butler : `Butler`
    zip_file : path or URI
        As `retrieve_artifacts_zip` or lsst.daf.butler have written it.
    transfer : `str` or `None`
        One of `skybutler.storage.transfer.MODES`.
    transfer_dimensions : `bool`
        Insert the dimension records of the index that are not there.
    dry_run : `bool`
        Only check.
    skip_existing : `bool`
        When all of the datasets are there already, do nothing; otherwise that is an error.

    Returns
    -------
    count : `int`
        Datasets that were added, or would have been.

    Raises
    ------
    MissingFileError
        There is no such file.
    UnreadableFileError, FormatError, SchemaVersionError
        It is no whole zip file, has no index, or one that does not fit to it.
    DatasetExistsError
        Some of the datasets, or all of them, are there already.
    ConflictingDefinitionError
        A dataset type, an id or a dimension record has another meaning here.
    InconsistentUniverseError
        Its dimensions do not fit to those of the repository.
    """
    if not dry_run:
        butler.registry.database.require_writeable()
    butler.registry.refresh()
    whole = _opened(os.fspath(zip_file), butler)
    _require_dimensions(whole.index, butler)
    tables = [_rows(whole, name, butler) for name in whole.index.dataset_types]
    kinds = [rows.dataset_type for rows in tables]
    missing = require_types(butler.registry, kinds, register=True)
    count = sum(map(len, tables))
    fresh = sum(len(fresh_positions(butler.registry, rows)) for rows in tables)
    if fresh < count:
        if not fresh and skip_existing:
            return 0
        raise DatasetExistsError(
            f"{count - fresh} of the {count} datasets in {whole.url} are in this repository already.",
            hint="A zip file is taken as a whole, or not at all."
            + (" Nothing is to be done." if not fresh else " Transfer the missing ones from their repository."),
        )
    if dry_run:
        return count
    for kind in missing:
        butler.register_dataset_type(kind)
    _write(butler, whole, tables, os.fspath(zip_file), transfer, transfer_dimensions)
    return count


@dataclass(frozen=True)
class _Whole:
    """A zip file with its index."""

    storage: Storage
    path: str
    index: ArtifactIndex

    @property
    def url(self) -> str:
        return self.storage.url(self.path)


def _opened(place: str, butler: Butler) -> _Whole:
    """The zip file, checked against its index."""
    storage, path = locate(place if "://" in place else os.path.abspath(place), butler.datastore.storage)
    if not storage.exists(path):
        raise MissingFileError(f"There is no file {place}.")
    known, files = members(storage, path), ZippedFiles(storage, path)
    if INDEX_NAME not in known:
        raise FormatError(
            f"{place} has no index {INDEX_NAME}: it holds no datasets.",
            hint="Such zip files are made by: butler retrieve-artifacts --zip",
        )
    index = read_index(files.read(INDEX_NAME), f"The index of {place}")
    held: set[bytes] = set()
    for name, artifact in index.artifacts.items():
        check_path(name)
        if name not in known:
            raise FormatError(f"{place} has no member {name}, which its index describes.")
        _check_member(files, name, artifact)
        held.update(artifact.ids)
    if lost := index.refs.keys() - held:
        raise FormatError(f"{place} has no file of {len(lost)} datasets: {uuid.UUID(bytes=next(iter(lost)))}, ...")
    return _Whole(storage, path, index)


def _check_member(files: ZippedFiles, name: str, artifact: Artifact) -> None:
    """Compare size and checksum of a member with the index; the checksum only where it is one of ours."""
    size, record = int(files.sizes([name])[0]), artifact.record
    if record.size not in (-1, size):
        raise ChecksumMismatchError(f"{files.url(name)} has {size} bytes, but its index says {record.size}.")
    with files.open(name) as stream:
        if record.checksum is not None and of_stream(stream).checksum != record.checksum:
            raise ChecksumMismatchError(f"The content of {files.url(name)} is not what its index says.")


def _require_dimensions(index: ArtifactIndex, butler: Butler) -> None:
    namespace, version = index.universe
    if namespace != butler.dimensions.namespace:
        raise InconsistentUniverseError(
            f"The datasets have dimensions of version {version} of '{namespace}', the repository those of version "
            f"{butler.dimensions.version} of '{butler.dimensions.namespace}'."
        )


def _rows(whole: _Whole, name: str, butler: Butler) -> DatasetRows:
    """The datasets of one type as columns; their paths are not known yet."""
    try:
        kind = described_type(whole.index, name, butler.dimensions)
    except DimensionNameError as error:
        raise InconsistentUniverseError(
            f"Dataset type '{name}' has dimensions of version {whole.index.universe[1]} of "
            f"'{whole.index.universe[0]}' that version {butler.dimensions.version} here has not: {error.message}"
        ) from error
    chosen = [(i, run, data_id) for i, (of, run, data_id) in whole.index.refs.items() if of == name]
    try:
        columns = {d: [data_id[d] for _, _, data_id in chosen] for d in kind.dimensions.required}
    except KeyError as error:
        raise FormatError(f"A data ID of '{name}' in {whole.url} has no value for {error}.") from error
    n = len(chosen)
    return DatasetRows(
        kind, [i for i, _, _ in chosen], [run for _, run, _ in chosen], columns,
        [None] * n, [None] * n, [None] * n, [None] * n, [None] * n,
    )  # fmt: skip


def _write(
    butler: Butler, whole: _Whole, tables: Sequence[DatasetRows], place: str, transfer: str | None, dimensions: bool
) -> None:
    """Bring the file in place and insert the rows, in one transaction."""
    name = zip_name(whole.index.artifacts)
    stem = f"zips/{name[:4]}/{name.removesuffix('.zip')}"
    source = place if "://" in place else os.path.abspath(place)
    with butler._transactions.begin() as stage:
        if dimensions:
            insert_new(butler.registry, _records(whole.index, butler))
        for run in sorted({run for rows in tables for run in rows.run}):
            butler.registry.collections.register(run, CollectionType.RUN)
        butler.registry.datasets.claim_paths([stem + ".zip"])
        files = butler.datastore.ingest(
            [source], transfer, formatter="zip", storage_class="zip", stage=stage, stems=[stem],
            track=False, in_use=butler.registry.datasets.path_in_use,
        )  # fmt: skip
        parts, at = _placed(whole.index, files.path[0], tables)
        for rows in tables:
            insert_rows(butler.registry, rows)
        attach(butler.registry, "artifact", parts)
        if "://" not in files.path[0]:
            attach(butler.registry, "shared_file", {"dataset": at, "path": [files.path[0]] * len(at)})


def _placed(
    index: ArtifactIndex, zip_path: str, tables: Sequence[DatasetRows]
) -> tuple[dict[str, list[Any]], list[bytes]]:
    """Enter the files of all datasets into their rows; give the rows of components, and the ids of all datasets."""
    where = {identifier: (rows, i) for rows in tables for i, identifier in enumerate(rows.ids)}
    names = ("component", "path", "formatter", "storage_class", "size", "checksum")
    parts: dict[str, list[Any]] = {name: [] for name in ("dataset", *names)}
    for member, artifact in index.artifacts.items():
        record, path = artifact.record, member_path(zip_path, member)
        values: Mapping[str, Any] = {
            "component": record.component, "path": path, "formatter": record.formatter,
            "storage_class": record.storage_class, "size": record.size, "checksum": record.checksum,
        }  # fmt: skip
        for identifier in artifact.ids:
            if record.component:
                parts["dataset"].append(identifier)
                for name in names:
                    parts[name].append(values[name])
            else:
                rows, i = where[identifier]
                for name in names[1:]:
                    getattr(rows, name)[i] = values[name]
    return parts, list(where)


def _records(index: ArtifactIndex, butler: Butler) -> dict[str, dict[str, list[Any]]]:
    """Dimension records of an index as columns, in an order in which they can be inserted."""
    for name in index.records:
        if name not in butler.dimensions:
            raise InconsistentUniverseError(f"There are no '{name}' records in version {butler.dimensions.version}.")
    return {
        element.name: record_columns(element, index.records[element.name])
        for element in butler.dimensions.elements
        if index.records.get(element.name) and element.has_table
    }
