"""Pixels and all that is known about them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from skybutler.errors import InvalidError
from skybutler.images import (
    Box,
    DetectorLabel,
    Exposure,
    FilterLabel,
    Image,
    Mask,
    MaskedImage,
    Metadata,
    SkyWcs,
    VisitInfo,
)

BOX = Box((10, 14), (20, 26))
KNOWN: dict[str, Any] = {
    "wcs": SkyWcs.from_affine(10.0, 20.0, [[-1e-4, 0], [0, 1e-4]]),
    "metadata": Metadata({"A": 1}),
    "filter_label": FilterLabel("i", "i_sim_1.4"),
    "detector": DetectorLabel(42, "R11_S20"),
    "visit_info": VisitInfo(id=204595, exposure_time=30.0),
    "id": 7,
    "components": {"EXTRA": 5.0},
}


def test_planes_are_shared_with_the_masked_image() -> None:
    masked = MaskedImage(Image.zeros(BOX))
    exposure = Exposure(masked)
    assert exposure.masked_image is masked
    assert (exposure.image, exposure.mask, exposure.variance) == (masked.image, masked.mask, masked.variance)
    assert (exposure.bbox, exposure.dimensions, exposure.xy0) == (BOX, (6, 4), (20, 10))
    assert Exposure(masked.image, masked.mask, masked.variance).same_as(exposure)


def test_a_sub_exposure_keeps_sky_and_labels() -> None:
    exposure = Exposure(Image.zeros(BOX), **KNOWN)
    box = Box((11, 13), (22, 23))
    part = exposure[box]
    assert part.bbox == box
    assert part.wcs == exposure.wcs
    assert part.wcs is not None
    assert part.wcs.pixel_to_sky(22, 11) == exposure.wcs.pixel_to_sky(22, 11)  # type: ignore[union-attr]
    part.image.array[:] = 5
    part.mask.set("CR")
    assert (exposure.image.array.sum(), exposure.mask.array.sum()) == (10, 16)
    assert exposure[exposure.bbox].same_as(exposure)


def test_a_copy_shares_nothing() -> None:
    exposure = Exposure(Image.zeros(BOX), **KNOWN)
    own = exposure.copy()
    assert own.same_as(exposure)
    own.metadata["A"] = 2
    own.image.array[0, 0] = 1
    assert exposure.metadata["A"] == 1
    assert exposure.image.array[0, 0] == 0


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_equality_counts_every_attribute(name: str) -> None:
    whole = Exposure(Image(np.zeros((2, 2))), Mask.zeros(Box((0, 2), (0, 2))), **KNOWN)
    assert whole.same_as(whole.copy())
    assert not whole.same_as(Exposure(whole.masked_image, **{key: KNOWN[key] for key in KNOWN if key != name}))
    assert repr(whole) == "ExposureD([y=0:2, x=0:2])"


def test_indices_are_in_parent_coordinates() -> None:
    image = Image(np.arange(12.0).reshape(3, 4), (100, -5), "nJy")
    exposure = Exposure(image, id=7)
    exposure.mask.set("SAT", (102, -4))
    part = exposure[101:103, -5:-3]
    assert (part.bbox, part.id) == (Box((-5, -3), (101, 103)), 7)
    part.image[102, -4] = 50.0
    assert exposure[102, -4] == part[102, -4] == (50.0, ("SAT",), 0.0)
    assert exposure[:, -3].dimensions == (4, 1)


def test_planes_are_calculated_with_in_place() -> None:
    exposure = Exposure(Image(np.full((2, 3), 8.0), (5, 6), "adu"))
    pixels = exposure.image.array
    exposure.image -= 2
    exposure.masked_image /= 3.0
    exposure.variance += 1.0
    exposure.mask |= Mask(np.ones((2, 3), np.int32), {"GHOST": 0}, (5, 6))
    assert exposure.image.array is pixels
    assert exposure[5, 6] == (2.0, ("GHOST",), 1.0)
    exposure.image = Image(np.zeros((2, 3)), (5, 6))
    assert exposure[5, 6] == (0.0, ("GHOST",), 1.0)
    with pytest.raises(InvalidError, match="covers"):
        exposure.image = Image(np.zeros((2, 3)))
