"""The demonstration: a simulated survey, all the way from raws on disk to queries, images and derived data."""

from __future__ import annotations

import os
import shlex
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from skybutler.errors import ConflictError

from .command import command
from .progress import progress_bar

if TYPE_CHECKING:
    from skybutler.butler import Butler
    from skybutler.datasets import DatasetRef
    from skybutler.images import Exposure
    from skybutler.sim import SimulatedVisit, Survey
    from skybutler.skymap import SkyMap

__all__ = ["demo"]

MARK = ".skybutler-demo"
"""File that says that a directory was made by this command, and may be removed by it."""

INSTRUMENT = "LSSTCam-imSim"
RAWS = f"{INSTRUMENT}/raw/all"
CALIB = f"{INSTRUMENT}/calib"
CALIB_RUN = f"{CALIB}/2022"
FULL_SIZE = 98
"""The detector whose first raw has pixels of real size."""
CALIBRATED = 94
"""The detector of which there are calibrations."""
REFERENCES = "cal_ref_cat"
RUN = "u/demo/statistics"
CHAIN = "u/demo"
TYPE = "raw_statistics"
PROCESSED = "2.2i/runs/DP0.2"
"""Chain of all that pipelines would have made and used, named as that of data preview 0.2."""
PROCESSED_RUN = f"{PROCESSED}/simulated"
TRACT, PATCH = 4431, 17
"""The patch that is coadded."""
PROCESSED_VISITS = 3
"""Of so many visits all detectors on the patch are processed, of further ones only the one with calibrations."""
OBS_COLLECTION = "LSST.DP02"
AROUND_DEG = 1.2
"""Tracts that far from the centre of the survey are registered."""

Advance = Callable[[int, int | None], None]


@command("demo")
@click.argument("directory", type=click.Path(file_okay=False))
@click.option("--overwrite", is_flag=True, help="Remove an earlier demonstration in DIRECTORY first; nothing else is.")
@click.option("--keep/--no-keep", default=True, help="Keep DIRECTORY afterwards (the default).")
@click.option("--visits", type=click.IntRange(1, 60), default=6, show_default=True, help="Size of the survey.")
def demo(directory: str, overwrite: bool, keep: bool, visits: int) -> None:
    """Simulate a small survey in DIRECTORY, make a repository of it, and show what can be done with it.

    DIRECTORY must be empty or not exist.  The same survey is made each time.
    """
    place = Path(directory)
    _prepare(place, overwrite)
    began = time.monotonic()
    story = _Story(place)
    survey = story.simulate(visits)
    story.make_repository()
    from skybutler.butler import Butler

    with Butler(place, writeable=True) as butler:
        story.take_in(butler, survey)
        story.calibrate(butler, survey)
        story.refer(butler, survey)
        story.process(butler, survey)
        story.ask(butler)
        derived = story.use(butler)
    click.echo(f"\nAll done in {time.monotonic() - began:.1f} s. ", nl=False)
    if keep:
        click.echo(f"Now try:\n{_commands(directory, derived)}")
    else:
        shutil.rmtree(place)
        click.echo(f"{directory} was removed again (--no-keep).")


def _prepare(place: Path, overwrite: bool) -> None:
    """Make the directory; never remove what was not made here."""
    if place.is_dir() and any(place.iterdir()):
        if not (place / MARK).is_file():
            raise ConflictError(f"{place} is not empty.", hint="Choose another directory; nothing was changed.")
        if not overwrite:
            raise ConflictError(
                f"{place} holds an earlier demonstration.", hint="Replace it with --overwrite, or choose another place."
            )
        shutil.rmtree(place)
    place.mkdir(parents=True, exist_ok=True)
    (place / MARK).write_text("Made by 'butler demo', whose --overwrite may remove this directory.\n", encoding="utf-8")


def _commands(directory: str, derived: DatasetRef) -> str:
    repo = shlex.quote(directory)
    return "\n".join(
        f"  butler {text}"
        for text in (
            f"summary {repo} --plot {shlex.quote(os.path.join(directory, 'survey.png'))}",
            f"query-collections {repo}",
            f"query-datasets {repo} raw --where \"band = 'r' AND detector = 94\" --show-uri",
            f"query-dimension-records {repo} visit",
            f"query-data-ids {repo} visit detector --where \"skymap = 'DC2' AND tract = 4431 AND patch = 17\"",
            f"query-datasets {repo} {TYPE} --collections {CHAIN} --json",
            f'query-datasets {repo} calexp --collections {PROCESSED} --where "patch = {PATCH} AND tract = {TRACT}"',
            f"query-dataset-types {repo} --collections {PROCESSED}",
            f"lineage {repo} {derived.id}",
            f"log {repo} --limit 10",
        )
    )


class _Story:
    """The steps, each of which says what it did and how fast.

    Parameters
    ----------
    place : `~pathlib.Path`
        Directory of the repository.
    """

    def __init__(self, place: Path) -> None:
        self._place, self._began, self._step = place, time.monotonic(), 0

    def _start(self) -> None:
        self._began = time.monotonic()

    def _tell(self, what: str, count: float = 0, unit: str = "") -> None:
        """One numbered line: what was done, seconds, rate."""
        seconds = time.monotonic() - self._began
        self._step += 1
        shown = f"{seconds:.2f} s" if seconds >= 0.1 else f"{1000 * seconds:.1f} ms"
        rate = f"{_round(count / seconds)} {unit}/s" if count and seconds else ""
        click.echo(f"{self._step:2}. {what:<72} {shown:>9}  {rate:>18}".rstrip())

    # ------------------------------------------------------------------ steps
    def simulate(self, visits: int) -> Survey:
        """Write the raws, as a telescope's archive would have them."""
        from skybutler.sim import simulate_survey

        self._start()
        with progress_bar("Simulating", "raws") as advance:
            survey = simulate_survey(
                self._place / "raws",
                visits=visits,
                processes=min(4, os.cpu_count() or 1),
                progress=lambda done, total, _: advance(done, total),
            )
        size = sum(os.path.getsize(f) for f in survey.files) / 1e6
        nights = len({v.mjd // 1 for v in survey.visits})
        self._tell(
            f"Simulated {len(survey.visits)} visits in {nights} nights: {len(survey.files)} raws, {size:.0f} MB",
            len(survey.files),
            "files",
        )
        return survey

    def make_repository(self) -> None:
        """Make the repository in the same directory."""
        from skybutler.butler.create import create_repository

        self._start()
        create_repository(self._place)
        self._tell(f"Created a repository (SQLite, files) in {self._place}")

    def take_in(self, butler: Butler, survey: Survey) -> None:
        """Register instrument and sky map, ingest raws, define visits."""
        from skybutler.ingest.instruments import register_instrument
        from skybutler.ingest.raws import ingest_raws
        from skybutler.ingest.skymaps import register_sky_map
        from skybutler.ingest.visits import define_visits

        self._start()
        made = register_instrument(butler, INSTRUMENT).inserted
        self._tell(
            f"Registered {INSTRUMENT}: {made['detector']} detectors, {made['physical_filter']} filters",
            sum(made.values()),
            "records",
        )
        self._start()
        report = ingest_raws(butler, survey.directory, transfer="direct")
        report.raise_for_failures()
        self._tell(f"Ingested {report.ingested} raws of {report.exposures} exposures in place", report.ingested, "raws")
        self._start()
        visits = define_visits(butler, INSTRUMENT, collections=RAWS)
        self._tell(f"Defined {visits.visits} visits with {visits.regions} detector regions", visits.regions, "regions")
        self._start()
        sky_map = _dc2()
        done = register_sky_map(butler, sky_map, name="DC2", tracts=_tracts_around(sky_map))
        self._tell(
            f"Registered {done.tracts} of the {len(sky_map)} tracts of sky map DC2, {done.patches} patches",
            done.patches,
            "patches",
        )

    def calibrate(self, butler: Butler, survey: Survey) -> None:
        """Make calibrations of one detector and say for what time they are valid."""
        from skybutler import CollectionType
        from skybutler.ingest.files import ingest_files
        from skybutler.instruments import Instrument
        from skybutler.sim.calibrations import simulate_calibrations

        camera = Instrument.load(INSTRUMENT)
        bands = sorted({visit.band for visit in survey.visits})
        self._start()
        made = simulate_calibrations(self._place / "calibrations", camera, [camera.detector(CALIBRATED)], bands)
        n = sum(len(product.files) for product in made)
        self._tell(f"Simulated bias, dark, flats and sky frames of detector {CALIBRATED}", n, "files")
        self._start()
        butler.collections.register(CALIB, CollectionType.CALIBRATION)
        for files in made:
            product = files.product
            butler.register_dataset_type(product.name, product.dimensions, "ExposureF", is_calibration=True)
            ingest_files(butler, product.name, CALIB_RUN, files.table, transfer="direct")
            butler.calibrations.certify(CALIB, butler.query_datasets(product.name, CALIB_RUN), product.valid)
        self._tell(f"Ingested and certified them: valid from {made[0].product.begin[:10]} on", n, "datasets")

    def refer(self, butler: Butler, survey: Survey) -> None:
        """Take in a reference catalog of the same sky."""
        from skybutler.ingest.files import ingest_files
        from skybutler.instruments import Instrument
        from skybutler.sim.reference_catalog import simulate_reference_catalog

        self._start()
        detectors = range(90, 99)
        place = self._place / "refcats"
        catalog = simulate_reference_catalog(place, Instrument.load(INSTRUMENT), survey.visits, detectors)
        butler.register_dataset_type(REFERENCES, ["htm7"], "SimpleCatalog")
        count = ingest_files(butler, REFERENCES, "refcats", catalog.table, transfer="direct")
        self._tell(f"Simulated and ingested a reference catalog of {count} HTM shards", count, "shards")

    def process(self, butler: Butler, survey: Survey) -> None:
        """Make what pipelines would: calibrated exposures, catalogs, coadds, tables."""
        from skybutler import CollectionType
        from skybutler.sim import process_survey
        from skybutler.vo.obscore import ObsCoreSettings
        from skybutler.vo.obscore.files import write_settings

        self._start()
        exposures = _on_patch(butler, survey)
        with progress_bar("Processing", "datasets") as advance:
            done = process_survey(
                butler,
                exposures,
                {TRACT: [PATCH]},
                run=PROCESSED_RUN,
                inputs=[RAWS, CALIB, "skymaps"],
                progress=lambda made, _name: advance(made, None),
            )
        butler.collections.register(PROCESSED, CollectionType.CHAINED)
        butler.collections.redefine_chain(PROCESSED, [PROCESSED_RUN, RAWS, CALIB, "refcats", "skymaps"])
        write_settings(self._place, ObsCoreSettings(obs_collection=OBS_COLLECTION))
        self._tell(
            f"Processed {len(exposures)} detectors: {len(done.counts)} dataset types in chain {PROCESSED}",
            done.total,
            "datasets",
        )
        key = {"skymap": "DC2", "tract": TRACT, "patch": PATCH}
        self._start()
        bands = sorted(ref.data_id["band"] for ref in butler.query_datasets("deepCoadd", PROCESSED_RUN))
        merged = butler.get("deepCoadd_mergeDet", key, collections=PROCESSED)
        self._tell(f"Got the {len(merged)} merged detections on the coadds of patch {PATCH} in {''.join(bands)}")
        self._start()
        coadd = butler.get("deepCoadd_calexp", key, band=bands[0], collections=PROCESSED)
        x, y = coadd.bbox.dimensions
        seen = len({record["visit"] for record in coadd.coadd_inputs.ccds})
        detectors = len(coadd.coadd_inputs.ccds)
        self._tell(
            f"Got the coadd in {bands[0]}: {x} x {y} pixels of {seen} visits, {detectors} detectors",
            x * y / 1e6,
            "Mpixel",
        )

    def ask(self, butler: Butler) -> None:
        """A few questions."""
        spot = {"skymap": "DC2", "tract": 4431, "patch": 17}
        questions: tuple[tuple[str, Callable[[], int]], ...] = (
            ("all raws in band r: {n}", lambda: _size(butler.query_datasets("raw", RAWS, where="band = 'r'"))),
            (
                "raws that touch tract 4431, patch 17: {n}",
                lambda: _size(butler.query_datasets("raw", RAWS, data_id=spot)),
            ),
            (
                "raws that touch it, band i, better airmass than 1.2: {n}",
                lambda: _size(
                    butler.query_datasets("raw", RAWS, data_id=spot, where="band = 'i' AND visit.zenith_angle < 33.6")
                ),
            ),
            (
                "shards of the reference catalog under visit 250000: {n}",
                lambda: _size(butler.query_datasets(REFERENCES, "refcats", instrument=INSTRUMENT, visit=250000)),
            ),
            (
                "patches under visit 250000, detector 94: {n}",
                lambda: _size(
                    butler.query_data_ids(
                        ["visit", "detector", "patch"], instrument=INSTRUMENT, skymap="DC2", visit=250000, detector=94
                    )
                ),
            ),
        )
        for text, question in questions:
            self._start()
            n = question()
            self._tell("Asked for " + text.format(n=n), n, "rows")

    def use(self, butler: Butler) -> DatasetRef:
        """Read an image, derive something, store it, find it again; returns what was derived."""
        import numpy as np

        from skybutler import CollectionType, DatasetProvenance

        (raw,) = butler.query_datasets("raw", RAWS, where=f"visit = 250000 AND detector = {CALIBRATED}")
        self._start()
        before, after = _reduced(butler, raw)
        self._tell(
            f"Got a raw with bias, dark, flat of its date: scatter {before:.1f} -> {after:.1f} counts", 4, "images"
        )
        chosen = butler.query_datasets("raw", RAWS, where="visit = 250000 AND detector = 98")[0]
        self._start()
        image = butler.get(chosen)
        pixels = image.image.array
        self._tell(
            f"Read a raw image, assembled: {pixels.shape[1]} x {pixels.shape[0]} pixels", pixels.size / 1e6, "Mpixel"
        )
        values = {"median": float(np.median(pixels)), "minimum": float(pixels.min()), "maximum": float(pixels.max())}
        self._start()
        butler.register_dataset_type(TYPE, ["instrument", "exposure", "detector"], "StructuredDataDict")
        derived = butler.put(values, TYPE, chosen.data_id, run=RUN, provenance=DatasetProvenance([chosen]))
        butler.collections.register(CHAIN, CollectionType.CHAINED)
        butler.collections.redefine_chain(CHAIN, [RUN, RAWS, CALIB, "refcats", "skymaps"])
        self._tell(f"Put '{TYPE}' of it into {RUN}, made the chain {CHAIN}")
        self._start()
        found = butler.get(TYPE, chosen.data_id, collections=CHAIN)
        self._tell(f"Got them back by data ID: median {found['median']:.0f} counts")
        return derived


def _reduced(butler: Butler, raw: DatasetRef) -> tuple[float, float]:
    """Scatter of the sky in a raw before and after its calibrations, found by the data ID of the raw, are applied."""
    import numpy as np

    image: Exposure = butler.get(raw)
    bias, dark, flat, sky = (
        butler.get(name, raw.data_id, collections=CALIB).image.array for name in ("bias", "dark", "flat", "sky")
    )
    counts = image.image.array - np.float32(1000.0)
    exposure = raw.data_id["exposure"]
    exposure_s = butler.query_dimension_records("exposure", instrument=INSTRUMENT, exposure=exposure)[0].exposure_time
    reduced = (counts - bias - exposure_s * dark) / (flat * sky)
    # Half the width of the middle two thirds, which sources hardly widen.
    before, after = (float(np.subtract(*np.percentile(pixels, (84.13, 15.87)))) / 2 for pixels in (counts, reduced))
    return before, after


def _on_patch(butler: Butler, survey: Survey) -> list[tuple[SimulatedVisit, int]]:
    """Visits and detectors with a raw on the patch, without the one of full size; all bands, with few detectors."""
    visits = {visit.id: visit for visit in survey.visits}
    all_of_it = [visit.id for visit in survey.visits[:PROCESSED_VISITS]]
    spot = {"skymap": "DC2", "tract": TRACT, "patch": PATCH}
    found = [
        (ref.data_id["exposure"], ref.data_id["detector"]) for ref in butler.query_datasets("raw", RAWS, data_id=spot)
    ]
    return [
        (visits[e], d)
        for e, d in found
        if (e in all_of_it and (e, d) != (survey.visits[0].id, FULL_SIZE)) or d == CALIBRATED
    ]


def _size(results: Any) -> int:
    return len(list(results))


def _round(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= 10 else f"{rate:.1f}"


def _dc2() -> SkyMap:
    """The sky map of the second data challenge of the Dark Energy Science Collaboration."""
    from skybutler.skymap import SkyMap, SkyMapConfig

    return SkyMap(
        SkyMapConfig("rings", name="DC2", numRings=120, projection="TAN", tractOverlap=1.0 / 60, pixelScale=0.2)
    )


def _tracts_around(sky_map: SkyMap) -> list[int]:
    """Tracts near the centre of the survey."""
    import numpy as np

    from skybutler.sim.visits import FIELD

    offsets = np.linspace(-AROUND_DEG, AROUND_DEG, 9)
    ra = FIELD[0] + offsets[:, None] / np.cos(np.radians(FIELD[1]))
    dec = FIELD[1] + offsets[None, :]
    return sorted({int(t) for t in np.unique(sky_map.find_tract_ids(*np.broadcast_arrays(ra, dec)))})
