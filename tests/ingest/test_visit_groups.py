"""Three ways from exposures to visits."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.errors import InvalidError
from skybutler.ingest.visit_groups import Visits, group_exposures

# A visit of two snaps (1, 2), a single exposure (3), and the second half of a visit whose first half is missing (5).
EXPOSURES: dict[str, list[Any]] = {
    "id": [1, 2, 3, 5],
    "obs_id": ["a", "b", "c", "e"],
    "group": ["g-10", "g-10", "g-30", "g-40"],
    "day_obs": [20260101] * 4,
    "seq_num": [1, 2, 3, 5],
    "seq_start": [1, 1, 3, 4],
    "seq_end": [2, 2, 3, 5],
}


def listed(visits: Visits) -> list[tuple[int, str, list[int], tuple[int, ...]]]:
    ends = [*visits.starts.tolist(), len(visits.members)]
    return [
        (int(visits.ids[i]), visits.names[i], visits.members[ends[i] : ends[i + 1]].tolist(), visits.systems[i])
        for i in range(len(visits))
    ]


def test_one_to_one() -> None:
    found = group_exposures("one-to-one", EXPOSURES)
    assert listed(found) == [(1, "a", [0], (0,)), (2, "b", [1], (0,)), (3, "c", [2], (0,)), (5, "e", [3], (0,))]
    assert found.counts.tolist() == [1, 1, 1, 1]


def test_by_group() -> None:
    found = listed(group_exposures("by-group-metadata", EXPOSURES))
    assert found == [(10, "g-10", [0, 1], (1,)), (30, "g-30", [2], (1,)), (40, "g-40", [3], (1,))]


def test_by_group_uses_the_number_older_universes_have() -> None:
    columns = EXPOSURES | {"group": ["x", "x", "y", "z"], "group_id": [7, 7, 8, 9]}
    assert [v[0] for v in listed(group_exposures("by-group-metadata", columns))] == [7, 8, 9]


def test_by_counter(caplog: pytest.LogCaptureFixture) -> None:
    found = listed(group_exposures("one-to-one-and-by-counter", EXPOSURES))
    assert found == [
        (1, "a", [0, 1], (2,)),
        (2, "b", [1], (0,)),
        (3, "c", [2], (0, 2)),
        (5, "e", [3], (0,)),
        (91, "a_first", [0], (0,)),
    ]
    assert "the first one is not there" in caplog.text


def test_mistakes() -> None:
    with pytest.raises(InvalidError, match="no way to group.*Did you mean 'one-to-one'"):
        group_exposures("one-to-won", EXPOSURES)
    with pytest.raises(InvalidError, match="no digits"):
        group_exposures("by-group-metadata", EXPOSURES | {"group": ["x"] * 4})
    with pytest.raises(InvalidError, match="two visits the same id 10"):
        group_exposures("by-group-metadata", EXPOSURES | {"group": ["a10", "b10", "c1", "d2"]})


@given(st.integers(1, 30), st.integers(1, 30))
def test_parts_are_the_whole(n: int, step: int) -> None:
    columns = {k: [v[i % 4] for i in range(n)] for k, v in EXPOSURES.items()}
    columns["id"] = list(range(n))
    columns["group"] = [f"g{i // 3}" for i in range(n)]
    whole = group_exposures("by-group-metadata", columns)
    parts = [whole.part(begin, begin + step) for begin in range(0, len(whole), step)]
    assert [v for part in parts for v in listed(part)] == listed(whole)
    assert sum(part.counts.sum() for part in parts) == n
