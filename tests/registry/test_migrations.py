"""Steps of the schema: what they make equals what a new repository has, and they are taken whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from skybutler.dimensions import DimensionUniverse
from skybutler.errors import ConflictError, SchemaVersionError
from skybutler.registry.database import Database, open_database
from skybutler.registry.migrations import STEPS, migrate, pending
from skybutler.registry.registry import Registry
from skybutler.registry.schema import SCHEMA_VERSION
from skybutler.sky.region import circle, decode
from support.old_schema import make_schema_1, make_schema_2
from support.world import make_world


@pytest.fixture
def old(database_url: str) -> Iterator[Database]:
    """A registry of schema 1."""
    registry = Registry.create(database_url, DimensionUniverse.load())
    registry.elements.insert("instrument", {"name": ["Cam"]})
    make_schema_1(registry.database)
    registry.close()
    database = open_database(database_url, writeable=True)
    yield database
    database.close()


def layout(database: Database) -> set[tuple[object, ...]]:
    """Tables, columns and indexes of a database."""
    if database.dialect == "sqlite":
        return set(database.query("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"))
    columns = "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns"
    return set(database.query(f"{columns} WHERE table_schema = current_schema()")) | set(
        database.query("SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = current_schema()")
    )


def test_the_steps_lead_to_today() -> None:
    assert [step.version for step in STEPS] == list(range(2, SCHEMA_VERSION + 1))


def test_a_migrated_registry_is_as_a_new_one(old: Database, database_url: str) -> None:
    with pytest.raises(SchemaVersionError, match="butler migrate"):
        Registry.open(database_url, writeable=False)
    before = layout(old)
    assert [step.version for step in pending(old)] == [2, 3]
    assert [step.version for step in migrate(old)] == [2, 3]
    assert pending(old) == []
    assert list(migrate(old)) == []
    migrated = layout(old)
    assert {row[:2] for row in before} <= {row[:2] for row in migrated}
    registry = Registry.open(database_url, writeable=True)
    entries = [entry for group in registry.journal.entries() for entry in group]
    assert [entry.action for entry in entries] == ["migrate", "migrate"]
    assert sorted(entry.details["to"] for entry in entries if entry.details) == [2, 3]
    registry.elements.insert("instrument", {"name": ["Other"]})
    assert next(iter(registry.journal.entries(limit=1)))[0].action == "insert-records"
    for name in registry.database.table_names():
        registry.database.execute(f'DROP TABLE "{name}"')
    registry.close()
    fresh = Registry.create(database_url, DimensionUniverse.load())
    assert layout(fresh.database) == migrated
    fresh.close()


def test_a_step_that_fails_leaves_nothing(old: Database) -> None:
    before = layout(old)

    def refuse() -> None:
        raise ConflictError("no")

    old.before_commit.append(refuse)
    with pytest.raises(ConflictError):
        list(migrate(old))
    old.before_commit.clear()
    assert layout(old) == before
    assert len(pending(old)) == 2


def test_newer_ones_are_refused(old: Database) -> None:
    old.execute("UPDATE repository SET value = '99' WHERE key = 'schema_version'")
    with pytest.raises(SchemaVersionError, match="pip install --upgrade skybutler"):
        pending(old)


def test_regions_keep_their_place_and_get_their_circle(registry: Registry, database_url: str) -> None:
    make_world(registry)
    database = registry.database
    columns = "footprint_set, size_class, pixel, k, region, ra, dec, radius"
    wanted = database.query(f"SELECT {columns} FROM footprint ORDER BY footprint_set, k")
    assert len(wanted) > 10
    with database.transaction():
        make_schema_2(database)
        database.execute("UPDATE repository SET value = '2' WHERE key = 'schema_version'")
    assert [step.version for step in migrate(database)] == [3]
    assert database.query(f"SELECT {columns} FROM footprint ORDER BY footprint_set, k") == wanted
    for _, _, _, _, region, ra, dec, radius in wanted:
        inner = decode(bytes(region)).getBoundingCircle()
        assert circle(ra, dec, radius + 1e-9).intersects(inner)
        assert radius == pytest.approx(inner.getOpeningAngle().asDegrees(), rel=0.5)
