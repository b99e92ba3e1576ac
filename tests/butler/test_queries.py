"""The butler's questions; what the answers must be is tested with the registry."""

from __future__ import annotations

from typing import Any

import pytest

from skybutler import Butler
from skybutler.errors import ExpressionError, MissingCollectionError, MissingDatasetTypeError, NoDefaultCollectionError
from support.world import World

CAM: dict[str, Any] = {"instrument": "Cam"}


def test_datasets_of_several_types_and_globs(world: World, butler: Butler) -> None:
    found = {r.dataset_type.name for r in butler.query_datasets(["ra*", "notes"], "run/a")}
    assert found == {"raw", "notes"}
    everything = {r.dataset_type.name for r in butler.query_all_datasets("run/a")}
    assert everything == {"raw", "calexp", "notes", "pixels"}
    assert butler.query_all_datasets("run/a", name="n*").count() == 1


def test_the_first_of_each_data_id_or_all(world: World, butler: Butler) -> None:
    asked = {"visit": 11, "detector": 1, **CAM}
    refs = list(butler.query_datasets("calexp", ["run/b", "run/a"], data_id=asked))
    assert [r.run for r in refs] == ["run/b"]
    assert butler.query_datasets("calexp", "run/*", data_id=asked, find_first=False).count() == 3


def test_order_limit_and_records(world: World, butler: Butler) -> None:
    refs = butler.query_datasets(
        "raw", "run/a", where="detector = 0", order_by="-exposure", limit=2, with_dimension_records=True, **CAM
    )
    assert [r.data_id["exposure"] for r in refs] == [15, 14]
    assert [r.data_id.record("exposure").obs_id for r in refs] == ["E5", "E4"]  # type: ignore[union-attr]
    assert butler.query_datasets("raw", "run/a", limit=0).count() == 0


def test_conditions_are_bound_and_mistakes_shown(world: World, butler: Butler) -> None:
    found = butler.query_data_ids(["visit"], where="visit IN (wanted)", bind={"wanted": [10, 12]}, **CAM)
    assert {d["visit"] for d in found} == {10, 12}
    with pytest.raises(ExpressionError, match="visit"):
        butler.query_data_ids(["visit"], where="vist = 1", **CAM)


def test_records_of_an_element(world: World, butler: Butler) -> None:
    records = butler.query_dimension_records("detector", where="detector.raft = 'R1'", order_by=["-detector"], **CAM)
    assert [r.full_name for r in records] == ["R1_S1", "R1_S0"]


def test_an_empty_answer_explains_itself(world: World, butler: Butler) -> None:
    results = butler.query_datasets("never", "run/a")
    assert not results.any()
    assert any("never" in line for line in results.explain())


def test_unknown_names_are_errors(world: World, butler: Butler) -> None:
    with pytest.raises(MissingDatasetTypeError, match="raw"):
        butler.query_datasets("rwa", "run/a")
    with pytest.raises(MissingCollectionError, match="run/a"):
        list(butler.query_datasets("raw", "run/aa"))
    with Butler(butler.config) as other, pytest.raises(NoDefaultCollectionError):
        other.query_datasets("raw")
