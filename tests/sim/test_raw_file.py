"""Raw files in the layout of imSim."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.time import Time

from skybutler.instruments import Instrument
from skybutler.instruments.translate import needed_cards
from skybutler.sim import Survey, simulate_survey
from skybutler.sim.raw_file import primary_cards, scaled_shape, write_raw
from skybutler.sim.visits import FIELD, SimulatedVisit

IMSIM = Instrument.load("LSSTCam-imSim")
VISIT = SimulatedVisit(7, "z", *FIELD, 12.0, 59880.2)


@pytest.fixture(scope="module")
def survey(tmp_path_factory: pytest.TempPathFactory) -> Survey:
    return simulate_survey(tmp_path_factory.mktemp("s"), visits=1, detectors=[94], full_size_one=False, index=False)


def directions(section: str) -> tuple[bool, bool]:
    x1, x2, y1, y2 = (int(n) for n in section.strip("[]").replace(":", ",").split(","))
    return x2 > x1, y2 > y1


def test_layout_is_that_of_a_real_raw(survey: Survey, real_raw: Path) -> None:
    with fits.open(survey.files[0]) as ours, fits.open(real_raw) as real:
        ours.verify("exception")
        assert [h.name for h in ours] == [h.name for h in real]
        for mine, theirs in zip(ours[1:], real[1:], strict=True):
            assert mine.data.dtype == np.dtype(np.int32)
            assert (mine.compression_type, mine.header["GAIN"]) == (theirs.compression_type, theirs.header["GAIN"])
            # Read-out runs in the same directions.
            assert directions(mine.header["DETSEC"]) == directions(theirs.header["DETSEC"])
        wanted = set(needed_cards([IMSIM])) - {c for c in needed_cards([IMSIM]) if c.startswith(("PKG", "VER"))}
        assert wanted <= set(ours[0].header)
        assert wanted <= set(ours[1].header)


@pytest.mark.parametrize("scale, shape", [(1, (4000, 4072)), (8, (500, 512)), (3, (1334, 1360)), (100, (40, 48))])
def test_shape_of_scaled_detectors(scale: int, shape: tuple[int, int]) -> None:
    assert scaled_shape(IMSIM.detector(0), scale) == shape


def test_light_and_overscan(tmp_path: Path) -> None:
    detector = IMSIM.detector(42)
    electrons = np.zeros(scaled_shape(detector, 8))
    electrons[:, :64] = 7000.0  # all of the first column of amplifiers
    write_raw(tmp_path / "a.fits", IMSIM, detector, VISIT, electrons, 1)
    with fits.open(tmp_path / "a.fits") as hdus:
        lit, dark = hdus["Segment10"].data, hdus["Segment11"].data
    assert np.median(lit[:250, 3:67]) == pytest.approx(1000 + 10000, abs=5)
    assert np.median(lit[:250, 67:]) == pytest.approx(1000, abs=5)
    assert np.median(lit[250:]) == pytest.approx(1000, abs=5)
    assert np.median(dark) == pytest.approx(1000, abs=5)
    assert dark.std() == pytest.approx(10.0, rel=0.1)


def test_nothing_is_left_of_a_file_that_could_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "a.fits").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_raw(tmp_path / "a.fits", IMSIM, IMSIM.detector(42), VISIT, np.zeros((500, 512)), 1)
    assert [p.name for p in tmp_path.iterdir()] == ["a.fits"]


def test_dates_and_angles_of_the_header() -> None:
    cards = primary_cards(IMSIM, IMSIM.detector(42), VISIT)
    begin, end = (Time(str(cards[key]), scale="tai") for key in ("DATE-OBS", "DATE-END"))
    assert abs(begin.mjd - VISIT.mjd) * 86400 < 0.001
    assert (end - begin).sec == pytest.approx(30.0, abs=0.0015)
    assert cards["ROTANGLE"] == 78.0
