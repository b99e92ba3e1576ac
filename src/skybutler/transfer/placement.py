"""Where the files of transferred datasets go, and which rows go with them.  Moves no file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from skybutler.datasets import FileRecord
from skybutler.datastore.ingest import source_extension
from skybutler.errors import InvalidError
from skybutler.registry.attachments import ATTACHED, attached
from skybutler.registry.rows import DatasetRows
from skybutler.storage import MARK, StoredFile, container, is_absolute

from .files import Job

if TYPE_CHECKING:
    from skybutler.butler import Butler

__all__ = ["Placed", "Placement", "shared_files"]


@dataclass
class Placed:
    """Datasets as they will be recorded, the files to be brought for them, and the rows that hang on them.

    Parameters
    ----------
    rows : `DatasetRows`
    jobs : `list` [`Job`]
    attachments : `dict`
        Columns by table, see `skybutler.registry.attachments`.
    """

    rows: DatasetRows
    jobs: list[Job] = field(default_factory=list)
    attachments: dict[str, dict[str, list[Any]]] = field(default_factory=dict)

    def measured(self, stored: Sequence[StoredFile | None]) -> None:
        """Record sizes and checksums, of files that have none recorded, as they arrived."""
        by_path = {job.path: found for job, found in zip(self.jobs, stored, strict=True)}
        for i, path in enumerate(self.rows.path):
            found = by_path.get(path) if path is not None else None
            if found is not None:
                self.rows.size[i] = found.size
                self.rows.checksum[i] = self.rows.checksum[i] or found.checksum or None


class Placement:
    """Decides where files go: a path below the source's root stays what it is.

    Parameters
    ----------
    source, target : `Butler`
    mode : `str`
        Transfer mode; with ``auto`` files outside the source's root stay where they are.
    """

    def __init__(self, source: Butler, target: Butler, mode: str) -> None:
        self._source, self._target, self._mode = source, target, mode
        self._jobs: dict[str, Job] = {}
        self._places: dict[str, str] = {}

    def placed(self, rows: DatasetRows, stored: Sequence[bool] | Any) -> Placed:
        """Datasets with their new paths; those that are not stored come without a file."""

        def kept(values: Sequence[Any]) -> list[Any]:
            return [value if there else None for value, there in zip(values, stored, strict=True)]

        paths = kept(rows.path)
        taken_in = self._taken_in(rows, paths)
        for i, path in enumerate(paths):
            if path is not None and (i in taken_in or not is_absolute(path)):
                paths[i] = self._place(_record(rows, i), taken_in.get(i, path))
        own = {table: attached(self._source.registry, table, rows.ids) for table in ATTACHED}
        own["artifact"] = self._artifacts(own["artifact"])
        moved = replace(
            rows,
            path=paths,
            formatter=kept(rows.formatter),
            storage_class=kept(rows.storage_class),
            size=kept(rows.size),
            checksum=kept(rows.checksum),
        )
        own["shared_file"] = shared_files(moved, own["shared_file"]["dataset"])
        return Placed(moved, list(self._jobs.values()), own)

    def _place(self, record: FileRecord, path: str) -> str:
        """Enter a file to be brought; give the path to be recorded."""
        file = container(record.path)
        if file != record.path:  # the zip file is brought as a whole, its size is not recorded
            self._enter(FileRecord(file, record.formatter, record.storage_class), container(path))
            return path
        return self._enter(record, path)

    def _enter(self, record: FileRecord, path: str) -> str:
        path = self._places.setdefault(record.path, path)  # a file of several datasets is brought once
        known = self._jobs.setdefault(path, Job(record, path))
        if known.record.path != record.path:
            raise InvalidError(f"Two files would both become {path}: {known.record.path} and {record.path}.")
        return path

    def _taken_in(self, rows: DatasetRows, paths: Sequence[str | None]) -> dict[int, str]:
        """New paths by position for files outside the source's root, unless they are to stay there."""
        outside = [i for i, path in enumerate(paths) if path is not None and is_absolute(path) and MARK not in path]
        if self._mode == "auto" or not outside:
            return {}
        from skybutler.butler.files import template_columns

        target, found = self._target, {}
        kind = target.registry.dataset_types.get(rows.dataset_type.name).dataset_type
        for run in sorted({rows.run[i] for i in outside}):
            chosen = [i for i in outside if rows.run[i] == run]
            columns = template_columns(target, kind, rows.chosen(chosen).columns, run)
            for i, stem in zip(chosen, target.datastore.stems(kind, columns, len(chosen)), strict=True):
                found[i] = stem + source_extension(str(paths[i]))
        return found

    def _artifacts(self, columns: dict[str, list[Any]]) -> dict[str, list[Any]]:
        """Components in files of their own: brought like other files."""
        names = ("path", "formatter", "storage_class", "size", "checksum")
        for i, values in enumerate(zip(*(columns[name] for name in names), strict=True)):
            if not is_absolute(values[0]):
                columns["path"][i] = self._place(FileRecord(*values), values[0])
        return columns


def _record(rows: DatasetRows, i: int) -> FileRecord:
    size = rows.size[i]
    return FileRecord(
        str(rows.path[i]),
        str(rows.formatter[i]),
        str(rows.storage_class[i]),
        -1 if size is None else size,
        rows.checksum[i],
    )


def shared_files(rows: DatasetRows, noted: Sequence[bytes]) -> dict[str, list[Any]]:
    """Rows of the table of shared files: datasets whose file others may be in.

    Parameters
    ----------
    rows : `DatasetRows`
        With their paths here.
    noted : sequence of `bytes`
        Ids of datasets of which it is known.
    """
    ours = {i: container(path) for i, path in enumerate(rows.path) if path is not None and not is_absolute(path)}
    seen: set[str] = set()
    known, shared = set(noted), {}
    for i, file in ours.items():
        if rows.ids[i] in known or file in seen or file != rows.path[i]:
            shared[rows.ids[i]] = file
        seen.add(file)
    return {"dataset": list(shared), "path": list(shared.values())}
