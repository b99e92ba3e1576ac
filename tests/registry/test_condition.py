"""The state of real databases: an SQLite file that another process has locked, PostgreSQL sessions that wait."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest

from skybutler.dimensions import DimensionUniverse
from skybutler.registry import condition
from skybutler.registry.database import open_database
from skybutler.registry.registry import Registry
from support.world import World

_HOLD = """
import sqlite3, sys
c = sqlite3.connect(sys.argv[1], isolation_level=None)
c.execute("BEGIN IMMEDIATE")
c.execute("UPDATE repository SET value = value")
print("locked", flush=True)
sys.stdin.readline()
"""


def test_what_a_registry_tells(registry: Registry) -> None:
    database = registry.database
    assert condition.facts_of(database)["schema_version"]
    assert condition.server_version(database).split()[0] in ("SQLite", "PostgreSQL")
    assert condition.trash_count(database) == 0
    assert condition.sample_of_paths(database) == []
    assert condition.statistics(database) == (False, 0)


def test_statistics(world: World) -> None:
    rows = sum(map(len, world.datasets.values()))
    assert condition.statistics(world.registry.database) == (False, rows)
    world.registry.database.analyze()
    assert condition.statistics(world.registry.database) == (True, rows)


def test_a_database_without_our_tables(database_url: str) -> None:
    database = open_database(database_url, writeable=True, create=True)
    database.execute("CREATE TABLE t (a INTEGER)")
    assert condition.facts_of(database) == {}
    database.close()


@pytest.mark.parametrize("journal", ["wal", "delete"])
def test_who_writes_to_a_file(tmp_path: Path, journal: str) -> None:
    file = tmp_path / "r.sqlite3"
    registry = Registry.create(f"sqlite:///{file}", DimensionUniverse.load(), journal=journal)
    assert condition.journal_mode(registry.database) == journal
    assert condition.integrity(registry.database) == []
    registry.close()
    if not Path("/proc/locks").exists():
        assert condition.file_locks(str(file)) is None
        return
    assert condition.file_locks(str(file)) == []
    command = [sys.executable, "-c", _HOLD, str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "locked\n"
        found = condition.file_locks(str(file))
        holder.communicate("\n", timeout=100)
    assert found is not None
    assert [h.pid for h in found] == [holder.pid]
    assert found[0].command.startswith("python")
    assert condition.file_locks(str(file)) == []


def test_a_damaged_file(tmp_path: Path) -> None:
    file = tmp_path / "r.sqlite3"
    Registry.create(f"sqlite:///{file}", DimensionUniverse.load(), journal="delete").close()
    content = bytearray(file.read_bytes())
    content[3 * 8192 : 9 * 8192] = b"\xff" * (6 * 8192)
    file.write_bytes(content)
    database = open_database(f"sqlite:///{file}", writeable=False)
    assert condition.integrity(database)
    database.close()


@pytest.mark.postgres
def test_sessions_that_wait(postgres_database: object) -> None:
    url = postgres_database()  # type: ignore[operator]
    registry = Registry.create(url, DimensionUniverse.load())
    assert condition.sessions(registry.database) == []
    assert abs(condition.server_time(registry.database) - time.time()) < 60
    assert condition.write_refusal(registry.database) == ""
    with psycopg.connect(url, application_name="holder") as holder, psycopg.connect(url) as waiter:
        holder.execute("LOCK TABLE dataset")
        waiting = threading.Thread(target=lambda: waiter.execute("LOCK TABLE dataset"))
        waiting.start()
        deadline, found = time.monotonic() + 30, condition.sessions(registry.database)
        while time.monotonic() < deadline:
            found = condition.sessions(registry.database)
            if any(s.waits_for for s in found):
                break
        holder.rollback()
        waiting.join()
    by_name = {s.application: s for s in found}
    pid = by_name["holder"].pid
    assert by_name["holder"].state.startswith("idle in transaction")
    assert by_name["holder"].seconds > 0
    assert [s.waits_for for s in found if s.waits_for] == [(pid,)]
    registry.close()


@pytest.mark.postgres
def test_roles_that_may_not_write(postgres_database: object) -> None:
    url = postgres_database()  # type: ignore[operator]
    Registry.create(url, DimensionUniverse.load()).close()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS onlooker")
        connection.execute("CREATE ROLE onlooker LOGIN")
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO onlooker")
    database = open_database(url.replace("postgres@", "onlooker@"), writeable=False)
    assert "'onlooker' may not insert" in condition.write_refusal(database)
    database.close()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP OWNED BY onlooker")
        connection.execute("DROP ROLE onlooker")
