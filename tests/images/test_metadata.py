"""Ordered metadata with repeated keys and comments."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.errors import InvalidError
from skybutler.images import Metadata
from skybutler.images.metadata import MetadataCard

keys = st.sampled_from(["A", "B", "COMMENT", "LSST ISR X"])
values = st.one_of(st.booleans(), st.integers(), st.floats(), st.text(), st.none())
entries = st.lists(st.tuples(keys, values))


@given(entries)
def test_entries_keep_order_and_repeats(cards: list[tuple[str, Any]]) -> None:
    metadata = Metadata(cards)
    assert metadata == Metadata(metadata.cards())
    assert [card.key for card in metadata.cards()] == [key for key, _ in cards]
    assert list(metadata) == list(dict.fromkeys(key for key, _ in cards))
    for key in metadata:
        assert len(metadata.all_values(key)) == sum(key == other for other, _ in cards)


@given(entries, keys, values)
def test_setting_replaces_all_entries_in_the_first_place(cards: list[tuple[str, Any]], key: str, value: Any) -> None:
    metadata, places = Metadata(cards), list(dict.fromkeys([*(k for k, _ in cards), key]))
    others = metadata.without([key])
    metadata[key] = value
    assert list(metadata) == places
    assert len(metadata.all_values(key)) == 1
    del metadata[key]
    assert metadata == others
    assert key not in metadata


def test_last_value_counts_and_lists_are_entries() -> None:
    metadata = Metadata({"X": [1, 2, 3], "Y": "a"})
    assert (metadata["X"], metadata.all_values("X"), len(metadata)) == (3, [1, 2, 3], 2)
    metadata["X"] = (5, 6)
    assert [card[:2] for card in metadata.cards()] == [("X", 5), ("Y", "a"), ("X", 6)]
    metadata["X"] = []
    assert list(metadata) == ["Y"]


def test_comments() -> None:
    metadata = Metadata([("EXPTIME", 30.0, "seconds")])
    metadata["EXPTIME"] = 31.0
    assert metadata.comment("EXPTIME") == "seconds"
    metadata.add("EXPTIME", 32.0, "again")
    assert list(metadata.cards()) == [
        MetadataCard("EXPTIME", 31.0, "seconds"),
        MetadataCard("EXPTIME", 32.0, "again"),
    ]


def test_numpy_scalars_become_plain_values() -> None:
    metadata = Metadata({"I": np.int16(3), "F": np.float32(0.5), "B": np.bool_(True), "S": np.str_("x")})
    assert [type(value) for value in metadata.values()] == [int, float, bool, str]


@pytest.mark.parametrize("value", [{}, b"x", 1j, object()])
def test_other_values_are_refused(value: object) -> None:
    with pytest.raises(InvalidError, match="Metadata value of 'K' is a"):
        Metadata([("K", value)])


@pytest.mark.parametrize(
    "one, other, same",
    [
        (1, 1.0, False),
        (1, True, False),
        (0.0, -0.0, False),
        (math.nan, math.nan, True),
        (math.inf, -math.inf, False),
        (None, "", False),
    ],
)
def test_equality_is_of_type_and_value(one: Any, other: Any, same: bool) -> None:
    assert (Metadata({"K": one}) == Metadata({"K": other})) is same
    assert Metadata([("K", one, "comment")]) == Metadata({"K": one})


def test_missing_key_names_the_nearest() -> None:
    with pytest.raises(KeyError, match="Did you mean 'EXPTIME'"):
        Metadata({"EXPTIME": 1})["EXPTIM"]


def test_getting_a_missing_key_gives_the_default() -> None:
    metadata = Metadata({"EXPTIME": 3.0})
    assert (metadata.get("EXPTIME"), metadata.get("EXPTIM"), metadata.get("EXPTIM", 4)) == (3.0, None, 4)
    assert metadata.pop("EXPTIM", 5) == 5


def test_text() -> None:
    cards = [
        ("ONE", 1.0), ("TENTH", 0.1), ("BIG", 1e22), ("PI", math.pi), ("N", -3), ("YES", True), ("NO", False),
        ("NAN", math.nan), ("TEXT", "a b"), ("NOTHING", None), ("COMMENT", "x"), ("COMMENT", "y"), ("SMALL", 1.5e-10),
    ]  # fmt: skip
    assert str(Metadata(cards)) == "".join(f"{line}\n" for line in [
        "ONE = 1.0000000000000", "TENTH = 0.10000000000000", "BIG = 1.0000000000000e+22", "PI = 3.1415926535898",
        "N = -3", "YES = 1", "NO = 0", "NAN = nan", 'TEXT = "a b"', "NOTHING = ", 'COMMENT = [ "x", "y" ]',
        "SMALL = 1.5000000000000e-10",
    ])  # fmt: skip
    assert str(Metadata([("A", 1, "first"), ("B", "x")])) == 'A = 1\n// first\nB = "x"\n'
    assert str(Metadata()) == ""
    assert repr(Metadata(cards)) == "Metadata(13 entries)"


def test_dictionaries_have_lists_for_repeated_keys() -> None:
    metadata = Metadata([("A", 1, "first"), ("H", "x"), ("H", "y")])
    assert metadata.to_dict() == {"A": 1, "H": ["x", "y"]}
    assert Metadata(metadata.to_dict()) == metadata
