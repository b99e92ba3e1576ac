"""Images that are not compressed: the same bits as astropy gives, from the bytes of the box only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skybutler.errors import UnreadableFileError
from skybutler.formatters.fits_plain import PlainImage, Scaling
from skybutler.formatters.fits_scan import HeldFile, ScannedHdu
from skybutler.formatters.formatter import Source
from skybutler.images import Box
from skybutler.storage import LocalStorage

Pixels = np.ndarray[Any, np.dtype[Any]]


def image_of(path: Path) -> tuple[PlainImage, Source, ScannedHdu]:
    source = Source(LocalStorage(path.parent), path.name)
    hdu = HeldFile(source).hdu(0, 2880)
    assert hdu is not None
    return PlainImage.of(hdu, f"The image of {path.name}"), source, hdu


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_boxes_have_the_same_bits(tmp_path: Path, data: st.DataObject) -> None:
    shape = data.draw(st.tuples(st.integers(1, 30), st.integers(1, 30)))
    dtype = np.dtype(data.draw(st.sampled_from(["u1", "i1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"])))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    pixels = rng.integers(0, 256, (*shape, dtype.itemsize), np.uint8).view(dtype)[..., 0]
    (y0, y1), (x0, x1) = (
        sorted(data.draw(st.lists(st.integers(0, n), min_size=2, max_size=2, unique=True))) for n in shape
    )
    fits.PrimaryHDU(pixels).writeto(tmp_path / "x.fits", overwrite=True)
    image, source, _ = image_of(tmp_path / "x.fits")
    box = Box((y0, y1), (x0, x1))
    found = image.pixels(box, source.read_ranges(image.ranges(box)))
    assert found.dtype == dtype
    assert found.tobytes() == pixels[y0:y1, x0:x1].tobytes()


def test_only_bytes_of_the_box_are_read(tmp_path: Path) -> None:
    fits.PrimaryHDU(np.ones((50, 40), "f4")).writeto(tmp_path / "x.fits")
    image, source, _ = image_of(tmp_path / "x.fits")
    ranges = image.ranges(Box((10, 20), (5, 8)))
    assert [stop - start for start, stop in ranges] == [12] * 10
    assert len(image.ranges(Box((10, 20), (0, 40)))) == 1
    with pytest.raises(UnreadableFileError, match=r"The image of x\.fits is cut short"):
        image.pixels(Box((10, 20), (5, 8)), source.read_ranges(ranges[1:]))


@pytest.mark.parametrize(
    "cards, known",
    [
        ({}, True),
        ({"BZERO": 32768}, True),
        ({"BSCALE": 0.5, "BZERO": 3.0}, True),
        ({"BLANK": 5}, True),
        ({"BLANK": 5, "BZERO": 32768}, True),
        ({"BLANK": 5, "BSCALE": 2.0}, False),
        ({"BSCALE": "much"}, False),
        ({"BITPIX": 17}, False),
    ],
)
def test_scalings_that_are_left_to_astropy(tmp_path: Path, cards: dict[str, Any], known: bool) -> None:
    fits.PrimaryHDU(np.ones((5, 4), "i2")).writeto(tmp_path / "x.fits")
    *_, hdu = image_of(tmp_path / "x.fits")
    hdu.header._values.update(cards)
    hdu.header._places.update(dict.fromkeys(cards, 0))
    assert (Scaling.of(hdu.header) is not None) is known
