"""Gaussian point-spread functions in archives."""

from __future__ import annotations

from pathlib import Path

from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st

from skybutler.formatters.afw import Archive
from skybutler.images import GaussianPsf
from support.archives import rewritten, round_trip, same_pieces


@settings(max_examples=10)
@given(st.integers(1, 99), st.integers(1, 99), st.floats(1e-3, 1e3))
def test_round_trip(width: int, height: int, sigma: float) -> None:
    assert round_trip(GaussianPsf(width, height, sigma)) == GaussianPsf(width, height, sigma)


def test_that_of_a_real_file(shared: Path) -> None:
    with fits.open(shared / "data/exposures/calexp.fits") as hdus:
        archive = Archive(hdus, "calexp", 4)
        number = hdus[0].header["PSF_ID"]
        assert archive.get(number) == GaussianPsf(3, 3, 4.0)
        assert same_pieces(archive, number, rewritten(archive, number), 1, references=())
