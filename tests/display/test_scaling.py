"""Curves and limits, against formulas written down again and astropy's own limits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from astropy.visualization import ZScaleInterval
from hypothesis import given
from hypothesis import strategies as st

from skybutler.display.scaling import ALGORITHMS, Scaling, zscale
from skybutler.errors import InvalidError
from skybutler.images import Image, Mask

SKY = np.random.default_rng(3).normal(1000.0, 20.0, (200, 300)).astype(np.float32)


@given(st.floats(-0.5, 200.0), st.floats(0.5, 50.0))
def test_asinh_is_lupton_s(t: float, q: float) -> None:
    expected = 0.1 * math.asinh(q * t) / math.asinh(0.1 * q)
    assert float(Scaling("asinh", q=q).curve(t)) == pytest.approx(min(max(expected, 0.0), 1.0), abs=1e-12)


def test_asinh_without_q_is_linear() -> None:
    assert Scaling("asinh", q=0.0).curve([0.25, 0.75]) == pytest.approx([0.25, 0.75], rel=1e-6)


@given(st.sampled_from(ALGORITHMS), st.floats(0.0, 1.0))
def test_curves_are_undone(algorithm: str, brightness: float) -> None:
    scaling = Scaling(algorithm)
    assert float(scaling.curve(scaling.inverse(brightness))) == pytest.approx(brightness, abs=1e-9)


@given(st.sampled_from(ALGORITHMS), st.lists(st.floats(-1.0, 300.0), min_size=2))
def test_brighter_pixels_are_never_darker(algorithm: str, values: list[float]) -> None:
    bright = Scaling(algorithm).curve(sorted(values))
    assert (np.diff(bright) >= 0).all()
    assert ((bright >= 0) & (bright <= 1)).all()


def test_only_asinh_goes_on_beyond_the_maximum() -> None:
    assert [Scaling(a).top for a in ("linear", "sqrt", "log")] == pytest.approx([1.0, 1.0, 1.0])
    assert Scaling("asinh", q=8.0).top == pytest.approx(math.sinh(10 * math.asinh(0.8)) / 8)


def test_zscale_is_astropy_s_with_the_field_s_parameters() -> None:
    assert zscale(SKY) == ZScaleInterval(n_samples=1000, contrast=0.25).get_limits(SKY)
    assert Scaling().limits(Image(SKY)) == zscale(SKY)
    assert zscale(np.full((5, 5), np.nan)) == (0.0, 1.0)


def test_limits_in_their_units() -> None:
    image = Image(SKY)
    assert Scaling("linear", 3.0, 5.0).limits(image) == (3.0, 5.0)
    assert Scaling("linear", "minmax").limits(image) == (float(SKY.min()), float(SKY.max()))
    assert Scaling("linear", 1.0, 99.0, "percent").limits(image) == pytest.approx(np.percentile(SKY, [1, 99]))
    assert Scaling("linear", -2.0, 5.0, "sigma").limits(image) == pytest.approx((960, 1100), abs=3)


def test_masked_pixels_do_not_count() -> None:
    array, mask = SKY.copy(), Mask(np.zeros(SKY.shape, np.int32))
    array[:, :10] = 1e6
    mask.set("SAT", array > 1e5)
    limits = Scaling("linear", "minmax", masked_planes=("SAT", "of another mask")).limits(Image(array), mask)
    assert limits == (float(array[:, 10:].min()), float(array[:, 10:].max()))


@pytest.mark.parametrize("value", [0.0, 7.0, -1e30, math.nan])
def test_an_image_of_one_value_has_limits(value: float) -> None:
    for minimum in ("zscale", "minmax"):
        low, high = Scaling("linear", minimum).limits(Image(np.full((4, 4), value)))
        assert low < high


@pytest.mark.parametrize(
    "arguments, words",
    [
        (("asinj",), "asinh"),
        (("linear", "zscal"), "zscale"),
        (("linear", 1.0), "upper limit"),
        (("linear", 2.0, 2.0), "no range"),
        (("linear", 1.0, 2.0, "percents"), "percent"),
    ],
)
def test_bad_words_name_the_good_ones(arguments: tuple[Any, ...], words: str) -> None:
    with pytest.raises(InvalidError, match=words):
        Scaling(*arguments)
