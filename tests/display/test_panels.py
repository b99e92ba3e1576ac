"""Images side by side: one scale for all or one for each, every kind together."""

from __future__ import annotations

import numpy as np
import pytest

from skybutler.display import Scaling, show_grid
from skybutler.display.screen import Stretch
from skybutler.errors import InvalidError
from skybutler.images import Image, Mask, MaskedImage


def _images() -> list[MaskedImage]:
    rng = np.random.default_rng(1)
    return [MaskedImage(Image(rng.normal(sky, 1.0, (40, 60)))) for sky in (0.0, 100.0, 5.0)]


def _norms(displays: list) -> list[Stretch]:
    return [d.axes.images[0].norm for d in displays]


def test_one_scale_for_all() -> None:
    displays = show_grid(_images(), ["a", "b", "c"])
    assert len({d.figure for d in displays}) == 1
    assert len({(n.vmin, n.vmax) for n in _norms(displays)}) == 1
    assert [d.axes.get_title() for d in displays] == ["a", "b", "c"]
    assert [len(d.axes.child_axes) for d in displays] == [0, 0, 1]  # one bar, at the end of the row
    displays[0].figure.canvas.draw()


def test_a_scale_for_each() -> None:
    displays = show_grid(_images(), same_scale=False, scaling=Scaling("linear", "minmax"), columns=1)
    assert len({n.vmin for n in _norms(displays)}) == 3
    assert [len(d.axes.child_axes) for d in displays] == [1, 1, 1]
    places = [d.axes.get_position().y0 for d in displays]
    assert places == sorted(places, reverse=True)


def test_masks_among_images_and_many_of_them() -> None:
    mask = Mask(np.ones((40, 60), np.int32))
    displays = show_grid([mask, *_images(), *_images()])
    assert len(displays) == 7
    displays[0].figure.canvas.draw()
    assert len(show_grid([mask])) == 1


def test_bad_numbers_are_refused() -> None:
    with pytest.raises(InvalidError, match="no image"):
        show_grid([])
    with pytest.raises(InvalidError, match="1 titles for 3 images"):
        show_grid(_images(), ["a"])
