"""The background is found under sources, whatever part of an image they cover."""

from __future__ import annotations

import numpy as np
import pytest

from skybutler.sim.background import fit_background


@pytest.mark.parametrize("shape", [(500, 512), (120, 70), (70, 900)])
def test_a_tilted_sky_under_sources(shape: tuple[int, int]) -> None:
    random = np.random.default_rng(3)
    y, x = (np.linspace(-1, 1, size) for size in shape)
    sky = 1000.0 + 20.0 * x + 10.0 * y[:, None] - 5.0 * x * y[:, None]
    image = sky + 30.0 * random.standard_normal(shape)
    sources = random.uniform(size=shape) < 0.03
    image[sources] += random.uniform(100.0, 1e5, int(sources.sum()))
    ignored = np.zeros(shape, dtype=bool)
    ignored[:, : shape[1] // 10] = True
    image[ignored] = 1e9
    found = fit_background(image.astype(np.float32), ignored)
    assert found.dtype == np.float32
    inside = found[:, shape[1] // 10 :] - sky[:, shape[1] // 10 :]
    assert np.abs(inside).max() < 20.0
    assert abs(np.median(inside)) < 3.0


def test_nothing_is_known_where_all_is_ignored() -> None:
    image = np.full((50, 60), 7.0, dtype=np.float32)
    assert (fit_background(image, np.ones(image.shape, dtype=bool)) == 0).all()
    assert fit_background(image, np.zeros(image.shape, dtype=bool)) == pytest.approx(7.0)
