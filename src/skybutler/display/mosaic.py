"""All detectors of one exposure at their places in the focal plane, binned; those that are missing as outlines.

Images are reduced as they come, so that only one needs to be in memory at a time.  Knows no files and no butler.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from skybutler.errors import InvalidError
from skybutler.images.box import Box
from skybutler.images.camera import Camera, CameraDetector
from skybutler.images.image import Image

from .blocks import block_mean
from .display import Showable, layers
from .figures import EMPTY, FAINT, QUIET, new_figure
from .scaling import Scaling

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Mosaic"]

Floats: TypeAlias = npt.NDArray[np.floating[Any]]

_MOST_NAMES = 30
_MARGIN = 1.02


class Mosaic:
    """A picture of a focal plane in the making.

    Parameters
    ----------
    camera : `Camera`
        Where detectors are.
    dots : `int`
        How many blocks of pixels there are across the focal plane, about.
    level : `bool`
        Whether the median of each detector is taken off, so that different backgrounds do not hide what they hold.
    """

    def __init__(self, camera: Camera, *, dots: int = 1400, level: bool = False) -> None:
        self.camera, self.level = camera, level
        corners = np.concatenate([d.corners() for d in camera])
        self._low, self._high = corners.min(axis=0), corners.max(axis=0)
        pixel = min(min(d.pixel_size) for d in camera)
        self.block = max(1, round(float((self._high - self._low).max()) / pixel / dots))
        self._parts: dict[int, tuple[Floats, Box]] = {}
        self._shrunk: dict[int, tuple[float, float]] = {}
        self._unit: str | None = None

    def add(self, detector: int | str, image: Showable) -> None:
        """Put the image of a detector into its place.

        Parameters
        ----------
        detector : `int` or `str`
            Id or name.
        image : `Exposure`, `MaskedImage`, `Image` or `numpy.ndarray`
            In pixels of the assembled detector, or in larger ones that cover all of it.

        Raises
        ------
        NotFoundError
            Raised if the camera has no such detector.
        InvalidError
            Raised if it is no image.
        """
        pixels, _ = layers(image)
        if pixels is None:
            raise InvalidError("A mosaic is made of images, not of masks.")
        shrunk = _shrunk(pixels.bbox, self.camera[detector].box)
        n = max(1, round(self.block / max(shrunk)))
        blocks = (block_mean(pixels.array, n) if n > 1 else pixels.array).astype(np.float32)
        if self.level:
            blocks = blocks - np.float32(np.nanmedian(blocks) if np.isfinite(blocks).any() else 0.0)
        box = Box.from_shape((blocks.shape[0] * n, blocks.shape[1] * n), pixels.xy0)
        number = self.camera[detector].id
        self._parts[number], self._shrunk[number] = (blocks, box), shrunk
        self._unit = pixels.unit

    @property
    def missing(self) -> list[str]:
        """Names of the detectors that have no image."""
        return [d.name for d in self.camera if d.id not in self._parts]

    def draw(self, axes: Axes | None = None, *, scaling: Scaling | None = None, title: str | None = None) -> Axes:
        """Draw what was added.

        Parameters
        ----------
        axes : `matplotlib.axes.Axes`, optional
            Where; those of a figure of their own if not given.
        scaling : `Scaling`, optional
            One for all detectors; asinh between zscale limits of the blocks if not given.
        title : `str`, optional
            Over the picture.

        Raises
        ------
        InvalidError
            Raised if there is no image.
        """
        if not self._parts:
            raise InvalidError("No detector has an image: there is no mosaic.")
        from .colour_bar import draw_colour_bar
        from .screen import Stretch

        axes = new_figure(9.0, 8.2, tidy=True).add_subplot() if axes is None else axes
        scaling = scaling or Scaling()
        every = np.concatenate([blocks.ravel() for blocks, _ in self._parts.values()])
        norm = Stretch(scaling, *scaling.limits(Image(every.reshape(1, -1))))
        drawn = None
        for number, (blocks, box) in self._parts.items():
            drawn = self._draw_part(axes, self.camera[number], blocks, box, norm)
        self._outline(axes)
        self._finish(axes, title)
        assert drawn is not None
        draw_colour_bar(drawn, Image(every.reshape(1, -1), unit=self._unit))
        return axes

    def _draw_part(self, axes: Axes, detector: CameraDetector, blocks: Floats, box: Box, norm: Any) -> Any:
        from matplotlib.image import AxesImage
        from matplotlib.transforms import Affine2D

        x, y = box.x.start - 0.5, box.y.start - 0.5
        shrunk = self._shrunk[detector.id]
        places = detector.pixels_to_focal_plane.apply(
            np.array([(x, y), (x + 1000 * shrunk[0], y), (x, y + 1000 * shrunk[1])])
        )
        along_x, along_y = (places[1] - places[0]) / 1000, (places[2] - places[0]) / 1000
        matrix = np.eye(3)
        matrix[:2, 0], matrix[:2, 1] = along_x, along_y
        matrix[:2, 2] = places[0] - along_x * x - along_y * y
        image = AxesImage(
            axes, cmap="gray", norm=norm, origin="lower", interpolation="nearest",
            extent=(x, x + box.x.size, y, y + box.y.size),
        )  # fmt: skip
        image.set_data(blocks)
        image.set_transform(Affine2D(matrix) + axes.transData)
        image.set_clip_path(axes.patch)
        axes.add_image(image)
        return image

    def _outline(self, axes: Axes) -> None:
        from matplotlib.collections import PolyCollection

        lost = [d.corners() for d in self.camera if d.id not in self._parts]
        axes.add_collection(
            PolyCollection(lost, facecolors=EMPTY, edgecolors=FAINT, linewidths=0.6, hatch=None), autolim=False
        )
        if len(self.camera) <= _MOST_NAMES:
            for detector in self.camera:
                if detector.id not in self._parts:
                    axes.text(*detector.center, detector.name, color=QUIET, fontsize=7, ha="center", va="center")

    def _finish(self, axes: Axes, title: str | None) -> None:
        middle, half = (self._low + self._high) / 2, (self._high - self._low).max() / 2 * _MARGIN
        axes.set_xlim(middle[0] - half, middle[0] + half)
        axes.set_ylim(middle[1] - half, middle[1] + half)
        axes.set_aspect("equal")
        axes.set_xlabel("Focal plane x (mm)")
        axes.set_ylabel("Focal plane y (mm)")
        if title is not None:
            axes.set_title(title)


def _shrunk(image: Box, detector: Box) -> tuple[float, float]:
    """How many pixels of a detector are one of its image along x and y: 1, unless the image was binned when taken."""
    x, y = (mine / max(theirs, 1) for mine, theirs in zip(detector.dimensions, image.dimensions, strict=True))
    whole = image.xy0 == detector.xy0 and min(x, y) > 1.5 and abs(x / y - 1) < 0.05
    return (x, y) if whole else (1.0, 1.0)
