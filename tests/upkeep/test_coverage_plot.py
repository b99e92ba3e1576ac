"""Pictures are drawn for every kind of repository, and show what is there: pixels are looked at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.image import imread

from skybutler import Butler
from skybutler.display.sky_picture import BAND_COLOURS
from skybutler.sky.region import polygon_deg
from skybutler.upkeep.coverage import tract_outlines
from skybutler.upkeep.coverage_plot import draw_summary
from skybutler.upkeep.summary import summarize
from support.world import World, make_world


@pytest.fixture
def butler(tmp_path: Path) -> Any:
    """An empty repository."""
    Butler.create(tmp_path / "repo")
    with Butler(tmp_path / "repo", writeable=True) as butler:
        yield butler


def _drawn(butler: Butler, file: Path) -> Any:
    draw_summary(summarize(butler), file, tract_outlines(butler))
    return imread(file)[..., :3]


def _has(picture: Any, colour: str) -> int:
    """How many pixels have a colour, as nearly as PNG keeps it."""
    return int((np.abs(picture - np.array(to_rgb(colour))).max(axis=-1) < 0.02).sum())


def _observe(butler: Butler, places: list[tuple[float, float, str, int]]) -> None:
    butler.insert_dimension_data("instrument", {"name": "Cam"})
    for band in {p[2] for p in places}:
        butler.insert_dimension_data("physical_filter", {"instrument": "Cam", "name": f"f{band}", "band": band})
    for day in {p[3] for p in places}:
        butler.insert_dimension_data("day_obs", {"instrument": "Cam", "id": day})
    for i, (ra, dec, band, day) in enumerate(places):
        corners = [(ra - 2, dec - 1), (ra + 2, dec - 1), (ra + 2, dec + 1), (ra - 2, dec + 1)]
        common = {"instrument": "Cam", "id": i, "physical_filter": f"f{band}", "day_obs": day}
        butler.insert_dimension_data("group", {"instrument": "Cam", "name": f"g{i}"})
        butler.insert_dimension_data("exposure", {**common, "obs_id": f"e{i}", "group": f"g{i}"})
        butler.insert_dimension_data("visit", {**common, "name": f"v{i}", "region": polygon_deg(corners)})


def test_a_small_survey(butler: Butler, tmp_path: Path) -> None:
    _observe(butler, [(359.0, 10.0, "g", 20260101), (1.0, 10.5, "g", 20260102), (1.5, 10.0, "z", 20260102)])
    picture = _drawn(butler, tmp_path / "a.png")
    assert _has(picture, BAND_COLOURS["g"]) > 500
    assert _has(picture, BAND_COLOURS["z"]) > 500
    assert _has(picture, BAND_COLOURS["y"]) == 0


def test_the_whole_sky(butler: Butler, tmp_path: Path) -> None:
    _observe(butler, [(ra, dec, "r", 20260101 + i) for i, (ra, dec) in enumerate([(10, 60), (130, -50), (250, 0)])])
    assert _has(_drawn(butler, tmp_path / "a.png"), BAND_COLOURS["r"]) > 300


def test_years_are_put_together(butler: Butler, tmp_path: Path) -> None:
    _observe(butler, [(10, 60, "r", 20260101), (10, 60, "i", 20330101)])
    assert _has(_drawn(butler, tmp_path / "a.png"), BAND_COLOURS["i"]) > 10


def test_odd_bands_and_days(butler: Butler, tmp_path: Path) -> None:
    _observe(butler, [(10.0, 88.9, "N921", 20260101), (10.0, 88.9, "VR", 7)])
    assert _drawn(butler, tmp_path / "a.png").size


def test_the_small_world_and_nothing(butler: Butler, tmp_path: Path) -> None:
    assert _drawn(butler, tmp_path / "empty.png").size
    world: World = make_world(butler.registry)
    assert world.rows["tract"]
    assert _drawn(butler, tmp_path / "a.png").size


def test_other_formats(butler: Butler, tmp_path: Path) -> None:
    for name, begin in (("a.pdf", b"%PDF"), ("a.svg", b"<?xml")):
        draw_summary(summarize(butler), tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(begin)
