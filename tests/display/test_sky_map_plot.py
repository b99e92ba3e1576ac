"""Pictures of sky maps: what is drawn where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skybutler.display.sky_map_plot import plot_all_sky, plot_patches, plot_tracts
from skybutler.errors import InvalidError, OutsideSkyMapError
from skybutler.skymap import SkyMap
from support.skymaps import CONFIGURATIONS, small_sky_map

DC2 = SkyMap.from_config(
    {"kind": "rings", "numRings": 120, "tractOverlap": 1 / 60, "pixelScale": 0.2, "projection": "TAN"}
)


def rings(collection: Any) -> list[np.ndarray]:
    return [path.vertices for path in collection.get_paths()]


def test_tracts_are_outlined_and_numbered() -> None:
    tracts = [DC2[number] for number in (4430, 4431, 4432)]
    sky = plot_tracts(tracts, patches=True, marked={4431: [17, 18], 4432: []})
    *_, outlines = sky.axes.collections
    assert len(rings(outlines)) == 3
    counts = sorted(len(c.get_paths()) for c in sky.axes.collections)
    assert counts[-3:] == [49, 49, 49]
    assert 2 in counts
    texts = {text.get_text(): text.get_position() for text in sky.axes.texts if text.get_text().isdigit()}
    assert set(texts) == {"4430", "4431", "4432"}
    np.testing.assert_allclose(texts["4431"], sky.place(*DC2[4431].center))
    assert texts["4432"][0] < texts["4431"][0] < texts["4430"][0]  # east to the left


def test_the_inner_region_lies_in_the_outline() -> None:
    sky = plot_tracts([DC2[4431]], labels=False)
    inner, outline = (rings(c)[0] for c in sky.axes.collections[-2:])
    assert (inner.min(axis=0) >= outline.min(axis=0)).all()
    assert (inner.max(axis=0) <= outline.max(axis=0)).all()
    assert not sky.axes.texts or all(not text.get_text().isdigit() for text in sky.axes.texts)


@pytest.mark.parametrize("name", [n for n in CONFIGURATIONS if not n.startswith(("dodeca", "equat"))])
def test_tracts_of_every_kind_that_fits_a_plane(name: str, tmp_path: Path) -> None:
    sky_map = small_sky_map(name)
    for number in (0, len(sky_map) - 1):  # the poles, where there are some
        sky = plot_tracts([sky_map[number]])
        figure = sky.axes.get_figure(root=True)
        assert figure is not None
        figure.savefig(tmp_path / "tract.png")
        assert (tmp_path / "tract.png").stat().st_size > 5000


def test_patches_are_numbered_and_filled() -> None:
    sky = plot_patches(DC2[4431], marked=[17])
    fills: Any = sky.axes.collections[-3].get_facecolor()
    assert len(fills) == 49
    assert [i for i, colour in enumerate(fills) if colour[3] > 0] == [17]
    assert {text.get_text() for text in sky.axes.texts} >= {str(n) for n in range(49)}
    few = plot_patches(DC2[4431], [0, (6, 6)], outer=False)
    assert {text.get_text() for text in few.axes.texts} >= {"0", "48"}


def test_the_whole_sky_has_no_line_across() -> None:
    sky_map = small_sky_map("rings")
    axes = plot_all_sky(sky_map, marked=[3])
    for line in axes.lines:
        x = np.asarray(line.get_xdata(), float)
        steps = np.abs(np.diff(x))
        assert np.nanmax(steps) < 1.0  # of 2 sqrt(2) to each side
    assert len(axes.lines) == 2
    assert len(plot_all_sky(sky_map, [1, 2]).lines) == 1


def test_nothing_to_draw_and_too_much() -> None:
    with pytest.raises(InvalidError, match="no tracts to draw"):
        plot_tracts([])
    with pytest.raises(InvalidError, match="no patches of tract 4431"):
        plot_patches(DC2[4431], [])
    with pytest.raises(InvalidError, match="no tracts to draw"):
        plot_all_sky(DC2, [])
    with pytest.raises(OutsideSkyMapError):
        plot_patches(DC2[4431], [49])
    with pytest.raises(InvalidError, match="half of the sky|radius"):
        plot_tracts(small_sky_map("rings"))
