"""Which dimension records are needed, and which contradict what is there."""

from __future__ import annotations

from typing import Any

import pytest

from skybutler import Butler
from skybutler.errors import ConflictingDefinitionError, InconsistentUniverseError
from skybutler.registry.record_columns import all_records
from skybutler.transfer.dimension_records import RecordGatherer, insert_new, new_records
from support.world import fill_records


def test_nothing_is_gathered_twice(origin: Butler) -> None:
    fill_records(origin.registry)
    gatherer = RecordGatherer(origin.registry)
    group = origin.dimensions.conform(["visit", "detector"])
    columns: dict[str, list[Any]] = {"instrument": ["Cam", "Cam"], "visit": [20, 20], "detector": [1, 2]}
    found = gatherer.gather(group, columns)
    assert found["visit"]["id"] == [20]
    assert sorted(found["detector"]["id"]) == [1, 2]
    assert sorted(found["exposure"]["id"]) == [10, 11]
    order = [element.name for element in origin.dimensions.elements]
    assert list(found) == sorted(found, key=order.index)
    assert gatherer.gather(group, columns) == {}
    more = gatherer.gather(group, {**columns, "visit": [10, 10]})
    assert more["visit"]["id"] == [10]
    assert "instrument" not in more


def test_pixels_and_bands_need_no_records(origin: Butler) -> None:
    fill_records(origin.registry)
    gatherer = RecordGatherer(origin.registry)
    assert gatherer.gather(origin.dimensions.conform(["htm7"]), {"htm7": [131072]}) == {}
    assert gatherer.gather(origin.dimensions.conform(["band"]), {"band": ["r"]}) == {}
    assert gatherer.gather(origin.dimensions.conform([]), {}) == {}


def test_equal_records_are_not_new_and_others_are_named(origin: Butler, dest: Butler) -> None:
    fill_records(origin.registry)
    batches = {name: next(all_records(origin.registry, name)) for name in ("instrument", "detector")}
    with dest.transaction():
        assert insert_new(dest.registry, batches) == 2 + 5
    assert new_records(dest.registry, "detector", batches["detector"])["id"] == []
    changed = {**batches["detector"], "raft": ["?"] * 5}
    with pytest.raises(ConflictingDefinitionError, match=r"detector.*raft is .*, not '\?'.*and 2 more"):
        new_records(dest.registry, "detector", changed)


def test_another_region_is_another_record(origin: Butler, dest: Butler) -> None:
    fill_records(origin.registry)
    fill_records(dest.registry)
    (columns,) = all_records(origin.registry, "visit_detector_region")
    assert new_records(dest.registry, "visit_detector_region", columns)["visit"] == []
    columns["region"] = [*columns["region"][:-1], columns["region"][0]]
    with pytest.raises(ConflictingDefinitionError, match="region of"):
        new_records(dest.registry, "visit_detector_region", columns)


def test_unknown_elements_and_fields_are_named(local_pair: tuple[Butler, Butler]) -> None:
    _, dest = local_pair
    with pytest.raises(InconsistentUniverseError, match="pixie"):
        new_records(dest.registry, "pixie", {"id": [1]})
    with pytest.raises(InconsistentUniverseError, match="colour"):
        new_records(dest.registry, "instrument", {"name": ["Cam"], "colour": ["red"]})
