"""Many records at once are the same as one by one."""

from __future__ import annotations

from typing import Any

from support.world import World


def test_many_records_are_those_fetched_one_by_one(world: World) -> None:
    elements = world.registry.elements
    for name, rows in world.rows.items():
        element = world.universe[name]
        if not element.has_table:
            continue
        keys = [tuple(row[name if name in row else f] for f in element.fields[: len(element.required)]) for row in rows]
        columns = {d: [key[i] for key in reversed(keys)] for i, d in enumerate(element.required)}
        assert elements.fetch_many(name, columns) == [elements.fetch(name, key) for key in reversed(keys)]


def test_missing_records_are_none(world: World) -> None:
    known = next(iter(world.rows["detector"]))
    columns: dict[str, Any] = {
        "instrument": [known["instrument"], "nope", known["instrument"]],
        "detector": [10**6, 0, known["id"]],
    }
    first, second, third = world.registry.elements.fetch_many("detector", columns)
    assert first is second is None
    assert third is not None
    assert third.get("full_name") == known["full_name"]


def test_none_at_all(world: World) -> None:
    assert world.registry.elements.fetch_many("detector", {"instrument": [], "detector": []}) == []


def test_records_by_key_are_those_fetched_one_by_one(world: World) -> None:
    elements = world.registry.elements
    cam = next(iter(world.rows["detector"]))["instrument"]
    wanted: dict[str, list[tuple[Any, ...]]] = {
        "detector": [*((cam, i) for i in range(20)), (cam, None), ("nope", 0)],
        "band": [*((f"b{i}",) for i in range(20)), ("r",)],
        "htm7": [(131072 + i,) for i in range(20)],
        "instrument": [(cam,), ("nope",)],
    }
    for name, keys in wanted.items():
        found = elements.fetch_by_key(name, keys)
        assert found == {key: elements.fetch(name, key) for key in keys}
        assert found == elements.fetch_by_key(name, keys)  # some of them cached
        assert any(found.values())
