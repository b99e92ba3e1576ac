"""Defining visits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Good = Callable[..., str]
Bad = Callable[..., str]
Rows = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def ingested(good: Good, observatory: Path, raws: Path) -> Path:
    good("ingest-raws", observatory, raws, "-t", "direct")
    return observatory


def test_define_visits(good: Good, rows: Rows, ingested: Path) -> None:
    options = ("define-visits", "--collections", "LSSTCam-imSim/raw/all", ingested, "LSSTCam-imSim")
    assert good(*options).startswith("2 visits defined")
    assert "2 exist already" in good(*options)
    assert [r["id"] for r in rows("query-dimension-records", ingested, "visit")] == [250000, 250007]
    assert len(rows("query-data-ids", ingested, "visit", "detector")) == 2 * 189


def test_some_visits(good: Good, ingested: Path) -> None:
    assert good("define-visits", ingested, "LSSTCam-imSim", "--where", "exposure = 250007").startswith(
        "1 visits defined"
    )


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["LSSTCam-imSin"], "LSSTCam-imSi"),
        (["LSSTCam-imSim", "--where", "exposur = 1"], "Did you mean 'exposure'"),
        (["LSSTCam-imSim", "--collections", "LSSTCam-imSim/raw"], "No collection with name"),
        (["HSC"], "HSC"),
    ],
)
def test_mistakes(arguments: list[str], said: str, bad: Bad, ingested: Path) -> None:
    assert said in bad("define-visits", ingested, *arguments)
