"""Changes through ``butler.registry`` with foreign spellings."""

from __future__ import annotations

import pytest

from skybutler import CollectionType
from skybutler.compat.butler import Butler
from skybutler.compat.dataset_types import DatasetRef, DatasetType
from skybutler.compat.registry import DatasetAssociation, RegistryDefaults
from skybutler.compat.timespans import Timespan
from skybutler.errors import (
    AmbiguousCalibrationError,
    CollectionCycleError,
    CollectionTypeError,
    ConflictingDefinitionError,
    MissingCollectionError,
    OrphanedRecordError,
    ReadOnlyError,
)
from support.dp02 import COLLECTION, INSTRUMENT, RUN

DAY = 86_400_000_000_000


def _bias(butler: Butler, run: str, number: int = 42) -> DatasetRef:
    kind = DatasetType(
        "bias", ("instrument", "detector"), "StructuredDataDict", universe=butler.dimensions, isCalibration=True
    )
    butler.registry.registerDatasetType(kind)
    return butler.put({"run": run}, "bias", instrument=INSTRUMENT, detector=number, run=run)


def test_collections_are_registered(own_dp02: Butler) -> None:
    registry = own_dp02.registry
    assert registry.registerCollection("u/me/tag", doc="picked") is True
    assert registry.registerCollection("u/me/tag") is False
    assert registry.getCollectionType("u/me/tag") is CollectionType.TAGGED
    assert registry.getCollectionDocumentation("u/me/tag") == "picked"
    registry.setCollectionDocumentation("u/me/tag", None)
    assert registry.getCollectionDocumentation("u/me/tag") is None
    assert registry.registerRun("u/me/run") is True
    assert registry.getCollectionType("u/me/run") is CollectionType.RUN
    with pytest.raises(CollectionTypeError):
        registry.registerCollection("u/me/run")
    registry.removeCollection("u/me/run")
    with pytest.raises(MissingCollectionError):
        registry.getCollectionType("u/me/run")


def test_chains(own_dp02: Butler) -> None:
    registry = own_dp02.registry
    registry.registerCollection("chain", CollectionType.CHAINED)
    registry.setCollectionChain(parent="chain", children=[COLLECTION])
    assert registry.getCollectionChain("chain") == (COLLECTION,)
    assert registry.getCollectionParentChains(COLLECTION) == {"chain"}
    registry.setCollectionChain("chain", COLLECTION, flatten=True)
    assert registry.getCollectionChain("chain") == (RUN,)
    with pytest.raises(CollectionCycleError):
        registry.setCollectionChain("chain", ["chain"])
    with pytest.raises(OrphanedRecordError):
        registry.removeCollection(RUN)


def test_summaries(dp02: Butler) -> None:
    summary = dp02.registry.getCollectionSummary(COLLECTION)
    assert [kind.name for kind in summary.dataset_types] == ["calexp", "characterizeImage_metadata"]
    assert summary.governors == {"instrument": {INSTRUMENT}}


def test_defaults_can_be_replaced(own_dp02: Butler) -> None:
    assert own_dp02.registry.defaults == RegistryDefaults((COLLECTION,), RUN, {})
    own_dp02.registry.defaults = RegistryDefaults((RUN,), None, {"instrument": INSTRUMENT})
    assert list(own_dp02.collections) == [RUN]
    assert own_dp02.run is None
    assert own_dp02.registry.queryDatasets("calexp").any()


def test_dataset_types_are_registered(own_dp02: Butler) -> None:
    kind = DatasetType("src", ["visit", "detector"], "SourceCatalog", universe=own_dp02.dimensions)
    assert own_dp02.registry.registerDatasetType(kind) is True
    assert own_dp02.registry.registerDatasetType(kind) is False
    assert own_dp02.registry.getDatasetType("src") == kind
    with pytest.raises(ConflictingDefinitionError):
        own_dp02.registry.registerDatasetType(DatasetType("src", ["visit"], "SourceCatalog"))
    own_dp02.registry.removeDatasetType(("src", "unknown"))
    assert own_dp02.registry.queryDatasetTypes("src") == []
    with pytest.raises(OrphanedRecordError):
        own_dp02.registry.removeDatasetType("calexp")


def test_dimension_records_are_written(own_dp02: Butler) -> None:
    registry = own_dp02.registry
    row = {"instrument": "Other", "id": 1, "full_name": "A"}
    registry.insertDimensionData("instrument", {"name": "Other", "detector_max": 4}, {"name": "Third"})
    assert registry.syncDimensionData("detector", row) is True
    assert registry.syncDimensionData(own_dp02.dimensions["detector"], row) is False
    with pytest.raises(ConflictingDefinitionError):
        registry.syncDimensionData("detector", {**row, "full_name": "B"})
    assert registry.syncDimensionData("detector", {**row, "full_name": "B"}, update=True) == {"full_name": "A"}
    (record,) = registry.queryDimensionRecords("detector", instrument="Other")
    registry.insertDimensionData("detector", record, skip_existing=True)
    assert registry.syncDimensionData("detector", record) is False
    with pytest.raises(ConflictingDefinitionError):
        registry.insertDimensionData("detector", record)


def test_tags(own_dp02: Butler) -> None:
    registry = own_dp02.registry
    registry.registerCollection("tag")
    refs = list(registry.queryDatasets("calexp").limit(3))
    registry.associate("tag", refs)
    registry.disassociate("tag", refs[:1])
    assert set(registry.queryDatasets("calexp", collections="tag")) == set(refs[1:])
    with pytest.raises(CollectionTypeError):
        registry.associate(RUN, refs)


def test_calibrations(own_dp02: Butler) -> None:
    registry = own_dp02.registry
    old, new = _bias(own_dp02, "calib/old"), _bias(own_dp02, "calib/new")
    registry.registerCollection("calib", type=CollectionType.CALIBRATION)
    registry.certify("calib", [old], Timespan(0, 10 * DAY))
    registry.certify("calib", [new], Timespan(10 * DAY, None))
    with pytest.raises(ConflictingDefinitionError):
        registry.certify("calib", [old], Timespan(9 * DAY, 11 * DAY))
    find = {"instrument": INSTRUMENT, "detector": 42}
    assert registry.findDataset("bias", find, collections="calib", timespan=Timespan(DAY, 2 * DAY)) == old
    assert own_dp02.get("bias", find, collections="calib", timespan=Timespan(20 * DAY, 21 * DAY)) == {
        "run": "calib/new"
    }
    with pytest.raises(AmbiguousCalibrationError):
        own_dp02.get("bias", find, collections="calib", timespan=Timespan(9 * DAY, 11 * DAY))
    registry.decertify("calib", "bias", Timespan(2 * DAY, 3 * DAY), dataIds=[find])
    found = [(a.ref, a.timespan) for a in registry.queryDatasetAssociations("bias", collections="calib")]
    assert found == [(old, Timespan(0, 2 * DAY)), (old, Timespan(3 * DAY, 10 * DAY)), (new, Timespan(10 * DAY, None))]
    assert all(isinstance(span, Timespan) for _, span in found)
    everywhere = list(registry.queryDatasetAssociations(old.datasetType))
    assert DatasetAssociation(old, "calib/old") in everywhere
    assert len(everywhere) == 5
    assert len(list(registry.queryDatasetAssociations("bias", collectionTypes=[CollectionType.RUN]))) == 2


def test_transactions_undo_everything(own_dp02: Butler) -> None:
    def fail() -> None:
        with own_dp02.registry.transaction(savepoint=True):
            own_dp02.registry.registerRun("gone")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    own_dp02.registry.refresh()
    assert "gone" not in own_dp02.registry.queryCollections()


def test_read_only_butlers_refuse(dp02: Butler) -> None:
    assert dp02.registry.isWriteable() is False
    for change in (
        lambda: dp02.registry.registerRun("x"),
        lambda: dp02.registry.insertDimensionData("instrument", {"name": "x"}),
    ):
        with pytest.raises(ReadOnlyError):
            change()
