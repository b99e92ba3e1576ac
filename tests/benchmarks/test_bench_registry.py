"""What makes `make bench-short` fail, and what does not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import run
from bench_registry import Ratios, best, steady, wrong_answers
from recorded import load_recorded
from rows import ROWS
from side import WITHOUT_DATABASE
from turns import BACKENDS

TARGETS = {row.key: row.target for row in ROWS}


def _attempt(**times: tuple[float, float]) -> dict[str, dict[str, dict[str, Any]]]:
    """Ours and the peer's seconds by row."""
    names = {key.replace("_", "."): pair for key, pair in times.items()}
    return {
        side: {key: {"cpu": pair[i] / 2, "server": pair[i] / 2, "results": None} for key, pair in names.items()}
        for i, side in enumerate(("ours", "peer"))
    }


def test_one_good_attempt_of_several_is_enough() -> None:
    ratios = Ratios("sqlite", {"put": 30.0})
    ratios.add(_attempt(put=(1.0, 4.0)))
    assert ratios.failing() == {"put"}
    ratios.add(_attempt(put=(1.0, 6.5)))
    assert ratios.failing() == set()
    ratios.add(_attempt(put=(1.0, 3.0)))
    assert ratios.failing() == set()


def test_sides_of_a_ratio_are_of_the_same_attempt() -> None:
    ratios = Ratios("sqlite", {"put": 30.0})
    ratios.add(_attempt(put=(1.0, 4.0)))
    ratios.add(_attempt(put=(4.0, 16.0)))
    assert [best([pair]) for pair in ratios.found["put"]] == [4.0, 4.0]


def test_recorded_is_the_lower_of_median_and_ratio_of_the_best() -> None:
    assert steady([(1.0, 9.0), (1.0, 5.0), (1.0, 6.0)]) == 5.0
    assert steady([(2.0, 9.0), (2.0, 10.0), (1.0, 11.0)]) == 5.0
    assert steady([(1.0, 9.0), (4.0, 8.0), (4.0, 10.0)]) == 2.5


@given(st.lists(st.tuples(st.floats(0.1, 10.0), st.floats(0.1, 10.0)), min_size=1))
def test_the_best_attempt_passes_what_was_just_recorded(pairs: list[tuple[float, float]]) -> None:
    assert best(pairs) >= steady(pairs)


def test_rows_without_target_are_only_watched() -> None:
    ratios = Ratios("sqlite", {"create": 10.0})
    ratios.add(_attempt(create=(1.0, 0.1)))
    assert TARGETS["create"] is None
    assert ratios.failing() == set()


def test_a_recorded_row_that_was_not_measured_fails() -> None:
    assert Ratios("sqlite", {"find": 100.0}).failing() == {"find"}
    (measured,) = Ratios("sqlite", {"find": 100.0}).measurements(best)
    assert not measured.kept


def test_rows_that_only_one_side_divides() -> None:
    ratios = Ratios("sqlite", {})
    rows = _attempt(ingest_bulk=(1.0, 30.0), ingest_bulk_columns=(0.5, 0.0))
    del rows["peer"]["ingest.bulk.columns"]
    ratios.add(rows)
    assert {key: best(pairs) for key, pairs in ratios.found.items()} == {
        "ingest.bulk": 30.0,
        "ingest.bulk.columns": 60.0,
    }


def test_wrong_numbers_of_results() -> None:
    rows: dict[str, dict[str, Any]] = {"count": {"results": 3}, "raw.all": {"results": 4}, "put": {"results": None}}
    assert wrong_answers(rows, {"count": 3, "raw.all": 5, "raw.table": 5}) == ["raw.all: 4 instead of 5"]


def test_recording_keeps_what_became_lower_without_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: dict[str, Any] = {"cases": {}, "short": {"registry.sqlite": {"put": 5.0, "find": 20.0}}}
    monkeypatch.setattr(run, "load_recorded", lambda: kept)
    monkeypatch.setattr(run, "save_recorded", lambda recorded: None)
    ratios = Ratios("sqlite", {})
    ratios.add(_attempt(put=(1.0, 4.0), find=(1.0, 30.0)))
    measured = list(ratios.measurements(steady))
    assert run.record(measured, None) == 1
    assert kept["short"]["registry.sqlite"] == {"put": 5.0, "find": 30.0}
    assert run.record(measured, "syncs") == 0
    assert kept["short"]["registry.sqlite"] == {"put": {"value": 4.0, "why": "syncs"}, "find": 30.0}


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_row_with_a_target_is_recorded(backend: str) -> None:
    only_sqlite = ("start", *WITHOUT_DATABASE)
    wanted = {r.key for r in ROWS if r.target and (backend == "sqlite" or r.phase not in only_sqlite)}
    if backend == "postgresql":
        wanted.remove("patch.visit_detector.analyzed")
    assert wanted - load_recorded()["short"][f"registry.{backend}"].keys() == set()
