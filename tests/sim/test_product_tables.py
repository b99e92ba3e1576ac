"""Tables of sources and visits: columns of the data preview, values of the catalogs."""

from __future__ import annotations

import numpy as np
import pytest

from skybutler.errors import InvalidError
from skybutler.images import Exposure
from skybutler.instruments import Instrument
from skybutler.sim import SimulatedVisit, measure, simulate_calexp
from skybutler.sim.product_tables import ccd_visit_table, source_table, visit_summary, visit_table
from skybutler.sim.visits import FIELD

IMSIM = Instrument.load("LSSTCam-imSim")


@pytest.fixture(scope="module")
def calexps() -> list[Exposure]:
    visit = SimulatedVisit(3000, "r", *FIELD, 30.0, 59880.2)
    return [simulate_calexp(IMSIM, detector, visit) for detector in (93, 94)]


def test_sources(calexps: list[Exposure]) -> None:
    calexp = calexps[1]
    catalog = measure(calexp, first_id=500)
    table = source_table(catalog, calexp)
    assert table.index.name == "sourceId"
    assert table.index.tolist() == catalog["id"].tolist()
    assert calexp.photo_calib is not None
    assert table["psfFlux"].to_numpy() == pytest.approx(catalog.psf_flux * calexp.photo_calib.mean)
    assert table["ap12Flux"].to_numpy() == pytest.approx(table["calibFlux"].to_numpy())
    assert set(table["ccdVisitId"]) == {3000094}
    assert set(table["visit"]) == {3000}
    assert set(table["physical_filter"]) == {"r_sim_1.4"}
    assert table["coord_ra"].to_numpy() == pytest.approx(catalog.ra)
    assert (table["ixx"].dropna() > 0).all()
    assert table["pixelFlags_edge"].dtype == bool
    with pytest.raises(InvalidError, match="without a photometric calibration"):
        source_table(catalog, Exposure(calexp.masked_image, wcs=calexp.wcs, psf=calexp.psf))


def test_visits(calexps: list[Exposure]) -> None:
    visits = visit_table(calexps)
    assert visits.index.tolist() == [3000]
    row = visits.iloc[0]
    assert (row["ra"], row["decl"]) == pytest.approx(FIELD)
    assert row["expMidptMJD"] == pytest.approx(59880.2 + 15.0 / 86400.0, abs=1e-8)
    assert row["expMidpt"] - row["obsStart"] == np.timedelta64(15, "s")
    detectors = ccd_visit_table(calexps)
    assert detectors.index.tolist() == [3000093, 3000094]
    assert detectors["detector"].tolist() == [93, 94]
    stats = calexps[0].summary_stats
    assert stats is not None
    assert detectors["zeroPoint"].iloc[0] == pytest.approx(stats.zero_point)
    assert detectors["llcra"].iloc[0] == pytest.approx(stats.ra_corners[0])
    assert detectors["seeing"].between(3.0, 4.5).all()


def test_summaries_of_visits_have_the_objects_of_the_exposures(calexps: list[Exposure]) -> None:
    catalog = visit_summary((calexp, calexp.bbox) for calexp in calexps)
    assert catalog["id"].tolist() == [93, 94]
    assert set(catalog["visit"]) == {3000}
    row = catalog.find(94)
    assert row.bbox == calexps[1].bbox
    assert row.psf == calexps[1].psf
    assert row.wcs == calexps[1].wcs
    stats = calexps[1].summary_stats
    assert stats is not None
    assert row["zeroPoint"] == stats.zero_point
    assert row["raCorners"] == pytest.approx(stats.ra_corners)
    middle = calexps[1].bbox.center
    assert calexps[1].wcs is not None
    ra, dec = (float(value) for value in calexps[1].wcs.pixel_to_sky(*middle))
    assert catalog.containing(ra, dec)["id"].tolist() == [94]
    with pytest.raises(InvalidError, match="cannot be summed up"):
        visit_summary([(Exposure(calexps[0].masked_image), calexps[0].bbox)])
