from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from astropy.io.votable import parse
from click.testing import CliRunner

from skybutler.cli.main import main
from support.observations import make_observations

N = 71


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    make_observations(tmp_path / "repo", f"sqlite:///{tmp_path / 'r.sqlite3'}")
    return tmp_path / "repo"


def run(*arguments: object):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_settings_are_kept_and_shown(repo: Path) -> None:
    found = run("obscore", "configure", repo, "--obs-collection", "LSST.DP02")
    assert found.exit_code == 0, found.output
    assert f"ObsCore has {N} rows" in found.output
    shown = run("obscore", "configure", repo, "--show").output
    assert "obs_collection: LSST.DP02" in shown
    file = repo / "mine.yaml"
    file.write_text("dataset_types: {calexp: {calib_level: 2, obs_id: '{visit}'}}\n")
    found = run("obscore", "configure", repo, "--file", file)
    assert "ObsCore has 12 rows" in found.output
    assert json.loads(run("obscore", "export", repo, "-", "--format", "json").output)["data"][0][4] == "10"


@pytest.mark.parametrize(
    "content, message",
    [
        ("obs_colection: x", "Did you mean"),
        ("[1", "not valid YAML"),
        ("dataset_types: {calexp: {calib_level: 2, obs_id: '{vist}'}}", "vist"),
    ],
)
def test_settings_that_do_not_fit_change_nothing(repo: Path, content: str, message: str) -> None:
    file = repo / "mine.yaml"
    file.write_text(content)
    found = run("obscore", "configure", repo, "--file", file)
    assert found.exit_code != 0
    assert message in found.output
    assert not (repo / "obscore.yaml").exists()


def test_the_table_is_exported_in_every_format(repo: Path, tmp_path: Path) -> None:
    for name in ("t.csv", "t.parquet", "t.vot"):
        found = run("obscore", "export", repo, tmp_path / name, "--root-url", "https://x", "--label", "dp02")
        assert found.exit_code == 0, found.output
    assert len((tmp_path / "t.csv").read_text().splitlines()) == N + 1
    table = pq.read_table(tmp_path / "t.parquet")
    assert table.num_rows == N
    assert table["access_url"][0].as_py().startswith("https://x/api/datalink/links?ID=butler%3A//dp02/")
    assert len(parse(tmp_path / "t.vot").get_first_table().array) == N
    found = run("obscore", "export", repo, "-", "--where", "calib_level = 1")
    assert len(found.output.splitlines()) == 12
    found = run("obscore", "export", repo, tmp_path / "x.csv", "--where", "nothing = 1")
    assert "no column 'nothing'" in found.output
    assert not (tmp_path / "x.csv").exists()


def test_a_snapshot_is_made_once_for_each_state(repo: Path, tmp_path: Path) -> None:
    found = run("obscore", "snapshot", repo)
    assert found.exit_code == 0, found.output
    assert found.output.startswith("Wrote")
    assert f"{N} rows" in found.output
    assert run("obscore", "snapshot", repo).output.startswith("There is already")
    assert len(list((repo / "obscore-snapshot").glob("*.parquet"))) == 1
    assert run("obscore", "snapshot", repo, "--folder", tmp_path / "other").output.startswith("Wrote")
    run("obscore", "configure", repo, "--obs-collection", "Other")
    assert run("obscore", "snapshot", repo).output.startswith("Wrote")
    assert pq.read_table(repo / "obscore-snapshot")["obs_collection"].unique().to_pylist() == ["Other"]
