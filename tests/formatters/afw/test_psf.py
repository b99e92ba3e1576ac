"""Gaussian point-spread functions in archives."""

from __future__ import annotations

from pathlib import Path

import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st

from skybutler.errors import UnreadableFileError
from skybutler.formatters.afw import Archive
from skybutler.images import GaussianPsf
from support.archives import archive_of, rewritten, round_trip, same_pieces


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


@pytest.mark.parametrize(
    "column, value, said",
    [
        ("sigma", -1.0, r"GaussianPsf \(object 1\) of memory has values that make no sense: .* a sigma of -1.0"),
        ("sigma", float("nan"), "make no sense"),
        ("dimensions_x", 0, "cannot have images of 0 x 9 pixels"),
        ("dimensions_y", 2**31 - 1, "cannot have images of 9 x 2147483647 pixels"),
    ],
)
def test_values_that_make_no_sense(column: str, value: float, said: str) -> None:
    archive = archive_of(GaussianPsf(9, 9, 2.0))
    archive._hdus[2].data[column][0] = value
    with pytest.raises(UnreadableFileError, match=said):
        archive.get(1)
