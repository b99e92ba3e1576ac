"""Data IDs and records with foreign spellings."""

from __future__ import annotations

import pickle

import pytest

from skybutler.compat.butler import Butler
from skybutler.compat.data_ids import DataCoordinate, DimensionRecord, FullDataId, dimension_names
from skybutler.compat.timespans import Timespan
from skybutler.dimensions import DataId, DimensionUniverse
from skybutler.errors import DimensionNameError
from skybutler.sky.timespan import Timespan as PlainTimespan
from support.datasets import RECORDS, UNIVERSE, make_ref

GROUP = UNIVERSE.conform(["visit", "detector"])
PLAIN = make_ref("calexp", ["visit", "detector"]).data_id
DATA_ID = DataCoordinate.of(PLAIN)


def test_full_is_in_the_order_of_the_dimensions() -> None:
    full = DATA_ID.full
    text = "{band: 'r', instrument: 'Cam Era', day_obs: 20261013, detector: 3, physical_filter: 'r 1.2:x/y', visit: 77}"
    assert str(full) == repr(full) == text
    assert list(full) == list(GROUP.names) == list(full.names)
    assert dict(full) == full.byName() == DATA_ID.mapping
    assert len({full, FullDataId(PLAIN)}) == 1
    assert DataId.standardize(full, group=GROUP) == PLAIN


def test_full_of_an_unexpanded_data_id_says_what_to_do() -> None:
    bare = DataCoordinate.standardize({"instrument": "Cam Era", "visit": 77, "detector": 3}, universe=UNIVERSE)
    assert (bare.hasFull(), bare.hasRecords()) == (False, False)
    with pytest.raises(DimensionNameError, match="expandDataId"):
        _ = bare.full


def test_spellings() -> None:
    assert (DATA_ID.hasFull(), DATA_ID.hasRecords()) == (True, True)
    assert DATA_ID.graph == DATA_ID.dimensions == GROUP
    assert DATA_ID.byName()["visit"] == 77
    assert DataCoordinate.of(DATA_ID) is DATA_ID
    assert DATA_ID == PLAIN
    assert hash(DATA_ID) == hash(PLAIN)
    assert str(DATA_ID) == str(PLAIN)
    assert pickle.loads(pickle.dumps(DATA_ID)) == PLAIN


@pytest.mark.parametrize(
    "wanted", [["visit"], "visit", UNIVERSE.conform(["visit"]), [UNIVERSE["visit"]], UNIVERSE["visit"]]
)
def test_dimensions_are_given_in_any_form(wanted: object) -> None:
    smaller = DATA_ID.subset(wanted)
    assert type(smaller) is DataCoordinate
    assert smaller.required == {"instrument": "Cam Era", "visit": 77}
    assert DataCoordinate.standardize(DATA_ID, dimensions=wanted) == smaller
    assert "visit" in dimension_names(wanted)


def test_derived_data_ids_keep_their_spellings() -> None:
    visit, detector = DATA_ID.subset(["visit"]), DATA_ID.subset(["detector"])
    assert type(visit.union(detector)) is DataCoordinate
    assert visit.union(detector) == DATA_ID
    assert type(visit.expanded(PLAIN.subset(["visit"]).records)) is DataCoordinate
    assert DataCoordinate.make_empty(UNIVERSE) == DataCoordinate.makeEmpty(UNIVERSE) == {}
    assert DataCoordinate.standardize(instrument="X", universe=DimensionUniverse.load(1))["instrument"] == "X"


def test_records() -> None:
    record = DATA_ID.records["detector"]
    assert type(record) is DimensionRecord
    assert record.toDict() == {**RECORDS["detector"], "purpose": None}
    assert record.dataId == {"instrument": "Cam Era", "detector": 3}
    assert type(record.dataId) is DataCoordinate
    assert str(record).startswith("detector:\n  instrument: 'Cam Era'\n  id: 3\n")


def test_timespans_of_records() -> None:
    row = {"instrument": "Cam Era", "id": 20261013, "timespan": PlainTimespan(0, 10**9)}
    record = DimensionRecord.of(UNIVERSE["day_obs"].record(**row))
    assert type(record.timespan) is Timespan
    fields = record.toDict(splitTimespan=True)
    assert (fields["timespan_begin"].scale, "timespan" in fields) == ("tai", False)
    assert DimensionRecord.of(record) is record
    bare = DimensionRecord.of(UNIVERSE["day_obs"].record(instrument="Cam Era", id=20261013))
    assert (bare.timespan, bare.toDict(splitTimespan=True)["timespan_end"]) == (None, None)


def test_data_ids_of_a_repository(dp02: Butler) -> None:
    expanded = dp02.registry.expandDataId(visit=414872, detector="R11_S20")
    assert expanded.full["physical_filter"] == "r_sim_1.4"
    assert expanded.records["visit"].exposure_time == 30.0  # type: ignore[union-attr]
    assert expanded.region is not None
