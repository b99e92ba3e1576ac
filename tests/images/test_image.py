"""Planes of pixels in parent coordinates."""

from __future__ import annotations

from typing import Any

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


def placed(seed: int, kind: str = "D", unit: str | None = None) -> Image:
    return Image(np.random.default_rng(seed).integers(1, 50, (5, 7)).astype(KINDS[kind]), (100, -20), unit)


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("other", ["image", "array", "number", "numpy number"])
def test_arithmetic_is_that_of_the_arrays(kind: str, other: str) -> None:
    image = placed(1, kind)
    right: Any = {"image": placed(2, "F"), "array": placed(2, "F").array, "number": 3, "numpy number": np.float64(2.5)}[
        other
    ]
    values = right.array if isinstance(right, Image) else right
    left = image.array.astype(np.float64)
    for found, expected in (
        (image + right, left + values),
        (right + image, values + left),
        (image - right, left - values),
        (right - image, values - left),
        (image * right, left * values),
        (right * image, values * left),
        (image / right, left / values),
        (right / image, values / left),
        (-image, -left),
    ):
        assert isinstance(found, Image)
        np.testing.assert_allclose(found.array, expected, rtol=1e-6)
        assert found.xy0 == image.xy0
    assert image.same_as(placed(1, kind))


@given(st.integers(0, 2**30), st.integers(0, 2**30))
def test_sums_and_products_commute(a: int, b: int) -> None:
    one, two = placed(a, "D", "adu"), placed(b, "D", "adu")
    assert (one + two).same_as(two + one)
    assert (one * two).same_as(two * one)
    assert (one + two - two).same_as(one)
    assert (one - two).same_as(-(two - one))


def test_in_place_changes_the_same_pixels_and_keeps_their_type() -> None:
    image = placed(1, "F", "adu")
    pixels = image.array
    image += placed(2, "D")
    image -= 1
    image *= 2
    image /= Image.full(image.bbox, 4.0, unit="s")
    assert image.array is pixels
    assert (image.kind, image.unit) == ("F", "adu s-1")
    np.testing.assert_allclose(pixels, (placed(1).array + placed(2).array - 1) / 2)


def test_whole_numbers_are_not_spoilt_in_place() -> None:
    image = placed(1, "U")
    before = image.copy()
    with pytest.raises(InvalidError, match=r"to_kind\('F'\)"):
        image -= 100
    with pytest.raises(InvalidError, match="fractions"):
        image *= 0.3
    assert image.same_as(before)
    image += 5
    image *= 2
    assert (image.kind, image[100, -20]) == ("U", 2 * (before[100, -20] + 5))


def test_units_are_checked_and_combined() -> None:
    flux, time = placed(1, "F", "nJy"), Image.full(placed(1).bbox, 30.0, unit="s")
    assert ((flux + 3).unit, (flux + flux).unit, (flux * 2).unit) == ("nJy", "nJy", "nJy")
    assert ((flux / time).unit, (flux / flux).unit, (1 / time).unit) == ("nJy s-1", None, "s-1")
    with pytest.raises(InvalidError, match="nJy and in s cannot be added"):
        flux + time
    in_micro = flux.to_unit("uJy")
    assert in_micro.unit == "uJy"
    np.testing.assert_allclose(in_micro.array, flux.array * 1e-3, rtol=1e-6)


def test_images_of_different_places_are_not_combined() -> None:
    image = placed(1)
    with pytest.raises(InvalidError, match=r"cover .* and .*"):
        image + Image(image.array)
    with pytest.raises(InvalidError, match="The array has shape"):
        image + image.array[:2]
    with pytest.raises(TypeError):
        image + "1"
    with pytest.raises(TypeError):
        image += None


@given(st.data())
def test_indices_are_in_parent_coordinates(data: st.DataObject) -> None:
    image = placed(3, data.draw(st.sampled_from(sorted(KINDS))))
    x, y = data.draw(st.integers(100, 106)), data.draw(st.integers(-20, -16))
    assert image[x, y] == image.array[y + 20, x - 100]
    assert image[x:, y : y + 1].bbox == Box((y, y + 1), (x, 107))
    assert image[x:, y : y + 1][x, y] == image[x, y]
    np.testing.assert_array_equal(image[x:, : y + 1].array, image.array[: y + 21, x - 100 :])
    image[x, y] = 77
    image[x : x + 1, :] += 1
    assert image.array[y + 20, x - 100] == 78


def test_boxes_are_assigned() -> None:
    image, patch = placed(1, "F", "adu"), placed(2, "F")
    box = Box((-19, -17), (101, 104))
    image[box] = patch[box]
    assert image[box].same_as(Image(patch[box].array, box.xy0, "adu"))
    image[:, -20] = 0
    assert (image.array[0] == 0).all()
    image[box] = np.arange(6).reshape(2, 3)
    assert image[103, -18] == 5
    for value, message in (
        (patch, "do not fit"),
        (np.zeros(3), "do not fit"),
        ("x", "A str cannot"),
        (Image(np.zeros((2, 3)), unit="s"), "cannot be added"),
    ):
        with pytest.raises(InvalidError, match=message):
            image[box] = value  # type: ignore[assignment]


def test_conversions_of_kind_lose_nothing() -> None:
    image = placed(1, "U")
    for kind in KINDS:
        assert image.to_kind(kind).kind == kind
        np.testing.assert_array_equal(image.to_kind(kind).array, image.array)
    with pytest.raises(InvalidError, match="beyond pixels of type uint16"):
        (image - 100).to_kind("U")
    with pytest.raises(InvalidError, match="no image kind|not an image kind"):
        image.to_kind("Q")


def test_statistics_of_chosen_pixels() -> None:
    image = placed(1)
    assert image.statistics().mean == pytest.approx(image.array.mean())
    assert image.statistics(image.array > 20).n == (image.array > 20).sum()
