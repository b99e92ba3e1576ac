"""A small processed survey with the names of Data Preview 0.2: raws, calibrated exposures and coadds in six bands."""

from __future__ import annotations

from pathlib import Path

from skybutler import Butler, CollectionType
from skybutler.butler.create import create_repository
from skybutler.ingest import define_visits, ingest_raws, register_instrument, register_sky_map
from skybutler.sim import SimulatedVisit, process_survey, simulate_survey
from skybutler.sim.visits import FIELD
from support.dp02 import COLLECTION, INSTRUMENT, dc2_sky_map

__all__ = ["BANDS", "DETECTOR", "PATCH", "TRACT", "make_survey"]

BANDS = "ugrizy"
TRACT, PATCH, DETECTOR = 4431, 17, 94
RAWS = f"{INSTRUMENT}/raw/all"
RUN = f"{COLLECTION}/simulated"


def make_survey(root: Path) -> None:
    """Make the repository: one visit in each band, one detector, the coadds of the patch in its middle."""
    create_repository(root)
    visits = [SimulatedVisit(250_000 + n, band, *FIELD, 0.0, 59880.3 + n) for n, band in enumerate(BANDS)]
    survey = simulate_survey(root / "raws", visits=visits, detectors=[DETECTOR], full_size_one=False)
    with Butler(root, writeable=True) as butler:
        register_instrument(butler, INSTRUMENT)
        ingest_raws(butler, survey.directory, transfer="direct").raise_for_failures()
        define_visits(butler, INSTRUMENT, collections=RAWS)
        register_sky_map(butler, dc2_sky_map(), name="DC2", tracts=[TRACT])
        exposures = [(visit, DETECTOR) for visit in survey.visits]
        process_survey(butler, exposures, {TRACT: [PATCH]}, run=RUN, inputs=[RAWS, "skymaps"])
        butler.collections.register(COLLECTION, CollectionType.CHAINED)
        butler.collections.redefine_chain(COLLECTION, [RUN, RAWS, "skymaps"])
    (root / "obscore.yaml").write_text("obs_collection: LSST.DP02\n")
