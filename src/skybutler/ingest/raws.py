"""Ingest of raws: files found, described, grouped by exposure and recorded, a transaction per some thousand files."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from skybutler.datasets import CollectionType
from skybutler.errors import IngestError, UnavailableError
from skybutler.instruments.description import FOLDERS
from skybutler.storage.places import local_file, use_settings
from skybutler.storage.transfer import check_mode

from .executor import Executor
from .patience import Patience
from .processes import open_executor
from .raw_metadata import UNREAD, RawColumns, RawMetadata, read_metadata
from .raw_search import DEFAULT_REGEX, find_raws
from .raw_write import RAW, ExposureWriter
from .report import RawFailure, RawIngestReport

if TYPE_CHECKING:
    from skybutler.butler import Butler

__all__ = ["ingest_raws"]

_AT_ONCE = 20_000
"""Files written together: a few tenths of a second."""


def ingest_raws(
    butler: Butler,
    locations: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    run: str | None = None,
    transfer: str = "auto",
    processes: int = 1,
    executor: Executor | None = None,
    regex: str = DEFAULT_REGEX,
    fail_fast: bool = False,
    update_records: bool = False,
    skip_existing: bool = True,
    track: bool = True,
    search_indexes: bool = True,
    descriptions: Iterable[str | os.PathLike[str]] = (),
    progress: Callable[[RawIngestReport], None] | None = None,
) -> RawIngestReport:
    """Take raw files into a repository, with the records of their exposures.

    Bad files never stop good ones: see ``failures`` of the report.  Repeating it does nothing; after an interruption it
    goes on.

    Parameters
    ----------
    butler : `Butler`
        Writeable; the instruments are registered.
    locations : path or iterable of path
        Folders, files and index files (``_index.json``).
    run : `str`, optional
        RUN to write to; by default ``<instrument>/raw/all``.
    transfer : `str`
        One of `skybutler.storage.transfer.MODES`.
    processes : `int`
        How many processes read headers.
    executor : `Executor`, optional
        Reads headers elsewhere; ``processes`` does not count then.
    regex : `str`
        Names of the files to take from folders.
    fail_fast : `bool`
        Raise at the first bad file; what was committed before stays.
    update_records : `bool`
        Overwrite exposure records that have other values, instead of refusing their files.
    skip_existing : `bool`
        Leave out files whose dataset the run has, instead of refusing them.
    track : `bool`
        Record file sizes.
    search_indexes : `bool`
        Whether index files found in folders are believed instead of opening the files.
    descriptions : iterable of path
        Folders with descriptions of further instruments.
    progress : callable, optional
        Called with the report so far after each transaction.

    Returns
    -------
    report : `RawIngestReport`
        What was done; ``report.raise_for_failures()`` turns failures into an error.

    Raises
    ------
    IngestError
        A file is bad and ``fail_fast`` is set.
    ReadOnlyError
        The repository cannot be written.
    UnavailableError
        The database went away for more than a minute, or a disk is full; it says what was ingested before.
    ParameterError
        An unknown transfer mode.
    """
    butler.registry.database.require_writeable()
    check_mode(transfer)
    places = [locations] if isinstance(locations, str | os.PathLike) else list(locations)
    ingest = _RawIngest(butler, run, transfer, fail_fast, update_records, skip_existing, track, progress)
    is_shared = executor is not None or processes > 1
    batches = find_raws(places, regex=regex, search_indexes=search_indexes, problem=ingest.fail, begin_small=is_shared)
    # Worker processes may have another environment.
    folders = (*(os.fspath(d) for d in descriptions), *filter(None, os.environ.get(FOLDERS, "").split(os.pathsep)))
    settings = _settings_for(butler, places)
    read = partial(read_metadata, descriptions=folders, settings=settings)
    try:
        if executor is not None:
            ingest.take_all(executor.map(read, batches, UNREAD))
        else:
            with open_executor(processes) as own:
                ingest.take_all(own.map(read, batches, UNREAD))
    except UnavailableError as error:
        raise UnavailableError(
            f"{error.message} Ingested before that: {ingest.report.ingested} files; those are complete.",
            hint=f"{error.hint} The same command goes on from there.".strip(),
        ) from error
    return ingest.report


def _settings_for(butler: Butler, places: Iterable[str | os.PathLike[str]]) -> Mapping[str, Any] | None:
    """How object stores among the locations are reached: as that of the repository, if it has one."""
    remote = [str(place) for place in places if local_file(os.fspath(place)) is None]
    if not remote:
        return None
    settings = butler.datastore.storage.settings
    for place in remote:
        use_settings(place, settings)
    return settings


class _RawIngest:
    """One ingest under way."""

    def __init__(
        self,
        butler: Butler,
        run: str | None,
        transfer: str,
        fail_fast: bool,
        update_records: bool,
        skip_existing: bool,
        track: bool,
        progress: Callable[[RawIngestReport], None] | None,
    ) -> None:
        self._butler, self._run, self._transfer = butler, run, transfer
        self._fail_fast, self._update, self._skip, self._track = fail_fast, update_records, skip_existing, track
        self._progress = progress
        self._began = time.monotonic()
        self._patience = Patience(butler.registry.database)
        self._waiting: dict[str, list[RawColumns]] = {}
        self._writers: dict[str, ExposureWriter] = {}
        self.report = RawIngestReport()

    def fail(self, path: str, reason: str) -> None:
        """Note that a file cannot be used."""
        failure = RawFailure(path, reason.removeprefix(f"{path}: "))
        if self._fail_fast:
            raise IngestError(f"{failure}", hint="Without --fail-fast the other files are ingested.")
        self.report.failures.append(failure)

    def take_all(self, found: Iterable[RawMetadata]) -> None:
        """Record everything, in transactions of bounded size."""
        for metadata in found:
            self.report.files += metadata.files
            for path, reason in metadata.problems:
                self.fail(path, reason)
            for raws in metadata.raws:
                waiting = self._waiting.setdefault(raws.instrument, [])
                waiting.append(raws)
                if sum(len(r.paths) for r in waiting) >= _AT_ONCE:
                    self._write(raws.instrument)
        for instrument in list(self._waiting):
            self._write(instrument)
        self._tell()

    def _write(self, instrument: str) -> None:
        raws = self._waiting.pop(instrument)
        writer = self._writers.get(instrument)
        if writer is None:
            writer = self._patience(lambda: self._writer(instrument))
        if writer is None:
            for path in (path for r in raws for path in r.paths):
                self.fail(
                    path,
                    f"instrument '{instrument}' is not registered in this repository: "
                    f"butler register-instrument REPO {instrument}",
                )
            return
        self._writers[instrument] = writer
        writer.write(raws)

    def _writer(self, instrument: str) -> ExposureWriter | None:
        """A writer, when the instrument is registered."""
        if not ExposureWriter.is_registered(self._butler, instrument):
            return None
        run = self._run or f"{instrument}/raw/all"
        self._butler.register_dataset_type(RAW, ("instrument", "detector", "exposure"), "Exposure")
        self._butler.collections.register(run, CollectionType.RUN)
        return ExposureWriter(
            self._butler,
            instrument,
            run,
            report=self.report,
            fail=self.fail,
            tell=self._tell,
            transfer=self._transfer,
            update=self._update,
            skip_existing=self._skip,
            track=self._track,
        )

    def _tell(self) -> None:
        self.report.seconds = time.monotonic() - self._began
        if self._progress is not None:
            self._progress(self.report)
