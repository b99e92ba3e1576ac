"""Registering an instrument: all records, once; differences refused or overwritten; every universe."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from skybutler import Butler
from skybutler.errors import ConflictingDefinitionError, NotFoundError, ReadOnlyError
from skybutler.ingest import register_instrument
from support.instruments import OWN, write_description
from support.raws import CAMERA


def counts(butler: Butler) -> dict[str, int]:
    return {e: butler.query_dimension_records(e).count() for e in ("instrument", "detector", "physical_filter")}


@pytest.mark.parametrize("name", [CAMERA, "lsst.obs.lsst.LsstCamImSim"])
def test_all_records_once(empty_butler: Butler, name: str) -> None:
    done = register_instrument(empty_butler, name)
    assert done.inserted == {"instrument": 1, "detector": 189, "physical_filter": 6}
    assert done.is_change
    again = register_instrument(empty_butler, CAMERA)
    assert not again.is_change
    assert counts(empty_butler) == {"instrument": 1, "detector": 189, "physical_filter": 6}
    assert empty_butler.query_data_ids("band").count() == 6


def test_records_are_those_of_the_peer(empty_butler: Butler, shared: Path) -> None:
    register_instrument(empty_butler, CAMERA)
    camera = json.loads((shared / "expect" / "camera_LSSTCam-imSim.json").read_text())
    found = {r.get("id"): r.get("full_name") for r in empty_butler.query_dimension_records("detector")}
    assert len(found) == 189
    assert {d["id"]: d["name"] for d in camera["detectors"]}.items() <= found.items()


def test_every_universe(make_butler: Callable[..., Butler]) -> None:
    butler = make_butler(0)
    register_instrument(butler, CAMERA)
    (record,) = butler.query_dimension_records("instrument")
    assert "visit_system" not in record.to_dict()
    assert record.get("visit_max") == 9_999_999


def test_imported_rows_are_kept(empty_butler: Butler) -> None:
    # An import of calibrations may have brought the instrument and some detectors.
    empty_butler.insert_dimension_data(
        "instrument",
        {"name": CAMERA, "class_name": "lsst.obs.lsst.LsstCamImSim", "visit_system": 0}
        | dict.fromkeys(("visit_max", "exposure_max"), 9_999_999)
        | {"detector_max": 1000},
    )
    assert register_instrument(empty_butler, CAMERA).inserted == {"detector": 189, "physical_filter": 6}


def test_differing_record_is_refused_then_updated(butler: Butler) -> None:
    row = {"instrument": CAMERA, "id": 42, "full_name": "R11_S20", "raft": "R11", "name_in_raft": "S20"}
    butler.insert_dimension_data("detector", row | {"purpose": "GUIDER"}, replace=True)
    with pytest.raises(
        ConflictingDefinitionError, match=r"detector \{.*42\} \(purpose: 'GUIDER' != 'SCIENCE'\).*--update"
    ):
        register_instrument(butler, CAMERA)
    assert register_instrument(butler, CAMERA, update=True).updated == {"detector": 1}
    (record,) = butler.query_dimension_records("detector", where="detector=42", instrument=CAMERA)
    assert record.get("purpose") == "SCIENCE"
    assert not register_instrument(butler, CAMERA).is_change


def test_nothing_is_written_when_something_conflicts(empty_butler: Butler) -> None:
    empty_butler.insert_dimension_data("instrument", {"name": CAMERA, "visit_max": 1})
    with pytest.raises(ConflictingDefinitionError, match="visit_max: 1 != 9999999"):
        register_instrument(empty_butler, CAMERA)
    assert counts(empty_butler) == {"instrument": 1, "detector": 0, "physical_filter": 0}


def test_own_description(empty_butler: Butler, tmp_path: Path) -> None:
    done = register_instrument(empty_butler, write_description(tmp_path, OWN))
    assert done.inserted == {"instrument": 1, "detector": 2, "physical_filter": 2}
    assert {r.get("band") for r in empty_butler.query_dimension_records("physical_filter")} == {None, "r"}


def test_misspelt_name_and_read_only_butler(butler: Butler) -> None:
    with pytest.raises(NotFoundError, match="Did you mean 'LSSTCam-imSim'"):
        register_instrument(butler, "LSSTCam-imsim ")
    with Butler(butler.config.root) as reader, pytest.raises(ReadOnlyError):
        register_instrument(reader, CAMERA)
