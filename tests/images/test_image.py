"""Planes of pixels in parent coordinates."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.errors import InvalidError
from skybutler.images import Box, Image
from skybutler.images.image import KINDS, kind_of


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_kinds_are_kept_without_copying(kind: str) -> None:
    array = np.zeros((2, 3), KINDS[kind])
    image = Image(array, (5, 6), "adu")
    assert image.array is array
    assert (image.kind, image.bbox, image.dimensions) == (kind, Box((6, 8), (5, 8)), (3, 2))
    assert Image.zeros(image.bbox, kind, "adu").same_as(image)


@pytest.mark.parametrize(
    "dtype, kind", [(">f4", "F"), ("<i2", "I"), ("u1", "I"), (">u4", "L"), ("f2", "F"), (">u2", "U")]
)
def test_other_types_become_the_kind_that_holds_them(dtype: str, kind: str) -> None:
    highest = np.iinfo(dtype).max if np.dtype(dtype).kind in "iu" else np.finfo(dtype).max
    image = Image(np.array([[highest]], dtype))
    assert kind_of(dtype) == image.kind == kind
    assert image.array.dtype.isnative
    assert image.array[0, 0] == highest


@pytest.mark.parametrize(
    "array", [np.zeros(3), np.zeros((1, 1, 1)), np.zeros((2, 2), np.int64), np.zeros((2, 2), "c8")]
)
def test_what_is_no_image(array: np.ndarray) -> None:
    with pytest.raises(InvalidError, match="image"):
        Image(array)


def test_unknown_kind() -> None:
    with pytest.raises(InvalidError, match="'Q' is not an image kind"):
        Image.zeros(Box((0, 1), (0, 1)), "Q")


@given(st.integers(0, 9), st.integers(0, 9), st.integers(1, 9), st.integers(1, 9))
def test_a_box_gives_a_view_in_parent_coordinates(x: int, y: int, nx: int, ny: int) -> None:
    parent = Image(np.arange(100, dtype=np.int32).reshape(10, 10), (100, -50))
    box = Box((y - 50, y - 50 + ny), (x + 100, x + 100 + nx)).intersection(parent.bbox)
    view = parent[box]
    assert view.bbox == box
    assert view.array[0, 0] == 10 * y + x
    view.array[:] = -1
    assert (parent.array == -1).sum() == box.area
    assert view.bbox.contains(view[box].bbox)
    own = view.copy()
    own.array[:] = 7
    assert (view.array == -1).all()


def test_boxes_outside_are_refused() -> None:
    with pytest.raises(InvalidError, match="is not inside"):
        Image(np.zeros((2, 2)))[Box((0, 3), (0, 2))]


def test_equality_counts_place_unit_type_and_values() -> None:
    image = Image(np.array([[1.0, np.nan]]), (1, 2), "nJy")
    assert image.same_as(image.copy())
    assert not image.same_as(Image(image.array, (1, 3), "nJy"))
    assert not image.same_as(Image(image.array, (1, 2), "adu"))
    assert not image.same_as(Image(image.array.astype(np.float32), (1, 2), "nJy"))
    assert not image.same_as(Image(np.array([[1.0, 2.0]]), (1, 2), "nJy"))
    assert repr(image) == "ImageD([y=2:3, x=1:3], unit=nJy)"
