"""Registering sky maps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from skybutler import Butler
from skybutler.cli.skymaps import tract_numbers
from skybutler.errors import ParameterError
from support.stack_pickles import sky_map_pickle

Good = Callable[..., str]
Bad = Callable[..., str]
Rows = Callable[..., list[dict[str, Any]]]

DISCRETE = """
config.name = "small"
config.skyMap = "discrete"
config.skyMap["discrete"].raList = [55.0, 56.0]
config.skyMap["discrete"].decList = [-32.0, -31.0]
config.skyMap["discrete"].radiusList = [0.1, 0.1]
config.skyMap["discrete"].pixelScale = 0.2
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "small.py"
    path.write_text(DISCRETE)
    return path


def test_register(good: Good, rows: Rows, config: Path, repo: Path) -> None:
    assert good("register-skymap", "-C", config, repo).startswith("Registered sky map 'small' with 2 tracts")
    assert good("register-skymap", "-C", config, repo) == "Sky map 'small' is registered already.\n"
    assert [r["id"] for r in rows("query-dimension-records", repo, "tract")] == [0, 1]
    with Butler(repo) as butler:
        assert len(butler.get("skyMap", skymap="small", collections="skymaps")) == 2


def test_some_tracts_and_settings(good: Good, rows: Rows, repository_root: Path, repo: Path) -> None:
    options = ("register-skymap", repo, "-C", repository_root / "examples" / "DC2.py", "-c", "name=mine")
    assert good(*options, "--tracts", "4431").startswith("Registered sky map 'mine' with 1 tract")
    assert good(*options, "--tracts", "4430-4432,10").startswith("Registered sky map 'mine' with 3 tracts")
    assert [r["id"] for r in rows("query-dimension-records", repo, "tract")] == [10, 4430, 4431, 4432]


def test_a_map_of_another_repository(good: Good, bad: Bad, tmp_path: Path, repo: Path) -> None:
    options = {"raList": [55.0], "decList": [-32.0], "radiusList": [0.1], "pixelScale": 0.2}
    pickled = tmp_path / "skyMap.pickle"
    pickled.write_bytes(sky_map_pickle("discrete", options))
    assert "needs a name" in bad("register-skymap", repo, "-C", pickled)
    assert good("register-skymap", repo, "-C", pickled, "-c", "name=old").startswith(
        "Registered sky map 'old' with 1 tract"
    )
    pickled.write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    assert "os.system" in bad("register-skymap", repo, "-C", pickled, "-c", "name=evil")


def test_the_same_map_under_another_name(good: Good, bad: Bad, config: Path, repo: Path) -> None:
    good("register-skymap", repo, "-C", config)
    assert "'small'" in bad("register-skymap", repo, "-C", config, "-c", "name=other")
    config.write_text(DISCRETE.replace("0.2\n", "0.3\n"))
    assert "another sky map" in bad("register-skymap", repo, "-C", config)


@pytest.mark.parametrize(
    "options, status, said",
    [
        ([], 1, "-c name=NAME"),
        (["-c", "name"], 1, "name=value"),
        (["-c", "nam=x"], 1, "Did you mean 'name'"),
        (["-c", "name=x", "-c", "skyMap.name=ring"], 1, "Did you mean 'rings'"),
        (["-c", "name=x", "--tracts", "one"], 1, "'one' is no tract"),
        (["-c", "name=x", "--tracts", "9999"], 1, "9999"),
        (["-C", "none.py"], 2, "does not exist"),
    ],
)
def test_mistakes_change_nothing(options: list[str], status: int, said: str, bad: Bad, rows: Rows, repo: Path) -> None:
    assert said in bad("register-skymap", repo, *options, status=status)
    assert rows("query-dimension-records", repo, "skymap") == []


def test_configurations_are_not_executed(bad: Bad, repo: Path, tmp_path: Path) -> None:
    evil = tmp_path / "evil.py"
    evil.write_text(f"open({str(tmp_path / 'harm')!r}, 'w')\n")
    assert "read, not executed" in bad("register-skymap", repo, "-C", evil)
    assert not (tmp_path / "harm").exists()


def test_tract_numbers() -> None:
    assert tract_numbers(()) is None
    assert tract_numbers(("5", "7-9")) == [5, 7, 8, 9]
    for text in ("-1", "1-", "a", "1.5"):
        with pytest.raises(ParameterError):
            tract_numbers((text,))
