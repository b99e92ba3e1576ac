"""Dataset types, dimension records and data IDs through the butler."""

from __future__ import annotations

import pytest

from skybutler import Butler
from skybutler.errors import (
    ConflictingDefinitionError,
    DataIdValueError,
    InconsistentDataIdError,
    MissingDatasetTypeError,
    StorageClassError,
    UnknownComponentError,
)
from support.world import World


def test_a_type_is_registered_once(butler: Butler) -> None:
    assert butler.register_dataset_type("a", ["visit"], "ExposureF")
    kind = butler.get_dataset_type("a")
    assert not butler.register_dataset_type(kind)
    assert not butler.register_dataset_type("a", ["visit", "instrument"], "ExposureF")
    with pytest.raises(ConflictingDefinitionError, match="visit"):
        butler.register_dataset_type("a", ["detector"], "ExposureF")
    with pytest.raises(StorageClassError, match="ExposureF"):
        butler.register_dataset_type("b", [], "ExposurF")
    assert [t.name for t in butler.query_dataset_types()] == ["a"]


def test_components_have_types(butler: Butler) -> None:
    butler.register_dataset_type("a", ["visit"], "ExposureF")
    assert butler.get_dataset_type("a.wcs").storage_class == "Wcs"
    with pytest.raises(UnknownComponentError, match="wcs"):
        butler.get_dataset_type("a.wsc")
    with pytest.raises(MissingDatasetTypeError, match="'a'"):
        butler.get_dataset_type("aa")


def test_types_are_found_by_globs(world: World, butler: Butler) -> None:
    assert [t.name for t in butler.query_dataset_types(["r*", "bia?"])] == ["bias", "raw"]
    with pytest.raises(MissingDatasetTypeError, match="calexp"):
        butler.query_dataset_types("calxp")


def test_records_are_inserted_and_synced(butler: Butler) -> None:
    row = {"name": "Cam", "detector_max": 3}
    assert butler.insert_dimension_data("instrument", row) == 1
    assert butler.insert_dimension_data("instrument", row, skip_existing=True) == 0
    with pytest.raises(ConflictingDefinitionError):
        butler.insert_dimension_data("instrument", row)
    assert butler.sync_dimension_data("instrument", row) is False
    with pytest.raises(ConflictingDefinitionError, match="detector_max"):
        butler.sync_dimension_data("instrument", {**row, "detector_max": 4})
    assert butler.sync_dimension_data("instrument", {**row, "detector_max": 4}, update=True) == {"detector_max": 3}
    assert butler.sync_dimension_data("instrument", {"name": "Other"}) is True


def test_data_ids_are_expanded(world: World, butler: Butler) -> None:
    data_id = butler.expand_data_id(instrument="Cam", visit=11)
    assert data_id["band"] == "r"
    record = data_id.record("visit")
    assert record is not None
    assert record.exposure_time == 15.5
    assert butler.expand_data_id(data_id) == data_id
    assert butler.expand_data_id({"instrument": "Cam", "detector": "R0_S1"})["detector"] == 1
    with pytest.raises(DataIdValueError, match="99"):
        butler.expand_data_id(instrument="Cam", visit=99)
    with pytest.raises(InconsistentDataIdError):
        butler.expand_data_id(instrument="Cam", visit=11, band="g")
