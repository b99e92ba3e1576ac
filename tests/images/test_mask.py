"""Named bits of pixels."""

from __future__ import annotations

import operator
from typing import Any

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


OTHER = {"DETECTED": 0, "CROSSTALK": 1, "BAD": 2, "SAT": 30}


def flagged(planes: dict[str, int] | None, seed: int) -> Mask:
    mask = Mask.zeros(BOX, planes)
    rng = np.random.default_rng(seed)
    for name in mask.planes:
        mask.set(name, rng.random((4, 6)) < 0.3)
    return mask


def layers(mask: Mask) -> dict[str, np.ndarray]:
    return dict(zip(mask.planes, mask.to_array(), strict=True))


@given(st.integers(0, 2**30), st.booleans())
def test_masks_are_combined_by_name(seed: int, swapped: bool) -> None:
    one, two = flagged(None, seed), flagged(OTHER, seed + 1)
    if swapped:
        one, two = two, one
    nothing = np.zeros((4, 6), bool)
    before, theirs, either, both = layers(one), layers(two), one | two, one & two
    for name in either.planes:
        mine, others = before.get(name, nothing), theirs.get(name, nothing)
        np.testing.assert_array_equal(either.where(name), mine | others)
        if name in before:
            np.testing.assert_array_equal(both.where(name), mine & others)
    assert set(either.planes) == set(one.planes) | set(two.planes)
    assert {name: either.planes[name] for name in one.planes} == one.planes
    one |= two
    assert one.same_as(either)


@given(st.integers(0, 2**30))
def test_conforming_keeps_every_flag(seed: int) -> None:
    mask = flagged(None, seed)
    conformed = mask.conformed(OTHER)
    assert OTHER.items() <= conformed.planes.items()
    for name, layer in layers(mask).items():
        np.testing.assert_array_equal(conformed.where(name), layer)
    assert conformed.where("CROSSTALK").sum() == 0
    assert mask.same_as(flagged(None, seed))


def test_conforming_takes_bits_that_are_free_in_both() -> None:
    planes = {f"P{number}": number for number in range(28)}
    with pytest.raises(InvalidError, match="No bit is left"):
        Mask.zeros(BOX).conformed(planes)


def test_planes_are_set_in_boxes_and_pixels() -> None:
    mask = Mask.zeros(BOX)
    mask.set("BAD", Box((11, 13), (21, 24)))
    mask.set(["SAT", "CR"], (20, 10))
    mask.clear("BAD", (slice(22, 23), slice(None)))
    assert mask.where("BAD").sum() == 4
    assert mask.names(mask[20, 10]) == ("SAT", "CR")
    assert mask.names(mask[22, 11]) == ()
    assert mask.counts()["BAD"] == 4
    for where, message in (
        ((0, 0), "not inside"),
        (np.ones((4, 6), int), "bool"),
        (np.ones((2, 2), bool), r"\(4, 6\)"),
    ):
        with pytest.raises(InvalidError, match=message):
            mask.set("BAD", where)


def test_a_removed_plane_is_gone_with_its_flags() -> None:
    mask = flagged(None, 3)
    mask.remove_plane("SAT")
    assert mask.add_plane("NEW") == 1
    assert mask.counts()["NEW"] == 0
    with pytest.raises(InvalidError, match="SAT"):
        mask.remove_plane("SAT")


def test_layers_in_the_order_asked_for() -> None:
    mask = flagged(None, 4)
    np.testing.assert_array_equal(mask.to_array(["SAT", "BAD"]), [mask.where("SAT"), mask.where("BAD")])
    assert mask.to_array("SAT").shape == (1, 4, 6)


def test_flags_are_assigned_by_name() -> None:
    mask, other = flagged(None, 5), flagged(OTHER, 6)
    box = Box((11, 13), (21, 24))
    mask[box] = other[box]
    for name, layer in layers(other).items():
        np.testing.assert_array_equal(mask[box].where(name), layer[1:3, 1:4])
    assert mask[box].counts()["INTRP"] == 0
    assert mask[20, 10] == flagged(None, 5)[20, 10]
    with pytest.raises(InvalidError, match="does not fit"):
        mask[box] = other
    with pytest.raises(InvalidError, match="Only a mask"):
        mask[box] = 1  # type: ignore[assignment]


def test_masks_of_different_places_are_not_combined() -> None:
    with pytest.raises(InvalidError, match="The masks cover"):
        Mask.zeros(BOX) | Mask.zeros(BOX.shifted(1, 0))


def test_masks_are_combined_with_masks_only() -> None:
    mask: Any = Mask.zeros(BOX)
    for operate in (operator.or_, operator.and_, operator.ior, operator.iand):
        with pytest.raises(TypeError):
            operate(mask, 1)
