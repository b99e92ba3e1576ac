"""Counts over the sky against sphgeom's own answer for points, and areas against those of known shapes."""

from __future__ import annotations

import math

import hpgeom
import numpy as np
import pytest

from skybutler import Butler
from skybutler.sky.region import circle, exact_direction, polygon
from skybutler.sky.vectors import unit_vectors
from skybutler.upkeep import coverage as module
from skybutler.upkeep.coverage import measure_coverage, tract_outlines
from support.world import World, square


def _fill(butler: Butler, regions: list[tuple[str, object]]) -> None:
    butler.insert_dimension_data("instrument", {"name": "Cam"})
    for band in {band for band, _ in regions}:
        butler.insert_dimension_data("physical_filter", {"instrument": "Cam", "name": f"f{band}", "band": band})
    butler.insert_dimension_data("day_obs", {"instrument": "Cam", "id": 20260101})
    rows = [
        {"instrument": "Cam", "id": i, "name": f"v{i}", "physical_filter": f"f{band}", "day_obs": 20260101, "region": r}
        for i, (band, r) in enumerate(regions)
    ]
    butler.insert_dimension_data("visit", *rows)


def test_areas_and_counts(butler: Butler) -> None:
    """Two squares that share half of their area, across right ascension 0, and a circle far away."""
    _fill(butler, [("r", square(0.0, 0.0, 2.0)), ("g", square(1.0, 0.0, 2.0)), ("r", circle(120.0, -60.0, 1.0))])
    found = measure_coverage(butler)
    assert found is not None
    assert (found.footprints, found.used) == (3, 3)
    cap = 2 * math.pi * (1 - math.cos(math.radians(1.0))) * (180 / math.pi) ** 2
    assert found.area_deg2("g") == pytest.approx(4.0, rel=0.003)
    assert found.area_deg2("r") == pytest.approx(4.0 + cap, rel=0.003)
    assert found.area_deg2() == pytest.approx(6.0 + cap, rel=0.003)
    places = np.array([[359.5, 0.3], [0.5, 0.3], [1.5, 0.3], [120.0, -60.3], [200.0, 0.0]])
    pixels = hpgeom.angle_to_pixel(1 << found.order, places[:, 0], places[:, 1])
    assert found.all_bands.at(pixels).tolist() == [1, 2, 1, 1, 0]
    assert found.bands["r"].at(pixels).tolist() == [1, 1, 0, 1, 0]


def test_awkward_polygons_are_drawn_too(butler: Butler) -> None:
    """A corner in the middle of an edge and one repeated within rounding."""
    corners = unit_vectors([10.0, 11.0, 11.0, 11.0, 10.0], [0.0, 0.0, 0.5, 1.0, 1.0])
    corners = np.insert(corners, 1, unit_vectors(10.5, 0.0), axis=0)
    _fill(butler, [("r", polygon(corners))])
    found = measure_coverage(butler)
    assert found is not None
    assert found.area_deg2() == pytest.approx(1.0, rel=0.03)


def test_many_visits_are_represented_by_a_sample(butler: Butler, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_FOOTPRINTS", 10)
    _fill(butler, [("r", square(10.0 + 0.01 * i, 5.0, 1.0)) for i in range(40)])
    found = measure_coverage(butler)
    assert found is not None
    assert found.footprints == 40
    assert 5 <= found.used <= 10
    assert found.area_deg2() == pytest.approx(1.38, rel=0.08)


def test_the_small_world(world: World, butler: Butler) -> None:
    found = measure_coverage(butler, ["Cam"])
    assert found is not None
    regions = [r["region"] for r in world.rows["visit"] if r.get("region") is not None and r["instrument"] == "Cam"]
    assert found.footprints == len(regions)
    rng = np.random.default_rng(5)
    pixels = rng.choice(np.concatenate([m.breaks for m in found.bands.values()]), 200)
    lon, lat = hpgeom.pixel_to_angle(1 << found.order, pixels)
    wanted = [sum(r.contains(exact_direction(v)) for r in regions) for v in unit_vectors(lon, lat)]
    # squares of the small world have edges along lines of pixel centres, where rounding decides
    assert np.mean(found.all_bands.at(pixels) == wanted) > 0.97


def test_nothing_on_the_sky(butler: Butler) -> None:
    assert measure_coverage(butler) is None
    assert tract_outlines(butler) == []


def test_outlines_of_tracts(world: World, butler: Butler) -> None:
    found = tract_outlines(butler, ["Map"])
    assert sorted(int(t.name) for t in found) == sorted(r["id"] for r in world.rows["tract"] if r["skymap"] == "Map")
    assert all(t.corners.shape == (4, 2) for t in found)
