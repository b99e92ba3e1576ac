"""Rows and files come or go together: failures, nesting, full disks, killed processes, lost databases."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from skybutler import Butler
from skybutler.datasets import CollectionType, DatasetExistence
from skybutler.errors import ButlerError, ReadOnlyError, UnavailableError


@pytest.fixture
def noted(butler: Butler) -> Butler:
    """A butler with a type without dimensions."""
    butler.register_dataset_type("note")
    return butler


def files(repository: Path) -> set[Path]:
    return {p for p in repository.rglob("*") if p.is_file() and p.suffix not in (".sqlite3-wal", ".sqlite3-shm")}


def run_python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", textwrap.dedent(code), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)


def test_a_failure_takes_everything_back(noted: Butler, repository: Path) -> None:
    before = files(repository)

    def fail() -> None:
        with noted.transaction():
            noted.put({"a": 1}, "note", run="new")
            noted.register_dataset_type("other")
            noted.insert_dimension_data("instrument", {"name": "Cam"})
            noted.collections.register("tag", CollectionType.TAGGED)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert files(repository) == before
    assert noted.collections.query() == ["run/mine"]
    assert [t.name for t in noted.query_dataset_types()] == ["note"]
    assert not noted.query_dimension_records("instrument").any()
    noted.put({"a": 2}, "note", run="new")


def test_an_inner_failure_leaves_the_outer_block(noted: Butler, repository: Path) -> None:
    def fail() -> None:
        with noted.transaction():
            noted.put({"a": 2}, "note", run="inner")
            with noted.transaction():
                noted.put({"a": 3}, "note", run="innermost")
            raise ZeroDivisionError

    before = files(repository)
    with noted.transaction():
        first = noted.put({"a": 1}, "note", run="one")
        with pytest.raises(ZeroDivisionError):
            fail()
        noted.put({"a": 4}, "note", run="inner")
    assert noted.get(first) == {"a": 1}
    assert noted.get("note", collections="inner") == {"a": 4}
    assert noted.collections.query() == ["inner", "one", "run/mine"]
    assert len(files(repository) - before) == 2


def test_an_outer_failure_takes_inner_successes_along(noted: Butler, repository: Path) -> None:
    def fail() -> None:
        with noted.transaction():
            with noted.transaction():
                noted.put({"a": 1}, "note")
            raise ZeroDivisionError

    before = files(repository)
    with pytest.raises(ZeroDivisionError):
        fail()
    assert noted.exists("note") is DatasetExistence.UNRECOGNIZED
    assert files(repository) == before


def test_a_full_disk_loses_nothing_and_the_put_can_be_repeated(
    database_url: str, tmp_path: Path, small_tmpfs: Callable[[int], Path]
) -> None:
    disk = small_tmpfs(1 << 20)
    seed = {"registry": {"db": database_url}, "datastore": {"root": str(disk / "files")}}
    Butler.create(tmp_path / "repo", seed=seed, override=True)
    with Butler(tmp_path / "repo", run="r") as butler:
        butler.register_dataset_type("note")
        kept = butler.put({"a": 1}, "note")
        (disk / "ballast").write_bytes(b"x" * (900 << 10))
        big = {"text": "y" * (400 << 10)}
        before = files(disk)
        with pytest.raises(ButlerError, match="space"):
            butler.put(big, "note", run="s")
        assert files(disk) == before
        assert butler.get(kept) == {"a": 1}
        assert butler.exists("note", collections="r") is DatasetExistence.VERIFIED
        (disk / "ballast").unlink()
        assert butler.get(butler.put(big, "note", run="s")) == big


@pytest.mark.parametrize(
    "moment, size", [("add", 1), ("place", 1), ("sync", 1), ("place", 20_000), ("set_record", 20_000)]
)
def test_a_killed_put_can_be_repeated(noted: Butler, repository: Path, moment: str, size: int) -> None:
    code = """
        import os, signal, sys
        from skybutler import Butler

        def trace(frame, event, argument):
            if event == "return" and frame.f_code.co_name == sys.argv[2]:
                os.kill(os.getpid(), signal.SIGKILL)

        butler = Butler(sys.argv[1], run="run/mine")
        sys.setprofile(trace)
        butler.put({"a": "x" * int(sys.argv[3])}, "note")
    """
    done = run_python(code, str(repository), moment, str(size))
    assert done.returncode == -signal.SIGKILL, done.stderr
    with Butler(repository, run="run/mine") as other:
        assert other.exists("note") is DatasetExistence.UNRECOGNIZED
        ref = other.put({"a": 2}, "note")
        assert other.get(ref) == {"a": 2}


def test_two_processes_see_each_other(noted: Butler, repository: Path) -> None:
    code = """
        import sys
        from skybutler import Butler
        with Butler(sys.argv[1], run="run/theirs") as butler:
            butler.register_dataset_type("theirs")
            butler.put({"a": 1}, "theirs")
            butler.put({"a": 2}, "note")
    """
    noted.put({"a": 3}, "note")
    done = run_python(code, str(repository))
    assert done.returncode == 0, done.stderr
    assert noted.get("theirs", collections="run/theirs") == {"a": 1}
    assert noted.get("note", collections=["run/theirs", "run/mine"]) == {"a": 2}


def test_a_read_only_repository_is_read_and_not_written(tmp_path: Path, unprivileged: Callable[..., None]) -> None:
    repository = tmp_path / "repo"
    Butler.create(repository)
    with Butler(repository, run="r") as butler:
        butler.register_dataset_type("note")
        butler.put({"a": 1}, "note")
    assert not (repository / "skybutler.sqlite3-wal").exists()
    for path in [repository, *repository.rglob("*")]:
        path.chmod(path.stat().st_mode & ~0o222)

    def read() -> None:
        with Butler(repository, collections="r") as reader:
            assert reader.get("note") == {"a": 1}
            assert reader.query_datasets("note").count() == 1

    def write() -> None:
        with pytest.raises((ReadOnlyError, ButlerError)), Butler(repository, run="r") as writer:
            writer.put({"a": 1}, "note", run="s")

    try:
        unprivileged(read)
        unprivileged(write)
    finally:
        for path in [repository, *(p for p in repository.rglob("*") if p.is_dir())]:
            path.chmod(0o755)
    assert not (repository / "s").exists()


@pytest.mark.postgres
def test_a_database_that_goes_away_is_said_and_comes_back(postgres_database: Callable[[], str], tmp_path: Path) -> None:
    url = postgres_database()
    Butler.create(tmp_path / "repo", seed={"registry": {"db": url}}, override=True)
    with Butler(tmp_path / "repo", run="r") as butler:
        butler.register_dataset_type("note")
        butler.put({"a": 1}, "note")

        def cut() -> None:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )

        def put_and_lose() -> None:
            with butler.transaction():
                butler.put({"a": 2}, "note", run="s")
                cut()
                butler.put({"a": 2}, "note", run="t")

        def lose_and_go_on() -> None:
            with butler.transaction():
                butler.put({"a": 2}, "note", run="first")
                with pytest.raises(UnavailableError):
                    put_and_lose()
                butler.put({"a": 2}, "note", run="u")

        results = butler.query_datasets("note")
        cut()
        with pytest.raises(UnavailableError):
            list(results)
        assert butler.get("note") == {"a": 1}
        before = files(tmp_path / "repo")
        for lose in (put_and_lose, lose_and_go_on):
            with pytest.raises(UnavailableError):
                lose()
            assert butler.collections.query() == ["r"]
        assert files(tmp_path / "repo") == before
        assert butler.get(butler.put({"a": 3}, "note", run="s")) == {"a": 3}


def test_a_forked_child_uses_its_own_connection(noted: Butler) -> None:
    noted.put({"a": 1}, "note")
    child = os.fork()
    if child == 0:
        status = 1
        try:
            noted.put({"a": 2}, "note", run="child")
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert noted.get("note", collections="child") == {"a": 2}
    assert noted.get("note") == {"a": 1}
