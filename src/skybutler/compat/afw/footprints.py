"""Footprints and their spans with the spellings of lsst.afw.detection and lsst.afw.geom.  Knows no files."""

# ruff: noqa: N802, N803 - the names are those of lsst.afw

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from skybutler.compat.geom import Box2I, Point2D
from skybutler.compat.wrapping import Wrapped, to_compat, to_plain
from skybutler.tables import HeavyFootprint as PlainHeavyFootprint

from .pixels import Image, box_of

__all__ = ["Footprint", "HeavyFootprint", "Span", "SpanSet", "footprint_of"]


class Span(NamedTuple):
    """Pixels of one row: y, first and last x."""

    y: int
    x0: int
    x1: int

    def getY(self) -> int:
        """Row."""
        return self.y

    def getX0(self) -> int:
        """First column."""
        return self.x0

    def getX1(self) -> int:
        """Last column."""
        return self.x1

    def getWidth(self) -> int:
        """Number of pixels."""
        return self.x1 - self.x0 + 1


class SpanSet(Wrapped):
    """The pixels of a footprint."""

    __slots__ = ()

    def getArea(self) -> int:
        """Number of pixels."""
        return int(self.plain.area)

    def getBBox(self) -> Box2I:
        """Box around them."""
        return box_of(self.plain.bbox)

    def computeCentroid(self) -> Point2D:
        """Mean position."""
        return Point2D(*self.plain.centroid)

    def contains(self, point: Any) -> bool:
        """Whether a pixel is one of them."""
        return bool(self.plain.contains(float(point[0]), float(point[1])))

    def indices(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Rows and columns of the pixels."""
        x, y = self.plain.pixels()
        return y, x

    def setMask(self, mask: Any, bitmask: int) -> None:
        """Set bits of a mask for these pixels; those outside of the mask are left out."""
        plain = to_plain(mask)
        plain.array[self.plain.inside(plain.bbox)] |= bitmask

    def setImage(self, image: Image, value: float, *_: Any, **__: Any) -> None:
        """Give these pixels of an image a value; those outside of the image are left out."""
        plain = to_plain(image)
        plain.array[self.plain.inside(plain.bbox)] = value

    def __iter__(self) -> Iterator[Span]:
        return (Span(*span) for span in self.plain.spans.tolist())

    def __len__(self) -> int:
        return len(self.plain.spans)


class Footprint(Wrapped):
    """The pixels in which something was detected, and the peaks among them."""

    __slots__ = ()

    def getSpans(self) -> SpanSet:
        """The pixels."""
        return SpanSet.of(self.plain)

    spans = property(getSpans)

    def getPeaks(self) -> Any:
        """Peaks, a catalog."""
        return to_compat(self.plain.peaks)

    peaks = property(getPeaks)

    def getArea(self) -> int:
        """Number of pixels."""
        return int(self.plain.area)

    def getBBox(self) -> Box2I:
        """Box around the pixels."""
        return box_of(self.plain.bbox)

    def getCentroid(self) -> Point2D:
        """Mean position of the pixels."""
        return Point2D(*self.plain.centroid)

    def contains(self, point: Any) -> bool:
        """Whether a pixel is one of them."""
        return bool(self.plain.contains(float(point[0]), float(point[1])))

    def isHeavy(self) -> bool:
        """Whether it has the values of its pixels."""
        return isinstance(self.plain, PlainHeavyFootprint)


class HeavyFootprint(Footprint):
    """A footprint with the values of its pixels."""

    __slots__ = ()

    def getImageArray(self) -> npt.NDArray[Any]:
        """Values of the pixels, in the order of the spans."""
        return self.plain.image  # type: ignore[no-any-return]

    def getMaskArray(self) -> npt.NDArray[Any]:
        """Masks of the pixels, in the order of the spans."""
        return self.plain.mask  # type: ignore[no-any-return]

    def getVarianceArray(self) -> npt.NDArray[Any]:
        """Variances of the pixels, in the order of the spans."""
        return self.plain.variance  # type: ignore[no-any-return]

    def extractImage(self, fill: float = 0.0, bbox: Any = None, imageType: Any = None) -> Image:
        """An image of the pixels, with a value around them."""
        box = None if bbox is None else to_plain(bbox)
        image = self.plain.to_image(box)
        if fill != 0.0:
            image.array[~self.plain.inside(image.bbox)] = fill
        return to_compat(image)  # type: ignore[no-any-return]

    def insert(self, image: Image) -> None:
        """Copy the pixels into an image, as far as they are in it."""
        plain = to_plain(image)
        x, y = self.plain.pixels()
        (y0, y1), (x0, x1) = plain.bbox.y, plain.bbox.x
        kept = (x >= x0) & (x < x1) & (y >= y0) & (y < y1)
        plain.array[y[kept] - y0, x[kept] - x0] = self.plain.image[kept]


def footprint_of(plain: Any) -> Footprint:
    """A footprint of the class for it."""
    return (HeavyFootprint if isinstance(plain, PlainHeavyFootprint) else Footprint).of(plain)
