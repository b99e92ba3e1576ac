"""The constants of the simulation make sense together."""

from __future__ import annotations

from skybutler.instruments import Instrument
from skybutler.sim.physics import BANDS, EXPOSURE_S, SEEING_ARCSEC

IMSIM = Instrument.load("LSSTCam-imSim")


def test_every_band_of_the_instrument_has_its_physics() -> None:
    assert set(BANDS) == set(IMSIM.filters.values())


def test_sky_alone_stays_far_from_the_full_well() -> None:
    amplifier = IMSIM.detectors[0].layout.amplifiers[0]
    for name, band in BANDS.items():
        electrons = 10 ** (-0.4 * (band.sky - band.zero_point)) * 0.2**2 * EXPOSURE_S
        assert 10 < electrons < 0.05 * amplifier.saturation * amplifier.gain, name


def test_seeing_is_a_range() -> None:
    assert 0.3 < SEEING_ARCSEC[0] < SEEING_ARCSEC[1] < 2.0
