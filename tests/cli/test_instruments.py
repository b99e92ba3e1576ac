"""Registering instruments."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from skybutler import Butler

Good = Callable[..., str]
Bad = Callable[..., str]


def test_by_class_name_and_again_by_name(good: Good, tmp_path: Path) -> None:
    good("create", tmp_path / "r")
    said = good("register-instrument", tmp_path / "r", "lsst.obs.lsst.LsstCamImSim")
    assert said.startswith("LSSTCam-imSim: ")
    assert "189 new detector records" in said
    assert good("register-instrument", tmp_path / "r", "LSSTCam-imSim") == "LSSTCam-imSim: registered already.\n"


def test_changes_are_refused_unless_wanted(good: Good, bad: Bad, observatory: Path) -> None:
    with Butler(observatory, writeable=True) as butler:
        row: dict[str, Any] = {"instrument": "LSSTCam-imSim", "id": 94, "full_name": "X", "purpose": "SCIENCE"}
        butler.sync_dimension_data("detector", row, update=True)
    assert "--update" in bad("register-instrument", observatory, "LSSTCam-imSim")
    assert "1 detector records overwritten" in good("register-instrument", observatory, "LSSTCam-imSim", "--update")


@pytest.mark.parametrize(
    "name, said",
    [("LSSTCam-imSin", "Did you mean"), ("lsst.obs.lsst.Nothing", "lsst.obs.lsst.Nothing"), ("no.yaml", "no.yaml")],
)
def test_unknown_instruments(name: str, said: str, bad: Bad, repo: Path) -> None:
    assert said in bad("register-instrument", repo, name)


def test_read_only_repository(bad: Bad, tmp_path: Path) -> None:
    assert "is not a repository" in bad("register-instrument", tmp_path / "none", "LSSTCam-imSim")
