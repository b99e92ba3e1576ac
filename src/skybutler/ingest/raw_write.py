"""Raws of one instrument into the registry: checks, exposure records, datasets.  What fails is divided until alone."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from skybutler.butler.records import Comparison, compare, fitting, shown, taken
from skybutler.datasets.identity import uuid5_for_data_ids
from skybutler.errors import (
    ButlerError,
    CollectionError,
    ConflictError,
    DatasetTypeError,
    MissingFileError,
    ReadOnlyError,
    UnavailableError,
    nearest,
)

from .patience import Patience
from .raw_metadata import RawColumns
from .report import RawIngestReport

if TYPE_CHECKING:
    from skybutler.butler import Butler

__all__ = ["RAW", "ExposureWriter"]

RAW = "raw"
"""Dataset type of raws."""

_OF_ALL = (CollectionError, DatasetTypeError, ReadOnlyError, UnavailableError)
"""Errors that every file would meet."""

_PAUSE_S = 0.5

_RECORDED = ("direct", "split")
"""Transfer modes that leave files where they are."""

_AT_ONCE_MOVED = 200
"""Files per transaction where they are brought into the repository: nobody else writes to SQLite while they come."""


@dataclass
class _Files:
    """Files under way, sorted by exposure; ``record`` is the row of each file's exposure among the records."""

    paths: list[str]
    exposure: npt.NDArray[np.int64]
    detector: npt.NDArray[np.int64]
    record: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.paths)

    def take(self, rows: npt.NDArray[np.intp]) -> _Files:
        if len(rows) == len(self):
            return self
        return _Files(
            [self.paths[i] for i in rows.tolist()], self.exposure[rows], self.detector[rows], self.record[rows]
        )


@dataclass
class _Records:
    """Exposure records of files under way: fitted columns, how they compare, and what they refer to."""

    columns: dict[str, Any]
    found: Comparison
    dependencies: list[dict[str, dict[str, list[Any]]]]


class ExposureWriter:
    """Writes raws of one instrument.

    Parameters
    ----------
    butler : `Butler`
        Where to.
    instrument, run : `str`
        Registered instrument and RUN.
    report : `RawIngestReport`
        Counts what is done.
    fail : callable
        Told of a file that cannot be used, and why.
    tell : callable
        Called after each transaction.
    transfer : `str`
        Transfer mode.
    update, skip_existing, track : `bool`
        See `~skybutler.ingest.raws.ingest_raws`.
    """

    def __init__(
        self,
        butler: Butler,
        instrument: str,
        run: str,
        *,
        report: RawIngestReport,
        fail: Callable[[str, str], None],
        tell: Callable[[], None],
        transfer: str,
        update: bool,
        skip_existing: bool,
        track: bool,
    ) -> None:
        self._butler, self._instrument, self._run = butler, instrument, run
        self._report, self._fail, self._tell = report, fail, tell
        self._transfer, self._update, self._skip, self._track = transfer, update, skip_existing, track
        self._patience = Patience(butler.registry.database)
        self._exposure = butler.dimensions["exposure"]
        self._detectors = np.array(
            [d.id for d in butler.query_dimension_records("detector", instrument=instrument)], int
        )
        filters = butler.query_dimension_records("physical_filter", instrument=instrument)
        self._filters = {f.name for f in filters}
        self._claimed: dict[int, int] = {}  # exposure → a bit per detector: small, however many files there are
        self._claimants: dict[tuple[int, int], str] = {}
        self._settled: set[int] = set()

    @staticmethod
    def is_registered(butler: Butler, instrument: str) -> bool:
        """Whether the repository has an instrument."""
        return butler.registry.elements.fetch("instrument", (instrument,)) is not None

    def write(self, raws: Sequence[RawColumns]) -> None:
        """Write some files; bad ones are told of, the others committed."""
        files, merged = _merged(raws)
        files = self._with_known_detector(files)
        files = self._with_known_filter(files, merged)
        columns = fitting(self._exposure, merged)
        files, found = self._with_agreeing_record(files, columns)
        records = _Records(columns, found, [r.dependencies for r in raws])
        while len(files):
            chosen, again = self._claiming(files)
            if self._transfer not in _RECORDED:
                chosen = self._without_existing(chosen, found)
            at_once = len(chosen) if self._transfer in _RECORDED else _AT_ONCE_MOVED
            for begin in range(0, len(chosen), at_once or 1):
                self._divide(chosen.take(np.arange(begin, min(begin + at_once, len(chosen)))), records)
            files = self._released(again)

    # ------------------------------------------------------------------ checks
    def _drop(self, files: _Files, bad: npt.NDArray[np.bool_], reason: Callable[[int], str]) -> _Files:
        """Without the bad files, which are told of."""
        for i in np.flatnonzero(bad).tolist():
            self._fail(files.paths[i], reason(i))
        return files.take(np.flatnonzero(~bad))

    def _with_known_detector(self, files: _Files) -> _Files:
        def reason(i: int) -> str:
            return f"{self._instrument} has no detector {int(files.detector[i])} in this repository."

        return self._drop(files, ~np.isin(files.detector, self._detectors), reason)

    def _with_known_filter(self, files: _Files, records: dict[str, list[Any]]) -> _Files:
        names = records["physical_filter"]
        unknown = np.array([name not in self._filters for name in names], dtype=bool)

        def reason(i: int) -> str:
            name = names[int(files.record[i])]
            hint = nearest(name, self._filters) or f"It has: {', '.join(sorted(self._filters))}."
            return f"{self._instrument} has no physical filter '{name}' in this repository. {hint}"

        return self._drop(files, unknown[files.record], reason) if unknown.any() else files

    def _claiming(self, files: _Files) -> tuple[_Files, _Files]:
        """Files that are the first of this ingest with their data ID, and the others."""
        free = np.ones(len(files), bool)
        bits = self._claimed
        for i, (exposure, detector) in enumerate(zip(files.exposure.tolist(), files.detector.tolist(), strict=True)):
            so_far = bits.get(exposure, 0)
            if so_far >> detector & 1:
                free[i] = False
            else:
                bits[exposure] = so_far | 1 << detector
                self._claimants[exposure, detector] = files.paths[i]
        return files.take(np.flatnonzero(free)), files.take(np.flatnonzero(~free))

    def _released(self, files: _Files) -> _Files:
        """Those files whose data ID turned out to be free, because the first file with it could not be written."""
        keys = list(zip(files.exposure.tolist(), files.detector.tolist(), strict=True))
        taken_by = self._claimants

        def reason(i: int) -> str:
            other = taken_by.get(keys[i], "a file before it")
            return f"it is exposure {keys[i][0]}, detector {keys[i][1]}, as is {other}, which was taken."

        held = np.array([bool(self._claimed[exposure] >> detector & 1) for exposure, detector in keys], dtype=bool)
        left = self._drop(files, held, reason)
        self._claimants.clear()
        return left

    def _with_agreeing_record(self, files: _Files, columns: dict[str, Any]) -> tuple[_Files, Comparison]:
        """Without files of exposures that are recorded with other values, unless those are to be overwritten."""
        found = self._patience(lambda: compare(self._butler, "exposure", columns))
        ids = columns["id"]
        # The first file of an ingest tells about its exposure, also when the others come in later transactions.
        for row in [r for r in found.changed if ids[r] in self._settled]:
            del found.changed[row]
            found.same.append(row)
        refused = {} if self._update else found.changed
        self._settled.update(ids[row] for row in range(len(ids)) if row not in refused)
        if not refused:
            return files, found

        def reason(i: int) -> str:
            row = int(files.record[i])
            return (
                f"exposure {ids[row]} is recorded with other values ({shown(found.changed[row])}); "
                "--update-records (update_records=True) overwrites them."
            )

        return self._drop(files, np.isin(files.record, list(found.changed)), reason), found

    def _without_existing(self, files: _Files, found: Comparison) -> _Files:
        """Without files that the run has and whose record stays: what is there need not be asked in small parts."""
        data_id = self._data_id(files)
        existing = self._patience(lambda: self._butler.registry.datasets.existing(RAW, self._run, data_id))
        existing &= ~np.isin(files.record, [*found.new, *found.changed])
        self._count_existing(files, existing)
        return files.take(np.flatnonzero(~existing))

    def _data_id(self, files: _Files) -> dict[str, Any]:
        return {
            "instrument": [self._instrument] * len(files),
            "detector": files.detector.tolist(),
            "exposure": files.exposure.tolist(),
        }

    # ----------------------------------------------------------------- writing
    def _divide(self, files: _Files, records: _Records, *, whole: bool = True) -> None:
        """Write files in one transaction; when that fails, each half in its own."""
        if not len(files):
            return
        try:
            self._write_patiently(files, records, whole)
        except _OF_ALL:
            raise
        except ButlerError as error:
            if isinstance(error, MissingFileError) and len(present := self._present(files)) < len(files):
                self._divide(present, records, whole=whole)
                return
            if len(files) == 1:
                self._release(files)
                self._fail(files.paths[0], str(error))
                return
            half = len(files) // 2
            self._divide(files.take(np.arange(half)), records, whole=False)
            self._divide(files.take(np.arange(half, len(files))), records, whole=False)

    def _release(self, files: _Files) -> None:
        """Let other files have the data IDs of these, which could not be written."""
        for exposure, detector in zip(files.exposure.tolist(), files.detector.tolist(), strict=True):
            self._claimed[exposure] &= ~(1 << detector)

    def _present(self, files: _Files) -> _Files:
        """Without files that have vanished since they were found."""
        gone = np.array(["://" not in path and not os.path.exists(path) for path in files.paths], dtype=bool)
        self._release(files.take(np.flatnonzero(gone)))
        return self._drop(files, gone, lambda i: "no such file: it has vanished, or an index names what is not there.")

    def _write_patiently(self, files: _Files, records: _Records, whole: bool) -> None:
        """Once more, when another process may have been in the way: after a pause, or for a last file at once."""
        try:
            self._patience(lambda: self._write(files, records))
        except _OF_ALL:
            raise
        except ConflictError:
            if not whole and len(files) > 1:
                raise
            time.sleep(_PAUSE_S if whole else 0.0)
            self._patience(lambda: self._write(files, records))

    def _write(self, files: _Files, records: _Records) -> None:
        butler, elements = self._butler, self._butler.registry.elements
        rows = np.unique(files.record).tolist()
        new, changed = (sorted(set(rows) & set(some)) for some in (records.found.new, records.found.changed))
        data_id = self._data_id(files)
        ids = uuid5_for_data_ids(RAW, self._run, list(data_id), data_id)
        with butler.transaction():
            made = 0
            if new or changed:
                self._write_dependencies(records)
            if new:
                made = elements.insert("exposure", taken(records.columns, new), skip_existing=True)
            if changed:
                elements.insert("exposure", taken(records.columns, changed), replace=True)
            added = butler.ingest_columns(
                RAW,
                data_id,
                files.paths,
                run=self._run,
                transfer=self._transfer,
                formatter=RAW,
                ids=ids,
                skip_existing=True,
                record_validation_info=self._track,
            )
        self._count(files, added, made)
        for row in changed:
            exposure = (self._instrument, int(records.columns["id"][row]))
            self._report.updated_exposures[exposure] = records.found.changed[row]
        self._tell()

    def _write_dependencies(self, records: _Records) -> None:
        for part in records.dependencies:
            for name, columns in part.items():
                if name in self._butler.dimensions:
                    fit = fitting(self._butler.dimensions[name], columns)
                    self._butler.registry.elements.insert(name, fit, skip_existing=True)

    def _count(self, files: _Files, added: npt.NDArray[np.bool_], exposures: int) -> None:
        report = self._report
        n = int(added.sum())
        report.ingested += n
        report.exposures += exposures
        if n:
            report.runs[self._run] = report.runs.get(self._run, 0) + n
        self._count_existing(files, ~added)

    def _count_existing(self, files: _Files, existing: npt.NDArray[np.bool_]) -> None:
        if self._skip:
            self._report.skipped += int(existing.sum())
            return
        for i in np.flatnonzero(existing).tolist():
            self._fail(files.paths[i], f"run '{self._run}' has this raw already; --skip-existing leaves it out.")


def _merged(raws: Sequence[RawColumns]) -> tuple[_Files, dict[str, list[Any]]]:
    """Files of several batches in order of exposure, and one record per exposure (that of its first file)."""
    exposure = np.concatenate([r.exposure for r in raws])
    order = np.argsort(exposure, kind="stable")
    paths = [path for r in raws for path in r.paths]
    records = {name: [value for r in raws for value in r.records[name]] for name in raws[0].records}
    distinct, first = np.unique(np.array(records["id"], np.int64), return_index=True)
    files = _Files(
        [paths[i] for i in order.tolist()],
        exposure[order],
        np.concatenate([r.detector for r in raws])[order],
        np.searchsorted(distinct, exposure[order]),
    )
    return files, taken(records, first.tolist())
