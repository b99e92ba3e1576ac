"""Exporting: what was asked for, and all that belongs to it, into one file and beside it.  Knows no terminal.

Nothing is written before the end; then the export file is written in one go, in an order that depends on what is
exported only, and files and export file appear together or not at all.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skybutler.datasets import DatasetRef, DatasetType
from skybutler.datastore import FileTemplate
from skybutler.dimensions import DataId, DimensionElement, DimensionRecord
from skybutler.errors import InvalidError, TransferError, nearest
from skybutler.storage import is_absolute

from .export_records import ExportRecords
from .members import Members, Rewrite

if TYPE_CHECKING:
    from skybutler.butler import Butler
    from skybutler.registry.results import DatasetResults

__all__ = ["FORMATS", "Export", "open_export"]

FORMATS = ("yaml",)
"""Kinds of export files, by extension."""

_AT_ONCE = 10_000


@contextmanager
def open_export(
    butler: Butler,
    *,
    directory: str | os.PathLike[str] | None,
    filename: str | os.PathLike[str] | None,
    format: str | None,
    transfer: str | None,
    template: str | None = None,
) -> Iterator[Export]:
    """What to export is told to the `Export` that this gives; it is written at the end of the ``with`` block.

    Parameters
    ----------
    butler : `Butler`
        From where.
    directory : path or URI, optional
        Where export file and files go.
    filename : path, optional
        Name of the export file; ``export.yaml`` when a format is given.
    format : `str`, optional
        ``yaml``; by default the extension of ``filename``.
    transfer : `str`, optional
        How files are brought to the directory (``copy``, ``auto``, a kind of link); ``direct`` records where they
        are; by default files stay where they are and paths are relative to the datastore's root.
    template : `str`, optional
        Names of the files in the directory, in the language of `skybutler.datastore.FileTemplate`; by default those
        that they have in the datastore.

    Raises
    ------
    TemplateError
        The template is malformed, or has no path of its own for each dataset.
    TransferError
        The arguments do not go together.
    InvalidError
        There is no such format.
    """
    from .export_file import write_export

    name = _name(directory, filename, format, transfer)
    if template is not None and transfer in (None, "direct"):
        raise TransferError("A template names files that are transferred.", hint="Pass transfer='copy', or a link.")
    names = None if template is None else FileTemplate(template)
    export = Export(butler)
    yield export
    home, _, last = name.rpartition("/")
    home = home or ("/" if name.startswith("/") else ".")
    folder = os.fspath(directory) if directory is not None else home
    with tempfile.TemporaryDirectory(prefix="butler-export-") as scratch:
        write_export(export, Path(scratch) / "export.yaml", folder, home, last, transfer, names)


def _name(
    directory: str | os.PathLike[str] | None,
    filename: str | os.PathLike[str] | None,
    format: str | None,
    transfer: str | None,
) -> str:
    """Path of the export file, when the arguments make sense."""
    if directory is None and transfer is not None:
        raise TransferError(f"Files cannot be transferred ('{transfer}') without a directory.", hint="Pass directory=.")
    if transfer == "move":
        raise TransferError("An export does not change the repository: transfer='move' is not possible.")
    if filename is None and format is None:
        raise TransferError("An export needs filename= or format='yaml'.")
    name = os.fspath(filename) if filename is not None else f"export.{format}"
    chosen = format if format is not None else os.path.splitext(name)[1].removeprefix(".")
    if not chosen:
        raise InvalidError(f"'{name}' has no extension that would tell the format.", hint="Pass format='yaml'.")
    if chosen not in FORMATS:
        raise InvalidError(f"Unknown export format '{chosen}'.", hint=nearest(chosen, FORMATS) or "Use 'yaml'.")
    if directory is None or is_absolute(name):
        return name
    folder = os.fspath(directory)
    return f"{folder.rstrip('/')}/{name}" if "://" in folder else os.path.join(folder, name)


class Export:
    """What is to be exported.

    Datasets bring their type, run and dimension records; of other collections only those saved by name are exported,
    with their members among the exported datasets.

    Parameters
    ----------
    butler : `Butler`
        From where.

    Attributes
    ----------
    without_file : `int`
        Of how many of the written datasets nothing is stored.
    """

    def __init__(self, butler: Butler) -> None:
        self.butler = butler
        self.records = ExportRecords(butler)
        self.collections: dict[str, None] = {}
        self.members: dict[tuple[str, str, Rewrite | None], Members] = {}
        self.without_file = 0
        self._elements: set[str] | None = set()

    # ------------------------------------------------------------ what to save
    def save_collection(self, name: str) -> None:
        """Export a collection: of a TAGGED or CALIBRATION one the members among the exported datasets too.

        Raises
        ------
        MissingCollectionError
            There is none of this name.
        """
        self.butler.registry.refresh()
        self.collections[self.butler.registry.collections.get(name).name] = None

    def save_dimension_data(
        self, element: str | DimensionElement, records: Iterable[DimensionRecord | Mapping[str, Any]]
    ) -> None:
        """Export dimension records.

        Raises
        ------
        InvalidError
            A record is of another element.
        """
        chosen = self.butler.dimensions[element if isinstance(element, str) else element.name]
        for record in records:
            if not isinstance(record, DimensionRecord):
                record = chosen.record(**record)
            elif record.element.name != chosen.name:
                raise InvalidError(f"A record of '{record.element.name}' was given as one of '{chosen.name}'.")
            self.records.give(record)

    def save_data_ids(self, data_ids: Iterable[DataId], *, elements: Iterable[str] | None = None) -> None:
        """Export the dimension records behind data IDs; those of some elements only when these are named."""
        wanted = self._wanted(elements)
        groups: dict[Any, list[tuple[Any, ...]]] = {}
        for data_id in data_ids:
            groups.setdefault(data_id.group, []).append(data_id.required_values)
        for group, rows in groups.items():
            self.records.add(group, dict(zip(group.required, zip(*rows, strict=True), strict=True)), wanted)

    def save_datasets(
        self,
        refs: Iterable[DatasetRef] | DatasetResults,
        *,
        elements: Iterable[str] | None = None,
        rewrite: Rewrite | None = None,
    ) -> None:
        """Export datasets; of a component the whole one.

        Parameters
        ----------
        refs : iterable of `DatasetRef` or `DatasetResults`
            Which; repetitions count once.  What a query found needs no object per dataset.
        elements : iterable of `str`, optional
            Elements whose dimension records go along; by default all.
        rewrite : callable, optional
            Gets a `FileDataset` and returns one with the path and formatter to be written.

        Raises
        ------
        MissingDatasetTypeError
            A dataset is of a type that this repository does not know.
        """
        from skybutler.registry.results import DatasetResults

        wanted = self._wanted(elements)
        parts = _columns_of_results(refs) if isinstance(refs, DatasetResults) else _columns_of_refs(refs)
        for name, run, ids, columns in parts:
            kind = self.butler.registry.dataset_types.get(name).dataset_type
            members = self.members.setdefault((name, run, rewrite), Members(kind, run, rewrite))
            members.add(ids, columns)
            self.collections[run] = None
            if kind.dimensions.names:
                required = {d: columns[d] for d in kind.dimensions.required}
                self.records.add(kind.dimensions, required, wanted)

    def _wanted(self, elements: Iterable[str] | None) -> set[str] | None:
        """Names of elements (checked); remembered for the rows that visits bring."""
        if elements is None:
            self._elements = None
            return None
        names = {self.butler.dimensions[str(e)].name for e in elements}
        if self._elements is not None:
            self._elements |= names
        return names

    # ------------------------------------------------------------ when told all
    def complete(self) -> None:
        """Add what follows from what was saved."""
        self.records.add_populated(self._elements)
        for members in self.members.values():
            members.sort()

    def sorted_members(self) -> list[Members]:
        """Datasets by type and run."""
        chosen = sorted(self.members.items(), key=lambda item: item[0][:2])
        return [members for _, members in chosen]

    def sorted_collections(self) -> list[str]:
        """Names, chains behind their children."""
        collections = self.butler.registry.collections
        chains = {n: [c.name for c in collections.children(collections.get(n))] for n in self.collections}
        waiting = sorted(self.collections, key=lambda n: (bool(chains[n]), n))
        ordered: dict[str, None] = {}

        def place(name: str) -> None:
            if name in ordered or name not in chains:
                return
            for child in sorted(chains[name]):
                place(child)
            ordered[name] = None

        for name in waiting:
            place(name)
        return list(ordered)


def _columns_of_results(results: DatasetResults) -> Iterator[tuple[str, str, bytes, Mapping[str, Any]]]:
    """Type, run, ids and data ID columns of what a query found."""
    for columns in results.column_batches():
        ids, runs = columns["id"], columns["run"]
        if not ids:
            continue
        digits = "".join(ids).replace("-", "")
        name = DatasetType.split(columns["type"][0])[0]
        if len(set(runs)) == 1:
            yield name, runs[0], bytes.fromhex(digits), columns
            continue
        places: dict[str, list[int]] = {}
        for i, run in enumerate(runs):
            places.setdefault(run, []).append(i)
        for run, rows in places.items():
            chosen = bytes.fromhex("".join(digits[32 * i : 32 * i + 32] for i in rows))
            yield name, run, chosen, {d: [column[i] for i in rows] for d, column in columns.items()}


def _columns_of_refs(refs: Iterable[DatasetRef]) -> Iterator[tuple[str, str, bytes, Mapping[str, Any]]]:
    """Type, run, ids and data ID columns of refs."""
    groups: dict[tuple[str, str], list[DatasetRef]] = {}
    for ref in refs:
        groups.setdefault((DatasetType.split(ref.dataset_type.name)[0], ref.run), []).append(ref)
    for (name, run), members in groups.items():
        required = members[0].dataset_type.dimensions.required
        rows = zip(*(ref.data_id.required_values for ref in members), strict=True)
        yield name, run, b"".join(ref.id.bytes for ref in members), dict(zip(required, rows, strict=True))
