"""The fluent query with foreign spellings."""

from __future__ import annotations

from skybutler.compat.butler import Butler
from skybutler.compat.data_ids import DataCoordinate, DimensionRecord
from skybutler.compat.dataset_types import DatasetRef
from support.dp02 import COLLECTION, DETECTOR, OVERLAPPING, PATCH, TRACT


def test_results_have_their_spellings(dp02: Butler) -> None:
    with dp02.query() as query:
        here = query.where("tract = t", bind={"t": TRACT}).where({"patch": PATCH}, skymap="DC2", detector=DETECTOR)
        refs = here.datasets("calexp", [COLLECTION]).order_by("visit").limit(2).with_dimension_records()
        ids = here.data_ids(["visit", "detector"])
        records = here.dimension_records(dp02.dimensions["visit"]).order_by("-visit")
        assert [ref.dataId["visit"] for ref in refs] == sorted(OVERLAPPING)[:2]
        assert [(type(ref), ref.dataId.hasRecords()) for ref in refs] == [(DatasetRef, True)] * 2
        assert {type(data_id) for data_id in ids} == {DataCoordinate}
        assert {ref.dataId["visit"] for ref in ids.findDatasets("calexp", COLLECTION)} == set(OVERLAPPING)
        assert [(type(r), r.id) for r in records.limit(1)] == [(DimensionRecord, max(OVERLAPPING))]


def test_joins(dp02: Butler) -> None:
    query = dp02.query().where(skymap="DC2", tract=TRACT, patch=PATCH)
    assert query.join_dataset_search("calibrate_metadata").data_ids("visit").count() == 0
    found = query.join_dataset_search("calexp", COLLECTION).join_dimensions(["detector"]).data_ids("visit")
    assert {data_id["visit"] for data_id in found} == set(OVERLAPPING)
    assert not query.where("visit = 1").datasets("calexp").any()
    assert query.where("visit = 1").datasets("calexp").explain_no_results()
