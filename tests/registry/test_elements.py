"""Dimension records: inserted column by column or one by one, compared, replaced, fetched."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from lsst.sphgeom import Region

from skybutler.errors import (
    ConflictingDefinitionError,
    DataIdValueError,
    DimensionNameError,
    DimensionValueError,
    InvalidError,
)
from skybutler.registry.ask import ask_records
from skybutler.registry.registry import Registry
from skybutler.sky.region import encode
from skybutler.sky.timespan import Timespan
from support.world import World, square

FILTERS: dict[str, Any] = {"instrument": ["Cam"] * 2, "name": ["x_1", "x_2"], "band": ["x", None]}


def test_every_record_comes_back_as_it_was(world: World) -> None:
    for element, rows in world.rows.items():
        definition = world.universe[element]
        for row in rows:
            values = [row[element if element in row else f] for f in definition.fields[: len(definition.required)]]
            record = world.registry.elements.fetch(element, values)
            assert record is not None
            assert {f: record.get(f) for f in definition.fields} == {f: row.get(f) for f in definition.fields}


def test_columns_may_be_arrays(registry: Registry) -> None:
    insert = registry.elements.insert
    insert("instrument", {"name": np.array(["Cam"])})
    insert("physical_filter", {"instrument": ["Cam"], "name": ["f"], "band": ["b"]})
    insert("day_obs", {"instrument": ["Cam"], "id": np.array([20240101])})
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    lon, lat = np.radians(corners).T
    vertices = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], -1)
    count = insert(
        "visit",
        {
            "instrument": np.repeat(["Cam"], 2),
            "id": np.array([1, 2], np.int32),
            "name": np.array(["a", "b"]),
            "physical_filter": ["f", "f"],
            "day_obs": np.array([20240101, 20240101]),
            "exposure_time": np.array([30.0, np.nan], np.float32),
            "seq_num": np.array([3.0, 4.0]),
            "timespan_begin": np.array([0, 5]),
            "timespan_end": np.array([5, 9]),
            "region": np.stack([vertices, vertices[::-1]]),
        },
    )
    assert count == 2
    first, second = (registry.elements.fetch("visit", ("Cam", i)) for i in (1, 2))
    assert first is not None
    assert second is not None
    assert (first.get("exposure_time"), second.get("exposure_time")) == (30.0, None)
    assert (first.get("seq_num"), first.timespan) == (3, Timespan.from_ns(0, 5))
    assert isinstance(first.region, Region)
    assert first.region == second.region  # vertices given clockwise are turned round
    assert first.region.contains(square(0.5, 0.5, 0.4))


def test_text_is_kept_exactly(registry: Registry) -> None:
    awkward = ["", " ", "ä", "it's", "%_", "日本語", "a\nb"]
    registry.elements.insert("instrument", {"name": [f"I{t}" for t in awkward], "class_name": awkward})
    for text in awkward:
        record = registry.elements.fetch("instrument", (f"I{text}",))
        assert record is not None
        assert record.get("class_name") == text


def test_existing_records_conflict_unless_told_otherwise(world: World) -> None:
    elements = world.registry.elements
    elements.insert("physical_filter", FILTERS)
    more = {**FILTERS, "name": ["x_2", "x_3"], "band": ["y", "y"]}
    with pytest.raises(ConflictingDefinitionError, match="skip_existing"):
        elements.insert("physical_filter", more)
    assert elements.fetch("physical_filter", ("Cam", "x_3")) is None
    assert elements.insert("physical_filter", more, skip_existing=True) == 1
    assert _band(world, "x_2") is None
    assert elements.insert("physical_filter", more, replace=True) == 2
    assert _band(world, "x_2") == "y"
    detector: dict[str, Any] = {"instrument": ["Cam"], "id": [9], "full_name": ["R0_S1"]}
    with pytest.raises(ConflictingDefinitionError):
        elements.insert("detector", detector, skip_existing=True)  # the name is another detector's


def test_records_given_twice_in_one_call(world: World) -> None:
    elements = world.registry.elements
    twice = {**FILTERS, "name": ["x_1", "x_1"], "band": ["a", "b"]}
    with pytest.raises(ConflictingDefinitionError):
        elements.insert("physical_filter", twice)
    assert elements.insert("physical_filter", twice, skip_existing=True) == 1
    assert _band(world, "x_1") == "a"
    assert elements.insert("physical_filter", {**twice, "name": ["x_9", "x_9"]}, replace=True) == 1
    assert _band(world, "x_9") == "b"


def _band(world: World, name: str) -> Any:
    record = world.registry.elements.fetch("physical_filter", ("Cam", name))
    assert record is not None
    return record.get("band")


def test_parents_must_exist(world: World) -> None:
    insert = world.registry.elements.insert
    with pytest.raises(DataIdValueError, match=r"No instrument record with \{instrument: 'Nobody'\}"):
        insert("detector", {"instrument": ["Nobody"], "id": [1], "full_name": ["x"]})
    with pytest.raises(DataIdValueError, match="No physical_filter record"):
        insert("visit", {"instrument": ["Cam"], "id": [99], "physical_filter": ["none"], "day_obs": [20240101]})
    with pytest.raises(DataIdValueError, match="No visit record"):
        insert("visit_definition", {"instrument": ["Cam"], "exposure": [10], "visit": [77]})


@pytest.mark.parametrize(
    "element, columns, error, said",
    [
        ("band", {"name": ["r"]}, InvalidError, "come with physical_filter records"),
        ("htm7", {"id": [1]}, InvalidError, "computed"),
        ("detector", {"instrument": ["Cam"], "id": [8], "fullname": ["x"]}, DimensionNameError, "full_name"),
        ("detector", {"instrument": ["Cam"], "full_name": ["x"]}, DimensionNameError, "No value for detector"),
        ("detector", {"instrument": ["Cam"], "id": [1, 2]}, DimensionValueError, "differ in length"),
        ("detector", {"instrument": ["Cam"], "id": [1.5]}, DimensionValueError, "must be an integer"),
        ("detector", {"instrument": ["Cam"], "id": ["7"]}, DimensionValueError, "must be an integer"),
        ("detector", {"instrument": ["Cam"], "id": [2**63]}, DimensionValueError, "64 bits"),
        ("detector", {"instrument": [3], "id": [1]}, DimensionValueError, "must be text"),
        ("detector", {"instrument": ["Cam"], "id": [7], "purpose": [3]}, DimensionValueError, "must be text"),
        ("day_obs", {"instrument": ["Cam"], "id": [True]}, DimensionValueError, "must be an integer"),
        ("exposure", {"instrument": ["Cam"], "id": [1], "exposure_time": ["x"]}, DimensionValueError, "number"),
    ],
)
def test_wrong_columns_are_named(
    world: World, element: str, columns: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        world.registry.elements.insert(element, columns)


def test_sync_inserts_compares_and_updates(world: World) -> None:
    sync = world.registry.elements.sync
    row = {"instrument": "Cam", "id": 1, "full_name": "R0_S1", "purpose": "SCIENCE"}
    assert sync("detector", row) is False
    assert sync("detector", {**row, "id": 8, "full_name": "new"}) is True
    with pytest.raises(ConflictingDefinitionError, match="purpose: 'SCIENCE' != 'GUIDE'") as caught:
        sync("detector", {**row, "purpose": "GUIDE"})
    assert "--update" in caught.value.hint
    assert sync("detector", {**row, "purpose": "GUIDE"}, update=True) == {"purpose": "SCIENCE"}
    record = world.registry.elements.fetch("detector", ("Cam", 1))
    assert record is not None
    assert (record.get("purpose"), record.get("raft")) == ("GUIDE", "R0")  # what was not given stays


def test_sync_of_regions_and_times(world: World) -> None:
    sync, elements = world.registry.elements.sync, world.registry.elements
    visit = next(r for r in world.rows["visit"] if r["id"] == 10)
    assert sync("visit", visit) is False
    moved = {**visit, "region": square(50.0, 0.0, 1.0), "timespan": None}
    with pytest.raises(ConflictingDefinitionError, match=r"region.*timespan|timespan.*region"):
        sync("visit", moved)
    changed = sync("visit", moved, update=True)
    assert changed == {"region": visit["region"], "timespan": visit["timespan"]}
    assert elements.fetch("visit", ("Cam", 10)).region == moved["region"]  # type: ignore[union-attr]
    where = "visit.region OVERLAPS CIRCLE(50, 0, 0.1)"
    found = ask_records(world.registry, "visit", where=where, data_id={"instrument": "Cam"})
    assert [r.id for r in found] == [10]
    gone = ask_records(world.registry, "visit", where="visit.region OVERLAPS CIRCLE(359.8, -0.2, 0.01)",
                       data_id={"instrument": "Cam"})  # fmt: skip
    assert 10 not in [r.id for r in gone]
    assert sync("visit", {**moved, "region": None}, update=True)["region"] == moved["region"]  # type: ignore[index]
    assert elements.fetch("visit", ("Cam", 10)).region is None  # type: ignore[union-attr]


def test_regions_of_join_elements(world: World) -> None:
    elements = world.registry.elements
    region = square(1.0, 1.0, 0.1)
    # data IDs without a region stand in the same table, and are no records
    assert elements.fetch("visit_detector_region", ("Cam", 0, 13)) is None
    one: dict[str, Any] = {"instrument": ["Cam"], "visit": [13], "detector": [0], "region": [region]}
    assert elements.insert("visit_detector_region", one) == 1
    record = elements.fetch("visit_detector_region", ("Cam", 0, 13))
    assert record is not None
    assert record.region == region
    with pytest.raises(ConflictingDefinitionError):
        elements.insert("visit_detector_region", one)
    assert elements.insert("visit_detector_region", one, skip_existing=True) == 0
    assert elements.sync("visit_detector_region", {k: v[0] for k, v in one.items()}) is False
    assert ("Cam", 0, 13) in world.datasets["calexp", "run/a"]
    assert elements.insert("visit_detector_region", {**one, "region": [encode(region)]}, replace=True) == 1


def test_insertion_is_all_or_nothing(world: World) -> None:
    columns: dict[str, Any] = {"instrument": ["Cam", "Nobody"], "id": [30, 31], "full_name": ["a", "b"]}
    with pytest.raises(DataIdValueError):
        world.registry.elements.insert("detector", columns)
    assert world.registry.elements.fetch("detector", ("Cam", 30)) is None


def test_fetch_of_what_has_no_table(world: World) -> None:
    elements = world.registry.elements
    assert elements.fetch("band", ("r",)).name == "r"  # type: ignore[union-attr]
    assert elements.fetch("band", ("nothing",)) is None
    pixel = elements.fetch("htm7", (131072,))
    assert pixel is not None
    assert pixel.id == 131072
    assert isinstance(pixel.region, Region)
