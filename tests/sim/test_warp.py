"""Resampling: images are the same sky on another grid, and light is not lost."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from skybutler.images import Box, SkyWcs
from skybutler.sim.warp import Grid, Warp

ARCSEC = 1.0 / 3600.0


def grid(angle: float = 0.0, scale: float = 1.0, crpix: tuple[float, float] = (50.0, 50.0), size: int = 100) -> Grid:
    cos, sin = np.cos(np.radians(angle)) * scale * ARCSEC, np.sin(np.radians(angle)) * scale * ARCSEC
    return Grid(SkyWcs.from_affine(30.0, -20.0, [[-cos, sin], [sin, cos]], crpix), Box((0, size), (0, size)))


def star(of: Grid, dx: float = 0.3, dy: float = -0.2, sigma: float = 1.5) -> npt.NDArray[np.float32]:
    """A star of flux 1 near the reference point of a grid."""
    y, x = np.indices(of.box.shape)
    pixels = np.exp(-0.5 * ((x - 50.0 - dx) ** 2 + (y - 50.0 - dy) ** 2) / sigma**2) / (2 * np.pi * sigma**2)
    return pixels.astype(np.float32)


def test_the_same_grid_changes_nothing() -> None:
    one = grid()
    warp = Warp(one, one, one.box)
    assert warp.resampled(star(one)) == pytest.approx(star(one), abs=1e-6)
    assert warp.area == pytest.approx(1.0)
    assert warp.inside.all()


@pytest.mark.parametrize("angle, scale", [(0.0, 1.0), (33.0, 1.0), (90.0, 0.8), (200.0, 1.3)])
def test_a_star_keeps_its_light_and_its_place(angle: float, scale: float) -> None:
    source, target = grid(), grid(angle, scale, crpix=(47.7, 52.1))
    box = target.overlap(source)
    warp = Warp(source, target, box)
    image = warp.resampled(star(source)) * np.float32(warp.area)
    assert image.sum() == pytest.approx(1.0, abs=0.01)
    y, x = np.indices(image.shape)
    at = float((image * x).sum() / image.sum()) + box.x.start, float((image * y).sum() / image.sum()) + box.y.start
    expected = target.wcs.sky_to_pixel(*source.wcs.pixel_to_sky(50.3, 49.8))
    assert at == pytest.approx([float(v) for v in expected], abs=0.02)


def test_overlaps_and_the_nearest_pixel() -> None:
    source = Grid(grid().wcs, Box((10, 60), (20, 90)))
    target = grid(crpix=(50.0, 150.0))
    assert target.overlap(source).is_empty
    here = grid()
    box = here.overlap(source)
    assert box.contains(source.box)
    warp = Warp(source, here, box)
    numbers = np.arange(source.box.area, dtype=np.int32).reshape(source.box.shape)
    found = warp.nearest(numbers)[warp.inside]
    assert np.array_equal(found, numbers.ravel())
    assert int(warp.inside.sum()) == source.box.area
    assert (warp.resampled(numbers.astype(np.float32))[~warp.inside] == 0).all()
