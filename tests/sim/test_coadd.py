"""Coadds: the light of their inputs, on the pixels of a patch, with the right noise and everything that is known."""

from __future__ import annotations

import numpy as np
import pytest

from skybutler.errors import InvalidError
from skybutler.images import Exposure
from skybutler.instruments import Instrument
from skybutler.sim import SimulatedVisit, simulate_calexp
from skybutler.sim.coadd import detected, make_coadd, patch_grid
from skybutler.sim.light import sources_near
from skybutler.sim.measurement import measure
from skybutler.sim.visits import FIELD
from skybutler.skymap import PatchInfo, SkyMap, SkyMapConfig

IMSIM = Instrument.load("LSSTCam-imSim")
SEED = 42


@pytest.fixture(scope="module")
def patch() -> PatchInfo:
    config = SkyMapConfig("rings", name="DC2", numRings=120, projection="TAN", tractOverlap=1 / 60, pixelScale=0.2)
    return SkyMap(config)[4431].patch_info(17)


@pytest.fixture(scope="module")
def calexps() -> list[Exposure]:
    angles = (10.0, 100.0, 200.0)
    visits = [SimulatedVisit(1000 + k, "r", *FIELD, angle, 59880.2 + k) for k, angle in enumerate(angles)]
    return [simulate_calexp(IMSIM, 94, visit, seed=SEED) for visit in visits]


@pytest.fixture(scope="module")
def coadd(patch: PatchInfo, calexps: list[Exposure]) -> Exposure:
    return make_coadd(patch, calexps)


def test_pixels_are_those_of_the_patch(patch: PatchInfo) -> None:
    real, scaled = patch_grid(patch, 1), patch_grid(patch, 8)
    assert real.box == patch.outer_bbox
    assert scaled.box.dimensions == (526, 526)
    assert scaled.wcs.pixel_scale_arcsec() == pytest.approx(1.6, abs=1e-3)
    outer = patch.outer_bbox
    # The first pixel of the scaled one covers pixels 8 x0 to 8 x0 + 7.
    x, y = scaled.box.xy0
    ra, dec = scaled.wcs.pixel_to_sky(x, y)
    assert [float(v) for v in real.wcs.sky_to_pixel(ra, dec)] == pytest.approx([8 * x + 3.5, 8 * y + 3.5], abs=1e-6)
    assert 8 * x <= outer.x.start < 8 * x + 8
    with pytest.raises(InvalidError, match="scale of a coadd is 0"):
        patch_grid(patch, 0)


def test_what_is_known_about_it(coadd: Exposure, calexps: list[Exposure]) -> None:
    assert coadd.photo_calib is not None
    assert coadd.photo_calib.mean == pytest.approx(57.5439937)
    assert coadd.filter_label == calexps[0].filter_label
    inputs = coadd.coadd_inputs
    assert inputs is not None
    assert [record.id for record in inputs.visits] == [1000, 1001, 1002]
    assert [record.id for record in inputs.ccds] == [calexp.id for calexp in calexps]
    assert all(record["weight"] > 0 for record in inputs.ccds)
    assert coadd.psf is not None
    assert coadd.psf.sigma() == pytest.approx(0.96, abs=0.1)
    empty = coadd.mask.where("NO_DATA")
    assert 0 < empty.sum() < empty.size
    assert np.array_equal(empty, np.isnan(coadd.image.array))
    assert np.array_equal(empty, np.isnan(coadd.variance.array))


def test_more_exposures_go_deeper(coadd: Exposure, calexps: list[Exposure], patch: PatchInfo) -> None:
    one = make_coadd(patch, calexps[:1])
    both = ~(one.mask.where("NO_DATA") | coadd.mask.where("NO_DATA"))
    assert np.median(one.variance.array[both] / coadd.variance.array[both]) > 1.8
    quiet = ~(detected(coadd).mask.where(("DETECTED", "NO_DATA", "INEXACT_PSF")))
    pulls = coadd.image.array[quiet] / np.sqrt(coadd.variance.array[quiet])
    # Resampled pixels scatter less than their variance says, because neighbours share their noise.
    assert 0.6 < np.subtract(*np.percentile(pulls, (84.13, 15.87))) / 2 < 1.05
    assert np.median(pulls) == pytest.approx(0.0, abs=0.1)


def test_stars_have_the_light_that_the_truth_says(coadd: Exposure) -> None:
    catalog = measure(coadd)
    assert coadd.wcs is not None
    assert coadd.photo_calib is not None
    box = coadd.bbox
    x, y, sources = sources_near(coadd.wcs, box.xy0, box.shape, SEED)
    truth = coadd.photo_calib.magnitude_to_inst_flux(sources.magnitudes("r", 59881.2))
    clean = catalog["detect_isPrimary"].copy()
    for flag in ("edge", "saturated", "inexact_psf", "cr"):
        clean &= ~catalog[f"base_PixelFlags_flag_{flag}"]
    catalog = catalog[clean]
    distance = np.hypot(catalog.x[:, None] - x - box.x.start, catalog.y[:, None] - y - box.y.start)
    nearest = distance.argmin(axis=1)
    others = np.where(distance < 10.0, truth, 0.0).sum(axis=1) - truth[nearest]
    flux, error = catalog.psf_flux, catalog.psf_flux_error
    star = (sources.radius[nearest] == 0) & np.isnan(sources.peak[nearest]) & (others < 0.02 * truth[nearest])
    star &= flux > 30 * error
    assert star.sum() >= 5
    assert distance.min(axis=1)[star].max() < 0.3
    ratio = flux[star] / truth[nearest][star]
    assert np.median(ratio) == pytest.approx(1.0, abs=0.02)
    assert np.abs(ratio - 1.0).max() < 0.12


def test_what_cannot_be_added(coadd: Exposure, calexps: list[Exposure], patch: PatchInfo) -> None:
    with pytest.raises(InvalidError, match="No exposure touches"):
        make_coadd(patch, [])
    other = simulate_calexp(IMSIM, 94, SimulatedVisit(5, "i", *FIELD, 0.0, 59880.2))
    with pytest.raises(InvalidError, match="of one filter"):
        make_coadd(patch, [calexps[0], other])
    with pytest.raises(InvalidError, match="without WCS"):
        make_coadd(patch, [Exposure(calexps[0].masked_image)])
