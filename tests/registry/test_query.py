"""A question is a value: it compares by meaning and cannot change under whoever holds it."""

from __future__ import annotations

import dataclasses

import pytest

from skybutler.dimensions import DimensionUniverse
from skybutler.registry.query import DatasetSearch, Query


def test_questions_are_equal_when_they_ask_the_same() -> None:
    universe = DimensionUniverse.load()
    group = universe.conform(["visit", "detector"])
    search = DatasetSearch("calexp", ("run",))
    query = Query("datasets", group, dataset=search)
    assert query == Query(
        "datasets", universe.conform(["detector", "visit"]), dataset=DatasetSearch("calexp", ("run",))
    )
    assert query != dataclasses.replace(query, limit=3)
    assert search != DatasetSearch("calexp", ("run",), find_first=False)
    assert {search: 1}[DatasetSearch("calexp", ("run",))] == 1


def test_a_question_cannot_be_changed() -> None:
    query = Query("data_ids", DimensionUniverse.load().conform(["detector"]))
    with pytest.raises(dataclasses.FrozenInstanceError):
        query.limit = 1  # type: ignore[misc]
    assert query.limit is None
    assert query.offset == 0


def test_defaults_are_not_shared() -> None:
    group = DimensionUniverse.load().conform(["detector"])
    first, second = Query("data_ids", group), Query("data_ids", group)
    assert first.data_id is not second.data_id
