"""Results as plain columns: the same rows as objects and Arrow, without either."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from skybutler import Butler
from skybutler.sky.timespan import Timespan


@pytest.fixture
def butler(tmp_path: Path) -> Iterator[Butler]:
    Butler.create(tmp_path / "repo")
    butler = Butler(tmp_path / "repo", run="a/run")
    span = Timespan.from_day_obs(20261013)
    butler.insert_dimension_data("instrument", {"name": "Cam", "detector_max": 10})
    butler.insert_dimension_data("day_obs", {"instrument": "Cam", "id": 20261013, "timespan": span})
    butler.insert_dimension_data("detector", *({"instrument": "Cam", "id": i, "full_name": f"R{i}"} for i in range(3)))
    butler.register_dataset_type("numbers", ["instrument", "detector"])
    butler.register_dataset_type("other", ["instrument"])
    for i in range(3):
        butler.put({"i": i}, "numbers", instrument="Cam", detector=i)
    butler.put({}, "other", instrument="Cam")
    yield butler
    butler.close()


def test_columns_of_datasets_are_those_of_the_refs(butler: Butler) -> None:
    results = butler.query_datasets(["numbers", "other"], order_by="-instrument")
    batches = list(results.column_batches())
    assert [list(b) for b in batches] == [
        ["type", "run", "id", "instrument", "detector"],
        ["type", "run", "id", "instrument"],
    ]
    rows = [row for batch in batches for row in zip(batch["type"], batch["run"], batch["id"], strict=True)]
    assert rows == [(r.dataset_type.name, r.run, str(r.id)) for r in results]
    assert batches[0]["detector"] == [r.data_id["detector"] for r in results if r.dataset_type.name == "numbers"]


def test_columns_of_data_ids_and_records_agree_with_arrow(butler: Butler) -> None:
    for results in (butler.query_data_ids(["detector"]), butler.query_dimension_records("day_obs")):
        (batch,) = results.column_batches()
        assert batch == results.to_arrow().to_pydict()


def test_no_rows_make_no_batches(butler: Butler) -> None:
    assert list(butler.query_datasets("numbers", where="detector = 99").column_batches()) == []
