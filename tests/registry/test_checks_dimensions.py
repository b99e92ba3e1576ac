"""Dimension records whose parents are gone."""

from __future__ import annotations

import pytest

from skybutler.registry.checks_dimensions import dimension_checks
from support.world import World


def broken(world: World) -> dict[str, list[tuple[object, ...]]]:
    registry = world.registry
    checks = dimension_checks(registry.database, registry.universe, registry.keys)
    found = {c.what: [row for rows in c.find() for row in rows] for c in checks}
    return {what: rows for what, rows in found.items() if rows}


def test_a_sound_registry(world: World) -> None:
    assert broken(world) == {}


@pytest.mark.parametrize(
    "statement, said",
    [
        ("DELETE FROM detector WHERE detector = 0", "data_id_1 rows whose detector has no record"),
        ("DELETE FROM exposure WHERE exposure = 10", "visit_definition rows whose exposure has no record"),
        ("DELETE FROM physical_filter", "visit rows whose physical_filter has no record"),
        ("DELETE FROM tract", "patch rows whose tract has no record"),
    ],
)
def test_lost_parents(world: World, statement: str, said: str) -> None:
    with world.registry.transaction():
        world.registry.database.execute(statement)
    assert said in broken(world)


def test_the_lost_one_is_named(world: World) -> None:
    with world.registry.transaction():
        world.registry.database.execute("DELETE FROM instrument WHERE visit_max IS NULL OR visit_max >= 0")
        world.registry.database.execute("DELETE FROM name WHERE text = 'Other'")
    world.registry.names.forget()
    found = broken(world)
    lost = found["detector rows whose instrument has no record"]
    assert {row[1] for row in lost if not str(row[1]).startswith("#")} == {"Cam"}
    assert any(str(row[1]).startswith("#") for row in lost)
    assert "detector rows whose instrument is no known text" in found
