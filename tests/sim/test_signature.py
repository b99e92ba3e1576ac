"""What a detector adds by itself."""

from __future__ import annotations

import numpy as np
import pytest

from skybutler.instruments import Instrument
from skybutler.sim.physics import BIAS_PATTERN_ADU, RESPONSE_SCATTER
from skybutler.sim.signature import BLOCK_APPEARS, EVER, bias_pattern, dark_current, defects, pixel_response
from skybutler.sim.visits import plan_visits

IMSIM = Instrument.load("LSSTCam-imSim")
DETECTOR = IMSIM.detector(94)
SHAPE = (500, 512)


def test_signatures_belong_to_detector_and_seed() -> None:
    for made in (bias_pattern, dark_current):
        mine = made(DETECTOR, SHAPE, 3)
        assert np.array_equal(mine, made(DETECTOR, SHAPE, 3))
        assert not np.array_equal(mine, made(DETECTOR, SHAPE, 4))
        assert not np.array_equal(mine, made(IMSIM.detector(95), SHAPE, 3))


def test_sizes_of_effects() -> None:
    assert bias_pattern(DETECTOR, SHAPE, 3).std() == pytest.approx(BIAS_PATTERN_ADU, rel=0.1)
    response = pixel_response(DETECTOR, "i", SHAPE, 3)
    assert response.mean() == pytest.approx(1.0, abs=0.001)
    assert (response[:, 1:] - response[:, :-1]).std() == pytest.approx(np.sqrt(2) * RESPONSE_SCATTER, rel=0.02)
    assert response[200:300, 200:300].mean() > response[:50, :50].mean() + 0.01


def test_pixels_scatter_alike_in_all_bands() -> None:
    blue, red = (pixel_response(DETECTOR, band, SHAPE, 3) for band in "uy")
    difference = blue - red
    assert np.ptp(difference) > RESPONSE_SCATTER
    assert (difference[:, 1:] - difference[:, :-1]).std() < 0.01 * RESPONSE_SCATTER


def test_dark_current_of_larger_pixels_is_larger() -> None:
    assert np.median(dark_current(DETECTOR, SHAPE, 3)) == pytest.approx(64 * 0.02, rel=0.05)
    assert dark_current(DETECTOR, SHAPE, 3).max() > 10


def test_defects_lie_inside_and_a_block_appears_during_the_survey() -> None:
    for shape in ((500, 512), (126, 128), (4000, 4072), (26, 32)):
        for detector in IMSIM.detectors[::20]:
            column, block = defects(detector, shape)
            assert (column.height, column.since, block.since) == (shape[0], EVER, BLOCK_APPEARS)
            for defect in (column, block):
                assert 0 <= defect.x < defect.x + defect.width <= shape[1]
                assert 0 <= defect.y < defect.y + defect.height <= shape[0]
    times = [visit.mjd for visit in plan_visits(4, 3, IMSIM)]
    assert times[0] < BLOCK_APPEARS < times[-1]
