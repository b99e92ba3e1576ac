"""Images with the spellings of lsst.afw.image: constructors, places, views, arithmetic."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skybutler.compat.afw.pixels import LOCAL, Image, ImageD, ImageF, ImageI, ImageU, box_of, image_of, plain_box
from skybutler.compat.geom import Box2I, Extent2I, Point2I
from skybutler.errors import InvalidError
from skybutler.images import Box
from skybutler.images import Image as PlainImage

BOX = Box2I(Point2I(10, 20), Extent2I(6, 4))


@pytest.fixture
def image() -> ImageF:
    return ImageF(np.arange(24, dtype=np.float32).reshape(4, 6), xy0=Point2I(10, 20))


@pytest.mark.parametrize(
    "made, box",
    [
        (ImageF(6, 4), Box((0, 4), (0, 6))),
        (ImageF(Extent2I(6, 4)), Box((0, 4), (0, 6))),
        (ImageI(BOX), Box((20, 24), (10, 16))),
        (ImageD(bbox=BOX), Box((20, 24), (10, 16))),
        (ImageF(), Box((0, 0), (0, 0))),
    ],
)
def test_new_images(made: Image, box: Box) -> None:
    assert made.plain.bbox == box
    assert not made.array.any()


def test_first_values_and_types() -> None:
    assert (ImageF(6, 4, 2.5).array == 2.5).all()
    assert (ImageU(BOX, 3).array == 3).all()
    assert [kind(1, 1).dtype for kind in (ImageF, ImageD, ImageI, ImageU)] == ["f4", "f8", "i4", "u2"]
    with pytest.raises(InvalidError, match="cannot be made of.*Give a width and a height"):
        ImageF(("a",), "b")


def test_arrays_are_shared_unless_deep() -> None:
    array = np.zeros((4, 6), np.float32)
    shared, own = ImageF(array), ImageF(array, deep=True)
    array[0, 0] = 1.0
    assert (shared.array[0, 0], own.array[0, 0]) == (1.0, 0.0)
    assert ImageD(array).array.dtype == np.float64


def test_copies_and_parts_of_images(image: ImageF) -> None:
    part = Box2I(Point2I(12, 21), Extent2I(2, 2))
    view, own = ImageF(image, part), ImageF(image, part, deep=True)
    image.array[1, 2] = 99.0
    assert (view[12, 21], own[12, 21]) == (99.0, 8.0)
    assert image.Factory is ImageF
    assert image.Factory(image, True) == image


def test_place(image: ImageF) -> None:
    assert image.getBBox() == BOX
    assert image.getBBox(LOCAL) == Box2I(Point2I(0, 0), Extent2I(6, 4))
    assert (image.getX0(), image.getY0(), image.getXY0()) == (10, 20, Point2I(10, 20))
    assert (image.getWidth(), image.getHeight(), image.getDimensions()) == (6, 4, Extent2I(6, 4))
    assert (image.width, image.height, len(image)) == (6, 4, 4)
    image.setXY0(Point2I(1, 2))
    assert image.getXY0() == Point2I(1, 2)
    image.setXY0(3, 4)
    assert image.getXY0() == Point2I(3, 4)


def test_elements_and_views(image: ImageF) -> None:
    assert image[12, 21] == image[2, 1, LOCAL] == image[Point2I(12, 21)] == 8.0
    part = image[Box2I(Point2I(12, 21), Extent2I(2, 2))]
    assert part.array.tolist() == [[8.0, 9.0], [14.0, 15.0]]
    assert image[12:14, 21:23] == part == image[Box2I(Point2I(2, 1), Extent2I(2, 2)), LOCAL]
    assert image[:, 21].array.shape == (1, 6)
    part.set(-1.0)
    assert image[13, 22] == -1.0
    image[12, 21] = 5.0
    image[Box2I(Point2I(10, 20), Extent2I(1, 1))] = 7.0
    assert (part[12, 21], image[10, 20]) == (5.0, 7.0)
    with pytest.raises(IndexError, match=r"Pixel \(9, 20\) is not in"):
        image[9, 20]
    with pytest.raises(InvalidError, match="step of 2"):
        image[::2, :]


def test_arithmetic_is_in_place(image: ImageF) -> None:
    other = ImageF(BOX, 2.0)
    kept = image.array
    image += other
    image -= 1.0
    image *= 2.0
    image /= other
    image.scaledPlus(3.0, other)
    assert image.array is kept
    assert image[12, 21] == 8.0 + 1.0 + 6.0
    image.array -= 1.0
    assert image[12, 21] == 14.0
    clone, shared = image.clone(), image.clone(deep=False)
    image.set(0.0)
    assert (clone[12, 21], shared[12, 21]) == (14.0, 0.0)
    image.assign(ImageF(2, 2, 4.0), Box2I(Point2I(12, 21), Extent2I(2, 2)))
    assert image.array.sum() == 16.0
    assert isinstance(image.convertD(), ImageD)
    assert image.convertD().convertF() == image


def test_files(image: ImageF, tmp_path: Path) -> None:
    image.writeFits(tmp_path / "a.fits")
    assert ImageF(str(tmp_path / "a.fits")) == ImageF.readFits(tmp_path / "a.fits") == image


@pytest.mark.parametrize("dtype, kind", [("f4", ImageF), ("f8", ImageD), ("i4", ImageI), ("u2", ImageU)])
def test_class_is_that_of_the_pixels(dtype: Any, kind: type[Image]) -> None:
    assert type(image_of(PlainImage(np.zeros((1, 1), dtype)))) is kind


def test_boxes_go_both_ways() -> None:
    assert plain_box(box_of(Box((20, 24), (10, 16)))) == Box((20, 24), (10, 16))
    with pytest.raises(InvalidError, match="is no box of pixels"):
        plain_box((1, 2))
