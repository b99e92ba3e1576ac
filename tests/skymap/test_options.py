from __future__ import annotations

from typing import Any

import pytest

from skybutler.errors import SkyMapError
from skybutler.skymap.options import BUILDERS, KINDS, check_value, defaults, options_of


@pytest.mark.parametrize("kind", KINDS)
def test_defaults_are_valid(kind: str) -> None:
    for name, value in defaults(kind).items():
        if value is not None:
            assert check_value(kind, name, value) == value
        assert check_value(kind, name, None) == value


@pytest.mark.parametrize("kind", KINDS)
def test_every_option_says_what_it_is(kind: str) -> None:
    options = options_of(kind)
    assert all(option.doc for option in options.values())
    assert set(BUILDERS["legacy"]) | set(BUILDERS["cells"]) < set(options)


@pytest.mark.parametrize(
    "kind, name, value, expected",
    [
        ("rings", "raStart", 10, 10.0),
        ("rings", "patchInnerDimensions", (100, 200), [100, 200]),
        ("equat", "decRange", [-1, 1], [-1.0, 1.0]),
        ("healpix", "nest", True, True),
        ("discrete", "raList", [], []),
    ],
)
def test_types_are_made_exact(kind: str, name: str, value: Any, expected: Any) -> None:
    result = check_value(kind, name, value)
    assert result == expected
    assert type(result) is type(expected)


@pytest.mark.parametrize(
    "kind, name, value",
    [
        ("rings", "numRings", True),
        ("rings", "numRings", "3"),
        ("rings", "numRings", 3.0),
        ("rings", "numRings", 100_001),
        ("rings", "raStart", -1.0),
        ("rings", "raStart", float("nan")),
        ("rings", "tractOverlap", float("inf")),
        ("rings", "pixelScale", True),
        ("rings", "patchInnerDimensions", [4000]),
        ("rings", "patchInnerDimensions", [4000, 0]),
        ("rings", "patchInnerDimensions", 4000),
        ("rings", "patchBorder", -1),
        ("rings", "patchBorder", 2**31),
        ("rings", "tractBuilder", "cell"),
        ("dodeca", "withTractsOnPoles", 1),
        ("equat", "decRange", [-91.0, 0.0]),
        ("healpix", "log2NSide", 30),
        ("discrete", "radiusList", [0.0]),
        ("discrete", "raList", [float("nan")]),
        ("discrete", "decList", ["1"]),
    ],
)
def test_wrong_values_are_refused(kind: str, name: str, value: Any) -> None:
    with pytest.raises(SkyMapError, match=f"{name} = .* is wrong: it must be"):
        check_value(kind, name, value)


def test_options_of_other_kinds_are_unknown() -> None:
    with pytest.raises(SkyMapError, match=r"A dodeca sky map has no option 'numRings'\. Options are"):
        check_value("dodeca", "numRings", 3)
