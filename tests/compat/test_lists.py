"""Queries that give lists, as today."""

from __future__ import annotations

import pytest

from skybutler.compat.butler import Butler
from skybutler.compat.data_ids import DataCoordinate, DimensionRecord
from skybutler.compat.dataset_types import DatasetRef
from skybutler.errors import EmptyQueryResultError, MissingDatasetTypeError
from support.dp02 import DETECTOR, ELSEWHERE, INSTRUMENT, OVERLAPPING, RUN

VISIT = 1192139
DATA_ID = {"instrument": INSTRUMENT, "visit": VISIT, "detector": DETECTOR}


def test_queries_give_lists(dp02: Butler) -> None:
    refs = dp02.query_datasets("calexp", where="detector = 42", order_by="visit", limit=3)
    assert [type(r) for r in refs] == [DatasetRef] * 3
    assert [r.dataId["visit"] for r in refs] == sorted([*OVERLAPPING, *ELSEWHERE])[:3]
    assert dp02.query_datasets(refs[0].datasetType, collections=RUN, find_first=False, visit=VISIT)
    (data_id,) = dp02.query_data_ids(["visit"], visit=VISIT)
    assert (type(data_id), data_id.full["band"]) == (DataCoordinate, "r")
    (record,) = dp02.query_dimension_records("visit", data_id=data_id)
    assert (type(record), record.dataId) == (DimensionRecord, data_id)
    found = dp02.find_dataset("calexp", DATA_ID, dimension_records=True)
    assert found is not None
    assert found.dataId.hasRecords()
    assert dp02.get_dataset(found.id) == found
    assert dp02.find_dataset("calibrate_metadata", DATA_ID) is None
    assert dp02.get_dataset_type("calexp") == found.datasetType


def test_empty_lists_are_errors_unless_told_otherwise(dp02: Butler) -> None:
    with pytest.raises(EmptyQueryResultError, match="Nothing has visit = 1") as caught:
        dp02.query_datasets("calexp", visit=1)
    assert caught.value.reasons == ["Nothing has visit = 1."]
    assert dp02.query_datasets("calexp", visit=1, explain=False) == []
    with pytest.raises(EmptyQueryResultError):
        dp02.query_data_ids("visit", visit=1)
    with pytest.raises(EmptyQueryResultError):
        dp02.query_dimension_records(dp02.dimensions["visit"], visit=1)
    with pytest.raises(MissingDatasetTypeError):
        dp02.query_datasets("nothing")


def test_many_datasets(dp02: Butler) -> None:
    refs = dp02.query_all_datasets(name=["calexp", "*_metadata"], where=f"visit = {VISIT} AND detector = {DETECTOR}")
    assert {ref.datasetType.name for ref in refs} == {"calexp", "characterizeImage_metadata"}
    assert dp02.get_many_datasets([*(ref.id for ref in refs), "01234567-89ab-7def-8123-456789abcdef"]) == refs
    assert dp02.query_all_datasets(name="calexp", where="visit = 1") == []
