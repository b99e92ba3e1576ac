"""Global logging options."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from skybutler.cli.logs import start_logging


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    names = ("", "skybutler", "skybutler.storage", "py.warnings")
    levels = {name: logging.getLogger(name).level for name in names}
    handlers = list(logging.getLogger().handlers)
    yield
    logging.captureWarnings(False)
    start_logging("WARNING", terminal=False)
    logging.getLogger().handlers = handlers
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def test_levels(capsys: pytest.CaptureFixture[str]) -> None:
    start_logging("INFO", ["skybutler.storage=ERROR"])
    logging.getLogger("skybutler.registry").info("said")
    logging.getLogger("skybutler.registry").debug("not said")
    logging.getLogger("skybutler.storage").warning("not said either")
    assert capsys.readouterr().err == "INFO: said\n"


def test_one_level_for_all(capsys: pytest.CaptureFixture[str]) -> None:
    start_logging("WARNING", ["TRACE"], long=True)
    logging.getLogger("skybutler.storage").log(5, "x")
    assert capsys.readouterr().err.rstrip().endswith("TRACE skybutler.storage: x")


def test_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, lines = tmp_path / "log.txt", tmp_path / "log.json"
    start_logging("WARNING", files=[str(text), str(lines)], terminal=False)
    try:
        raise ValueError("deep")
    except ValueError:
        logging.getLogger("skybutler.x").warning("a %s", "b", exc_info=True)
    assert "WARNING skybutler.x: a b" in text.read_text()
    record = json.loads(lines.read_text())
    assert (record["level"], record["name"], record["message"]) == ("WARNING", "skybutler.x", "a b")
    assert "ValueError: deep" in record["traceback"]
    assert capsys.readouterr().err == ""


def test_starting_again_replaces_what_was(capsys: pytest.CaptureFixture[str]) -> None:
    start_logging("INFO")
    start_logging("INFO")
    logging.getLogger("skybutler").info("once")
    assert capsys.readouterr().err == "INFO: once\n"


def test_wrong_levels_and_files(bad: Callable[..., str], repo: Path, tmp_path: Path) -> None:
    assert "Did you mean 'WARNING'?" in bad("--log-level", "WARNIN", "query-collections", repo, status=2)
    assert "Levels are" in bad("--log-level", "skybutler=7", "query-collections", repo, status=2)
    assert "cannot write" in bad("--log-file", tmp_path / "no" / "log", "query-collections", repo, status=2)


@pytest.mark.parametrize("option, level", [("-v", 20), ("-vv", 10), ("-q", 40), ("--log-level=VERBOSE", 15)])
def test_global_options(option: str, level: int, good: Callable[..., str], repo: Path) -> None:
    good(option, "query-collections", repo)
    assert logging.getLogger("skybutler").level == level
