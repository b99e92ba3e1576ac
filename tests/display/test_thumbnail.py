"""Small pictures are small, the right way up, and show masks."""

from __future__ import annotations

import io

import numpy as np
import pytest
from matplotlib.image import imread

from skybutler.display.thumbnail import thumbnail
from skybutler.errors import InvalidError
from skybutler.images import Exposure, Image, Mask, MaskedImage


def _read(png: bytes) -> np.ndarray:
    return np.asarray(imread(io.BytesIO(png)))[..., :3]


def test_large_images_are_reduced_and_small_ones_enlarged() -> None:
    assert max(_read(thumbnail(np.zeros((1000, 3000), np.float32))).shape) <= 220
    assert _read(thumbnail(np.zeros((10, 20)))).shape[:2] == (110, 220)


def test_the_first_row_is_at_the_bottom() -> None:
    array = np.random.default_rng(1).normal(0, 1, (300, 200))
    array[:9] += 1000
    picture = _read(thumbnail(Exposure(Image(array))))
    assert picture[-3:].mean() > 0.9
    assert picture[:100].mean() < 0.6


def test_masks_are_in_colour_over_values_and_alone() -> None:
    bits = np.zeros((100, 100), np.int32)
    bits[50:] = 1
    image = Image(np.random.default_rng(1).normal(0, 1, (100, 100)))
    for shown in (MaskedImage(image, Mask(bits)), Mask(bits)):
        top, bottom = np.split(_read(thumbnail(shown)), 2)
        assert (top[..., 0] - top[..., 1]).mean() > 0.2
        assert np.abs(bottom[..., 0] - bottom[..., 1]).max() < 0.01


def test_values_that_are_not_numbers_are_dark() -> None:
    assert _read(thumbnail(np.full((9, 9), np.nan))).max() == 0
    with pytest.raises(InvalidError):
        thumbnail(np.zeros((0, 0)))
