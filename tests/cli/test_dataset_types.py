"""Registering, listing and removing dataset types."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click.testing
import pytest

Good = Callable[..., str]
Bad = Callable[..., str]
Run = Callable[..., click.testing.Result]
Rows = Callable[..., list[dict[str, Any]]]


def test_register(good: Good, rows: Rows, repo: Path) -> None:
    options = ("register-dataset-type", repo, "bias", "ExposureF", "instrument", "detector", "--is-calibration")
    assert good(*options).startswith("Registered DatasetType('bias', {instrument, detector}, ExposureF")
    assert good(*options).startswith("Already registered")
    assert rows("query-dataset-types", repo, "bias") == [
        {"name": "bias", "dimensions": ["instrument", "detector"], "storage_class": "ExposureF", "is_calibration": True}
    ]


def test_register_with_commas_and_without_dimensions(good: Good, repo: Path) -> None:
    assert "{htm7}" in good("register-dataset-type", repo, "cal_ref_cat_2_2", "SimpleCatalog", "htm7")
    assert "{band, skymap, tract}" in good("register-dataset-type", repo, "a", "ExposureF", "tract,band")
    assert "{}" in good("register-dataset-type", repo, "b", "StructuredDataDict")


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["numbers", "StructuredDataDict", "instrument"], "'numbers' is registered as"),
        (["a.b", "StructuredDataDict"], "component"),
        (["x", "StructuredDataDct"], "Did you mean 'StructuredDataDict'"),
        (["x", "StructuredDataDict", "detectr"], "Did you mean 'detector'"),
        (["x y", "StructuredDataDict"], "x y"),
    ],
)
def test_register_mistakes(arguments: list[str], said: str, bad: Bad, repo: Path) -> None:
    assert said in bad("register-dataset-type", repo, *arguments)


def test_list(good: Good, repo: Path) -> None:
    assert good("query-dataset-types", repo).split() == ["name", "-------", "flat", "note", "numbers"]
    shown = good("query-dataset-types", repo, "n*", "-v").splitlines()
    assert shown[0].split() == ["name", "dimensions", "storage_class", "is_calibration"]
    assert shown[3].split() == ["numbers", "instrument,", "detector", "StructuredDataDict", "False"]
    assert good("query-dataset-types", repo, "--collections", "u/two").split()[2:] == ["numbers"]


def test_none(run: Run, good: Good, repo: Path, tmp_path: Path) -> None:
    assert "No dataset type matches 'x*'." in run("query-dataset-types", repo, "x*").stderr
    assert (
        "No dataset type matches 'f*' in 'b*'." in run("query-dataset-types", repo, "f*", "--collections", "b*").stderr
    )
    good("create", tmp_path / "empty")
    result = run("query-dataset-types", tmp_path / "empty")
    assert result.exit_code == 0
    assert "No dataset type is registered yet." in result.stderr


def test_list_mistakes(bad: Bad, repo: Path) -> None:
    assert "Did you mean 'note'?" in bad("query-dataset-types", repo, "nota")
    assert "No collection with name 'x' found." in bad("query-dataset-types", repo, "--collections", "x")


def test_remove(good: Good, run: Run, repo: Path) -> None:
    good("register-dataset-type", repo, "x1", "StructuredDataDict")
    good("register-dataset-type", repo, "x2", "StructuredDataDict")
    result = run("remove-dataset-type", repo, "x*", "nota")
    assert (result.exit_code, result.stdout) == (0, "Removed x1, x2.\n")
    assert result.stderr == "There is no dataset type 'nota'. Did you mean 'note'?\n"
    assert run("remove-dataset-type", repo, "x*").stdout == "Removed nothing.\n"


def test_types_in_use_stay(good: Good, bad: Bad, repo: Path) -> None:
    good("register-dataset-type", repo, "a", "StructuredDataDict")
    assert "still has datasets" in bad("remove-dataset-type", repo, "*")
    assert good("query-dataset-types", repo).split()[2:] == ["a", "flat", "note", "numbers"]
