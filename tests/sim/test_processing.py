"""A processed survey in a repository: dataset types, ids that join, lineage, and the same bytes each time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from skybutler import Butler, CollectionType
from skybutler.butler.create import create_repository
from skybutler.errors import InvalidError, NotFoundError
from skybutler.ingest.instruments import register_instrument
from skybutler.ingest.raws import ingest_raws
from skybutler.ingest.skymaps import register_sky_map
from skybutler.ingest.visits import define_visits
from skybutler.sim import SimulatedVisit, Survey, process_survey, simulate_survey
from skybutler.sim.processing import Processed
from skybutler.sky.timespan import Timespan
from skybutler.skymap import SkyMap, SkyMapConfig

RUN, RAWS, CALIB = "2.2i/runs/DP0.2/test", "LSSTCam-imSim/raw/all", "calib"
PATCH = {"skymap": "DC2", "tract": 4431, "patch": 17}
DETECTORS = [93, 94]


def prepared(place: Path) -> tuple[Butler, Survey]:
    create_repository(place)
    butler = Butler(place, writeable=True)
    register_instrument(butler, "LSSTCam-imSim")
    survey = simulate_survey(place / "raws", visits=2, detectors=DETECTORS, full_size_one=False)
    ingest_raws(butler, survey.directory, transfer="direct")
    define_visits(butler, "LSSTCam-imSim", collections=RAWS)
    butler.register_dataset_type("bias", ["instrument", "detector"], is_calibration=True)
    butler.put({"level": 1000.0}, "bias", instrument="LSSTCam-imSim", detector=DETECTORS[0], run="biases")
    butler.collections.register(CALIB, CollectionType.CALIBRATION)
    butler.calibrations.certify(CALIB, butler.query_datasets("bias", "biases"), Timespan(None, None))
    config = SkyMapConfig("rings", name="DC2", numRings=120, projection="TAN", tractOverlap=1 / 60, pixelScale=0.2)
    register_sky_map(butler, SkyMap(config), name="DC2", tracts=[4431])
    return butler, survey


def exposures(survey: Survey) -> list[tuple[SimulatedVisit, int]]:
    return [(visit, detector) for visit in survey.visits for detector in DETECTORS]


@pytest.fixture(scope="module")
def processed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Butler, Survey, Processed]:
    butler, survey = prepared(tmp_path_factory.mktemp("processed"))
    seen: list[int] = []
    done = process_survey(
        butler,
        exposures(survey),
        {4431: [17]},
        run=RUN,
        inputs=[RAWS, CALIB, "skymaps"],
        progress=lambda made, _: seen.append(made),
    )
    assert seen == list(range(1, done.total + 1))
    return butler, survey, done


def test_every_type_has_its_datasets(processed: tuple[Butler, Survey, Processed]) -> None:
    butler, survey, done = processed
    assert done.counts["calexp"] == done.counts["src"] == done.counts["isr_metadata"] == 4
    assert done.counts["deepCoadd"] == done.counts["deepCoadd_forced_src"] == 2
    assert done.counts["objectTable"] == done.counts["forcedSourceTable"] == done.counts["visitTable"] == 1
    for name, count in done.counts.items():
        refs = list(butler.query_datasets(name, RUN))
        assert len(refs) == count, name
        assert butler.get(refs[0]) is not None, name
    assert {visit.band for visit in survey.visits} == {"r", "i"}


def test_ids_join(processed: tuple[Butler, Survey, Processed]) -> None:
    butler, survey, _ = processed
    visit = survey.visits[0].id
    sources = butler.get("sourceTable_visit", instrument="LSSTCam-imSim", visit=visit, collections=RUN)
    assert sources.index.is_unique
    assert set(sources["ccdVisitId"]) == {visit * 1000 + detector for detector in DETECTORS}
    assert (sources.index.to_numpy() >> 29 == sources["ccdVisitId"]).all()
    detectors = butler.get("ccdVisitTable", instrument="LSSTCam-imSim", collections=RUN)
    assert set(sources["ccdVisitId"]) <= set(detectors.index)
    objects = butler.get("objectTable_tract", skymap="DC2", tract=4431, collections=RUN)
    assert (objects.index.to_numpy() >> 43 == 4431 * 49 + 17).all()
    forced = butler.get("forcedSourceTable", PATCH, collections=RUN)
    assert forced.index.is_unique
    assert set(forced["objectId"]) <= set(objects.index)
    assert set(forced["ccdVisitId"]) <= set(detectors.index)
    assert not set(forced.index) & set(sources.index)
    catalog = butler.get("deepCoadd_forced_src", PATCH, band="r", collections=RUN)
    assert catalog["id"].tolist() == objects.index.tolist()
    assert catalog["ext_photometryKron_KronFlux_instFlux"].dtype == np.float64
    columns = butler.get("objectTable_tract", skymap="DC2", tract=4431, collections=RUN, parameters={"columns": "r_*"})
    assert "r_psfFlux" in columns
    assert "coord_ra" not in columns


def test_lineage_leads_from_objects_to_raws(processed: tuple[Butler, Survey, Processed]) -> None:
    butler = processed[0]
    table = butler.query_datasets("objectTable", RUN)[0]
    found = set(butler.lineage(table).nodes)
    raws = {ref.id for ref in butler.query_datasets("raw", RAWS)}
    assert len(raws) == 4
    assert raws <= found
    assert {ref.id for ref in butler.query_datasets("calexp", RUN)} <= found


def test_exposures_name_the_calibrations_of_their_detectors(processed: tuple[Butler, Survey, Processed]) -> None:
    butler = processed[0]
    (bias,) = butler.query_datasets("bias", "biases")
    for calexp in butler.query_datasets("calexp", RUN):
        inputs = set(butler.lineage(calexp, depth=1).nodes)
        assert (bias.id in inputs) == (calexp.data_id["detector"] == DETECTORS[0])


def test_exposures_come_back_whole(processed: tuple[Butler, Survey, Processed]) -> None:
    butler, survey, _ = processed
    key = {"instrument": "LSSTCam-imSim", "visit": survey.visits[1].id, "detector": 94}
    calexp = butler.get("calexp", key, collections=RUN)
    assert calexp.psf.sigma() == pytest.approx(butler.get("calexp.psf", key, collections=RUN).sigma())
    assert calexp.summary_stats.mag_lim > 15
    coadd = butler.get("deepCoadd_calexp", PATCH, band="r", collections=RUN)
    assert coadd.mask.where("DETECTED").any()
    assert [record["visit"] for record in coadd.coadd_inputs.ccds] == [survey.visits[0].id] * len(
        coadd.coadd_inputs.ccds
    )
    x, y = coadd.psf.average_position
    assert coadd.psf.compute_image(x, y).array.sum() == pytest.approx(1.0)
    visit = {"instrument": "LSSTCam-imSim", "visit": survey.visits[1].id}
    summary = butler.get("visitSummary", visit, collections=RUN)
    assert summary["id"].tolist() == DETECTORS
    assert summary.find(94).photo_calib == calexp.photo_calib
    src = butler.get("src", key, collections=RUN)
    assert src[0].footprint.contains(src[0].x, src[0].y)


def test_same_seed_same_values(processed: tuple[Butler, Survey, Processed], tmp_path: Path) -> None:
    butler, survey, _ = processed
    again, same = prepared(tmp_path / "again")
    with again:
        process_survey(again, exposures(same)[:1], {}, run=RUN)
        key = {"instrument": "LSSTCam-imSim", "visit": survey.visits[0].id, "detector": 93}
        # Catalogs and exposures hold the ids of their datasets, which are drawn at random.
        calexps, catalogs, tables, metadata = (
            [b.get(name, key, collections=RUN) for b in (butler, again)]
            for name in ("calexp", "src", "sourceTable", "characterizeImage_metadata")
        )
    assert calexps[0].masked_image.same_as(calexps[1].masked_image)
    assert calexps[0].wcs == calexps[1].wcs
    assert all(np.array_equal(catalogs[0][n], catalogs[1][n], equal_nan=True) for n in catalogs[0].names)
    assert tables[0].equals(tables[1])
    assert metadata[0]["characterizeImage.psf_sigma"] == metadata[1]["characterizeImage.psf_sigma"]


def test_what_cannot_be_processed(processed: tuple[Butler, Survey, Processed], tmp_path: Path) -> None:
    butler, survey, _ = processed
    with pytest.raises(InvalidError, match="nothing to process"):
        process_survey(butler, [], {}, run="u/none")
    with pytest.raises(NotFoundError, match="no detector 500"):
        process_survey(butler, [(survey.visits[0], 500)], {}, run="u/none")
