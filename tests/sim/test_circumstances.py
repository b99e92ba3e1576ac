"""Ids, detectors and circumstances that belong to simulated exposures."""

from __future__ import annotations

import numpy as np
import pytest

from skybutler.images import FilterLabel
from skybutler.instruments import Instrument
from skybutler.instruments.nominal_camera import nominal_camera
from skybutler.sim.circumstances import exposure_id, filter_label, scaled_detector, source_ids, visit_info
from skybutler.sim.raw_file import scaled_shape
from skybutler.sim.visits import FIELD, SimulatedVisit

IMSIM = Instrument.load("LSSTCam-imSim")


def test_ids_as_in_the_data_previews() -> None:
    """An id of a source of data preview 0.2 is 463888009 in its upper bits: visit 463888, detector 9."""
    assert exposure_id(IMSIM, 463888, 9) == 463888009
    largest = exposure_id(IMSIM, IMSIM.visit_max, IMSIM.detector_max)
    ids = source_ids(463888009, largest, 3)
    assert (ids >> 29 == 463888009).all()
    assert np.diff(ids).tolist() == [1, 1]
    assert int(ids[0]) == 249047978785669135 - (249047978785669135 & ((1 << 29) - 1)) + 1


@pytest.mark.parametrize("scale", [1, 2, 8])
def test_a_scaled_detector_covers_the_same_silicon(scale: int) -> None:
    detector = IMSIM.detector(17)
    real, found = nominal_camera(IMSIM)[17], scaled_detector(IMSIM, detector, scaled_shape(detector, scale))
    assert found.corners() == pytest.approx(real.corners())
    assert (found == real) is (scale == 1)
    middle, of_real = (np.array(d.pixels_to_focal_plane(*d.reference_pixel)) for d in (found, real))
    assert middle == pytest.approx(of_real)
    whole = np.zeros(found.box.shape, dtype=int)
    for amplifier in found.amplifiers:
        whole[amplifier.box.slices(found.box)] += 1
    assert (whole == 1).all()


def test_circumstances_belong_together() -> None:
    visit = SimulatedVisit(250000, "r", *FIELD, 33.0, 59880.25)
    found = visit_info(IMSIM, visit)
    assert found == visit_info(IMSIM, visit)
    assert found.weather != visit_info(IMSIM, SimulatedVisit(250007, "r", *FIELD, 33.0, 59880.25)).weather
    assert found.boresight_altitude is not None
    assert found.airmass == pytest.approx(1.0 / np.sin(np.radians(found.boresight_altitude)), rel=1e-3)
    assert found.earth_rotation_angle is not None
    # The hour angle is the Earth's rotation, the longitude and the right ascension, but for precession since 2000.
    expected = found.earth_rotation_angle + IMSIM.observatory.longitude - visit.ra
    hour_angle = visit.hour_angle(IMSIM, 15.0)
    assert (expected - hour_angle + 180.0) % 360.0 - 180.0 == pytest.approx(0.0, abs=0.5)


def test_filters() -> None:
    assert filter_label(IMSIM, "y") == FilterLabel("y", "y_sim_1.4")
