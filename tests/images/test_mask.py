"""Named bits of pixels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.errors import InvalidError
from skybutler.images import Box, Mask
from skybutler.images.mask import DEFAULT_PLANES

BOX = Box((10, 14), (20, 26))


def test_default_planes() -> None:
    mask = Mask.zeros(BOX)
    assert mask.planes == dict(DEFAULT_PLANES)
    assert mask.bits(["BAD", "NO_DATA"]) == 257
    assert mask.names(0b10101) == ("BAD", "INTRP", "EDGE")


@given(st.sets(st.sampled_from(sorted(DEFAULT_PLANES))), st.sets(st.sampled_from(sorted(DEFAULT_PLANES))))
def test_setting_and_clearing(first: set[str], second: set[str]) -> None:
    mask, chosen = Mask.zeros(BOX), np.arange(24).reshape(4, 6) % 3 == 0
    mask.set(first, chosen)
    mask.set(second)
    mask.clear(second)
    left = first - second
    assert set(mask.names(int(mask.array[0, 0]))) == left
    np.testing.assert_array_equal(mask.where(left), chosen & bool(left))
    assert mask.array[0, 1] == 0


def test_new_planes_take_the_lowest_free_bit() -> None:
    mask = Mask.zeros(BOX, {"A": 0, "B": 2})
    assert (mask.add_plane("C"), mask.add_plane("D"), mask.add_plane("A")) == (1, 3, 0)
    for number in range(27):
        mask.add_plane(f"P{number}")
    with pytest.raises(InvalidError, match="No bit is left for mask plane E"):
        mask.add_plane("E")


def test_planes_belong_to_one_mask_and_its_views() -> None:
    one, other = Mask.zeros(BOX), Mask.zeros(BOX)
    view = one[Box((11, 12), (21, 23))]
    own = view.copy()
    view.add_plane("NEW")
    view.set("NEW")
    assert one.where("NEW").sum() == 2
    assert one.where("NEW")[1, 1:3].all()
    assert "NEW" not in other.planes
    assert "NEW" not in own.planes
    assert view.bbox == Box((11, 12), (21, 23))
    assert view.dimensions == (2, 1)


def test_unknown_plane_names_the_nearest() -> None:
    with pytest.raises(InvalidError, match="'DETECTED'"):
        Mask.zeros(BOX).bits("DETECED")


@pytest.mark.parametrize(
    "array, planes, message",
    [
        (np.zeros((2, 2), np.float32), None, "integer array"),
        (np.zeros(2, np.int32), None, "1-d int32"),
        (np.zeros((2, 2), np.int32), {"A": 31}, "cannot be bit 31"),
        (np.zeros((2, 2), np.int32), {"A": 1, "B": 1}, "A and B both claim bit 1"),
    ],
)
def test_what_is_no_mask(array: np.ndarray, planes: dict[str, int] | None, message: str) -> None:
    with pytest.raises(InvalidError, match=message):
        Mask(array, planes)


def test_equality_counts_place_planes_and_bits() -> None:
    mask = Mask(np.array([[1, 2]], np.uint16), {"A": 0, "B": 1}, (3, 4))
    assert mask.array.dtype == np.int32
    assert mask.same_as(mask.copy())
    assert not mask.same_as(Mask(mask.array, {"A": 1, "B": 0}, (3, 4)))
    assert not mask.same_as(Mask(mask.array, mask.planes, (3, 5)))
    assert not mask.same_as(Mask(mask.array + 1, mask.planes, (3, 4)))
    assert repr(mask) == "Mask([y=4:5, x=3:5], planes=A,B)"
