"""Steps that bring data: exports, camera and text calibrations, files of tables and folders, raws."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from skybutler.errors import MissingFileError, NotFoundError

from .places import braces, existing, files_of, placed
from .settings import CuratedCalibrations, ImportExport, IngestFiles, IngestRaws
from .steps import Forecast, Outcome, Progress, Step, copied_bytes

if TYPE_CHECKING:
    from skybutler.butler import Butler

__all__ = ["CuratedStep", "FilesStep", "ImportStep", "RawsStep"]


class ImportStep(Step[ImportExport]):
    """What was exported elsewhere."""

    rate = 5_000.0

    @property
    def subject(self) -> str:
        return self.settings.directory

    def _file(self) -> str:
        from skybutler.transfer.importing import find_export

        directory = self.place(self.settings.directory)
        if self.settings.file is None:
            return find_export(os.path.join(directory, "export.yaml"), None)
        here = self.place(self.settings.file)
        return here if "://" in here or os.path.exists(here) else find_export(self.settings.file, directory)

    def check(self) -> None:
        self.require(self.settings.directory)
        self._file()

    def foresee(self, butler: Butler | None) -> Forecast:
        file = self._file()
        if "://" in file:
            return self.forecast(-1, 0, "files")
        paths = [placed(path, self.place(self.settings.directory)) for path in _paths_of_export(file)]
        note = "how many of them are there, the import will see" if butler is not None else ""
        moved = 0 if self.settings.without_datastore else copied_bytes(paths, self.settings.transfer)
        return self.forecast(len(paths), 0, "files", bytes=moved, note=note)

    def run(self, butler: Butler, progress: Progress) -> Outcome:
        wanted = self.settings
        report = butler.import_(
            directory=self.place(wanted.directory),
            filename=self._file(),
            transfer=wanted.transfer,
            skip_dimensions=wanted.skip_dimensions,
            record_validation_info=wanted.track_file_attrs,
            without_datastore=wanted.without_datastore,
        )
        note = f"{report.files} files, {report.certified.new} certified" if report.is_change else "imported before"
        return Outcome(report.datasets.new, report.datasets.existing, "datasets", note)


_PATH_LINE = re.compile(r"\s*(?:- )?\"?path\"?: *(?:\"([^\"]+)\"|'([^']+)'|(\S.*?))\s*$")


def _paths_of_export(file: str) -> Iterator[str]:
    """Paths of files that an export names, read line by line: only for forecasts."""
    with open(file, encoding="utf-8", errors="replace") as stream:
        for line in stream:
            if match := _PATH_LINE.match(line):
                yield next(filter(None, match.groups()))


class FilesStep(Step[IngestFiles]):
    """Files that are listed in a table, or found in a folder."""

    rate = 10_000.0

    @property
    def subject(self) -> str:
        return f"{self.settings.dataset_type} in {self.settings.run}"

    def check(self) -> None:
        self.require(self.settings.table or self._folder())

    def _folder(self) -> str:
        assert self.settings.files is not None
        return self.settings.files.directory

    def _columns(self) -> tuple[dict[str, Any], str]:
        """The table, paths first, and what else is to be said of it."""
        from skybutler.ingest.tables import read_columns

        if self.settings.files is None:
            assert self.settings.table is not None
            table = self.require(self.settings.table)
            columns = dict(read_columns(table))
            first = next(iter(columns), None)
            if first is not None:
                begin = self.place(self.settings.prefix) if self.settings.prefix else os.path.dirname(table)
                columns[first] = [placed(path, begin) if isinstance(path, str) else path for path in columns[first]]
            return columns, ""
        found = files_of(self.require(self._folder()), self.settings.files.pattern)
        note = f"{found.others} files with other names passed over" if found.others else ""
        return {"": found.paths, **found.columns}, note

    def foresee(self, butler: Butler | None) -> Forecast:
        columns, note = self._columns()
        paths: list[str] = next(iter(columns.values()), [])
        known = self._known(butler, columns, paths) if butler is not None else set()
        moved = copied_bytes((path for i, path in enumerate(paths) if i not in known), self.settings.transfer)
        return self.forecast(len(paths) - len(known), len(known), "datasets", bytes=moved, note=note)

    def _known(self, butler: Butler, columns: dict[str, Any], paths: list[str]) -> set[int]:
        """Positions of the files whose data IDs the run has."""
        from skybutler.ingest.files import data_id_columns

        wanted = self.settings
        try:
            kind = butler.get_dataset_type(wanted.dataset_type)
        except NotFoundError:  # steps above make it
            return set()
        others = dict(list(columns.items())[1:])
        values = data_id_columns(butler, kind, others, wanted.data_id, paths)
        return set(butler.registry.datasets.existing(kind.name, wanted.run, values).nonzero()[0].tolist())

    def run(self, butler: Butler, progress: Progress) -> Outcome:
        from skybutler.ingest.files import ingest_files

        columns, note = self._columns()
        wanted = self.settings
        new = ingest_files(
            butler,
            wanted.dataset_type,
            wanted.run,
            columns,
            formatter=wanted.formatter,
            id_generation=wanted.id_generation_mode,
            data_id=wanted.data_id,
            transfer=wanted.transfer,
            skip_existing=True,
            track=wanted.track_file_attrs,
            provenance=wanted.provenance,
        )
        return Outcome(new, len(next(iter(columns.values()), ())) - new, "datasets", note)


class RawsStep(Step[IngestRaws]):
    """Raw files, with the records of their exposures."""

    rate = 700.0
    """Headers per second and process; with index files five times as many."""

    @property
    def subject(self) -> str:
        first, *others = self.settings.locations
        return f"{first} and {len(others)} more" if others else first

    def check(self) -> None:
        for location in self.settings.locations:
            if not any(c in location for c in "*?["):
                for text in braces(location):
                    self.require(text)
            else:
                existing([location], self.folder)

    def foresee(self, butler: Butler | None) -> Forecast:
        from skybutler.ingest.raw_search import DEFAULT_REGEX, find_raws

        problems: list[str] = []
        paths: list[str] = []
        indexed = 0
        for batch in find_raws(
            existing(self.settings.locations, self.folder),
            regex=self.settings.regex or DEFAULT_REGEX,
            search_indexes=self.settings.search_indexes,
            problem=lambda path, reason: problems.append(reason if path in reason else f"{path}: {reason}"),
        ):
            paths += batch.paths
            indexed += sum(map(bool, batch.indexes))
        known = min(self._known(butler), len(paths))
        moved = copied_bytes(paths, self.settings.transfer) if known < len(paths) else 0
        note = f"{indexed} named in index files"
        note += f", {len(problems)} cannot be used: {problems[0]}" if problems else ""
        new = len(paths) - known
        speed = self.rate * (5 if indexed * 2 > len(paths) else 1) * min(self.settings.processes, os.cpu_count() or 1)
        seconds = new / speed + self.forecast(0, 0, "", bytes=moved).seconds
        return Forecast(new, known, "raws", moved, seconds, note)

    def _known(self, butler: Butler | None) -> int:
        """Raws that the run has."""
        if butler is None:
            return 0
        try:
            return butler.query_datasets("raw", self.settings.run or "*/raw/all", find_first=False).count()
        except NotFoundError:
            return 0

    def run(self, butler: Butler, progress: Progress) -> Outcome:
        from skybutler.ingest.raw_search import DEFAULT_REGEX
        from skybutler.ingest.raws import ingest_raws

        wanted = self.settings
        report = ingest_raws(
            butler,
            existing(wanted.locations, self.folder),
            run=wanted.run,
            transfer=wanted.transfer,
            processes=wanted.processes,
            regex=wanted.regex or DEFAULT_REGEX,
            fail_fast=wanted.fail_fast,
            update_records=wanted.update_records,
            track=wanted.track_file_attrs,
            search_indexes=wanted.search_indexes,
            progress=lambda r: progress(r.ingested + r.skipped + len(r.failures), max(r.files, 1)),
        )
        report.raise_for_failures()
        if not report.files:
            raise MissingFileError(f"There are no raw files in {', '.join(wanted.locations)}.")
        note = f"{report.exposures} new exposures" if report.exposures else ""
        return Outcome(report.ingested, report.skipped, "raws", note)


class CuratedStep(Step[CuratedCalibrations]):
    """The camera of an instrument, and its text calibrations."""

    rate = 200.0

    @property
    def subject(self) -> str:
        return self.settings.instrument

    def check(self) -> None:
        if self.settings.data is not None:
            self.require(self.settings.data)

    def foresee(self, butler: Butler | None) -> Forecast:
        from skybutler.ingest.curated import CAMERA
        from skybutler.ingest.curated_files import find_curated
        from skybutler.instruments import Instrument

        wanted = self.settings
        camera = Instrument.load(wanted.instrument)
        files = find_curated(self.require(wanted.data), camera).files if wanted.data is not None else ()
        base = "/".join([wanted.prefix or camera.name, "calib", *wanted.labels])
        count, known = len(files) + 1, 0
        if butler is not None:
            kinds = [CAMERA, *{file.kind.name for file in files}]
            runs = [f"{base}/unbounded", f"{base}/curated/*"]
            with suppress(NotFoundError):  # nothing of the kind was ever written
                known = min(count, butler.query_datasets(kinds, runs, find_first=False).count())
        return self.forecast(count - known, known, "datasets")

    def run(self, butler: Butler, progress: Progress) -> Outcome:
        from skybutler.ingest.curated import write_curated_calibrations

        wanted = self.settings
        report = write_curated_calibrations(
            butler,
            wanted.instrument,
            labels=wanted.labels,
            collection=wanted.collection,
            prefix=wanted.prefix,
            data=self.require(wanted.data) if wanted.data is not None else None,
        )
        return Outcome(sum(report.written.values()), sum(report.present.values()), "datasets", report.collection)
