"""Dataset types, storage classes and refs with foreign spellings."""

from __future__ import annotations

import pickle
import uuid

import pytest

from skybutler.compat.data_ids import DataCoordinate
from skybutler.compat.dataset_types import (
    DatasetRef,
    DatasetType,
    StorageClass,
    plain_type,
    storage_class_name,
    type_name,
)
from skybutler.datasets import DatasetType as PlainType
from skybutler.datasets.storage_class import StorageClasses
from skybutler.errors import StorageClassError, UnknownComponentError
from skybutler.images import Exposure
from support.datasets import ID, UNIVERSE, make_ref

CALEXP = DatasetType("calexp", ("instrument", "visit", "detector"), "ExposureF", universe=UNIVERSE)


def test_dataset_type() -> None:
    assert (CALEXP.name, CALEXP.storageClass_name, CALEXP.storageClass.name) == ("calexp", "ExposureF", "ExposureF")
    assert (CALEXP.isCalibration(), CALEXP.isComposite(), CALEXP.isComponent(), CALEXP.component()) == (
        False,
        True,
        False,
        None,
    )
    assert (
        repr(CALEXP)
        == "DatasetType('calexp', {band, instrument, day_obs, detector, physical_filter, visit}, ExposureF)"
    )
    assert CALEXP.dimensions == UNIVERSE.conform(["visit", "detector"])
    assert DatasetType("calexp", CALEXP.dimensions, StorageClass("ExposureF")) == CALEXP == plain_type(CALEXP)
    bias = DatasetType("bias", ["instrument", "detector"], "ExposureF", isCalibration=True)
    assert bias.isCalibration()
    assert "isCalibration=True" in str(bias)
    assert sorted([CALEXP, bias]) == [bias, CALEXP]
    assert len({CALEXP, DatasetType.of(plain_type(CALEXP)), bias}) == 2
    assert pickle.loads(pickle.dumps(CALEXP)) == CALEXP
    assert CALEXP != "calexp"


def test_components() -> None:
    wcs = CALEXP.makeComponentDatasetType("wcs")
    assert (wcs.name, wcs.component(), wcs.isComponent(), wcs.storageClass_name) == ("calexp.wcs", "wcs", True, "Wcs")
    assert wcs.nameAndComponent() == DatasetType.splitDatasetTypeName("calexp.wcs") == ("calexp", "wcs")
    assert CALEXP.componentTypeName("bbox") == "calexp.bbox"
    with pytest.raises(UnknownComponentError, match="Did you mean 'wcs'"):
        CALEXP.componentTypeName("wxs")


def test_storage_class() -> None:
    kind = StorageClass("ExposureF")
    assert kind.pytype is Exposure
    assert kind.components["wcs"] == StorageClass("Wcs")
    assert "bbox" in kind.derivedComponents
    assert kind.allComponents().keys() == {*kind.components, *kind.derivedComponents}
    assert "bbox" in kind.parameters
    assert kind.isComposite()
    assert (str(kind), repr(kind), len({kind, StorageClass("ExposureF")})) == (
        "ExposureF",
        "StorageClass('ExposureF')",
        1,
    )
    assert StorageClass("Mine", dict).pytype is dict
    assert StorageClass("Mine", "list").pytype is list
    assert kind != "ExposureF"
    with pytest.raises(StorageClassError, match="no storage class 'Exposuref'"):
        _ = StorageClass("Exposuref").pytype


def test_names_of_what_is_given() -> None:
    assert [type_name(t) for t in (CALEXP, plain_type(CALEXP), "calexp", ...)] == ["calexp", "calexp", "calexp", ...]
    given = ("ExposureF", StorageClass("ExposureF"), StorageClasses.default()["ExposureF"], None)
    assert [storage_class_name(g) for g in given] == ["ExposureF", "ExposureF", "ExposureF", None]


def test_ref() -> None:
    plain = make_ref("calexp", ["visit", "detector"], "ExposureF")
    ref = DatasetRef.of(plain)
    assert (ref.id, ref.run, ref.datasetType, ref.dimensions) == (ID, "u/me/run", CALEXP, CALEXP.dimensions)
    assert type(ref.dataId) is DataCoordinate
    assert ref.dataId.full["visit"] == 77
    assert (ref == plain, hash(ref) == hash(plain), str(ref) == str(plain)) == (True, True, True)
    assert (ref.isComponent(), ref.isComposite()) == (False, True)
    assert DatasetRef.of(ref) is ref
    assert pickle.loads(pickle.dumps(ref)).dataId == ref.dataId


def test_new_refs() -> None:
    data_id = DataCoordinate.standardize(instrument="Cam Era", visit=77, detector=3, universe=UNIVERSE)
    ref, other = DatasetRef(CALEXP, data_id, "run"), DatasetRef(CALEXP, data_id, "run")
    assert (ref.id.version, ref.id == other.id) == (7, False)
    assert isinstance(ref.dataset_type, PlainType)
    named = DatasetRef(CALEXP, data_id, "run", id=uuid.UUID(int=5))
    assert named.id.int == 5
    wcs = named.makeComponentRef("wcs")
    assert (wcs.isComponent(), wcs.datasetType.name, wcs.id) == (True, "calexp.wcs", named.id)
    assert type(named.expanded(make_ref("calexp", ["visit", "detector"]).data_id)) is DatasetRef
