"""A whole simulated survey on disk: one directory of raws per visit, as a telescope's archive would have them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from skybutler.errors import InvalidError
from skybutler.ingest.processes import open_executor
from skybutler.instruments import Detector, Instrument
from skybutler.instruments.sidecars import write_index
from skybutler.sim.detector_image import expose
from skybutler.sim.raw_file import file_name, scaled_shape, write_raw
from skybutler.sim.visits import SimulatedVisit, plan_visits

__all__ = ["Survey", "simulate_survey"]


@dataclass(frozen=True)
class Survey:
    """What was simulated.

    Parameters
    ----------
    directory : `~pathlib.Path`
        Parent of the visits' directories.
    visits : `tuple` [`SimulatedVisit`]
        The exposures.
    files : `tuple` [`~pathlib.Path`]
        The raws, by visit and detector.
    indexes : `tuple` [`~pathlib.Path`]
        The index files, one per visit, if asked for.
    """

    directory: Path
    visits: tuple[SimulatedVisit, ...]
    files: tuple[Path, ...]
    indexes: tuple[Path, ...]


def simulate_survey(
    directory: str | Path,
    *,
    visits: int | Sequence[SimulatedVisit] = 6,
    detectors: Sequence[int | str] = range(90, 99),
    scale: int = 8,
    seed: int = 42,
    full_size_one: bool = True,
    index: bool = True,
    instrument: str = "LSSTCam-imSim",
    by_year: bool = False,
    processes: int = 1,
    progress: Callable[[int, int, Path], None] | None = None,
) -> Survey:
    """Write the raws of a small survey of one field in several bands and nights.

    Parameters
    ----------
    directory : path
        Where; made if need be. Every visit gets a directory ``00250000`` of files ``lsst_a_250000_R22_S11_r.fits``.
    visits : `int` or sequence of `SimulatedVisit`
        How many to plan (see `plan_visits`), or which.
    detectors : sequence of `int` or `str`
        Ids or full names; by default the raft in the centre.
    scale : `int`
        How much larger than real the pixels are, 1 for full-size detectors (seconds each, 20 MB).
    seed : `int`
        Same seed, same bytes.
    full_size_one : `bool`
        Whether the last detector of the first visit is written in full size whatever the scale.
    index : `bool`
        Whether each visit gets an ``_index.json`` of its headers.
    instrument : `str`
        Any name `Instrument.load` knows.
    by_year : `bool`
        Whether the visits' directories are in one directory for each year of the survey, ``y1-wfd`` and so on.
    processes : `int`
        How many work; the files are the same.
    progress : callable, optional
        Called with files done, files in all and the file just written.

    Raises
    ------
    InvalidError
        A scale below 1 or no detectors.
    """
    if scale < 1:
        raise InvalidError(f"The scale of a simulation is {scale}; it must be 1 or more.")
    camera = Instrument.load(instrument)
    chosen = [camera.detector(key) for key in detectors]
    if not chosen:
        raise InvalidError("A simulation needs at least one detector.")
    plan = plan_visits(visits, seed, camera) if isinstance(visits, int) else tuple(visits)
    raws = [
        _Raw(_folder(Path(directory), visit, by_year), instrument, visit, detector.id, size, seed)
        for visit in plan
        for detector, size in _scales(chosen, scale, full_size_one and visit is plan[0])
    ]
    files: list[Path] = []
    indexes: list[Path] = []
    with open_executor(processes) as executor:
        for path in executor.map(_write, raws):
            files.append(path)
            if progress is not None:
                progress(len(files), len(raws), path)
            if index and len(files) % len(chosen) == 0:
                indexes.append(write_index(path.parent, files[-len(chosen) :]))
    return Survey(Path(directory), plan, tuple(files), tuple(indexes))


def _folder(directory: Path, visit: SimulatedVisit, by_year: bool) -> Path:
    return Path(directory, *([f"y{visit.year}-wfd"] if by_year else []), f"{visit.id:08d}")


@dataclass(frozen=True)
class _Raw:
    """One raw to be written."""

    folder: Path
    instrument: str
    visit: SimulatedVisit
    detector: int
    scale: int
    seed: int


def _write(raw: _Raw) -> Path:
    camera = Instrument.load(raw.instrument)
    detector = camera.detector(raw.detector)
    exposed = expose(camera, detector, raw.visit, scaled_shape(detector, raw.scale), raw.seed)
    raw.folder.mkdir(parents=True, exist_ok=True)
    path = raw.folder / file_name(raw.visit, detector)
    write_raw(path, camera, detector, raw.visit, exposed.electrons, raw.seed)
    return path


def _scales(detectors: Sequence[Detector], scale: int, full_size_last: bool) -> Iterator[tuple[Detector, int]]:
    for detector in detectors:
        yield detector, 1 if full_size_last and detector is detectors[-1] else scale
