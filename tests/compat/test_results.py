"""Results with foreign spellings: lazy, and never changed by asking for others."""

from __future__ import annotations

import pytest

from skybutler.compat.butler import Butler
from skybutler.compat.data_ids import DataCoordinate, DimensionRecord
from skybutler.compat.dataset_types import DatasetRef
from support.dp02 import COLLECTION, DETECTOR, ELSEWHERE, OVERLAPPING

EVERY = sorted([*OVERLAPPING, *ELSEWHERE])


def test_limit_and_order_give_new_results(dp02: Butler) -> None:
    records = dp02.registry.queryDimensionRecords("visit")
    first = records.order_by("-visit").limit(3)
    assert [r.id for r in first] == EVERY[:-4:-1]
    assert (first.count(), records.count(), len(list(records))) == (3, len(EVERY), len(EVERY))
    assert [r.id for r in records.order_by("visit").limit(2, offset=1)] == EVERY[1:3]
    assert [r.id for r in records.limit(3).order_by("visit")] == EVERY[:3]
    assert first.limit(None).count() == len(EVERY)
    assert (first.limit(0).any(), list(first.limit(0))) == (False, [])
    assert "iterate" in repr(records)


@pytest.mark.parametrize("limit", range(0, 45, 5))
def test_limits_count_over_dataset_types(dp02: Butler, limit: int) -> None:
    refs = dp02.registry.queryDatasets(["calexp", "characterizeImage_metadata"])
    limited = refs.limit(limit)
    assert len(list(limited)) == limited.count() == min(limit, 4 * len(EVERY))


def test_results_are_asked_anew_each_time(own_dp02: Butler) -> None:
    refs = own_dp02.registry.queryDatasets("calexp")
    n = refs.count()
    own_dp02.pruneDatasets([next(iter(refs))], unstore=True, purge=True)
    assert (refs.count(), len(list(refs))) == (n - 1, n - 1)


def test_by_dataset_type(dp02: Butler) -> None:
    refs = dp02.registry.queryDatasets(["calexp", "characterizeImage_metadata", "isr_log"])
    parts = {part.parentDatasetType.name: part.count() for part in refs.byParentDatasetType() if part.any()}
    assert parts == {"calexp": 2 * len(EVERY), "characterizeImage_metadata": 2 * len(EVERY)}


def test_records_are_attached_on_request(dp02: Butler) -> None:
    refs = dp02.registry.queryDatasets("calexp", visit=EVERY[-1], detector=DETECTOR)
    (bare,), (expanded,) = refs, refs.expanded()
    assert (type(bare), bare.dataId.hasFull(), bare.dataId.hasRecords()) == (DatasetRef, True, False)
    assert expanded.dataId.hasRecords()
    assert type(expanded.dataId.records["visit"]) is DimensionRecord
    (data_id,) = dp02.registry.queryDataIds("visit", visit=EVERY[-1]).expanded().limit(1)
    assert (type(data_id), data_id.hasRecords()) == (DataCoordinate, True)


def test_data_ids_are_cut_down(dp02: Butler) -> None:
    ids = dp02.registry.queryDataIds(["visit", "detector"], datasets="calexp")
    assert ids.hasFull()
    assert ids.dimensions == ids.graph == dp02.dimensions.conform(["visit", "detector"])
    assert len(ids.subset(["visit"])) == 2 * len(EVERY)
    assert sorted(d["visit"] for d in ids.subset(["visit"], unique=True)) == EVERY
    assert len(ids.subset(unique=True)) == ids.count()


def test_datasets_of_data_ids(dp02: Butler) -> None:
    ids = dp02.registry.queryDataIds(["visit", "detector"], where="detector = 42 AND visit > 1000000")
    found = list(ids.findDatasets("calexp", [COLLECTION]))
    assert sorted(ref.dataId["visit"] for ref in found) == [v for v in EVERY if v > 10**6]
    assert {ref.dataId["detector"] for ref in found} == {42}
    assert list(ids.limit(0).findDatasets("calexp", COLLECTION)) == []


def test_emptiness_is_explained(dp02: Butler) -> None:
    refs = dp02.registry.queryDatasets("calexp", visit=1)
    assert not refs.any()
    assert refs.explain_no_results() == ["Nothing has visit = 1."]
    assert dp02.registry.queryDatasets("calexp").explain_no_results() == []
    with refs.materialize() as kept:
        assert kept is refs
