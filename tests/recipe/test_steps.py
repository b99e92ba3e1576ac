from __future__ import annotations

from pathlib import Path

import pytest

from skybutler.errors import MissingFileError
from skybutler.recipe.definition_steps import DatasetTypeStep
from skybutler.recipe.settings import RegisterDatasetType
from skybutler.recipe.steps import BYTES_PER_SECOND, copied_bytes, total_bytes

STEP = DatasetTypeStep(RegisterDatasetType(name="a", storage_class="b"), "/top")


def test_places_begin_in_the_folder(tmp_path: Path) -> None:
    assert STEP.place("a/b") == "/top/a/b"
    assert STEP.require(str(tmp_path)) == str(tmp_path)
    assert STEP.require("s3://bucket/x") == "s3://bucket/x"
    with pytest.raises(MissingFileError, match=r"There is no /top/none\."):
        STEP.require("none")


def test_time_follows_from_rates() -> None:
    forecast = STEP.forecast(int(STEP.rate), 5, "things", bytes=int(BYTES_PER_SECOND))
    assert forecast.seconds == pytest.approx(2)
    assert STEP.forecast(-1, 0, "things").seconds == 0


def test_bytes_of_local_files_are_counted(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes(10))
    paths = [str(tmp_path / "a"), str(tmp_path / "gone"), "s3://bucket/b"]
    assert total_bytes(paths) == 10
    assert [copied_bytes(paths, mode) for mode in ("copy", "auto", "direct", "link")] == [10, 10, 0, 0]
