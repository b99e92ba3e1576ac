"""A repository filled with what pipelines make of a simulated survey: exposures, catalogs, coadds, tables, metadata.

Uses a Butler; names, dimensions and storage classes of the dataset types are those of data preview 0.2.  Every dataset
names its inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from skybutler.datasets import DatasetRef
from skybutler.datasets.provenance import DatasetProvenance
from skybutler.errors import InvalidError, NotFoundError
from skybutler.images import Box, Exposure, SummaryStats
from skybutler.instruments import Instrument
from skybutler.sim.calexp import simulate_calexp
from skybutler.sim.calibrations import PRODUCTS
from skybutler.sim.circumstances import exposure_id, source_ids
from skybutler.sim.coadd import detected, make_coadd
from skybutler.sim.dataset_types import CONFIGURATIONS, TYPES, settings_of
from skybutler.sim.measurement import measure, measure_at
from skybutler.sim.objects import Objects, make_objects
from skybutler.sim.physics import REFERENCE_LIMIT
from skybutler.sim.product_tables import (
    ccd_visit_table,
    forced_source_table,
    object_table,
    source_table,
    visit_summary,
    visit_table,
)
from skybutler.sim.task_metadata import packages, task_configuration, task_metadata
from skybutler.sim.truth import sources_in_cone
from skybutler.sim.visits import SimulatedVisit
from skybutler.skymap import PatchInfo, SkyMap
from skybutler.tables import SourceCatalog

if TYPE_CHECKING:
    from skybutler.butler import Butler

__all__ = ["Processed", "process_survey"]

_PROCESSED_NS = 1_641_219_897_000_000_000
"""When it all was made: 2022-01-03T14:24:57."""
_REFERENCE_RADIUS_DEG = 0.25
_SMALL_PX = 1_000_000


@dataclass
class Processed:
    """How many datasets of each type were made, in which run."""

    run: str
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.counts.values())


def process_survey(
    butler: Butler,
    exposures: Iterable[tuple[SimulatedVisit, int]],
    patches: Mapping[int, Sequence[int]],
    *,
    run: str,
    instrument: str = "LSSTCam-imSim",
    skymap: str = "DC2",
    inputs: str | Sequence[str] = (),
    scale: int = 8,
    seed: int = 42,
    progress: Callable[[int, str], None] | None = None,
) -> Processed:
    """Make calibrated exposures, catalogs, coadds and tables, and put them into a repository.

    Parameters
    ----------
    butler : `Butler`
        Writeable; it has the instrument, the visits and, if there are to be coadds, the sky map (dataset ``skyMap``).
    exposures : iterable of (`SimulatedVisit`, `int`)
        Visits and the ids of detectors.
    patches : mapping of `int` to sequence of `int`
        Patches to be coadded, by tract: in all bands of the exposures that touch them.
    run : `str`
        RUN to write to.
    instrument, skymap : `str`
        Names in the repository.
    inputs : `str` or sequence of `str`
        Collections with raws, calibrations and sky map; raws and calibrations found there are the inputs of exposures.
    scale, seed : `int`
        Those of the survey.
    progress : callable, optional
        Called with the number of datasets made and the name of the type of the last one.

    Raises
    ------
    InvalidError
        There are no exposures.
    NotFoundError
        There is no such instrument, detector, sky map, tract or patch.

    Notes
    -----
    Tables need pandas; without it they are left out.
    """
    chosen = list(exposures)
    if not chosen:
        raise InvalidError("There is nothing to process: no exposures were given.")
    pipeline = _Pipeline(butler, run, Instrument.load(instrument), skymap, inputs, scale, seed, progress)
    pipeline.begin()
    for visit, detector in chosen:
        pipeline.calibrate(visit, detector)
    pipeline.tabulate_visits()
    for tract, numbers in patches.items():
        for number in numbers:
            pipeline.coadd(tract, number)
        pipeline.consolidate(tract)
    return pipeline.done


@dataclass(frozen=True)
class _Calibrated:
    """A calibrated exposure; a large one without its pixels, which are read again when they are needed."""

    ref: DatasetRef
    exposure: Exposure
    bbox: Box
    visit: int
    band: str


class _Pipeline:
    """The steps, and what they have in common."""

    def __init__(
        self,
        butler: Butler,
        run: str,
        instrument: Instrument,
        skymap: str,
        inputs: str | Sequence[str],
        scale: int,
        seed: int,
        progress: Callable[[int, str], None] | None,
    ) -> None:
        self._butler, self._run, self._instrument, self._skymap = butler, run, instrument, skymap
        self._inputs, self._scale, self._seed, self._progress = inputs, scale, seed, progress
        self._calibrated: list[_Calibrated] = []
        self._sources: list[tuple[DatasetRef, int, Any]] = []
        self._objects: dict[int, list[tuple[DatasetRef, Any]]] = {}
        self._map: tuple[SkyMap, DatasetRef] | None = None
        self._references: dict[tuple[float, float], tuple[Any, Any]] = {}
        products = {product.name for product in PRODUCTS}
        self._products = [kind for kind in butler.query_dataset_types() if kind.name in products]
        self._tables = _has_pandas()
        self.done = Processed(run)

    # ------------------------------------------------------------------------------------------------------ putting
    def _put(self, obj: Any, name: str, inputs: Iterable[DatasetRef], **data_id: Any) -> DatasetRef:
        ref = self._butler.put(obj, name, data_id, run=self._run, provenance=DatasetProvenance(inputs))
        self.done.counts[name] = self.done.counts.get(name, 0) + 1
        if self._progress is not None:
            self._progress(self.done.total, name)
        return ref

    def _note(self, task: str, number: int, inputs: Iterable[DatasetRef], notes: Mapping[str, Any], **key: Any) -> None:
        """Put the metadata of a task."""
        begin = _PROCESSED_NS + self.done.total * 1_000_000_000
        self._put(task_metadata(task, number, begin, notes), f"{task}_metadata", inputs, **key)

    def begin(self) -> None:
        """Register the types of datasets, and put what there is one of."""
        self._butler.collections.register(self._run)
        for kind in TYPES:
            if self._tables or kind.storage_class != "DataFrame":
                self._butler.register_dataset_type(kind.name, kind.dimensions, kind.storage_class)
        if not self._has("packages"):
            self._put(packages(), "packages", ())
            for task in CONFIGURATIONS:
                self._put(task_configuration(task, settings_of(task, self._scale, self._seed)), f"{task}_config", ())

    def _has(self, name: str) -> bool:
        """Whether the run has the only dataset of a type."""
        return bool(list(self._butler.query_datasets(name, self._run)))

    # ---------------------------------------------------------------------------------------------- single detectors
    def calibrate(self, visit: SimulatedVisit, detector: int) -> None:
        """Make and measure one calibrated exposure."""
        key = {"instrument": self._instrument.name, "visit": visit.id, "detector": detector}
        used = self._reduced_from(visit.id, detector)
        calexp = simulate_calexp(self._instrument, detector, visit, scale=self._scale, seed=self._seed)
        number = exposure_id(self._instrument, visit.id, detector)
        catalog = measure(calexp, first_id=self._first_id(number), references=self._stars(visit, calexp))
        stats, calibration = _statistics(calexp), calexp.photo_calib
        assert calibration is not None
        exposure_key = {"instrument": self._instrument.name, "exposure": visit.id, "detector": detector}
        self._note("isr", number, used, {"OVERSCAN": "MEDIAN_PER_ROW", "NPIX": calexp.bbox.area}, **exposure_key)
        ref = self._put(calexp, "calexp", used, **key)
        notes = {"psf_sigma": stats.psf_sigma, "n_psf_star": int(catalog["calib_psf_used"].sum())}
        self._note("characterizeImage", number, used, notes, **key)
        src = self._put(catalog, "src", [ref], **key)
        if not self._has("src_schema"):
            self._put(catalog[:0].copy(deep=True), "src_schema", ())
        notes = {"MAGZERO": calibration.zero_point, "n_sources": len(catalog)}
        self._note("calibrate", number, [ref], notes, **key)
        self._calibrated.append(_Calibrated(ref, _to_be_kept(calexp), calexp.bbox, visit.id, visit.band))
        if self._tables:
            table = source_table(catalog, calexp)
            made = self._put(table, "sourceTable", [src], **key)
            self._sources.append((made, visit.id, table))

    def _reduced_from(self, exposure: int, detector: int) -> list[DatasetRef]:
        """The raw, and the calibrations of its date."""
        if not self._inputs:
            return []
        key = {"instrument": self._instrument.name, "exposure": exposure, "detector": detector}
        raws = self._butler.query_datasets("raw", self._inputs, data_id=key)
        found = (self._butler.find_dataset(kind, key, collections=self._inputs) for kind in self._products)
        return [*raws, *(ref for ref in found if ref is not None)]

    def _first_id(self, number: int) -> int:
        camera = self._instrument
        return int(source_ids(number, exposure_id(camera, camera.visit_max, camera.detector_max), 1)[0])

    def _stars(self, visit: SimulatedVisit, calexp: Exposure) -> tuple[Any, Any]:
        """Stars of the reference catalog about a detector."""
        stats = _statistics(calexp)
        radius = _REFERENCE_RADIUS_DEG * stats.pixel_scale * max(calexp.dimensions) / 820.0
        stars = sources_in_cone(stats.ra, stats.dec, radius, self._seed)
        stars = stars.take((stars.magnitude < REFERENCE_LIMIT) & (stars.radius == 0) & np.isnan(stars.peak))
        return stars.ra, stars.dec

    def tabulate_visits(self) -> None:
        """Summaries of visits, tables of their sources, and of the visits."""
        for visit in dict.fromkeys(one.visit for one in self._calibrated):
            of_visit = [one for one in self._calibrated if one.visit == visit]
            summary = visit_summary((one.exposure, one.bbox) for one in of_visit)
            key = {"instrument": self._instrument.name, "visit": visit}
            self._put(summary, "visitSummary", [one.ref for one in of_visit], **key)
        if not self._tables:
            return
        import pandas as pd

        name = self._instrument.name
        for visit in dict.fromkeys(visit for _, visit, _ in self._sources):
            parts = [(ref, table) for ref, of, table in self._sources if of == visit]
            whole = pd.concat([table for _, table in parts])
            self._put(whole, "sourceTable_visit", [ref for ref, _ in parts], instrument=name, visit=visit)
        refs = [one.ref for one in self._calibrated]
        exposures = [one.exposure for one in self._calibrated]
        self._put(ccd_visit_table(exposures), "ccdVisitTable", refs, instrument=name)
        self._put(visit_table(exposures), "visitTable", refs, instrument=name)
        for task in ("makeCcdVisitTable", "makeVisitTable"):
            self._note(task, 0, refs, {"n_exposures": len(refs)}, instrument=name)

    # ------------------------------------------------------------------------------------------------------- patches
    def coadd(self, tract: int, patch: int) -> None:
        """Coadds of one patch in all bands, its objects and their fluxes on all exposures."""
        sky_map, map_ref = self._sky_map()
        info = sky_map[tract].patch_info(patch)
        key = {"skymap": self._skymap, "tract": tract, "patch": patch}
        number = tract * len(sky_map[tract]) + patch
        coadds: dict[str, Exposure] = {}
        refs: dict[str, DatasetRef] = {}
        for band in dict.fromkeys(one.band for one in self._calibrated):
            used = [one for one in self._calibrated if one.band == band and _touches(one.exposure, info)]
            if not used:
                continue
            coadd = make_coadd(info, map(self._pixels, used), scale=self._scale)
            inputs = [*(one.ref for one in used), map_ref]
            made = self._put(coadd, "deepCoadd", inputs, **key, band=band)
            coadds[band] = detected(coadd)
            refs[band] = self._put(coadds[band], "deepCoadd_calexp", [made], **key, band=band)
            self._note("assembleCoadd", number, inputs, {"n_inputs": len(used)}, **key, band=band)
            self._note("detection", number, [made], {"nPositive": _n_detected(coadds[band])}, **key, band=band)
        if coadds:
            largest = _number_of_patches(sky_map)
            first = int(source_ids(number, largest, 1)[0])
            objects = make_objects(coadds, sky_map[tract], info, first_id=first, scale=self._scale)
            self._put_objects(objects, coadds, refs, key, number)

    def _put_objects(
        self,
        objects: Objects,
        coadds: Mapping[str, Exposure],
        refs: Mapping[str, DatasetRef],
        key: Mapping[str, Any],
        number: int,
    ) -> None:
        merged = self._put(objects.merged, "deepCoadd_mergeDet", refs.values(), **key)
        self._note("mergeDetections", number, refs.values(), {"n_peaks": len(objects.merged)}, **key)
        measured = []
        for band, catalog in objects.meas.items():
            measured.append(self._put(catalog, "deepCoadd_meas", [refs[band], merged], **key, band=band))
            self._note("measure", number, [refs[band], merged], {"n_sources": len(catalog)}, **key, band=band)
        ref = self._put(objects.ref, "deepCoadd_ref", measured, **key)
        self._note("mergeMeasurements", number, measured, {"n_sources": len(objects.ref)}, **key)
        forced = []
        for band, catalog in objects.forced.items():
            forced.append(self._put(catalog, "deepCoadd_forced_src", [refs[band], ref], **key, band=band))
            self._note("forcedPhotCoadd", number, [refs[band], ref], {"n_sources": len(catalog)}, **key, band=band)
        if self._tables:
            tract, patch = int(key["tract"]), int(key["patch"])
            table = object_table(objects, coadds, tract, patch)
            made = self._put(table, "objectTable", [ref, *measured, *forced], **key)
            self._note("transformObjectTable", number, [ref, *measured, *forced], {"n_rows": len(table)}, **key)
            self._objects.setdefault(tract, []).append((made, table))
            self._put_forced_sources(objects, coadds, ref, key)

    def _put_forced_sources(
        self, objects: Objects, coadds: Mapping[str, Exposure], ref: DatasetRef, key: Mapping[str, Any]
    ) -> None:
        """Fluxes on the single exposures."""
        wanted = {record.id for coadd in coadds.values() if coadd.coadd_inputs for record in coadd.coadd_inputs.ccds}
        used = [one for one in self._calibrated if one.exposure.id in wanted]
        primary = objects.ref["id"][objects.ref["detect_isPrimary"]]
        patch = int(key["patch"])

        def on_each() -> Iterator[tuple[Any, Exposure]]:
            for one in used:
                exposure = self._pixels(one)
                yield measure_at(exposure, _on(exposure, objects.ref)), exposure

        # Counted from the end of what sources of the exposure can have, so that no id is there twice.
        ids = [self._first_id(one.exposure.id or 0) + (1 << 28) + (patch << 20) for one in used]
        table = forced_source_table(on_each(), primary, ids, patch)
        inputs = [*(one.ref for one in used), ref]
        self._put(table, "forcedSourceTable", inputs, **key)

    def consolidate(self, tract: int) -> None:
        """The objects of all patches of a tract that were coadded."""
        parts = self._objects.get(tract, [])
        if not parts:
            return
        import pandas as pd

        inputs = [ref for ref, _ in parts]
        whole = pd.concat([table for _, table in parts])
        self._put(whole, "objectTable_tract", inputs, skymap=self._skymap, tract=tract)
        notes = {"n_patches": len(parts), "n_rows": len(whole)}
        self._note("consolidateObjectTable", tract, inputs, notes, skymap=self._skymap, tract=tract)

    def _pixels(self, one: _Calibrated) -> Exposure:
        exposure: Exposure = one.exposure if one.exposure.bbox == one.bbox else self._butler.get(one.ref)
        return exposure

    def _sky_map(self) -> tuple[SkyMap, DatasetRef]:
        if self._map is None:
            refs = list(self._butler.query_datasets("skyMap", self._inputs or "skymaps", skymap=self._skymap))
            if not refs:
                raise NotFoundError(f"There is no sky map '{self._skymap}'.", hint="Register it, or name its run.")
            self._map = self._butler.get(refs[0]), refs[0]
        return self._map


def _number_of_patches(sky_map: SkyMap) -> int:
    """The largest number of a patch: tracts times patches of each."""
    return len(sky_map) * len(sky_map[0])


def _touches(exposure: Exposure, patch: PatchInfo) -> bool:
    """Whether the outlines of an exposure and a patch overlap."""
    from lsst.sphgeom import DISJOINT

    from skybutler.sky.region import convex_hull
    from skybutler.sky.vectors import unit_vectors

    corners = _statistics(exposure)
    outline = convex_hull(unit_vectors(np.array(corners.ra_corners), np.array(corners.dec_corners)))
    return bool((outline.relate(patch.outer_sky_polygon) & DISJOINT) == 0)


def _statistics(exposure: Exposure) -> SummaryStats:
    assert exposure.summary_stats is not None
    return exposure.summary_stats


def _to_be_kept(exposure: Exposure) -> Exposure:
    """The exposure, or of a large one what is known of it around its first pixel."""
    if exposure.bbox.area <= _SMALL_PX:
        return exposure
    (y, x) = exposure.bbox.y.start, exposure.bbox.x.start
    return exposure[Box((y, y + 1), (x, x + 1))].copy()


def _on(exposure: Exposure, catalog: SourceCatalog) -> SourceCatalog:
    """The rows of a catalog whose places are on an exposure."""
    assert exposure.wcs is not None
    (x, y), box = exposure.wcs.sky_to_pixel(catalog.ra, catalog.dec), exposure.bbox
    on = (x > box.x.start - 0.5) & (x < box.x.stop - 0.5) & (y > box.y.start - 0.5) & (y < box.y.stop - 0.5)
    return catalog[on]


def _n_detected(coadd: Exposure) -> int:
    return int(coadd.mask.where("DETECTED").sum())


def _has_pandas() -> bool:
    from importlib.util import find_spec

    return find_spec("pandas") is not None
