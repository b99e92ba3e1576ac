"""Three planes kept together."""

from __future__ import annotations

import operator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

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


def noisy(seed: int, planes: dict[str, int] | None = None, unit: str | None = "nJy") -> MaskedImage:
    rng, box = np.random.default_rng(seed), Box((3, 8), (-2, 4))
    mask = Mask.zeros(box, planes)
    for name in mask.planes:
        mask.set(name, rng.random(box.shape) < 0.2)
    values = (rng.uniform(1, 9, box.shape).astype(np.float32) for _ in range(2))
    image, variance = next(values), next(values)
    return MaskedImage(Image(image, box.xy0, unit), mask, Image(variance, box.xy0, unit and f"{unit}**2"))


@given(st.integers(0, 2**30))
def test_variances_follow_and_flags_add_up(seed: int) -> None:
    a, b = noisy(seed), noisy(seed + 1, {"SAT": 0, "GHOST": 1})
    x, y, vx, vy = a.image.array, b.image.array, a.variance.array, b.variance.array
    for result, value, variance in (
        (a + b, x + y, vx + vy),
        (a - b, x - y, vx + vy),
        (a * b, x * y, vx * y**2 + vy * x**2),
        (a / b, x / y, vx / y**2 + vy * x**2 / y**4),
    ):
        np.testing.assert_allclose(result.image.array, value, rtol=1e-5)
        np.testing.assert_allclose(result.variance.array, variance, rtol=1e-4)
        assert result.mask.same_as(a.mask | b.mask)
        assert (result.image.kind, result.variance.kind) == ("F", "F")
    assert ((a * b).image.unit, (a * b).variance.unit) == ("nJy2", "nJy4")
    assert ((a / b).image.unit, (a / b).variance.unit) == (None, None)
    assert (a + b).variance.unit == "nJy**2"


def test_exact_values_have_no_variance() -> None:
    a = noisy(1)
    x, v = a.image.array, a.variance.array
    exact = Image.full(a.bbox, 4.0)
    for result, variance in (
        (a + exact, v),
        (3 - a, v),
        (a * exact, 16 * v),
        (a * 4, 16 * v),
        (a / x, v / x**2),
        (2 / a, 4 * v / x**4),
        (-a, v),
    ):
        np.testing.assert_allclose(result.variance.array, variance, rtol=1e-5)
        assert result.mask.same_as(a.mask)
        assert result.mask.array is not a.mask.array


def test_in_place_is_the_same_and_keeps_the_pixels() -> None:
    a, b = noisy(1), noisy(2, {"SAT": 0, "GHOST": 1})
    for operate in (operator.iadd, operator.isub, operator.imul, operator.itruediv):
        made = a.copy()
        planes = made.image.array, made.mask.array, made.variance.array
        plain = {"iadd": operator.add, "isub": operator.sub, "imul": operator.mul, "itruediv": operator.truediv}
        expected = plain[operate.__name__](a, b)
        assert operate(made, b).same_as(expected)
        for pixels, before in zip((made.image.array, made.mask.array, made.variance.array), planes, strict=True):
            assert pixels is before
    with pytest.raises(TypeError):
        a += "x"


def test_pixels_and_boxes() -> None:
    a, b = noisy(1), noisy(2, {"SAT": 0, "GHOST": 1})
    a.mask.clear(list(a.mask.planes), (-1, 4))
    a.mask.set(["SAT", "CR"], (-1, 4))
    assert a[-1, 4] == (a.image[-1, 4], ("SAT", "CR"), a.variance[-1, 4])
    assert a[-1:2, 4:6].bbox == Box((4, 6), (-1, 2))
    a[0:2, 4:7] = b[0:2, 4:7]
    assert a[0:2, 4:7].image.same_as(b[0:2, 4:7].image)
    assert a[1, 5].planes == tuple(sorted(b[1, 5].planes, key=a.mask.planes.__getitem__))
    with pytest.raises(InvalidError, match=r"Write to \.image"):
        a[0:2, 4:7] = 3.0  # type: ignore[assignment]


def test_statistics_without_flagged_pixels() -> None:
    a = noisy(1)
    good = ~a.mask.where(["BAD", "SAT"])
    assert a.statistics(ignore=["BAD", "SAT"]).mean == pytest.approx(a.image.array[good].mean(), rel=1e-6)
    assert a.statistics().n == 30
    filled = a.filled(["BAD", "SAT"])
    assert np.isnan(filled.array).sum() == (~good).sum()
    assert filled.statistics().n == good.sum()
    with pytest.raises(InvalidError, match="No mask plane 'BADD'"):
        a.statistics(ignore="BADD")


def test_conversions_take_the_variance_along() -> None:
    a = noisy(1)
    micro = a.to_unit("uJy")
    assert (micro.image.unit, micro.variance.unit) == ("uJy", "uJy**2")
    np.testing.assert_allclose(
        micro.image.array**2 / micro.variance.array, a.image.array**2 / a.variance.array, rtol=1e-5
    )
    assert a.to_kind("D").image.kind == "D"
