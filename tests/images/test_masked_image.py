"""Three planes kept together."""

from __future__ import annotations

import numpy as np
import pytest

from skybutler.errors import InvalidError
from skybutler.images import Box, Image, Mask, MaskedImage

BOX = Box((10, 14), (20, 26))


def test_missing_planes_are_empty() -> None:
    masked = MaskedImage(Image.zeros(BOX, "I"))
    assert (masked.bbox, masked.dimensions, masked.xy0) == (BOX, (6, 4), (20, 10))
    assert not masked.mask.array.any()
    assert (masked.variance.kind, masked.variance.array.sum()) == ("F", 0.0)


def test_planes_must_match() -> None:
    image = Image.zeros(BOX)
    with pytest.raises(InvalidError, match="mask covers"):
        MaskedImage(image, Mask.zeros(BOX.shifted(1, 0)))
    with pytest.raises(InvalidError, match="variance covers"):
        MaskedImage(image, None, Image.zeros(BOX.grow(1)))
    with pytest.raises(InvalidError, match="kind F or D, not I"):
        MaskedImage(image, None, Image.zeros(BOX, "I"))


def test_views_share_all_planes_and_copies_none() -> None:
    masked = MaskedImage(Image.zeros(BOX))
    view, own = masked[Box((11, 12), (21, 22))], masked.copy()
    view.image.array[:] = 1
    view.mask.set("SAT")
    view.variance.array[:] = 2
    assert (masked.image.array[1, 1], masked.mask.array[1, 1], masked.variance.array[1, 1]) == (1, 2, 2)
    assert own.same_as(MaskedImage(Image.zeros(BOX)))
    assert not own.same_as(masked)
    assert masked.same_as(masked.copy())


@pytest.mark.parametrize("plane", ["image", "mask", "variance"])
def test_equality_counts_every_plane(plane: str) -> None:
    one, other = MaskedImage(Image.zeros(BOX)), MaskedImage(Image.zeros(BOX))
    assert one.same_as(other)
    getattr(other, plane).array[-1, -1] = np.int32(1)
    assert not one.same_as(other)
