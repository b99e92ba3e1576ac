"""Electrons on detectors."""

from __future__ import annotations

import numpy as np
import pytest

from skybutler.instruments import Instrument
from skybutler.instruments.camera import initial_wcs
from skybutler.sim.detector_image import expose
from skybutler.sim.raw_file import scaled_shape
from skybutler.sim.signature import dark_current, pixel_response
from skybutler.sim.truth import sources_in_cone
from skybutler.sim.visits import FIELD, SimulatedVisit, plan_calibration_exposures

IMSIM = Instrument.load("LSSTCam-imSim")


def test_bright_stars_are_where_the_truth_says_in_every_visit() -> None:
    detector = IMSIM.detector("R22_S11")
    shape = scaled_shape(detector, 8)
    for sky_angle in (20.0, 200.0):
        visit = SimulatedVisit(1, "r", *FIELD, sky_angle, 59880.2)
        image = expose(IMSIM, detector, visit, shape, 3).electrons
        wcs = initial_wcs(IMSIM, detector, *FIELD, sky_angle, shape)
        stars = sources_in_cone(*FIELD, 0.1, 3)
        stars = stars.take((stars.radius == 0) & (stars.magnitude < 17.5) & np.isnan(stars.peak))
        x, y = wcs.sky_to_pixel(stars.ra, stars.dec)
        near = (x > 5) & (x < shape[1] - 6) & (y > 5) & (y < shape[0] - 6)
        assert near.sum() > 3
        level, noise = np.median(image), np.std(image[image < np.percentile(image, 90)])
        for column, row in zip(np.rint(x[near]).astype(int), np.rint(y[near]).astype(int), strict=True):
            assert image[row - 1 : row + 2, column - 1 : column + 2].max() > level + 10 * noise


def test_a_brighter_sky_and_a_streak_show() -> None:
    detector = IMSIM.detector("R22_S11")
    shape = scaled_shape(detector, 8)
    dark, moonlit, crossed = (
        expose(IMSIM, detector, SimulatedVisit(1, "i", *FIELD, 0.0, 59880.2, moon=m, streak=s), shape, 3).electrons
        for m, s in ((0.0, False), (1.0, False), (0.0, True))
    )
    assert np.median(moonlit) / np.median(dark) == pytest.approx(10**0.4, rel=0.02)
    bright = crossed > 2.5 * np.median(crossed)
    assert bright.any(axis=0).sum() > 0.99 * shape[1] - 1


def test_dead_column_stays_and_wells_do_not_overflow() -> None:
    detector = IMSIM.detector(94)
    shape = scaled_shape(detector, 8)
    amplifier = detector.layout.amplifiers[0]
    for number in (1, 2):
        visit = SimulatedVisit(number, "y", *FIELD, 40.0 * number, 59880.2, moon=1.0)
        image = expose(IMSIM, detector, visit, shape, 3).electrons
        assert np.flatnonzero((image == 0).all(axis=0)).tolist() == [np.random.default_rng(94).integers(0, shape[1])]
        assert image.max() < amplifier.saturation * amplifier.gain


def test_exposures_of_the_closed_dome_show_the_detector_alone() -> None:
    detector, shape = IMSIM.detector(94), scaled_shape(IMSIM.detector(94), 8)
    bias, dark, *flats = (
        expose(IMSIM, detector, exposure, shape, 3).electrons for exposure in plan_calibration_exposures("iy")
    )
    assert (bias == 0).all()
    assert np.median(dark) == pytest.approx(300.0 * np.median(dark_current(detector, shape, 3)), rel=0.01)
    for flat, band in zip(flats, "iy", strict=True):
        ratio = flat / pixel_response(detector, band, shape, 3)
        assert np.median(ratio) == pytest.approx(30_000.0, rel=0.001)
        # What is left is photon noise.
        assert np.subtract(*np.percentile(ratio, (84.13, 15.87))) / 2 == pytest.approx(np.sqrt(30_000.0), rel=0.05)
