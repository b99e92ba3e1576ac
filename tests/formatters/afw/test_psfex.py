"""PSFs of PSFEx in archives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skybutler.errors import FormatError, UnreadableFileError
from skybutler.images import PsfexPsf
from support.archives import archive_of, round_trip

pairs = st.tuples(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4))


def made(degrees: tuple[int, ...] = (2,), groups: tuple[int, int] = (0, 0), terms: int = 6) -> PsfexPsf:
    pixels = np.random.default_rng(3).normal(size=(terms, 5, 7)).astype(np.float32)
    return PsfexPsf(pixels, 0.7, (1000.0, 2000.0), (900.0, 1900.0), (1.5, 2.5), degrees, groups)


@settings(max_examples=8)
@given(st.sampled_from([((0,), 1), ((1,), 3), ((3,), 10)]), pairs, pairs)
def test_round_trip(
    degrees: tuple[tuple[int, ...], int], offset: tuple[float, float], place: tuple[float, float]
) -> None:
    degree, terms = degrees
    pixels = np.arange(terms * 15, dtype=np.float32).reshape(terms, 3, 5)
    psf = PsfexPsf(pixels, 0.9, offset, (10.0, 20.0), place, degree)
    assert round_trip(psf) == psf


def test_groups() -> None:
    psf = made((1, 2), (0, 1))
    assert round_trip(psf) == psf
    sizes, arrays = archive_of(psf).pieces(1)
    assert (sizes.one("ndim"), sizes.one("ngroup"), sizes.one("ncoeff")) == (2, 2, 6)
    assert arrays.one("group").tolist() == [0, 1]
    assert arrays.one("_size").tolist() == [7, 5, 6]


def test_what_cannot_be_read() -> None:
    archive = archive_of(made())
    archive._hdus[2].data["ndim"][0] = 3
    with pytest.raises(FormatError, match="depends on 3 quantities; x and y are read"):
        archive.get(1)
    archive = archive_of(made())
    archive._hdus[3].data["_size"][0] = [7, 6, 6]
    with pytest.raises(UnreadableFileError, match="6 components of 7 x 6 have 210 pixels"):
        archive.get(1)
