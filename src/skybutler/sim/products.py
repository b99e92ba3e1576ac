"""Calibrated exposures, their catalogs and coadds as files, with tables for their ingest.  Knows no repository."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from skybutler.errors import InvalidError
from skybutler.images import Exposure
from skybutler.ingest.processes import open_executor
from skybutler.instruments import Instrument
from skybutler.sim.calexp import simulate_calexp
from skybutler.sim.circumstances import exposure_id, source_ids
from skybutler.sim.coadd import make_coadd
from skybutler.sim.measurement import measure
from skybutler.sim.visits import SimulatedVisit
from skybutler.skymap import SkyMap

__all__ = ["Products", "simulate_products"]

Progress = Callable[[Path], None]

_DETECTOR = ("instrument", "visit", "detector")
_BAND = ("band", "skymap", "tract", "patch")


@dataclass(frozen=True)
class Products:
    """What was written: files and the table that lists them, by dataset type (``calexp``, ``src``, ``deepCoadd``)."""

    files: Mapping[str, tuple[Path, ...]]
    tables: Mapping[str, Path]


def simulate_products(
    directory: str | Path,
    instrument: Instrument,
    visits: Iterable[SimulatedVisit],
    detectors: Sequence[int],
    *,
    sky_map: tuple[str, SkyMap] | None = None,
    patches: Sequence[tuple[int, int]] = (),
    scale: int = 8,
    seed: int = 42,
    processes: int = 1,
    progress: Progress | None = None,
) -> Products:
    """Write the products of a survey.

    Parameters
    ----------
    directory : path
        Where; made if need be.  ``calexp/00250000/calexp_250000_R22_S11.fits``, ``src/...`` and
        ``deepCoadd/4431/deepCoadd_4431_17_r.fits``, and a table for each kind: ``calexp.ecsv`` lists absolute paths and
        data IDs, as ``butler ingest-files`` takes them.
    instrument, visits, detectors : `Instrument`, iterable of `SimulatedVisit`, sequence of `int`
        The exposures; ids of detectors.
    sky_map : (`str`, `SkyMap`), optional
        Name and sky map of the coadds.
    patches : sequence of (`int`, `int`)
        Tracts and patches of which there are to be coadds, in all bands of the exposures that touch them.
    scale, seed : `int`
        Those of the survey.
    processes : `int`
        How many work; the files are the same.
    progress : callable, optional
        Called with each file just written.

    Raises
    ------
    InvalidError
        There are patches without a sky map, or none of the exposures touches a patch.
    """
    if patches and sky_map is None:
        raise InvalidError("Coadds need a sky map.")
    top, plan = Path(directory).absolute(), tuple(visits)
    tasks = [_Task(top, instrument.name, visit, detector, scale, seed) for visit in plan for detector in detectors]
    files: dict[str, list[Path]] = {"calexp": [], "src": []}
    with open_executor(processes) as executor:
        for pair in executor.map(_write, tasks):
            for name, path in zip(files, pair, strict=True):
                files[name].append(path)
                if progress is not None:
                    progress(path)
    keys = [(instrument.name, task.visit.id, task.detector) for task in tasks]
    tables = {name: _table(top, name, paths, _DETECTOR, keys) for name, paths in files.items()}
    if sky_map is not None and patches:
        exposures = list(zip(tasks, files["calexp"], strict=True))
        coadds = list(_coadds(top, sky_map, patches, exposures, scale, progress))
        files["deepCoadd"] = [path for path, _ in coadds]
        tables["deepCoadd"] = _table(top, "deepCoadd", files["deepCoadd"], _BAND, [key for _, key in coadds])
    return Products({name: tuple(paths) for name, paths in files.items()}, tables)


@dataclass(frozen=True)
class _Task:
    """One detector of one visit."""

    folder: Path
    instrument: str
    visit: SimulatedVisit
    detector: int
    scale: int
    seed: int


def _write(task: _Task) -> tuple[Path, Path]:
    """Write exposure and catalog."""
    from skybutler.formatters.afw_catalog import AfwCatalogFormatter
    from skybutler.formatters.fits_image import FitsImageFormatter

    camera = Instrument.load(task.instrument)
    exposure = simulate_calexp(camera, task.detector, task.visit, scale=task.scale, seed=task.seed)
    largest = exposure_id(camera, camera.visit_max, camera.detector_max)
    first = int(source_ids(exposure_id(camera, task.visit.id, task.detector), largest, 1)[0])
    name = f"{task.visit.id}_{camera.detector(task.detector).full_name}.fits"
    paths = []
    for kind, obj, formatter, storage_class in (
        ("calexp", exposure, FitsImageFormatter(), "ExposureF"),
        ("src", measure(exposure, first_id=first), AfwCatalogFormatter(), "SourceCatalog"),
    ):
        folder = task.folder / kind / f"{task.visit.id:08d}"
        folder.mkdir(parents=True, exist_ok=True)
        formatter.write(obj, folder / f"{kind}_{name}", _storage_class(storage_class), None)
        paths.append(folder / f"{kind}_{name}")
    return paths[0], paths[1]


def _coadds(
    top: Path,
    sky_map: tuple[str, SkyMap],
    patches: Sequence[tuple[int, int]],
    exposures: Sequence[tuple[_Task, Path]],
    scale: int,
    progress: Progress | None,
) -> Iterable[tuple[Path, tuple[Any, ...]]]:
    """Write the coadds of each patch and band, where there are exposures."""
    from skybutler.formatters.fits_image import FitsImageFormatter

    for tract, number in patches:
        patch = sky_map[1][tract].patch_info(number)
        made = 0
        for band in dict.fromkeys(task.visit.band for task, _ in exposures):
            try:
                coadd = make_coadd(patch, (_read(p) for task, p in exposures if task.visit.band == band), scale=scale)
            except InvalidError:
                continue  # no exposure in this band touches the patch
            made += 1
            path = top / "deepCoadd" / str(tract) / f"deepCoadd_{tract}_{number}_{band}.fits"
            path.parent.mkdir(parents=True, exist_ok=True)
            FitsImageFormatter().write(coadd, path, _storage_class("ExposureF"), None)
            if progress is not None:
                progress(path)
            yield path, (band, sky_map[0], tract, number)
        if not made:
            raise InvalidError(f"None of the exposures touches patch {number} of tract {tract}.")


def _read(path: Path) -> Exposure:
    from skybutler.formatters.fits_image import FitsImageFormatter
    from skybutler.formatters.formatter import Source
    from skybutler.storage import LocalStorage

    source = Source(LocalStorage(path.parent), path.name)
    found = FitsImageFormatter().read(source, _storage_class("ExposureF"), None, {})
    assert isinstance(found, Exposure)
    return found


def _storage_class(name: str) -> Any:
    from skybutler.datasets.storage_class import StorageClasses

    return StorageClasses.default()[name]


def _table(
    top: Path, name: str, paths: Sequence[Path], dimensions: Sequence[str], keys: Sequence[tuple[Any, ...]]
) -> Path:
    from astropy.table import Table

    rows = [(str(path), *key) for path, key in zip(paths, keys, strict=True)]
    table = top / f"{name}.ecsv"
    Table(rows=rows, names=["filename", *dimensions]).write(table, format="ascii.ecsv", overwrite=True)
    return table
