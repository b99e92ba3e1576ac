"""A repository as notebooks of 2020 browse it: its layout on disk, its records, and what is in the files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from lsst.sphgeom import LonLat, UnitVector3d

from skybutler import Butler
from skybutler.errors import ConflictError, InvalidError, NotFoundError
from skybutler.images import Exposure
from skybutler.sim.hsc import COLLECTION, VISITS, HscRepository, simulate_hsc_repository
from skybutler.tables import SourceCatalog


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> HscRepository:
    return simulate_hsc_repository(tmp_path_factory.mktemp("hsc") / "ci_hsc_gen3", scale=8)


def test_files_lie_where_notebooks_look(made: HscRepository) -> None:
    assert {p.name for p in made.directory.iterdir()} == {"DATA", "README.md"}
    run = made.repository / COLLECTION
    assert {p.name for p in run.iterdir()} == {"calexp", "src", "src_schema"}
    for kind in ("calexp", "src"):
        assert {p.name for p in (run / kind / "r" / "HSC-R").iterdir()} == {"903334", "903338"}
        files = {p.name for p in (run / kind / "r" / "HSC-R" / "903338").iterdir()}
        assert files == {f"{kind}_r_HSC-R_903338_{d}_HSC_shared_ci_hsc_output.fits" for d in (22, 25)}


def test_records_are_those_of_the_camera(made: HscRepository) -> None:
    with Butler(made.repository) as butler:
        visits = {v.id: v for v in butler.query_dimension_records("visit", instrument="HSC")}
        assert sorted(visits) == [v.id for v in VISITS]
        assert {(v.day_obs, v.physical_filter, v.exposure_time, v.target_name) for v in visits.values()} == {
            (20131102, "HSC-R", 30.0, "STRIPE82L")
        }
        (exposure,) = butler.query_dimension_records("exposure", instrument="HSC", exposure=903338)
        assert (exposure.obs_id, exposure.sky_angle) == ("HSCA90333800", 270.0)
        assert exposure.tracking_ra == pytest.approx(320.85, abs=1e-4)
        here = butler.query_datasets(
            "calexp", COLLECTION, where="visit_detector_region.region OVERLAPS POINT(320.75, -0.02)"
        )
        assert len(list(here)) < 4


def test_exposures_and_catalogs_belong_together(made: HscRepository) -> None:
    with Butler(made.repository, collections=COLLECTION) as butler:
        ids = []
        for (visit, detector), n in made.sources.items():
            exposure = butler.get("calexp", instrument="HSC", visit=visit, detector=detector)
            sources = butler.get("src", instrument="HSC", visit=visit, detector=detector)
            assert isinstance(exposure, Exposure)
            assert isinstance(sources, SourceCatalog)
            assert len(sources) == n > 20
            assert exposure.wcs is not None
            ra, dec = exposure.wcs.pixel_to_sky(sources.x, sources.y)
            np.testing.assert_allclose(ra, sources.ra, atol=1e-6)
            np.testing.assert_allclose(dec, sources.dec, atol=1e-6)
            (record,) = butler.query_dimension_records(
                "visit_detector_region", instrument="HSC", visit=visit, detector=detector
            )
            x, y = exposure.bbox.center
            middle = (float(v) for v in exposure.wcs.pixel_to_sky(x, y))
            assert record.region is not None
            assert record.region.contains(UnitVector3d(LonLat.fromDegrees(*middle)))
            ids += sources["id"].tolist()
        assert len(set(ids)) == len(ids)
        assert len(butler.get("src_schema")) == 0


def test_again_is_refused_and_so_are_impossible_wishes(made: HscRepository, tmp_path: Path) -> None:
    with pytest.raises(ConflictError, match="exists already"):
        simulate_hsc_repository(made.directory)
    with pytest.raises(InvalidError, match="at least one detector"):
        simulate_hsc_repository(tmp_path, detectors=())
    with pytest.raises(NotFoundError, match="no detector 112"):
        simulate_hsc_repository(tmp_path, detectors=[112])
