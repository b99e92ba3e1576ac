"""Everything that a data centre has before it makes a repository: raws, calibrations, reference catalog, sky map.

The folders are those of the data previews of the Rubin Observatory.  Knows no repository.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from skybutler.errors import InvalidError
from skybutler.instruments import Instrument
from skybutler.sim.calibrations import PRODUCTS, ProductFiles, simulate_calibrations
from skybutler.sim.curated import simulate_defects
from skybutler.sim.products import Products, simulate_products
from skybutler.sim.reference_catalog import ReferenceCatalog, shards_under, simulate_reference_catalog
from skybutler.sim.survey import Survey, simulate_survey
from skybutler.sim.visits import plan_visits
from skybutler.skymap import SkyMap
from skybutler.skymap.config import load_config

__all__ = ["Archive", "central_detectors", "simulate_archive"]

_CAMERA = "LSSTCam-imSim"

_SKY_MAP = """\
config.name = "DC2"

config.skyMap.name = "rings"
config.skyMap["rings"].numRings = 120
config.skyMap["rings"].projection = "TAN"
config.skyMap["rings"].tractOverlap = 1.0 / 60  # degrees
config.skyMap["rings"].pixelScale = 0.2  # arcseconds
"""


@dataclass(frozen=True)
class Archive:
    """What was simulated.

    Parameters
    ----------
    directory : `~pathlib.Path`
        Top of it all.
    survey : `Survey`
        The raws, in ``raw/y1-wfd`` and so on.
    calibrations : `tuple` [`ProductFiles`]
        Calibration products, in ``calibrations``.
    defects : `tuple` [`~pathlib.Path`]
        Text calibrations, in ``curated/defects``.
    references : `ReferenceCatalog` or `None`
        In ``refcats``.
    sky_map : `~pathlib.Path`
        Configuration of a sky map, ``skymaps/DC2.py``.
    products : `Products` or `None`
        Calibrated exposures, catalogs and coadds, in ``products``.
    """

    directory: Path
    survey: Survey
    calibrations: tuple[ProductFiles, ...]
    defects: tuple[Path, ...]
    references: ReferenceCatalog | None
    sky_map: Path
    products: Products | None = None


def simulate_archive(
    directory: str | Path,
    *,
    visits: int = 20,
    detectors: Sequence[int | str] = range(90, 99),
    scale: int = 8,
    seed: int = 42,
    years: int = 5,
    calibrations: bool = True,
    references: bool = True,
    products: bool = False,
    patches: Sequence[tuple[int, int]] = (),
    index: bool = True,
    processes: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Archive:
    """Write what a repository can be made of; parameters that are not listed are those of `simulate_survey`.

    Parameters
    ----------
    directory : path
        Where; made if need be.
    visits : `int`
        How many.
    years : `int`
        Over how many years they are spread, in turn.
    calibrations : `bool`
        Whether to write calibration products and defects.
    references : `bool`
        Whether to write a reference catalog.
    products : `bool`
        Whether to write calibrated exposures and catalogs of their sources.
    patches : sequence of (`int`, `int`)
        Tracts and patches of the sky map of which to write coadds; there are products then in any case.
    progress : callable, optional
        Called with files done and files in all.

    Raises
    ------
    InvalidError
        There is nothing to simulate, or a scale or a number of years below 1.
    NotFoundError
        There is no such detector.
    """
    for name, value in (("visits", visits), ("years", years), ("scale", scale)):
        if value < 1:
            raise InvalidError(f"A simulation cannot have {value} for its {name}; 1 is the least.")
    top, camera = Path(directory), Instrument.load(_CAMERA)
    chosen = [camera.detector(key) for key in dict.fromkeys(detectors)]
    ids = [detector.id for detector in chosen]
    if not ids:
        raise InvalidError("A simulation needs at least one detector.")
    plan = plan_visits(visits, seed, camera, years=years)
    bands = sorted({visit.band for visit in plan}, key="ugrizy".index)
    calibration_files = sum(len(bands) if product.per_filter else 1 for product in PRODUCTS) * calibrations
    shards = len(shards_under(camera, plan, ids)) * references
    further = 2 * len(chosen) * len(plan) if products or patches else 0
    count = _Count(len(chosen) * (len(plan) + calibration_files) + shards + further, progress)

    sky_map = _write_sky_map(top / "skymaps")
    alike: dict[str, Any] = {"scale": scale, "seed": seed, "processes": processes}
    made: tuple[ProductFiles, ...] = ()
    defects: tuple[Path, ...] = ()
    if calibrations:
        made = simulate_calibrations(top / "calibrations", camera, chosen, bands, progress=count.add, **alike)
        defects = simulate_defects(top / "curated", camera, chosen, scale=scale)
    catalog = None
    if references:
        catalog = simulate_reference_catalog(top / "refcats", camera, plan, ids, seed=seed, progress=count.add)
    survey = simulate_survey(
        top / "raw",
        visits=plan,
        detectors=ids,
        full_size_one=False,
        index=index,
        by_year=True,
        progress=lambda _done, _total, path: count.add(path),
        **alike,
    )
    processed = None
    if products or patches:
        of_map = ("DC2", _sky_map_of(sky_map)) if patches else None
        place = top / "products"
        processed = simulate_products(
            place, camera, plan, ids, sky_map=of_map, patches=patches, progress=count.add, **alike
        )
    return Archive(top, survey, made, defects, catalog, sky_map, processed)


def _sky_map_of(configuration: Path) -> SkyMap:
    return SkyMap(load_config(configuration))


def _write_sky_map(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "DC2.py"
    path.write_text(_SKY_MAP, encoding="utf-8")
    return path


def central_detectors(n: int) -> list[int]:
    """Ids of the ``n`` detectors that are nearest to the centre of the camera, ascending.

    Raises
    ------
    InvalidError
        The camera does not have that many, or none is asked for.
    """
    detectors = Instrument.load(_CAMERA).detectors
    if not 1 <= n <= len(detectors):
        raise InvalidError(f"{_CAMERA} has {len(detectors)} detectors; {n} of them cannot be simulated.")
    nearest = sorted(detectors, key=lambda d: (d.position[0] ** 2 + d.position[1] ** 2, d.id))
    return sorted(detector.id for detector in nearest[:n])


class _Count:
    """Counts files and tells of it."""

    def __init__(self, total: int, progress: Callable[[int, int], None] | None) -> None:
        self._done, self._total, self._progress = 0, total, progress

    def add(self, _path: Path) -> None:
        self._done += 1
        if self._progress is not None:
            # How many coadds there are is only known when they were made.
            self._progress(self._done, max(self._done, self._total))
