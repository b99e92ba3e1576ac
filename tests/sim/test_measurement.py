"""Catalogs of sources: rows, ids, parents, flags, slots, forced photometry."""

from __future__ import annotations

import numpy as np
import pytest

from skybutler.errors import InvalidError
from skybutler.images import Exposure, SkyWcs
from skybutler.instruments import Instrument
from skybutler.sim import measure, plan_visits, simulate_calexp
from skybutler.sim.measurement import detections_on, measure_at
from skybutler.sim.truth import sources_in_cone
from skybutler.tables import SourceCatalog

IMSIM = Instrument.load("LSSTCam-imSim")
VISIT = plan_visits(3, 42, IMSIM)[2]


@pytest.fixture(scope="module")
def calexp() -> Exposure:
    return simulate_calexp(IMSIM, 94, VISIT)


@pytest.fixture(scope="module")
def catalog(calexp: Exposure) -> SourceCatalog:
    stars = sources_in_cone(VISIT.ra, VISIT.dec, 0.3, 42)
    stars = stars.take((stars.magnitude < 20.0) & (stars.radius == 0))
    return measure(calexp, first_id=1000, references=(stars.ra, stars.dec))


def test_rows_and_families(calexp: Exposure, catalog: SourceCatalog) -> None:
    assert catalog["id"].tolist() == list(range(1000, 1000 + len(catalog)))
    children = catalog["parent"] > 0
    assert 0 < children.sum() < len(catalog)
    assert np.flatnonzero(children).tolist() == list(range(int((~children).sum()), len(catalog)))
    for row in catalog[catalog["deblend_nChild"] > 0]:
        assert (catalog["parent"] == row["id"]).sum() == row["deblend_nChild"]
        assert row["deblend_nChild"] > 1
    assert (catalog["detect_isPrimary"] == (catalog["deblend_nChild"] == 0)).all()
    found = detections_on(calexp)
    assert np.array_equal(found.pixels(), calexp.mask.where("DETECTED"))
    assert catalog["detect_isPrimary"].sum() == len(found)


def test_slots_and_the_sky(calexp: Exposure, catalog: SourceCatalog) -> None:
    assert catalog.x is catalog["base_SdssCentroid_x"]
    assert np.array_equal(catalog.calib_flux, catalog["base_CircularApertureFlux_12_0_instFlux"])
    assert calexp.wcs is not None
    x, y = calexp.wcs.sky_to_pixel(catalog.ra, catalog.dec)
    assert x == pytest.approx(catalog.x, abs=1e-6)
    assert y == pytest.approx(catalog.y, abs=1e-6)
    used = catalog["calib_psf_used"]
    assert used.sum() >= 5
    assert not (used & catalog["calib_psf_reserved"]).any()
    assert (catalog["base_ClassificationExtendedness_value"][used] == 0).mean() > 0.7
    assert catalog["calib_astrometry_used"].sum() >= 5
    assert not measure(calexp)["calib_astrometry_used"].any()


def test_flags_are_those_of_the_mask(calexp: Exposure, catalog: SourceCatalog) -> None:
    # Where sources are marked by hand, they have the flag, and only they.
    marked = calexp.copy()
    marked.mask.clear("SUSPECT")
    chosen = catalog["id"][catalog["calib_psf_used"]][:2]
    for row in catalog:
        if row["id"] in chosen:
            x, y = round(row.x), round(row.y)
            marked.mask.array[y, x] |= marked.mask.bits("SUSPECT")
    again = measure(marked, first_id=1000)
    assert again["id"][again["base_PixelFlags_flag_suspectCenter"]].tolist() == sorted(chosen)
    at_edge = catalog["base_PixelFlags_flag_edge"]
    assert ((catalog.x > 10) & (catalog.y > 10) & (catalog.x < 500) & (catalog.y < 490) & at_edge).sum() == 0


def test_forced_at_its_own_places_is_the_same(calexp: Exposure, catalog: SourceCatalog) -> None:
    forced = measure_at(calexp, catalog)
    assert np.array_equal(forced["id"], catalog["id"])
    clean = ~catalog["base_SdssCentroid_flag"]
    for name in ("base_PsfFlux_instFlux", "base_CircularApertureFlux_6_0_instFlux"):
        off = np.abs(forced[name] - catalog[name])[clean] / catalog[f"{name}Err"][clean]
        assert np.median(off) < 1e-6
        assert off.max() < 0.5
    elsewhere = Exposure(calexp.masked_image, wcs=SkyWcs.from_affine(10.0, 10.0, np.eye(2) * 1e-4), psf=calexp.psf)
    assert measure_at(elsewhere, catalog)["base_PixelFlags_flag_offimage"].all()


def test_an_empty_sky_and_what_cannot_be_measured(calexp: Exposure) -> None:
    empty = calexp.copy()
    empty.image.array[...] = 0.0
    found = measure(empty)
    assert len(found) == 0
    assert "base_PsfFlux_instFlux" in found.names
    assert len(measure_at(calexp, found)) == 0
    with pytest.raises(InvalidError, match="without a PSF"):
        measure(Exposure(calexp.masked_image, wcs=calexp.wcs))
    with pytest.raises(InvalidError, match="without a WCS"):
        measure(Exposure(calexp.masked_image, psf=calexp.psf))
