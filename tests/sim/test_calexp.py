"""Calibrated exposures: the sky of the truth and of the raw, with everything that is known about it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from skybutler.datasets.storage_class import StorageClasses
from skybutler.errors import NotFoundError
from skybutler.formatters.formatter import Source
from skybutler.images import CameraDetector, Exposure
from skybutler.instruments import Instrument
from skybutler.instruments.nominal_camera import nominal_camera
from skybutler.instruments.raw_formatter import RawFormatter
from skybutler.sim import SimulatedVisit, plan_visits, simulate_calexp, simulate_survey
from skybutler.sim.hsc import VISITS
from skybutler.sim.light import sources_near
from skybutler.sim.measurement import measure, measure_at
from skybutler.sim.signature import BLOCK_APPEARS, defects
from skybutler.storage import LocalStorage

IMSIM = Instrument.load("LSSTCam-imSim")
SEED = 42
PLAN = plan_visits(3, SEED, IMSIM)


@pytest.fixture(scope="module")
def visit() -> SimulatedVisit:
    return PLAN[2]


@pytest.fixture(scope="module")
def calexp(visit: SimulatedVisit) -> Exposure:
    return simulate_calexp(IMSIM, "R22_S11", visit, seed=SEED)


def test_same_seed_same_exposure(calexp: Exposure, visit: SimulatedVisit) -> None:
    assert simulate_calexp("LSSTCam-imSim", 94, visit, seed=SEED).same_as(calexp)
    assert not simulate_calexp(IMSIM, 94, visit, seed=SEED + 1).masked_image.same_as(calexp.masked_image)
    with pytest.raises(NotFoundError, match="R22_S1"):
        simulate_calexp(IMSIM, "R22_S19", visit)


def test_what_is_known_about_it(calexp: Exposure, visit: SimulatedVisit) -> None:
    assert calexp.id == visit.id * 1000 + 94
    assert calexp.filter_label is not None
    assert (calexp.filter_label.band, calexp.filter_label.physical) == (visit.band, f"{visit.band}_sim_1.4")
    assert isinstance(calexp.detector, CameraDetector)
    assert calexp.detector.name == "R22_S11"
    assert calexp.valid_polygon is not None
    assert calexp.detector.box == calexp.bbox == calexp.valid_polygon.bbox
    assert calexp.visit_info is not None
    assert calexp.visit_info.weather is not None
    assert calexp.image.unit == "electron"
    stats = calexp.summary_stats
    assert stats is not None
    assert calexp.psf is not None
    assert calexp.photo_calib is not None
    assert stats.psf_sigma == pytest.approx(calexp.psf.sigma())
    assert stats.zero_point == pytest.approx(calexp.photo_calib.zero_point - 2.5 * np.log10(30.0))
    assert stats.pixel_scale == pytest.approx(1.6, abs=0.02)
    assert calexp.wcs is not None
    corner = calexp.wcs.pixel_to_sky(-0.5, -0.5)
    assert (stats.ra_corners[0], stats.dec_corners[0]) == pytest.approx([float(value) for value in corner])
    assert calexp.metadata["CHIPID"] == "R22_S11"


def test_the_detector_is_where_the_camera_has_it(calexp: Exposure) -> None:
    real = nominal_camera(IMSIM)["R22_S11"]
    assert isinstance(calexp.detector, CameraDetector)
    assert calexp.detector.corners() == pytest.approx(real.corners())
    amplifiers = calexp.detector.amplifiers
    assert len(amplifiers) == 16
    assert sum(a.box.area for a in amplifiers) == calexp.bbox.area


def test_background_is_zero_and_the_variance_is_that_of_the_sky(calexp: Exposure) -> None:
    sky = ~calexp.mask.where(("BAD", "CR", "SAT", "EDGE", "DETECTED", "STREAK"))
    pulls = calexp.image.array[sky] / np.sqrt(calexp.variance.array[sky])
    assert np.median(pulls) == pytest.approx(0.0, abs=0.03)
    assert np.subtract(*np.percentile(pulls, (84.13, 15.87))) / 2 == pytest.approx(1.0, abs=0.03)
    assert (calexp.variance.array > 0).all()
    quarters = [np.median(q) for half in np.array_split(pulls, 2) for q in np.array_split(half, 2)]
    assert np.abs(quarters).max() < 0.06


def test_masks_say_what_is_wrong_with_pixels(visit: SimulatedVisit) -> None:
    crossed = simulate_calexp(IMSIM, 94, SimulatedVisit(7, "i", visit.ra, visit.dec, 20.0, BLOCK_APPEARS, streak=True))
    mask = crossed.mask
    dead = np.zeros(mask.bbox.shape, dtype=bool)
    for defect in defects(IMSIM.detector(94), mask.bbox.shape):
        dead[defect.y : defect.y + defect.height, defect.x : defect.x + defect.width] = True
    assert np.array_equal(mask.where("BAD"), dead)
    assert mask.where("INTRP")[dead].all()
    assert mask.where("STREAK").any(axis=0).all()
    assert mask.where("EDGE")[:4].all()
    assert not mask.where("EDGE")[10:-10, 10:-10].any()
    assert mask.where("CR").any()
    assert np.isfinite(crossed.image.array).all()
    # What is drawn across dead pixels looks like the sky.
    assert abs(np.median(crossed.image.array[dead])) < np.sqrt(np.median(crossed.variance.array))
    cosmic = mask.where("CR") & ~dead & ~mask.where("STREAK")
    assert np.median(np.abs(crossed.image.array[cosmic])) < 5 * np.sqrt(np.median(crossed.variance.array))


@pytest.mark.parametrize("number", [0, 2])
def test_stars_are_where_and_as_bright_as_the_truth_says(number: int) -> None:
    visit = PLAN[number]
    calexp = simulate_calexp(IMSIM, 94, visit, seed=SEED)
    catalog = measure(calexp)
    assert calexp.wcs is not None
    x, y, sources = sources_near(calexp.wcs, (0, 0), calexp.image.array.shape, SEED)
    assert calexp.photo_calib is not None
    truth = calexp.photo_calib.magnitude_to_inst_flux(sources.magnitudes(visit.band, visit.mjd))
    clean = catalog["detect_isPrimary"].copy()
    for flag in ("edge", "saturated", "interpolated", "streak"):
        clean &= ~catalog[f"base_PixelFlags_flag_{flag}"]
    catalog = catalog[clean]
    distance = np.hypot(catalog["base_SdssCentroid_x"][:, None] - x, catalog["base_SdssCentroid_y"][:, None] - y)
    nearest = distance.argmin(axis=1)
    others = np.where(distance < 10.0, truth, 0.0).sum(axis=1) - truth[nearest]
    flux, error = catalog["base_PsfFlux_instFlux"], catalog["base_PsfFlux_instFluxErr"]
    star = (sources.radius[nearest] == 0) & (others < 0.01 * truth[nearest]) & (flux > 15 * error)
    assert star.sum() >= 8
    assert (distance.min(axis=1)[star] < 1.0).all()
    ratio = flux[star] / truth[nearest][star]
    # Besides noise there is the fit of the zero point (5 mmag), and light of neighbours (1 percent).
    spread = np.hypot(error[star] / flux[star], 0.015)
    assert np.abs((ratio - 1.0) / spread).max() < 4.0
    assert np.median(ratio) == pytest.approx(1.0, abs=0.02)
    bright = star & (flux > 100 * error)
    assert np.abs(catalog["base_SdssCentroid_x"] - x[nearest])[bright].max() < 0.05
    # Every source much brighter than the limit is found.
    width, height = calexp.dimensions
    easy = (truth > 30 * np.median(error)) & (x > 8) & (y > 8) & (x < width - 9) & (y < height - 9)
    easy &= ~calexp.mask.where(("BAD", "STREAK", "EDGE"))[
        np.clip(np.rint(y).astype(int), 0, height - 1), np.clip(np.rint(x).astype(int), 0, width - 1)
    ]
    found = measure(calexp)
    away = np.hypot(
        found["base_SdssCentroid_x"][:, None] - x[easy], found["base_SdssCentroid_y"][:, None] - y[easy]
    ).min(axis=0)
    assert (away < 2.5).mean() > 0.9


def test_raw_and_calexp_show_the_same_sky(calexp: Exposure, visit: SimulatedVisit, tmp_path: Path) -> None:
    survey = simulate_survey(tmp_path, visits=[visit], detectors=[94], full_size_one=False, index=False, seed=SEED)
    raw = read_raw(survey.files[0])
    assert raw.wcs is not None
    assert calexp.wcs is not None
    middle = calexp.bbox.center
    offset = np.subtract(raw.wcs.pixel_to_sky(*middle), calexp.wcs.pixel_to_sky(*middle)) * 3600.0
    assert np.abs(offset).max() < 0.1  # arcseconds: what the fit leaves
    gain = IMSIM.detector(94).layout.amplifiers[0].gain
    counts = raw.image.array.astype(np.float64)
    sky = np.median(counts)
    stars = measure(calexp)
    bright = stars[stars["calib_psf_candidate"] & (stars["base_PsfFlux_instFlux"] > 3e4)]
    assert len(bright) > 4
    x, y = (np.rint(bright[f"base_SdssCentroid_{axis}"]).astype(int) for axis in "xy")
    boxes = [np.s_[b - 4 : b + 5, a - 4 : a + 5] for a, b in zip(x, y, strict=True)]
    alive = ~calexp.mask.where("BAD")  # the raw has no light in dead pixels
    of_raw = np.array([gain * (counts[box] - sky)[alive[box]].sum() for box in boxes])
    of_calexp = np.array([calexp.image.array[box][alive[box]].sum() for box in boxes])
    # The raw still has the response of the pixels and the slope of the sky.
    assert of_raw == pytest.approx(of_calexp, rel=0.08)
    correlation = np.corrcoef(counts.ravel(), (calexp.image.array * ~calexp.mask.where(("BAD", "CR"))).ravel())[0, 1]
    assert correlation > 0.8


def test_circumstances_are_those_of_the_raw(calexp: Exposure, visit: SimulatedVisit, tmp_path: Path) -> None:
    survey = simulate_survey(tmp_path, visits=[visit], detectors=[94], full_size_one=False, index=False, seed=SEED)
    raw = read_raw(survey.files[0]).visit_info
    mine = calexp.visit_info
    assert raw is not None
    assert mine is not None
    assert mine.date_ns == pytest.approx(raw.date_ns, abs=1_000_000)
    for name in ("id", "exposure_time", "boresight_ra", "boresight_dec", "rotation_angle", "airmass"):
        assert getattr(mine, name) == pytest.approx(getattr(raw, name)), name
    assert (mine.rotation_type, mine.observatory, mine.instrument) == (
        raw.rotation_type,
        raw.observatory,
        raw.instrument,
    )
    assert mine.boresight_altitude == pytest.approx(raw.boresight_altitude, abs=0.2)


def test_another_instrument() -> None:
    camera = Instrument.load("HSC")
    visit = SimulatedVisit(903334, "r", 320.9, -0.3, 0.0, 56600.3)
    exposure = simulate_calexp(camera, 22, visit, scale=8)
    assert exposure.id == 903334 * camera.detector_max + 22
    assert exposure.filter_label is not None
    assert exposure.filter_label.physical == "HSC-R"
    forced = measure_at(exposure, found := measure(exposure))
    assert len(found) > 30
    single = (found["deblend_nChild"] == 0) & (found["parent"] == 0) & ~found["base_PixelFlags_flag_edge"]
    assert forced["base_PsfFlux_instFlux"][single] == pytest.approx(found["base_PsfFlux_instFlux"][single], rel=1e-3)


def read_raw(path: Path) -> Exposure:
    storage = LocalStorage(path.parent)
    source = Source(storage, path.name, data_id={"instrument": IMSIM.name, "detector": 94})
    found = RawFormatter().read(source, StorageClasses.default()["Exposure"], None, {})
    assert isinstance(found, Exposure)
    return found


def test_no_sources_are_seen_along_a_dead_column() -> None:
    for detector, visit in ((25, VISITS[1]), (22, VISITS[0])):
        exposure = simulate_calexp("HSC", detector, visit, scale=4)
        bad = exposure.mask.where("BAD")
        good = exposure.variance.array[~bad]
        assert exposure.variance.array[bad].min() > good.min() / 2
        sources = measure(exposure)
        x, y = np.rint(sources.x).astype(int), np.rint(sources.y).astype(int)
        on_bad = bad[np.clip(y, 0, bad.shape[0] - 1), np.clip(x, 0, bad.shape[1] - 1)]
        assert on_bad.sum() <= 0.05 * len(sources)
