"""Light on pixels: all of it, at the place, in the shape that the truth says."""

from __future__ import annotations

import numpy as np
import pytest

from skybutler.images import SkyWcs
from skybutler.sim.light import add_sources, point_image, sources_near
from skybutler.sim.truth import Sources
from skybutler.sim.visits import FIELD

SCALE = 1.6 / 3600.0
WCS = SkyWcs.from_affine(*FIELD, [[-SCALE, 0.0], [0.0, SCALE]], crpix=(100.0, 120.0))


def source(radius: float, axis_ratio: float = 1.0, angle: float = 0.0) -> Sources:
    values = (FIELD[0], FIELD[1], 20.0, 0.3, radius, axis_ratio, angle, np.nan)
    return Sources(*(np.array([value]) for value in values))


def test_a_point_has_the_image_of_a_point() -> None:
    image = np.zeros((240, 200))
    add_sources(image, np.array([100.0]), np.array([120.0]), np.array([1e6]), source(0.0), 1.0, 1.6, WCS)
    kernel = point_image(1.0, 12)
    assert image.sum() == pytest.approx(1e6, rel=1e-3)
    assert image[108:133, 88:113] == pytest.approx(1e6 * kernel, abs=20)


def test_a_galaxy_is_longest_along_its_angle_from_north_through_east() -> None:
    image = np.zeros((240, 200))
    add_sources(image, np.array([100.0]), np.array([120.0]), np.array([1e6]), source(6.0, 0.3, 90.0), 1.0, 1.6, WCS)
    y, x = np.indices(image.shape)
    # East is towards smaller x.
    assert (image * (x - 100.0) ** 2).sum() > 3 * (image * (y - 120.0) ** 2).sum()
    assert image.sum() == pytest.approx(1e6, rel=0.01)


def test_sources_near_are_those_of_the_truth_in_the_frame_of_the_array() -> None:
    x, y, sources = sources_near(WCS, (50, 60), (100, 90), 3)
    assert len(x) == len(sources) > 20
    px, py = WCS.sky_to_pixel(sources.ra, sources.dec)
    assert x == pytest.approx(px - 50)
    assert y == pytest.approx(py - 60)
    assert x.min() > -41
    assert x.max() < 131
    wide_x, wide_y, _ = sources_near(WCS, (0, 0), (300, 300), 3)
    inside = (wide_x > 50) & (wide_x < 140) & (wide_y > 60) & (wide_y < 160)
    mine = (x > 0) & (x < 90) & (y > 0) & (y < 100)
    assert sorted((x[mine] + 50).tolist()) == pytest.approx(sorted(wide_x[inside].tolist()))
