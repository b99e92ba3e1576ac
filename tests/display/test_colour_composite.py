"""Colours of three images: which is which, what is grey, and that parts and sky do not matter."""

from __future__ import annotations

import numpy as np
import pytest

from skybutler.display import Display
from skybutler.display.colour_composite import ColourComposite
from skybutler.errors import InvalidError
from skybutler.images import Exposure, Image, MaskedImage
from skybutler.images.box import Box


def _image(seed: int, sky: float, *, star: bool = True) -> Image:
    array = np.random.default_rng(seed).normal(sky, 1.0, (60, 50)).astype(np.float32)
    array[30:33, 20:23] += 200.0 if star else 0.0
    return Image(array, (10, 20))


def test_the_first_image_is_red() -> None:
    composite = ColourComposite.of(_image(1, 100), _image(2, 5, star=False), _image(3, -7, star=False))
    painted = composite.paint(composite.pixels)
    assert painted[31, 21, 0] > 150
    assert painted[31, 21, 1:].max() < 40
    assert 10 < painted[:20].mean() < 120  # the sky is dark, and not black


def test_equal_images_are_grey() -> None:
    image = Exposure(_image(1, 100))
    composite = ColourComposite.of(image, image.masked_image, image.image)
    painted = composite.paint(composite.pixels).astype(int)
    assert np.ptp(painted, axis=-1).max() <= 1


def test_only_shared_pixels_and_none_without_value() -> None:
    green = _image(2, 0)
    green.array[5, 5] = np.nan
    composite = ColourComposite.of(_image(1, 0)[Box((30, 60), (15, 40))], MaskedImage(green), _image(3, 0))
    assert composite.box == Box((30, 60), (15, 40))
    assert np.isfinite(composite.pixels).all()
    assert composite.reduce(composite.pixels, 4).shape == (8, 7, 3)
    with pytest.raises(InvalidError, match="share no pixel"):
        ColourComposite.of(_image(1, 0), Image(np.zeros((5, 5))), _image(1, 0))


def test_a_display_shows_it_in_parent_coordinates() -> None:
    display = Display().show_rgb(_image(1, 0), _image(2, 0, star=False), _image(3, 0, star=False), "gri")
    assert display.bbox == Box((20, 80), (10, 60))
    display.figure.canvas.draw()
    picture = np.asarray(display.figure.canvas.buffer_rgba()).astype(int)  # type: ignore[attr-defined]
    x, y = display.axes.transData.transform((31, 51))
    red, green, blue, _ = picture[picture.shape[0] - 1 - int(y), int(x)]
    assert red > 150
    assert max(green, blue) < 60
    with pytest.raises(InvalidError, match="no mask"):
        display.mask_legend()
