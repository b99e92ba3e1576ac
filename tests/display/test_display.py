"""A display shows every kind of image where and as it was asked to: pixels are looked at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.image import imread

from skybutler.display import Display
from skybutler.display.figures import new_figure
from skybutler.errors import InvalidError
from skybutler.images import Exposure, Image, Mask, MaskedImage, SkyWcs
from skybutler.images.box import Box

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


def test_pixels_are_at_their_place_in_the_parent_frame() -> None:
    display = Display(new_figure()).scale("linear", "minmax").show(_exposure().image)
    assert display.bbox == Box((Y0, Y0 + 60), (X0, X0 + 80))
    assert (*display.axes.get_xlim(), *display.axes.get_ylim()) == (X0 - 0.5, X0 + 79.5, Y0 - 0.5, Y0 + 59.5)
    assert _at(display, X0 + 31, Y0 + 21) == [255, 255, 255]
    assert max(_at(display, X0 + 29, Y0 + 21)) < 40


def test_every_kind_of_image() -> None:
    exposure = _exposure()
    display = Display()
    green = [0, 128, 0]
    cases: list[tuple[Any, list[int] | None]] = [
        (exposure, green), (exposure.masked_image, green), (exposure.mask, green), (exposure.image, [255, 255, 255]),
        (exposure.image.array.astype(np.int64).astype(np.int32), None),
    ]  # fmt: skip
    for shown, expected in cases:
        display.scale("linear", "minmax").show(shown)
        if expected is not None:
            assert _at(display, X0 + 31, Y0 + 21) == expected, type(shown)
    assert display.bbox.xy0 == (0, 0)


def test_a_scale_is_remembered_and_can_be_changed_later() -> None:
    display = Display().scale("linear", 0.0, 200.0)
    display.show(_exposure().image)
    grey = _at(display, X0 + 5, Y0 + 5)[0]
    assert 100 < grey < 160
    display.scale("linear", 0.0, 1000.0)
    assert _at(display, X0 + 5, Y0 + 5)[0] < 50
    assert len(display.axes.child_axes) == 1  # one bar, not two


def test_transparency_and_colours_of_planes_change_what_is_shown() -> None:
    display = Display(transparency=50).scale("linear", 0.0, 200.0)
    display.show(_exposure())
    place = (X0 + 31, Y0 + 21)
    assert _at(display, *place) == pytest.approx([127, 191, 127], abs=2)
    display.set_mask_transparency(0)
    display.set_mask_colour("SAT", "#ff00ff")
    assert _at(display, *place) == [255, 0, 255]
    display.show_planes(["BAD"])
    assert _at(display, *place) == [255, 255, 255]
    with pytest.raises(InvalidError, match="SUSPECT"):
        display.show_planes(["SUSPECTS"])


def test_the_legend_names_planes_that_are_there() -> None:
    display = Display().show(_exposure())
    display.mask_legend()
    legend = display.axes.get_legend()
    assert legend is not None
    assert [t.get_text() for t in legend.get_texts()] == ["SAT"]
    with pytest.raises(InvalidError, match="no mask"):
        Display().show(_exposure().image).mask_legend()


def test_zoom_and_pan() -> None:
    display = Display().show(_exposure())
    assert display.center == (X0 + 39.5, Y0 + 29.5)
    display.zoom(4, X0 + 10, Y0 + 20)
    assert display.axes.get_xlim() == (X0, X0 + 20)
    display.pan(X0 + 40, Y0 + 30)
    assert display.axes.get_xlim() == (X0 + 30, X0 + 50)
    assert display.center == (X0 + 40, Y0 + 30)
    display.zoom()
    assert display.axes.get_xlim() == (X0, X0 + 80)
    display.zoom_to(Box((Y0, Y0 + 5), (X0, X0 + 6)))
    assert display.axes.get_ylim() == (Y0 - 0.5, Y0 + 4.5)
    with pytest.raises(InvalidError, match="positive"):
        display.zoom(0)


def test_frames_figures_and_axes() -> None:
    figure = new_figure()
    left, right = figure.subplots(1, 2)
    display = Display(right).show(_exposure())
    assert display.axes is right
    assert display.figure is figure
    assert Display(figure).axes is left
    try:
        numbered = Display(772)
        assert numbered.figure is plt.figure(772)
        assert numbered.show(_exposure())._repr_png_() is None  # matplotlib shows it
    finally:
        plt.close(772)
    with pytest.raises(InvalidError, match="'left'"):
        Display("left")


def test_what_cannot_be_shown_is_refused() -> None:
    display = Display()
    with pytest.raises(InvalidError, match=r"show\(image\)"):
        display.zoom(2)
    with pytest.raises(InvalidError, match="str cannot be shown"):
        display.show("calexp")  # type: ignore[arg-type]
    with pytest.raises(InvalidError, match="without pixels"):
        display.show(Image(np.zeros((0, 5))))
    with pytest.raises(InvalidError):
        display.show(np.zeros((2, 3, 4)))


def test_images_without_values_are_shown(tmp_path: Path) -> None:
    display = Display().show(MaskedImage(Image(np.full((5, 5), np.nan))))
    display.save(tmp_path / "a.png")
    assert imread(tmp_path / "a.png").size


def test_a_display_of_its_own_is_a_picture_in_a_notebook() -> None:
    display = Display()
    assert display._repr_png_() is None
    written = display.show(_exposure())._repr_png_()
    assert written is not None
    assert written.startswith(b"\x89PNG")
