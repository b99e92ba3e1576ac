"""A server has a snapshot of each repository again some time after it has changed."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil  # type: ignore[import-untyped, unused-ignore]
import pytest
from starlette.testclient import TestClient

from skybutler import Butler
from skybutler.vo.obscore import ObsCoreSettings
from skybutler.vo.obscore.files import write_settings
from skybutler.web import ServerSettings, create_app
from skybutler.web.keeping import SnapshotKeeper
from skybutler.web.served import Served, ServedRepository
from support.observations import RUN, make_observations

COUNT = {"LANG": "ADQL", "FORMAT": "csv", "QUERY": "SELECT COUNT(*) AS n FROM ivoa.ObsCore"}


@pytest.fixture
def repository(database_url: str, tmp_path: Path) -> Path:
    make_observations(tmp_path / "repo", database_url)
    return tmp_path / "repo"


@pytest.fixture
def kept(repository: Path, tmp_path: Path) -> Iterator[ServedRepository]:
    """A repository of which snapshots are kept."""
    served = Served(ServerSettings(repositories={"test": str(repository)}), tmp_path / "kept")
    keeper = SnapshotKeeper(served, look_s=0.05, rest=0.0)
    keeper.begin()
    yield served.first
    keeper.end()
    served.first.close()


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(1000):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("It never came.")


def is_current(served: ServedRepository) -> bool:
    return served.snapshots.current(served.butler.registry, served.obscore("")) is not None


def test_snapshots_follow_the_repository(kept: ServedRepository, repository: Path) -> None:
    wait_for(lambda: is_current(kept))
    with Butler(repository, writeable=True, run=RUN) as butler:
        butler.prune_datasets(butler.query_datasets("calexp", collections=RUN)[:1], unstore=True, purge=True)
        write_settings(repository, ObsCoreSettings(obs_collection="Changed"))
    assert not is_current(kept)
    wait_for(lambda: is_current(kept))
    (file,) = kept.own_snapshots.place.glob("*.parquet")
    assert file.parent.name == "test"
    assert list(repository.glob("obscore-snapshot/*")) == []


def test_a_repository_that_is_away_is_looked_for_again(tmp_path: Path) -> None:
    served = Served(ServerSettings(repositories={"gone": str(tmp_path / "nowhere")}), tmp_path / "kept")
    keeper = SnapshotKeeper(served, look_s=0.01)
    keeper.begin()
    time.sleep(0.1)
    keeper.end()


def test_one_process_makes_them_and_another_one_when_that_has_ended(repository: Path, tmp_path: Path) -> None:
    several = [Served(ServerSettings(repositories={"test": str(repository)}), tmp_path / "kept") for _ in range(3)]
    keepers = [SnapshotKeeper(served, look_s=0.01, rest=0.0) for served in several]
    for keeper in keepers:
        keeper.begin()
    wait_for(lambda: is_current(several[0].first))
    for i, keeper in enumerate(keepers):
        write_settings(repository, ObsCoreSettings(obs_collection=f"Changed {i}"))
        wait_for(lambda: is_current(several[0].first))
        keeper.end()
    for served in several:
        assert is_current(served.first)
        served.first.close()


def test_a_server_that_ends_gives_up_what_it_is_making(repository: Path, tmp_path: Path) -> None:
    served = Served(ServerSettings(repositories={"test": str(repository)}), tmp_path / "kept")
    keeper = SnapshotKeeper(served, look_s=0.01)
    keeper.begin()
    folder = served.first.own_snapshots
    wait_for(folder.place.exists)
    keeper.end()
    served.first.close()
    assert not folder.is_being_written


KEEPING = """
import sys, time
from pathlib import Path
from skybutler.web import ServerSettings
from skybutler.web.keeping import SnapshotKeeper
from skybutler.web.served import Served

if __name__ == "__main__":
    served = Served(ServerSettings(repositories={"test": sys.argv[1]}), Path(sys.argv[2]))
    SnapshotKeeper(served, look_s=0.01).begin()
    time.sleep(600)
"""
ENDLESS = """
import time
from pathlib import Path

Path(__file__).with_name("begun").touch()
time.sleep(600)
"""
"""What is in the place of DuckDB, which sorts the rows: it never comes to an end."""


def test_making_one_ends_with_a_server_that_is_killed(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "keeping.py").write_text(KEEPING)
    (tmp_path / "duckdb.py").write_text(ENDLESS)
    command = [sys.executable, str(tmp_path / "keeping.py"), str(repository), str(tmp_path / "kept")]
    with subprocess.Popen(command) as server:
        wait_for((tmp_path / "begun").exists)
        makers = psutil.Process(server.pid).children(recursive=True)
        server.kill()
    assert psutil.wait_procs(makers, timeout=100)[1] == []
    (left,) = (tmp_path / "kept" / "test").glob(".part-*")
    served = Served(ServerSettings(repositories={"test": str(repository)}), tmp_path / "kept")
    keeper = SnapshotKeeper(served, look_s=0.01)
    keeper.begin()
    wait_for(lambda: is_current(served.first))
    keeper.end()
    served.first.close()
    assert not left.exists()


def test_a_server_answers_from_the_snapshot_in_a_repository(repository: Path, tmp_path: Path) -> None:
    settings = ServerSettings(repositories={"test": str(repository)}, work_folder=tmp_path, snapshots=True)
    with TestClient(create_app(settings)) as client:
        served = client.app.state.served.first  # type: ignore[attr-defined]
        wait_for(lambda: is_current(served))
        assert client.get("/api/tap/sync", params=COUNT).text.split() == ["n", "71"]
        all_rows = {**COUNT, "QUERY": "SELECT * FROM ivoa.ObsCore", "FORMAT": "votable"}
        assert client.get("/api/tap/sync", params=all_rows).status_code == 200
        calibrated = client.get("/api/sia/query", params={"CALIB": "2", "RESPONSEFORMAT": "csv"})
        assert len(calibrated.text.splitlines()) == 1 + 12
        with Butler(repository, writeable=True, run=RUN) as butler:
            butler.prune_datasets(butler.query_datasets("calexp", collections=RUN), unstore=True, purge=True)
        assert client.get("/api/tap/sync", params=COUNT).text.split() == ["n", "59"]
        served.close()
    assert (tmp_path / "snapshots" / "test").is_dir()
