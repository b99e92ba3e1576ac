from __future__ import annotations

import fnmatch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.datasets.collection import CollectionInfo, CollectionType, match_names
from skybutler.errors import CollectionTypeError

NAMES = ["refcats", "2.2i/runs/DP0.2", "2.2i/raw/all", "u/someone/[x]", "Refcats"]


def test_numbers_are_those_of_repositories() -> None:
    assert {t.name: int(t) for t in CollectionType} == {"RUN": 1, "TAGGED": 2, "CHAINED": 3, "CALIBRATION": 4}
    assert [str(t) for t in CollectionType] == ["RUN", "TAGGED", "CHAINED", "CALIBRATION"]


def test_kinds_by_name() -> None:
    assert CollectionType.from_name("chained") is CollectionType.CHAINED
    assert CollectionType.from_name("RUN") is CollectionType.RUN
    with pytest.raises(CollectionTypeError, match=r"'TAGED' is no kind of collection\. Did you mean 'TAGGED'"):
        CollectionType.from_name("TAGED")
    with pytest.raises(CollectionTypeError, match="Kinds are RUN, TAGGED, CHAINED, CALIBRATION"):
        CollectionType.from_name("x")


@pytest.mark.parametrize(
    "patterns, expected",
    [
        (["*"], NAMES),
        (["refcats"], ["refcats"]),
        (["2.2i/*"], ["2.2i/runs/DP0.2", "2.2i/raw/all"]),
        (["*all", "ref*"], ["refcats", "2.2i/raw/all"]),
        (["?efcats"], ["refcats", "Refcats"]),
        (["[rR]efcats"], ["refcats", "Refcats"]),
        (["u/someone/[[]x]"], ["u/someone/[x]"]),
        (["2.2i"], []),
        ([], []),
    ],
)
def test_patterns(patterns: list[str], expected: list[str]) -> None:
    assert match_names(patterns, NAMES) == expected


@given(st.lists(st.text("ab*?/", max_size=4), max_size=3), st.lists(st.text("ab/\n", max_size=4), max_size=6))
def test_patterns_are_those_of_fnmatch(patterns: list[str], names: list[str]) -> None:
    assert match_names(patterns, names) == [n for n in names if any(fnmatch.fnmatchcase(n, p) for p in patterns)]


def test_info_is_a_value() -> None:
    info = CollectionInfo("a", CollectionType.RUN)
    assert info == CollectionInfo("a", CollectionType.RUN, "", (), (), ())
    assert hash(info) == hash(CollectionInfo("a", CollectionType.RUN))
    assert info != CollectionInfo("a", CollectionType.CHAINED, children=("b",))
