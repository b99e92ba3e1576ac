"""Fixtures for every test: the shared facts and data, databases, an ordinary user, a small disk.

In CI (``CI`` set in the environment) a missing engine or folder is a failure; elsewhere the tests that need it are
skipped.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NoReturn

import hypothesis
import pytest

from support.peer import Peer, peer_or_none
from support.postgres import GuardedServer, PostgresServer, fresh_database
from support.privileges import mounted_tmpfs, run_unprivileged

pytest_plugins = ["support.s3"]

IN_CI = bool(os.environ.get("CI"))
ROOT = Path(__file__).resolve().parents[1]
OWN_POSTGRES = os.environ.get("SKYBUTLER_TEST_POSTGRES")

# A loaded machine is no bug, so no deadlines; CI draws the same examples each time, developers draw new ones.
hypothesis.settings.register_profile("dev", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, database=None, print_blob=True)
hypothesis.settings.load_profile("ci" if IN_CI else "dev")


def _missing(reason: str) -> NoReturn:
    if IN_CI:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def repository_root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real files and independently computed values: ``../shared``, or ``SKYBUTLER_SHARED``."""
    folder = Path(os.environ.get("SKYBUTLER_SHARED") or ROOT.parent / "shared")
    if not folder.is_dir():
        _missing(f"No shared data at {folder}; set SKYBUTLER_SHARED.")
    return folder


@pytest.fixture(scope="session")
def peer() -> Peer:
    """The real lsst.daf.butler."""
    found = peer_or_none()
    return found if found is not None else _missing("SKYBUTLER_PEER_PYTHON is not set: see `make unit`.")


# ------------------------------------------------------------------------------------------------------------ databases
@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of a PostgreSQL server of this test process."""
    server = PostgresServer()
    yield server.url
    server.stop()


@pytest.fixture(scope="session")
def _guarded_server() -> Iterator[GuardedServer]:
    server = GuardedServer()
    yield server
    server.stop()


@pytest.fixture
def guarded_server(
    _guarded_server: GuardedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[GuardedServer]:
    """A PostgreSQL server that wants passwords, and a home folder and environment without any; emptied afterwards."""
    for name in ("PGPASSWORD", "PGPASSFILE", "PGUSER", "PGSERVICE", "LSST_DB_AUTH", "LSST_DB_AUTH_CREDENTIALS"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    yield _guarded_server
    _guarded_server.empty()


@pytest.fixture
def postgres_database(postgres_server: str) -> Iterator[Callable[[], str]]:
    """Makes empty PostgreSQL databases (about 40 ms each) and returns their URLs; they are dropped after the test."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(fresh_database(postgres_server))


DATABASES = [
    "sqlite",
    pytest.param("postgresql", marks=pytest.mark.postgres),
    *([pytest.param("own-postgresql", marks=pytest.mark.postgres)] if OWN_POSTGRES else []),
]


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of an empty database; the test runs once per engine (and on ``SKYBUTLER_TEST_POSTGRES`` if that is set)."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'registry.sqlite3'}"
    elif request.param == "postgresql":
        yield request.getfixturevalue("postgres_database")()
    else:
        assert OWN_POSTGRES is not None
        with fresh_database(OWN_POSTGRES) as url:
            yield url


# ---------------------------------------------------------------------------------------------------------- the machine
@pytest.fixture
def unprivileged() -> Callable[..., Any]:
    """Runs ``function(*arguments)`` in a process that permission bits bind (CI is root) and returns its result."""
    return run_unprivileged


@pytest.fixture
def small_tmpfs(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Mounts file systems of a given number of bytes, to be filled up; unmounted after the test."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        _missing("Mounting a small file system needs root.")
    with ExitStack() as stack:

        def make(size: int) -> Path:
            try:
                return stack.enter_context(mounted_tmpfs(tmp_path / f"disk{len(os.listdir(tmp_path))}", size))
            except subprocess.CalledProcessError as error:
                _missing(f"Cannot mount a small file system: {error.stderr}")

        yield make
