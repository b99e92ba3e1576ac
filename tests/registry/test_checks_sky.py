"""Regions that no search would find."""

from __future__ import annotations

from skybutler.registry.checks_sky import sky_checks
from support.world import World


def broken(world: World) -> dict[str, int]:
    database = world.registry.database
    counts = ((c.kind, sum(map(len, c.find()))) for c in sky_checks(database, world.registry.universe))
    return {kind: n for kind, n in counts if n}


def mend(world: World) -> None:
    with world.registry.transaction():
        for check in sky_checks(world.registry.database, world.registry.universe):
            if any(check.find()):
                assert check.repair is not None
                assert check.repair() > 0


def run(world: World, statement: str) -> None:
    with world.registry.transaction():
        world.registry.database.execute(statement)


def test_injuries_are_found_and_mended(world: World) -> None:
    select = "SELECT footprint_set, size_class, pixel, k FROM footprint ORDER BY 1, 4"
    before = world.registry.database.query(select)
    classes = "SELECT footprint_set, size_class, radius FROM footprint_class ORDER BY 1, 2"
    radii = world.registry.database.query(classes)
    assert broken(world) == {}
    run(world, "UPDATE footprint SET pixel = pixel + 1000000 WHERE k = 1")
    run(world, "UPDATE footprint_class SET radius = radius * 0.9")
    found = broken(world)
    assert found.keys() == {"misplaced-region", "narrow-class"}
    assert found["narrow-class"] == len(radii)
    mend(world)
    assert broken(world) == {}
    assert world.registry.database.query(select) == before
    assert world.registry.database.query(classes) == radii
    run(world, "DELETE FROM footprint_class")
    assert broken(world) == {"narrow-class": len(radii)}
    mend(world)
    assert world.registry.database.query(classes) == radii


def test_what_differs_by_rounding_is_sound(world: World) -> None:
    run(world, "UPDATE footprint SET pixel = pixel + 1 WHERE pixel % 4 = 0")
    run(world, "UPDATE footprint_class SET radius = radius - 1e-13")
    assert broken(world) == {}


def test_pixels_that_do_not_exist(world: World) -> None:
    run(world, "UPDATE footprint SET pixel = -5 WHERE k = 1")
    assert broken(world).keys() == {"misplaced-region"}
    mend(world)
    assert broken(world) == {}


def test_regions_without_records(world: World) -> None:
    run(world, "DELETE FROM patch")
    assert broken(world).keys() == {"stray-region"}
    mend(world)
    assert broken(world) == {}
