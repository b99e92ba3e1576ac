"""The fixtures do what they promise: otherwise tests that rest on them would pass for nothing."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from skybutler.errors import ReadOnlyError


def test_database_url_is_empty_and_writeable(database_url: str) -> None:
    if database_url.startswith("sqlite:///"):
        connection: Any = sqlite3.connect(database_url.removeprefix("sqlite:///"))
        tables = "SELECT name FROM sqlite_master"
    else:
        connection = psycopg.connect(database_url)
        tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    assert connection.execute(tables).fetchall() == []
    connection.execute("CREATE TABLE t (x INTEGER)")
    connection.commit()
    connection.close()


@pytest.mark.postgres
def test_postgres_databases_are_separate(postgres_database: Callable[[], str]) -> None:
    urls = [postgres_database(), postgres_database()]
    for url in urls:
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE t (x INTEGER)")


def test_unprivileged_is_bound_by_permission_bits(tmp_path: Path, unprivileged: Callable[..., Any]) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    with pytest.raises(PermissionError):
        unprivileged((closed / "file").write_text, "x")
    assert unprivileged(os.access, closed, os.W_OK) is False
    assert unprivileged((tmp_path / "file").write_text, "x") == 1


def test_unprivileged_raises_our_errors_whole(unprivileged: Callable[..., Any]) -> None:
    def refuse() -> None:
        raise ReadOnlyError("This is read-only.", hint="Do this.")

    with pytest.raises(ReadOnlyError, match="This is read-only. Do this."):
        unprivileged(refuse)


def test_small_tmpfs_fills_up(small_tmpfs: Callable[[int], Path]) -> None:
    disk = small_tmpfs(1 << 20)
    with pytest.raises(OSError, match="No space left") as caught:
        (disk / "file").write_bytes(bytes(2 << 20))
    assert caught.value.errno == errno.ENOSPC


def test_shared_holds_expected_values(shared: Path) -> None:
    assert (shared / "expect").is_dir()
