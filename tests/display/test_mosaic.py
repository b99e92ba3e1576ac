"""Detectors are at their places in the focal plane, turned as the camera says; missing ones are outlined."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from skybutler.display.mosaic import Mosaic
from skybutler.display.scaling import Scaling
from skybutler.errors import InvalidError, NotFoundError
from skybutler.images import Camera, CameraDetector, Image, Mask
from skybutler.images.box import Box
from skybutler.images.point_maps import Affine


def _pair(values: np.ndarray) -> tuple[float, float]:
    return float(values[0]), float(values[1])


def _rows(matrix: np.ndarray) -> tuple[tuple[float, float], tuple[float, float]]:
    return _pair(matrix[0]), _pair(matrix[1])


def _detector(number: int, x: float, turn_deg: float = 0.0, shape: tuple[int, int] = (200, 300)) -> CameraDetector:
    c, s = math.cos(math.radians(turn_deg)), math.sin(math.radians(turn_deg))
    matrix = 0.01 * np.array([[c, -s], [s, c]])
    middle = np.array([(shape[1] - 1) / 2, (shape[0] - 1) / 2])
    place = Affine(_rows(matrix), _pair(np.array([x, 0.0]) - matrix @ middle))
    return CameraDetector(
        number, f"D{number}", "", "CCD", "SCIENCE", Box.from_shape(shape), (0.01, 0.01), (x, 0.0, 0.0), (0.0, 0.0),
        (math.radians(turn_deg), 0.0, 0.0), (), place,
    )  # fmt: skip


CAMERA = Camera(
    "Cam",
    (_detector(1, -2.0), _detector(2, 2.0, 90.0), _detector(3, 6.0)),
    Affine(((1.0, 0.0), (0.0, 1.0)), (0.0, 0.0)),
)
LINEAR = Scaling("linear", 0.0, 1.0)


def _bright_corner(shape: tuple[int, int]) -> Image:
    """Bright where x and y are small."""
    array = np.zeros(shape, np.float32)
    array[: shape[0] // 3, : shape[1] // 3] = 1.0
    return Image(array, unit="adu")


def _drawn(mosaic: Mosaic) -> Any:
    axes = mosaic.draw(scaling=LINEAR, title="all")
    figure: Any = axes.get_figure()
    figure.canvas.draw()
    picture = np.asarray(figure.canvas.buffer_rgba())[..., :3]

    def at(x: float, y: float) -> int:
        across, up = axes.transData.transform((x, y))
        return int(picture[picture.shape[0] - 1 - int(up), int(across)].mean())

    return axes, at


@pytest.mark.parametrize("size", [1, 2], ids=["as it is", "binned"])
def test_detectors_are_at_their_places_and_turned(size: int) -> None:
    mosaic = Mosaic(CAMERA, dots=200)
    assert mosaic.block == 6
    mosaic.add(1, _bright_corner((200 // size, 300 // size)))
    mosaic.add("D2", _bright_corner((200 // size, 300 // size)).array)
    axes, at = _drawn(mosaic)
    assert at(-3.2, -0.8) > 240  # the first pixels of a detector that is upright
    assert at(-0.8, 0.8) < 10
    assert at(2.8, -1.2) > 240  # of one that is turned by 90 degrees: x grows upwards, y to the left
    assert at(1.2, 1.2) < 10
    assert mosaic.missing == ["D3"]
    assert [t.get_text() for t in axes.texts] == ["D3"]
    assert axes.get_title() == "all"


def test_backgrounds_are_made_equal() -> None:
    mosaic = Mosaic(CAMERA, level=True)
    for number, sky in ((1, 10.0), (2, 1000.0)):
        mosaic.add(number, Image(np.full((200, 300), sky)))
    _, at = _drawn(mosaic)
    assert at(-2.0, 0.0) == at(2.0, 0.0)


def test_what_is_no_detector_or_image_is_refused() -> None:
    mosaic = Mosaic(CAMERA)
    with pytest.raises(InvalidError, match="No detector"):
        mosaic.draw()
    with pytest.raises(NotFoundError, match="D4"):
        mosaic.add("D4", np.zeros((200, 300)))
    with pytest.raises(InvalidError, match="masks"):
        mosaic.add(1, Mask(np.zeros((200, 300), np.int32)))


def test_cut_outs_keep_their_place() -> None:
    mosaic = Mosaic(CAMERA, dots=400)
    mosaic.add(1, Image(np.ones((50, 50)), (250, 150)))
    _, at = _drawn(mosaic)
    assert at(-0.7, 0.8) > 240
    assert at(-3.3, -0.8) > 240  # the page
