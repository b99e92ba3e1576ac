"""A small repository, and the command line in this process."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from skybutler import Butler, CollectionType
from skybutler.cli.main import main as command_line
from skybutler.sim import simulate_survey
from skybutler.sky.timespan import Timespan

Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    """Run ``butler ARGUMENTS`` in this process; paths and numbers are turned into text."""

    def invoke(*arguments: object, input: str | None = None) -> Result:
        result = CliRunner().invoke(command_line, [str(a) for a in arguments], input=input)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    return invoke


@pytest.fixture
def good(run: Run) -> Callable[..., str]:
    """Run a command that must succeed; what it printed to stdout."""

    def invoke(*arguments: object, input: str | None = None) -> str:
        result = run(*arguments, input=input)
        assert result.exit_code == 0, result.output
        return result.stdout

    return invoke


@pytest.fixture
def rows(good: Callable[..., str]) -> Callable[..., list[dict[str, Any]]]:
    """Run a command with ``--json``; its rows."""

    def invoke(*arguments: object) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(good(*arguments, "--json"))
        return found

    return invoke


@pytest.fixture
def bad(run: Run) -> Callable[..., str]:
    """Run a command that must fail without a traceback; what it said on stderr."""

    def invoke(*arguments: object, status: int = 1, input: str | None = None) -> str:
        result = run(*arguments, input=input)
        assert result.exit_code == status, result.output
        assert "Traceback" not in result.output
        assert "bug" not in result.output
        return result.stderr

    return invoke


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository that `repo` is a copy of."""
    root = tmp_path_factory.mktemp("original") / "repo"
    Butler.create(root)
    with Butler(root, writeable=True) as butler:
        _fill(butler)
    return root


@pytest.fixture
def repo(original: Path, tmp_path: Path) -> Path:
    """An instrument with three detectors; ``numbers`` in two runs, ``note`` in one, both runs in a chain; a flat."""
    return Path(shutil.copytree(original, tmp_path / "repo"))


def _fill(butler: Butler) -> None:
    butler.insert_dimension_data("instrument", {"name": "Cam", "detector_max": 10})
    span = Timespan.from_day_obs(20261013)
    butler.insert_dimension_data("day_obs", {"instrument": "Cam", "id": 20261013, "timespan": span})
    butler.insert_dimension_data("detector", *({"instrument": "Cam", "id": i, "full_name": f"R{i}"} for i in range(3)))
    butler.register_dataset_type("numbers", ["instrument", "detector"])
    butler.register_dataset_type("note", ["instrument"])
    butler.register_dataset_type("flat", ["instrument", "detector"], is_calibration=True)
    for run, detectors in (("u/one", (2, 0, 1)), ("u/two", (1,))):
        for detector in detectors:
            butler.put({"detector": detector}, "numbers", run=run, instrument="Cam", detector=detector)
    butler.put({"text": "x"}, "note", run="u/one", instrument="Cam")
    butler.put({}, "flat", run="u/flats", instrument="Cam", detector=0)
    butler.collections.register("both", CollectionType.CHAINED)
    butler.collections.redefine_chain("both", ["u/two", "u/one"])


@pytest.fixture(scope="session")
def raws(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Raws of two detectors and two visits, with index files."""
    return simulate_survey(
        tmp_path_factory.mktemp("survey"), visits=2, detectors=(94, 95), scale=32, full_size_one=False
    ).directory


@pytest.fixture
def observatory(good: Callable[..., str], tmp_path: Path) -> Path:
    """An empty repository with an instrument."""
    good("create", tmp_path / "observatory")
    good("register-instrument", tmp_path / "observatory", "LSSTCam-imSim")
    return tmp_path / "observatory"
