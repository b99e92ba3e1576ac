"""Aliases: prefixes, chains, circles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.errors import InvalidError
from skybutler.tables import Aliases

NAMES = st.lists(st.sampled_from(["a", "b", "slot", "flux"]), min_size=1, max_size=3).map("_".join)


def test_the_first_parts_of_a_name_are_replaced() -> None:
    aliases = Aliases({"slot_Centroid": "base_SdssCentroid"})
    assert aliases.resolve("slot_Centroid_x") == "base_SdssCentroid_x"
    assert aliases.resolve("slot_Centroid") == "base_SdssCentroid"


def test_parts_are_whole() -> None:
    aliases = Aliases({"slot_Cen": "base"})
    assert aliases.resolve("slot_Centroid_x") == "slot_Centroid_x"
    assert aliases.resolve("a_slot_Cen") == "a_slot_Cen"


def test_the_longest_part_wins() -> None:
    aliases = Aliases({"a": "x", "a_b": "y"})
    assert aliases.resolve("a_b_c") == "y_c"
    assert aliases.resolve("a_c") == "x_c"


def test_aliases_chain() -> None:
    aliases = Aliases({"slot_PsfFlux": "best", "best": "base_PsfFlux"}, {"base_PsfFlux_instFlux": "base_PsfFlux_flux"})
    assert aliases.resolve("slot_PsfFlux_instFlux") == "base_PsfFlux_flux"
    assert aliases.resolve("slot_PsfFlux_flag") == "base_PsfFlux_flag"


@pytest.mark.parametrize("pairs", [{"a": "a"}, {"a": "b", "b": "a"}, {"a": "a_b"}, {"a": "b_c", "b": "a"}])
def test_circles_are_refused(pairs: dict[str, str]) -> None:
    with pytest.raises(InvalidError, match="circle"):
        Aliases(pairs)


def test_a_refused_alias_leaves_the_others_alone() -> None:
    aliases = Aliases({"a": "b"})
    with pytest.raises(InvalidError):
        aliases.set("b", "a")
    assert dict(aliases) == {"a": "b"}
    aliases.set("a", "c")
    with pytest.raises(InvalidError):
        aliases.set("a", "a")
    assert aliases.resolve("a") == "c"


@pytest.mark.parametrize("pair", [("", "a"), ("a", "")])
def test_empty_names_are_refused(pair: tuple[str, str]) -> None:
    with pytest.raises(InvalidError, match="needs a name and a target"):
        Aliases([pair])


def test_derived_ones_are_kept_apart() -> None:
    aliases = Aliases({"a": "b"}, {"fluxErr": "fluxSigma"})
    assert dict(aliases) == {"a": "b", "fluxErr": "fluxSigma"}
    aliases.remove("fluxErr")
    assert aliases.resolve("fluxErr") == "fluxSigma"
    aliases.set("fluxErr", "other")
    assert aliases.resolve("fluxErr") == "other"
    assert aliases.derived == {"fluxErr": "fluxSigma"}


def test_a_copy_is_its_own() -> None:
    aliases = Aliases({"a": "b"})
    other = aliases.copy()
    other.remove("a")
    assert aliases.resolve("a") == "b"
    assert other.resolve("a") == "a"


@given(st.dictionaries(NAMES, NAMES, max_size=5), NAMES)
def test_what_comes_out_stands_for_nothing_else(pairs: dict[str, str], name: str) -> None:
    try:
        aliases = Aliases(pairs)
        found = aliases.resolve(name)
    except InvalidError:
        return
    assert aliases.resolve(found) == found


def test_what_was_asked_before_follows_changes() -> None:
    aliases = Aliases({"slot_A": "one"})
    assert aliases.resolve("slot_A_x") == "one_x"
    aliases.set("slot_A", "two")
    assert aliases.resolve("slot_A_x") == "two_x"
    copied = aliases.copy()
    aliases.remove("slot_A")
    assert (aliases.resolve("slot_A_x"), copied.resolve("slot_A_x")) == ("slot_A_x", "two_x")
