"""Opening registries, and everything that can keep one from opening."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from skybutler.dimensions import DimensionUniverse
from skybutler.errors import ConfigError, FormatError, ReadOnlyError, SchemaVersionError, UnavailableError
from skybutler.registry.ask import ask_data_ids
from skybutler.registry.registry import Registry
from skybutler.registry.schema import SCHEMA_VERSION
from support.world import World, make_world


def test_content_survives_reopening(world: World, database_url: str) -> None:
    world.registry.close()
    registry = Registry.open(database_url, writeable=False)
    assert not registry.writeable
    assert len(ask_data_ids(registry, registry.universe.conform(["visit"]), data_id={"instrument": "Cam"})) == 6
    with pytest.raises(ReadOnlyError, match="writeable=True"):
        registry.elements.insert("instrument", {"name": ["New"]})
    with pytest.raises(ReadOnlyError), registry.transaction():
        pass
    registry.close()


@pytest.mark.parametrize("version, said", [(SCHEMA_VERSION + 1, "upgrade"), (0, "butler migrate")])
def test_other_schema_versions_say_what_to_do(registry: Registry, database_url: str, version: int, said: str) -> None:
    with registry.transaction():
        registry.database.execute("UPDATE repository SET value = ? WHERE key = 'schema_version'", (str(version),))
    with pytest.raises(SchemaVersionError, match=f"schema {version}") as caught:
        Registry.open(database_url, writeable=False)
    assert said in caught.value.hint


def test_other_databases_are_no_registries(database_url: str, tmp_path: Path) -> None:
    if database_url.startswith("sqlite"):
        Path(database_url.partition(":///")[2]).write_bytes(b"")
    with pytest.raises(FormatError, match="no skybutler registry"):
        Registry.open(database_url, writeable=False)
    (tmp_path / "text").write_text("This is no database, and long enough to show it. " * 50)
    with pytest.raises(FormatError, match="not a usable SQLite registry"):
        Registry.open(f"sqlite:///{tmp_path / 'text'}", writeable=False)
    with pytest.raises(UnavailableError, match="does not exist"):
        Registry.open(f"sqlite:///{tmp_path / 'nothing'}", writeable=False)
    with pytest.raises(ConfigError, match="'mysql' is not a database"):
        Registry.open("mysql://host/name", writeable=False)


def test_each_thread_has_a_connection(world: World) -> None:
    found: list[int] = []

    def count() -> None:
        group = world.universe.conform(["exposure", "detector"])
        found.append(len(ask_data_ids(world.registry, group, data_id={"instrument": "Cam"})))
        world.registry.close()

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [24] * 4


@pytest.mark.postgres
def test_a_server_that_goes_away_in_mid_query(postgres_database: Callable[[], str]) -> None:
    url = postgres_database()
    registry = Registry.create(url, DimensionUniverse.load())
    world = make_world(registry)
    assert len(world.rows["exposure"]) == 7
    stream = registry.database.stream("SELECT x FROM generate_series(1, 100000) AS x", size=10)
    assert len(next(stream)) == 10
    _end_connections(url)
    with pytest.raises(UnavailableError, match="did not answer"):
        list(stream)
    assert "run/a" in registry.collections.names()  # over a new connection
    registry.close()


@pytest.mark.postgres
def test_a_server_that_goes_away_in_mid_transaction(postgres_database: Callable[[], str]) -> None:
    url = postgres_database()
    registry = Registry.create(url, DimensionUniverse.load())

    def write() -> None:
        with registry.transaction():
            registry.elements.insert("instrument", {"name": ["Cam"]})
            _end_connections(url)
            registry.elements.insert("instrument", {"name": ["Other"]})

    with pytest.raises(UnavailableError):
        write()
    assert registry.elements.fetch("instrument", ("Cam",)) is None
    registry.elements.insert("instrument", {"name": ["Cam"]})
    registry.close()


def _end_connections(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.mark.postgres
def test_namespaces_keep_registries_apart(postgres_database: Callable[[], str]) -> None:
    url = postgres_database()
    for name in ("one", "Two words"):
        registry = Registry.create(url, DimensionUniverse.load(), namespace=name)
        registry.elements.insert("instrument", {"name": [name]})
        registry.close()
    registry = Registry.open(url, writeable=False, namespace="one")
    assert registry.data_ids.sole("instrument") == "one"
    registry.close()
    with pytest.raises(FormatError):
        Registry.open(url, writeable=False, namespace="three")


@pytest.mark.postgres
def test_a_server_that_is_not_there_shows_no_password() -> None:
    with pytest.raises(UnavailableError) as caught:
        Registry.open("postgresql://me:secret@127.0.0.1:1/none", writeable=False)
    assert "secret" not in str(caught.value)


def test_find_dataset_by_id(world: World) -> None:
    import uuid

    identifier = world.datasets["raw", "run/a"]["Cam", 2, 12]
    found = world.registry.get_dataset(uuid.UUID(bytes=identifier))
    assert found is not None
    ref, _, record = found
    assert (ref.run, dict(ref.data_id.required), record) == (
        "run/a", {"instrument": "Cam", "detector": 2, "exposure": 12}, None,
    )  # fmt: skip
    assert world.registry.get_dataset(uuid.uuid4()) is None
    assert world.registry.file_record(b"\xff" * 16) is None


def test_the_first_collection_wins(world: World) -> None:
    def run_of(visit: int, detector: int, *collections: str) -> Any:
        group = world.universe.conform(["visit", "detector"])
        data_id = world.registry.data_ids.standardize(
            {"instrument": "Cam", "visit": visit, "detector": detector}, group
        )
        found = world.registry.find_dataset("calexp", data_id, collections)
        return found[0].run if found else None

    assert run_of(11, 1, "run/a", "run/b") == "run/a"
    assert run_of(11, 1, "run/b", "run/a") == "run/b"
    assert run_of(11, 1, "chain/main") == "run/c"  # tagged
    assert run_of(11, 0, "chain/main") == "run/b"
    assert run_of(10, 1, "chain/main") == "run/a"
    assert run_of(10, 1, "chain/inner") is None
    assert run_of(99, 1, "chain/main") is None
    assert run_of(11, 1, "chain/empty") is None
