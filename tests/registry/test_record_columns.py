"""Dimension records as columns: what goes out can be inserted, and is what was there."""

from __future__ import annotations

from typing import Any

import pytest

from skybutler.dimensions import DimensionUniverse
from skybutler.registry.record_columns import all_records, field_columns, records_matching, records_of
from skybutler.registry.registry import Registry
from support.world import World

ELEMENTS = [e.name for e in DimensionUniverse.load().elements if e.has_table]


@pytest.mark.parametrize("name", ELEMENTS)
def test_all_records_are_the_records(shared_world: World, name: str) -> None:
    element = shared_world.universe[name]
    batches = list(all_records(shared_world.registry, name, size=3))
    assert sum(len(next(iter(b.values()))) for b in batches) == len(shared_world.rows.get(name, []))
    for columns in batches:
        assert tuple(columns) == field_columns(element)
        keys = {d: columns[element.key.name if element.key and d == name else d] for d in element.required}
        again = records_of(shared_world.registry, name, keys)
        assert again.pop("ord") == list(range(len(next(iter(columns.values())))))
        assert again == columns


def test_what_goes_out_can_come_in(shared_world: World, tmp_path_factory: pytest.TempPathFactory) -> None:
    place = tmp_path_factory.mktemp("copy") / "r.sqlite3"
    copy = Registry.create(f"sqlite:///{place}", shared_world.universe)
    for name in ELEMENTS:
        for columns in all_records(shared_world.registry, name):
            copy.elements.insert(name, columns)
        first = sorted(repr(r) for b in all_records(shared_world.registry, name) for r in zip(*b.values(), strict=True))
        assert first == sorted(repr(r) for b in all_records(copy, name) for r in zip(*b.values(), strict=True))
    copy.close()


def test_keys_without_record_are_left_out(shared_world: World) -> None:
    keys: dict[str, list[Any]] = {"instrument": ["Cam", "Nobody", "Cam"], "detector": [77, 0, 2]}
    found = records_of(shared_world.registry, "detector", keys)
    assert found["ord"] == [2]
    assert found["full_name"] == ["R1_S0"]
    nothing = records_of(shared_world.registry, "detector", {"instrument": [], "detector": []})
    assert nothing["ord"] == nothing["id"] == []


def test_records_by_a_part_of_their_key(shared_world: World) -> None:
    found = records_matching(shared_world.registry, "visit_definition", {"instrument": ["Cam"], "visit": [20]})
    assert sorted(found["exposure"]) == [10, 11]
    regions = records_matching(shared_world.registry, "visit_detector_region", {"instrument": ["Cam"], "visit": [10]})
    assert len(regions["region"]) == 4
