"""The benchmark of cut-outs counts what it says it counts."""

from __future__ import annotations

from pathlib import Path

import pytest

import cutouts
from skybutler.images import Box
from skybutler.storage import LocalStorage


@pytest.mark.parametrize("recipe", cutouts.RECIPES)
def test_both_sides_read_the_same(tmp_path: Path, recipe: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutouts, "SIDE", 300)
    path = cutouts.make(tmp_path, recipe, 64, cutouts.planes(300))
    monkeypatch.setattr(cutouts, "boxes", lambda n: [Box((10, 60), (70, 200))] * n)
    found = cutouts.compare(LocalStorage(tmp_path), path.name, path, 1)
    assert found.ratio > 0
    assert found.trips <= 4
    assert found.bytes_needed < path.stat().st_size / 2e3
