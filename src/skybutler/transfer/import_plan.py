"""What an export file would bring into a repository: read to its end and checked, before anything is written."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from skybutler.datasets import CollectionType, DatasetType
from skybutler.dimensions import DimensionElement
from skybutler.errors import (
    ButlerError,
    CollectionTypeError,
    ConflictingDefinitionError,
    InconsistentUniverseError,
    MissingFileError,
)
from skybutler.storage.places import local_file

from .blocks import (
    Block,
    CollectionBlock,
    DatasetRows,
    DatasetTypeBlock,
    DimensionRows,
    ExportFile,
    RangeRows,
    TagRows,
    at_line,
)
from .upgrade import Upgrade

if TYPE_CHECKING:
    import numpy as np

    from skybutler.butler import Butler

__all__ = ["Plan"]


class Plan:
    """An export file against a repository.

    Parameters
    ----------
    butler : `Butler`
        Where to.
    file : `ExportFile`
        What is to be imported.
    skipped : `set` of `str`
        Elements whose records are not wanted.
    folder : `str` or `None`
        Where relative paths begin (empty: in the datastore's root); `None` if files are not wanted.
    track : `bool`
        Whether remote files are looked at.

    Attributes
    ----------
    collections, types : `dict`
        What the file defines, by name.
    runs : `dict`
        Names of the runs of its datasets.
    """

    def __init__(
        self, butler: Butler, file: ExportFile, skipped: set[str], folder: str | None, *, track: bool = True
    ) -> None:
        self.butler, self.file, self.skipped, self.folder = butler, file, skipped, folder
        self._track = track
        self.collections: dict[str, CollectionBlock] = {}
        self.types: dict[str, DatasetType] = {}
        classes = {r.get("name"): str(r.get("class_name")) for r in butler.query_dimension_records("instrument")}
        universe = butler.dimensions
        if file.universe_namespace != universe.namespace:
            raise InconsistentUniverseError(
                f"{file.name} has dimensions of '{file.universe_namespace}', this repository of '{universe.namespace}'."
            )
        self.upgrade = Upgrade(universe, file.universe_version, file.universe_namespace, classes)
        self.runs: dict[str, None] = {}
        self._missing: list[str] = []

    # ------------------------------------------------------------------ check
    def check(self) -> None:
        """Read the whole file.

        Raises
        ------
        FormatError
            Something in it is wrong; the line is named.
        ConflictingDefinitionError, CollectionTypeError
            The repository has another dataset type, or another kind of collection, of the same name.
        MissingFileError
            Files of datasets do not exist.
        """
        late = []
        for block in self.file.blocks():
            if block.type == "dataset":
                late.append(block)
                continue
            for rows in self.file.rows(block):
                self._check(rows)
        for block in late:  # their type may be defined behind them
            for rows in self.file.rows(block):
                self._check(rows)
        if self._missing:
            shown = ", ".join(self._missing[:3])
            more = f" and {len(self._missing) - 3} more" if len(self._missing) > 3 else ""
            raise MissingFileError(
                f"{self.file.name} names files that do not exist: {shown}{more}. Nothing was imported.",
                hint="Bring them there, or import what the registry knows only: --without-datastore.",
            )

    def _check(self, rows: Any) -> None:
        if isinstance(rows, DimensionRows):
            self.element(rows)
        elif isinstance(rows, CollectionBlock):
            self._check_collection(rows)
        elif isinstance(rows, DatasetTypeBlock):
            self._check_type(rows)
        elif isinstance(rows, DatasetRows):
            self._check_datasets(rows)
        else:
            self._check_association(rows)

    def _wrong(self, line: int, error: ButlerError) -> ButlerError:
        """The same error, with file and line."""
        return type(error)(f"{self.file.name}, line {line}: {error.message}", hint=error.hint)

    def element(self, rows: DimensionRows) -> DimensionElement:
        """The element that records are of; their fields are checked."""
        try:
            element = self.butler.dimensions[rows.element]
        except ButlerError as error:
            raise self._wrong(rows.line, error) from error
        known = {*element.fields, "timespan"} if element.has_timespan else set(element.fields)
        columns = self.upgrade.records(element.name, rows.columns)
        if unknown := [field for field in columns if field not in known]:
            universe = self.butler.dimensions
            raise at_line(
                self.file.name, rows.line, f"{element.name} records have no field '{unknown[0]}' here.",
                f"The file has universe version {self.file.universe_version}, the repository {universe.version}.",
            )  # fmt: skip
        return element

    def _check_collection(self, block: CollectionBlock) -> None:
        known = self.collections.setdefault(block.name, block)
        found = self.butler.registry.collections.find(block.name)
        for kind in {known.type, *([found.type] if found is not None else [])}:
            if kind is not block.type:
                raise CollectionTypeError(
                    f"{self.file.name}, line {block.line}: collection '{block.name}' is a {block.type.name} in the "
                    f"file, but a {kind.name} {'here' if known.type is block.type else 'before'}."
                )

    def _check_type(self, block: DatasetTypeBlock) -> None:
        try:
            group = self.butler.dimensions.conform(self.upgrade.dimensions(block.dimensions))
            kind = DatasetType(block.name, group, block.storage_class, is_calibration=block.is_calibration)
        except ButlerError as error:
            raise self._wrong(block.line, error) from error
        found = self.butler.registry.dataset_types.find(block.name)
        for other in filter(None, (self.types.get(block.name), found and found.dataset_type)):
            if other != kind:
                raise ConflictingDefinitionError(
                    f"{self.file.name}, line {block.line}: dataset type '{block.name}' is {kind} in the file, but "
                    f"{other} here."
                )
        self.types[block.name] = kind

    def _check_association(self, rows: TagRows | RangeRows) -> None:
        kind = CollectionType.TAGGED if isinstance(rows, TagRows) else CollectionType.CALIBRATION
        known = self.collections.get(rows.collection)
        found = self.butler.registry.collections.find(rows.collection)
        present = known.type if known is not None else found.type if found is not None else None
        if present is not kind:
            what = f"is a {present.name} collection" if present is not None else "is not defined"
            raise at_line(self.file.name, rows.line, f"collection '{rows.collection}' {what}.")

    # --------------------------------------------------------------- datasets
    def kind(self, rows: DatasetRows) -> DatasetType:
        """The type of datasets, of the file or the repository."""
        known = self.types.get(rows.dataset_type)
        if known is not None:
            return known
        try:
            return self.butler.registry.dataset_types.get(rows.dataset_type).dataset_type
        except ButlerError as error:
            raise self._wrong(rows.line, error) from error

    def columns(self, rows: DatasetRows) -> dict[str, Sequence[Any]]:
        """Values of the required dimensions."""
        required = self.kind(rows).dimensions.required
        if lacking := [d for d in required if d not in rows.columns]:
            raise at_line(self.file.name, rows.line, f"data IDs of '{rows.dataset_type}' have no {', '.join(lacking)}.")
        return {d: rows.columns[d] for d in required}

    def _check_datasets(self, rows: DatasetRows) -> None:
        columns = self.columns(rows)
        self.runs[rows.run] = None
        if self.folder is None or not len(rows):
            return
        from skybutler.datastore.ingest import sizes_of

        chosen = [i for i, path in enumerate(rows.paths) if path is not None]
        registered = self.butler.registry.dataset_types.find(rows.dataset_type)
        if registered is not None and self.butler.registry.collections.find(rows.run) is not None:
            there = self.butler.registry.datasets.existing(rows.dataset_type, rows.run, columns)
            unstored = set(self.unstored(rows, there))
            chosen = [i for i in chosen if not there[i] or i in unstored]
        sources = self.sources(rows, chosen)
        if not self._track:
            sources = [source for source in sources if local_file(source) is not None]
        sizes = sizes_of(self.butler.datastore.storage, sources)
        self._missing += [source for source, size in zip(sources, sizes, strict=True) if size < 0]

    def unstored(self, rows: DatasetRows, there: np.ndarray[Any, Any]) -> list[int]:
        """Positions of datasets that are there (a boolean for each), but without anything stored."""
        keys = {rows.ids[16 * i : 16 * i + 16]: i for i in there.nonzero()[0].tolist()}
        found = self.butler.registry.datasets.file_records(list(keys))
        return sorted(keys[key] for key, (_, record) in found.items() if record is None)

    def sources(self, rows: DatasetRows, chosen: Sequence[int]) -> list[str]:
        """Where files are now: absolute paths or URIs, or relative to the datastore's root.

        Raises
        ------
        FormatError
            A relative path leaves the directory.
        """
        found = []
        for i in chosen:
            path = str(rows.paths[i])
            if path.startswith("/") or "://" in path:
                found.append(path)
                continue
            if ".." in path and posixpath.normpath(path).startswith("../"):
                raise at_line(self.file.name, rows.line, f"the path '{path}' leaves the directory of the export.")
            inner = quote(path) if self.folder is not None and "://" in self.folder else path
            found.append(f"{self.folder}/{inner}" if self.folder else path)
        return found

    # ------------------------------------------------------------------- read
    def of(self, *types: str) -> Iterator[tuple[Block, Any]]:
        """Rows of blocks of some types."""
        for block in self.file.blocks():
            if block.type in types:
                yield from ((block, rows) for rows in self.file.rows(block))
