"""Drawings over an image: at their places, all at once from a buffer, from tables of every kind, gone when erased."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from astropy.table import Table

from skybutler.display import Display
from skybutler.errors import InvalidError
from skybutler.images import Exposure, Image, Mask, SkyWcs

X0, Y0 = 1000, 2000


def _exposure(shape: tuple[int, int] = (60, 80)) -> Exposure:
    array = np.random.default_rng(5).normal(100.0, 5.0, shape).astype(np.float32)
    array[20:24, 30:34] = 5000.0
    mask = Mask(np.zeros(shape, np.int32), xy0=(X0, Y0))
    mask.set("SAT", array > 1000)
    wcs = SkyWcs.from_affine(50.0, -30.0, [[-5e-5, 0], [0, 5e-5]], (X0, Y0))
    return Exposure(Image(array, (X0, Y0), "adu"), mask, wcs=wcs)


def _pixels(display: Display) -> Any:
    display.figure.canvas.draw()
    return np.asarray(display.figure.canvas.buffer_rgba())[..., :3].astype(int)  # type: ignore[attr-defined]


def _at(display: Display, x: float, y: float) -> list[int]:
    """Colour of the picture at a pixel of the image."""
    picture = _pixels(display)
    across, up = display.axes.transData.transform((x, y))
    return picture[picture.shape[0] - 1 - int(up), int(across)].tolist()


def test_symbols_wait_for_the_end_of_a_buffer() -> None:
    display = Display().show(_exposure().image)
    with display.buffering():
        with display.buffering():
            for x in range(100):
                display.dot("+", X0 + x, Y0 + 10)
        assert not display.axes.collections
        display.flush()
        assert len(display.axes.collections) == 1
        display.line([(X0, Y0), (X0 + 9, Y0 + 9)], symbols="+x")
    assert [len(c.get_paths()) for c in display.axes.collections] == [200, 4]
    display.erase()
    assert not display.axes.collections
    assert display.bbox.xy0 == (X0, Y0)


def test_a_circle_is_as_large_as_its_radius_in_pixels() -> None:
    display = Display(colour_bar=False).scale("linear", 0, 1e6).show(_exposure().image)
    display.dot("o", X0 + 40, Y0 + 30, 10.0, "red", width=2)
    assert _at(display, X0 + 50, Y0 + 30)[0] > 200
    assert _at(display, X0 + 40, Y0 + 30)[0] < 50
    display.zoom(2, X0 + 40, Y0 + 30)
    assert _at(display, X0 + 50, Y0 + 30)[0] > 200


def test_a_sky_grid_needs_a_wcs_and_goes_with_its_image() -> None:
    display = Display().show(_exposure())
    display.sky_grid().sky_marks()
    assert display.axes.get_xlabel() == "Right ascension (ICRS)"
    assert {"N", "E"} <= {t.get_text() for t in display.axes.texts}
    display.erase()
    assert display.axes.collections  # the grid is not a symbol
    display.show(_exposure().image)
    assert not display.axes.collections
    assert not display.axes.texts
    assert display.axes.get_xlabel() == ""
    with pytest.raises(InvalidError, match="no WCS"):
        display.sky_grid()
    with pytest.raises(InvalidError, match="Nothing is shown"):
        Display().sky_marks()
    assert display.show(_exposure().image, wcs=_exposure().wcs).sky_grid().axes.collections


def test_rows_of_a_catalog_are_drawn_where_the_wcs_says() -> None:
    exposure = _exposure()
    display = Display().show(exposure)
    assert exposure.wcs is not None
    x, y = np.array([X0 + 10.0, X0 + 200.0, np.nan]), np.array([Y0 + 20.0, Y0 + 20.0, 5.0])
    ra, dec = exposure.wcs.pixel_to_sky(x, y)
    assert display.catalog(Table({"ra": ra, "dec": dec}), size=[3.0, 4.0, 5.0], colour="red") == 1
    circles: Any = display.axes.collections[0]
    assert np.asarray(circles.get_offsets()) == pytest.approx(np.array([[X0 + 10.0, Y0 + 20.0]]), abs=1e-6)
    assert circles.get_widths().tolist() == [6.0]


def test_shapes_of_a_catalog_are_ellipses() -> None:
    display = Display().show(_exposure())
    rows = {"x": [X0 + 5.0], "y": [Y0 + 5.0], "shape_xx": [9.0], "shape_xy": [0.0], "shape_yy": [4.0]}
    assert display.catalog(rows, shapes=2.0) == 1
    ellipses: Any = display.axes.collections[0]
    assert (ellipses.get_widths().tolist(), ellipses.get_heights().tolist()) == ([12.0], [8.0])
    with pytest.raises(InvalidError, match="no shapes"):
        display.catalog({"x": [1.0], "y": [1.0]}, shapes=1.0)


def test_footprints_and_planes_are_outlined() -> None:
    display = Display().show(_exposure())
    spans = np.array([[Y0 + 5, X0 + 5, X0 + 7], [Y0 + 6, X0 + 5, X0 + 5]])
    display.footprints([SimpleNamespace(spans=spans), None])
    display.outline_planes("SAT")
    first, second = (np.concatenate([p.vertices for p in c.get_paths()]) for c in display.axes.collections)
    assert (first.min(axis=0) + 0.5).tolist() == [X0 + 5, Y0 + 5]
    assert (second.min(axis=0) + 0.5).tolist() == [X0 + 30, Y0 + 20]
    assert (second.max(axis=0) - 0.5).tolist() == [X0 + 33, Y0 + 23]
    with pytest.raises(InvalidError, match="no mask"):
        display.show(_exposure().image).outline_planes("SAT")
