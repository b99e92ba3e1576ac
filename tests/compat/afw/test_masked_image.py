"""Masked images with the spellings of lsst.afw.image."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from skybutler.compat.afw.exposure import ExposureF
from skybutler.compat.afw.mask import Mask
from skybutler.compat.afw.masked_image import MaskedImage, MaskedImageD, MaskedImageF, masked_image_of
from skybutler.compat.afw.pixels import ImageF
from skybutler.compat.geom import Box2I, Extent2I, Point2I
from skybutler.errors import InvalidError
from skybutler.images import Image as PlainImage
from skybutler.images import Mask as PlainMask
from skybutler.images import MaskedImage as PlainMaskedImage

PART = Box2I(Point2I(102, 201), Extent2I(3, 2))


def test_planes_are_shared(exposure: ExposureF) -> None:
    masked = exposure.getMaskedImage()
    assert type(masked) is MaskedImageF
    for one, other in (
        (masked.image, masked.getImage()),
        (masked.mask, masked.getMask()),
        (masked.variance, masked.getVariance()),
    ):
        assert one.array is other.array
    masked.image.array[0, 0] = 5.0
    masked.mask.array[0, 0] = 1
    assert exposure.image[100, 200] == 5.0
    assert exposure.maskedImage[100, 200] == (5.0, 1, 1.0)


def test_making(exposure: ExposureF, tmp_path: Path) -> None:
    masked = exposure.maskedImage
    assert MaskedImageF(masked) == MaskedImageF(masked, deep=True) == masked.clone() == masked
    assert MaskedImageF(masked, PART).getBBox() == PART
    assert MaskedImageF(masked.image, masked.mask, masked.variance) == masked
    assert MaskedImageF(3, 2).image.array.shape == (2, 3)
    assert MaskedImageD(PART).image.array.dtype == np.float64
    assert type(masked_image_of(PlainMaskedImage(PlainImage(np.zeros((1, 1)))))) is MaskedImageD
    masked.writeFits(tmp_path / "m.fits")
    assert MaskedImageF(tmp_path / "m.fits") == MaskedImageF.readFits(str(tmp_path / "m.fits")) == masked
    with pytest.raises(InvalidError, match="MaskedImage cannot be made of"):
        MaskedImage({})


def test_parts_and_values(exposure: ExposureF) -> None:
    masked = exposure.maskedImage
    part = masked[PART]
    part.set(1.0, 2, 3.0)
    assert masked[102, 201] == (1.0, 2, 3.0)
    masked[103, 201] = 7.0, 4
    masked[PART] = part
    assert part.image.array.tolist() == [[1.0, 7.0, 1.0], [1.0, 1.0, 1.0]]
    other = MaskedImageF(PART)
    other.assign(part)
    for name in ("image", "mask", "variance"):
        assert (getattr(other, name).array == getattr(part, name).array).all()
    other.setXY0(Point2I(0, 0))
    assert other.getBBox() == other.mask.getBBox() == Box2I(Point2I(0, 0), Extent2I(3, 2))


def test_planes_are_replaced_in_place(exposure: ExposureF) -> None:
    masked = exposure.maskedImage
    kept = masked.image.array
    masked.image = ImageF(masked.getBBox(), 3.0)
    masked.variance *= 4.0
    masked.mask = Mask(masked.getBBox())
    assert masked.image.array is kept
    assert (kept == 3.0).all()
    assert (exposure.variance.array == 4.0).all()
    assert not exposure.mask.array.any()


def test_arithmetic_keeps_variances_and_masks(exposure: ExposureF) -> None:
    masked = exposure.maskedImage.clone()
    before = masked.image.array.copy()
    masked += exposure.maskedImage
    assert (masked.image.array == 2 * before).all()
    assert (masked.variance.array == 2.0).all()
    masked -= exposure.maskedImage
    assert (masked.variance.array == 3.0).all()
    masked += 1.0
    masked -= ImageF(masked.getBBox(), 1.0)
    masked *= 2.0
    assert (masked.variance.array == 12.0).all()
    masked /= 2.0
    assert (masked.image.array == before).all()
    assert masked.mask == exposure.mask


def test_planes_are_combined_by_name_and_places_do_not_count() -> None:
    one = MaskedImage.of(PlainMaskedImage(PlainImage(np.full((2, 3), 2.0, np.float32), (5, 6), "adu")))
    mask = PlainMask(np.full((2, 3), 3, np.int32), {"GHOST": 0, "SAT": 1})
    image = PlainImage(np.full((2, 3), 4.0, np.float32), unit="nJy")
    other = MaskedImage.of(PlainMaskedImage(image, mask, PlainImage(np.ones((2, 3), np.float32))))
    one += other
    assert one.plain[5, 6] == (6.0, ("SAT", "GHOST"), 1.0)
    one *= other
    assert one.plain[5, 6] == (24.0, ("SAT", "GHOST"), 16.0 + 36.0)
    one /= 2.0
    assert one.plain[5, 6].variance == 13.0
    assert one.plain.image.unit == "adu"
    one.mask &= Mask.of(PlainMask(np.full((2, 3), 1, np.int32), {"SAT": 0}))
    assert one.plain[5, 6].planes == ("SAT",)
    one.mask ^= Mask.of(PlainMask(np.full((2, 3), 3, np.int32), {"CR": 0, "SAT": 1}))
    assert one.plain[5, 6].planes == ("CR",)
    one.mask.assign(other.mask)
    assert one.plain[5, 6].planes == ("SAT", "GHOST")
    with pytest.raises(TypeError):
        one += "x"
