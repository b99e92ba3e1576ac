"""Footprints: the pixels in which something was detected, and its peaks.  Knows neither images as a whole nor files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from skybutler.errors import InvalidError
from skybutler.images.box import Box
from skybutler.images.by_value import ByValue
from skybutler.images.image import Image

from .peaks import PeakCatalog

__all__ = ["Footprint", "HeavyFootprint"]

_MOST_PIXELS = 1 << 31


def _spans(values: npt.ArrayLike) -> npt.NDArray[np.int32]:
    given = np.array(values, dtype=np.int64).reshape(-1, 3)
    if given.size and (abs(given).max() > np.iinfo(np.int32).max or (given[:, 2] < given[:, 1]).any()):
        raise InvalidError("Spans are rows of y, first x and last x, in 32 bits.")
    made = given.astype(np.int32)
    made.setflags(write=False)
    return made


@dataclass(frozen=True, eq=False, init=False)
class Footprint(ByValue):
    """Pixels, as spans along rows, and the peaks among them; equal by value.

    Parameters
    ----------
    spans : array of `int`, (n, 3)
        y, first x and last x (inclusive) of each span, parent coordinates.
    peaks : `PeakCatalog`
        Peaks, brightest first.

    Raises
    ------
    skybutler.errors.InvalidError
        Raised for spans that end before they begin.
    """

    spans: npt.NDArray[np.int32]
    peaks: PeakCatalog

    def __init__(self, spans: npt.ArrayLike, peaks: PeakCatalog | None = None) -> None:
        object.__setattr__(self, "spans", _spans(spans))
        object.__setattr__(self, "peaks", peaks if peaks is not None else PeakCatalog())

    @property
    def area(self) -> int:
        """Number of pixels."""
        return int((self.spans[:, 2].astype(np.int64) - self.spans[:, 1] + 1).sum())

    @property
    def bbox(self) -> Box:
        """The smallest box around them; empty without pixels."""
        if not len(self.spans):
            return Box((0, 0), (0, 0))
        y, first, last = self.spans.T
        return Box((int(y.min()), int(y.max()) + 1), (int(first.min()), int(last.max()) + 1))

    @property
    def centroid(self) -> tuple[float, float]:
        """(x, y) of the mean of the pixels; NaN without pixels."""
        if not len(self.spans):
            return float("nan"), float("nan")
        y, first, last = self.spans.T.astype(np.float64)
        widths = last - first + 1
        total = widths.sum()
        return float((widths * (first + last) / 2).sum() / total), float((widths * y).sum() / total)

    def contains(self, x: float, y: float) -> bool:
        """Whether the pixel nearest to a point is one of them."""
        column, row = int(np.floor(x + 0.5)), int(np.floor(y + 0.5))
        spans = self.spans
        return bool(((spans[:, 0] == row) & (spans[:, 1] <= column) & (column <= spans[:, 2])).any())

    def pixels(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """X and y of each pixel, in the order of the spans.

        Raises
        ------
        skybutler.errors.InvalidError
            Raised for more than 2**31 pixels.
        """
        if self.area > _MOST_PIXELS:
            raise InvalidError(f"A footprint of {self.area} pixels is not listed pixel by pixel.")
        y, first, last = self.spans.T.astype(np.int64)
        widths = last - first + 1
        starts = np.repeat(first - (np.cumsum(widths) - widths), widths)
        return np.arange(widths.sum()) + starts, np.repeat(y, widths)

    def inside(self, box: Box | None = None) -> npt.NDArray[np.bool_]:
        """Which pixels of a box are of the footprint, (ny, nx); of its own box by default.

        Raises
        ------
        skybutler.errors.InvalidError
            Raised for a box of more than 2**31 pixels.
        """
        box = self.bbox if box is None else box
        if box.area > _MOST_PIXELS:
            raise InvalidError(f"{box} is too large to tell which of its pixels are in a footprint.")
        made = np.zeros(box.shape, dtype=bool)
        for y, first, last in self.spans.tolist():
            if box.y.start <= y < box.y.stop:
                made[y - box.y.start, max(first - box.x.start, 0) : max(last + 1 - box.x.start, 0)] = True
        return made

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.area} pixels in {self.bbox}, {len(self.peaks)} peaks)"


@dataclass(frozen=True, eq=False, init=False, repr=False)
class HeavyFootprint(Footprint):
    """A footprint with the values of its pixels, such as the part of a blend that belongs to one source.

    Parameters
    ----------
    spans, peaks
        See `Footprint`.
    image, mask, variance : array, (area,)
        Values of the pixels in the order of the spans: float32, float64 or int32; int32; float32.
        What bits of the mask mean is not kept with them.

    Raises
    ------
    skybutler.errors.InvalidError
        Raised if there are not as many values as pixels.
    """

    image: npt.NDArray[Any]
    mask: npt.NDArray[np.int32]
    variance: npt.NDArray[np.float32]

    def __init__(
        self,
        spans: npt.ArrayLike,
        peaks: PeakCatalog | None = None,
        image: npt.ArrayLike = (),
        mask: npt.ArrayLike = (),
        variance: npt.ArrayLike = (),
    ) -> None:
        super().__init__(spans, peaks)
        values = np.asarray(image)
        kind = values.dtype.newbyteorder("=")
        wanted = kind if kind in (np.float32, np.float64) else np.dtype(np.int32 if kind.kind in "iub" else np.float64)
        given = (("image", values, wanted), ("mask", mask, np.dtype(np.int32)), ("variance", variance, np.dtype("f4")))
        for name, array, dtype in given:
            made: npt.NDArray[Any] = np.array(array, dtype)
            if made.shape != (self.area,):
                raise InvalidError(f"{name} of a footprint of {self.area} pixels has shape {made.shape}.")
            made.setflags(write=False)
            object.__setattr__(self, name, made)

    def to_image(self, box: Box | None = None) -> Image:
        """An image of its pixels, zero around them; of its own box by default."""
        box = self.bbox if box is None else box
        if box.area > _MOST_PIXELS:
            raise InvalidError(f"{box} is too large for an image of a footprint.")
        made = np.zeros(box.shape, self.image.dtype)
        x, y = self.pixels()
        kept = (x >= box.x.start) & (x < box.x.stop) & (y >= box.y.start) & (y < box.y.stop)
        made[y[kept] - box.y.start, x[kept] - box.x.start] = self.image[kept]
        return Image(made, box.xy0)
