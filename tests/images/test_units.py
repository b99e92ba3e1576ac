"""Units of pixels as texts."""

from __future__ import annotations

import pytest

from skybutler.errors import InvalidError
from skybutler.images.units import common_unit, conversion_factor, divided, multiplied, raised


@pytest.mark.parametrize(
    "a, b, product, quotient",
    [
        ("nJy", None, "nJy", "nJy"),
        (None, "s", "s", "s-1"),
        (None, None, None, None),
        ("adu", "adu", "adu2", None),
        ("adu", "s", "adu s", "adu s-1"),
        ("adu s-1", "s", "adu", "adu s-2"),
        ("ADU", "s", "adu s", "adu s-1"),
        ("electron", "adu", "adu electron", "electron adu-1"),
        ("electrons", "s", "electron s", "electron s-1"),
        ("nJy**2", "nJy", "nJy3", "nJy"),
    ],
)
def test_products_and_quotients(a: str | None, b: str | None, product: str | None, quotient: str | None) -> None:
    for found, expected in ((multiplied(a, b), product), (divided(a, b), quotient)):
        assert sorted((found or "").split()) == sorted((expected or "").split())


def test_what_is_written_is_read_again() -> None:
    assert divided(multiplied("adu", "s"), "s") == "adu"
    assert raised(divided("adu", "s"), 2) == "adu2 s-2"
    assert (raised("nJy", 2), raised(None, 2)) == ("nJy**2", None)


def test_sums_need_one_unit() -> None:
    assert common_unit("nJy", None) == common_unit(None, "nJy") == common_unit("nJy", "nJy") == "nJy"
    assert common_unit("adu", "ADU") == "adu"
    assert common_unit("count", "ct") == "count"
    with pytest.raises(InvalidError, match="nJy and in adu cannot be added"):
        common_unit("nJy", "adu")
    with pytest.raises(InvalidError, match="nJy and in Jy cannot be added"):
        common_unit("nJy", "Jy")


def test_conversions() -> None:
    assert conversion_factor("nJy", "uJy") == pytest.approx(1e-3)
    with pytest.raises(InvalidError, match="adu cannot be converted to nJy"):
        conversion_factor("adu", "nJy")
    with pytest.raises(InvalidError, match="without a unit"):
        conversion_factor(None, "nJy")
    with pytest.raises(InvalidError, match="'bananas' is no unit"):
        conversion_factor("bananas", "nJy")
