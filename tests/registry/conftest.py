"""Registries on both engines: empty ones, a filled one per test, and one shared by tests that only read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from skybutler.dimensions import DimensionUniverse
from skybutler.registry.registry import Registry
from support.postgres import fresh_database
from support.world import World, make_world


@pytest.fixture
def registry(database_url: str) -> Iterator[Registry]:
    """An empty registry of the default universe."""
    registry = Registry.create(database_url, DimensionUniverse.load())
    yield registry
    registry.close()


@pytest.fixture
def world(registry: Registry) -> World:
    """A filled registry that a test may change."""
    return make_world(registry)


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def shared_world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A filled registry that no test may change."""
    if request.param == "sqlite":
        registry = Registry.create(
            f"sqlite:///{tmp_path_factory.mktemp('world') / 'r.sqlite3'}", DimensionUniverse.load()
        )
        yield make_world(registry)
        registry.close()
        return
    with fresh_database(request.getfixturevalue("postgres_server")) as url:
        registry = Registry.create(url, DimensionUniverse.load())
        yield make_world(registry)
        registry.close()
