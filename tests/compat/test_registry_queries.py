"""Questions to ``butler.registry`` with foreign spellings."""

from __future__ import annotations

import re
import uuid

import pytest

from skybutler import CollectionType
from skybutler.compat.butler import Butler
from skybutler.compat.data_ids import DataCoordinate
from skybutler.compat.dataset_types import DatasetRef
from skybutler.errors import (
    DataIdValueError,
    ExpressionError,
    InvalidQueryError,
    MissingCollectionError,
    MissingDatasetTypeError,
    NoDefaultCollectionError,
)
from support.dp02 import COLLECTION, DETECTOR, ELSEWHERE, INSTRUMENT, METADATA_TASKS, OVERLAPPING, PATCH, RUN, TRACT

VISIT = 414872
EVERY = len(OVERLAPPING) + len(ELSEWHERE)
DATA_ID = {"instrument": INSTRUMENT, "visit": VISIT, "detector": DETECTOR}


def test_datasets_are_found(dp02: Butler) -> None:
    ref = dp02.registry.findDataset("calexp", DATA_ID)
    assert type(ref) is DatasetRef
    assert isinstance(ref.id, uuid.UUID)
    assert ref.dataId.full["band"] == "r"
    assert dp02.registry.getDataset(ref.id) == dp02.registry.getDataset(str(ref.id)) == ref
    assert dp02.registry.findDataset(ref.datasetType, visit=VISIT, detector=DETECTOR, collections=RUN) == ref
    assert dp02.registry.findDataset("calexp", DATA_ID, collections=re.compile(r"2\.2i/.*")) == ref
    assert dp02.registry.getDataset(uuid.UUID(int=1)) is None
    assert dp02.registry.findDataset("calibrate_metadata", DATA_ID) is None
    with pytest.raises(MissingDatasetTypeError):
        dp02.registry.findDataset("nothing", DATA_ID)


def test_data_ids_are_expanded(dp02: Butler) -> None:
    group = dp02.dimensions.conform(["visit"])
    expanded = dp02.registry.expandDataId(DATA_ID, graph=group)
    assert (type(expanded), expanded.dimensions, expanded.hasRecords()) == (DataCoordinate, group, True)
    with pytest.raises(DataIdValueError):
        dp02.registry.expandDataId(DATA_ID, visit=1)


def test_place_is_joined(dp02: Butler) -> None:
    where = f"tract={TRACT} and patch={PATCH} and detector={DETECTOR} and skymap='DC2'"
    found = dp02.registry.queryDatasets(datasetType="calexp", where=where)
    assert {ref.dataId["visit"] for ref in found} == set(OVERLAPPING)
    bound = dp02.registry.queryDatasets(
        "calexp", where="tract = t AND patch = p", bind={"t": TRACT, "p": PATCH}, detector=DETECTOR
    )
    assert set(bound) == set(found)
    by_value = dp02.registry.queryDatasets(
        "calexp", dataId={"tract": TRACT, "skymap": "DC2"}, patch=PATCH, detector=DETECTOR
    )
    assert set(by_value) == set(found)
    with pytest.raises(ExpressionError):
        dp02.registry.queryDatasets("calexp", where="tract = ")


@pytest.mark.parametrize(
    "expression, types",
    [
        ("calexp", {"calexp"}),
        ("cal*", {"calexp"}),
        (re.compile("cal.*|char.*"), {"calexp", "characterizeImage_metadata"}),
        (["calexp", "char*"], {"calexp", "characterizeImage_metadata"}),
        (..., {"calexp", "characterizeImage_metadata"}),
    ],
)
@pytest.mark.parametrize("collections", [None, RUN, [COLLECTION], ..., "2.2i/*", re.compile(".*rc5/.*")])
def test_expressions(dp02: Butler, expression: object, types: set[str], collections: object) -> None:
    found = dp02.registry.queryDatasets(
        expression, collections=collections, visit=VISIT, detector=DETECTOR, findFirst=False
    )
    assert {ref.datasetType.name for ref in found} == types
    assert found.count() == len(set(found)) == len(types)


def test_unknown_types_are_empty_and_explained(dp02: Butler) -> None:
    found = dp02.registry.queryDatasets("calxp")
    assert (list(found), found.count(), found.any()) == ([], 0, False)
    assert found.explain_no_results() == ["Dataset type 'calxp' does not exist. Did you mean 'calexp'?"]
    ids = dp02.registry.queryDataIds("visit", datasets="calxp")
    assert (list(ids), ids.explain_no_results()[0]) == (
        [],
        "Dataset type 'calxp' does not exist. Did you mean 'calexp'?",
    )
    assert list(dp02.registry.queryDimensionRecords("visit", datasets="calxp")) == []


def test_collections_are_needed_and_must_exist(dp02_root: object) -> None:
    with Butler(dp02_root) as butler:
        with pytest.raises(NoDefaultCollectionError):
            butler.registry.queryDatasets("calexp")
        with pytest.raises(NoDefaultCollectionError):
            butler.registry.queryDataIds("visit", datasets="calexp")
        with pytest.raises(MissingCollectionError):
            butler.registry.queryDatasets("calexp", collections="2.2i/runs/DP0.3")


def test_find_first_needs_an_order(dp02: Butler) -> None:
    assert dp02.registry.queryDatasets("calexp", collections=[COLLECTION], findFirst=True).count() == 2 * EVERY
    for pattern in ("2.2i/*", ..., [re.compile(".*")]):
        with pytest.raises(InvalidQueryError, match="findFirst"):
            dp02.registry.queryDatasets("calexp", collections=pattern, findFirst=True)


def test_data_ids(dp02: Butler) -> None:
    assert dp02.registry.queryDataIds(["visit"]).count() == EVERY
    assert dp02.registry.queryDataIds(dp02.dimensions.conform(["visit"]), where="visit > 1000000").count() == 5
    here = dp02.registry.queryDataIds(["visit", "detector"], datasets="calexp", skymap="DC2", tract=TRACT, patch=PATCH)
    assert {d["visit"] for d in here} == set(OVERLAPPING)
    assert here.count() == 2 * len(OVERLAPPING)
    assert dp02.registry.queryDataIds(["visit"], datasets="calibrate_metadata").count() == 0
    patches = dp02.registry.queryDataIds(["patch"], dataId=next(iter(here)).full)
    assert {"skymap": "DC2", "tract": TRACT, "patch": PATCH} in list(patches)


def test_dimension_records(dp02: Butler) -> None:
    records = dp02.registry.queryDimensionRecords("detector", where="detector IN (42, 43)")
    assert sorted(r.full_name for r in records) == ["R11_S20", "R11_S21"]
    (visit,) = dp02.registry.queryDimensionRecords(dp02.dimensions["visit"], visit=VISIT)
    assert (visit.dataId["visit"], visit.toDict()["target_name"]) == (VISIT, "UNKNOWN")
    with_calexp = dp02.registry.queryDimensionRecords("detector", datasets="calexp", collections=COLLECTION)
    assert {r.id for r in with_calexp} == {DETECTOR, DETECTOR + 1}


def test_dataset_types(dp02: Butler) -> None:
    found = dp02.registry.queryDatasetTypes()
    sets = [t.name for t in found if "metadata" in t.name and t.storageClass_name == "PropertySet"]
    assert sets == sorted(f"{task}_metadata" for task in METADATA_TASKS)
    missing: list[str] = []
    assert [t.name for t in dp02.registry.queryDatasetTypes(["calexp", "x", "*_log"], missing=missing)] == [
        "calexp",
        "isr_log",
    ]
    assert missing == ["x"]
    assert dp02.registry.getAllDatasetTypes() == found
    assert dp02.registry.getDatasetType("calexp.wcs").storageClass_name == "Wcs"


def test_collections(dp02: Butler) -> None:
    query = dp02.registry.queryCollections
    assert query() == query(...) == dp02.registry.getAllCollections() == [COLLECTION, RUN]
    assert query("*rc5*") == query(re.compile(".*rc5.*")) == [RUN]
    assert query("2.2i/*", collectionTypes=CollectionType.CHAINED) == [COLLECTION]
    assert query(COLLECTION, flattenChains=True) == [RUN]
    assert query(COLLECTION, flattenChains=True, includeChains=True) == [COLLECTION, RUN]
    assert query(..., "calexp") == [COLLECTION, RUN]
    assert query(..., datasetType="calibrate_metadata") == []
