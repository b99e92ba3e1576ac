"""What belongs to an exposure besides its WCS, PSF and calibration, with the spellings of lsst.afw.  Knows no files."""

# ruff: noqa: N802 - the names are those of lsst.afw

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from skybutler.compat.geom import Box2D, Box2I, Point2D
from skybutler.compat.geom.coordinates import Coordinates
from skybutler.compat.wrapping import Wrapped, to_compat, to_plain
from skybutler.images.aperture_corrections import ApertureCorrections
from skybutler.images.polygon import Polygon as PlainPolygon
from skybutler.tables import ExposureCatalog as PlainExposureCatalog

from .pixels import box_of, plain_box

__all__ = ["ApCorrMap", "BoundedField", "CoaddInputs", "Polygon", "SummaryStats", "TransmissionCurve"]

_WORDS = re.compile(r"(?<!^)(?=[A-Z])")


class BoundedField(Wrapped):
    """A value by place."""

    __slots__ = ()

    def evaluate(self, *place: Any) -> Any:
        """Value at a point, or at arrays of x and y."""
        x, y = place[0] if len(place) == 1 else place
        found = self.plain.evaluate(x, y)
        return float(found) if np.ndim(found) == 0 else found

    def getBBox(self) -> Box2I:
        """Where it is defined."""
        return box_of(self.plain.bbox)

    def mean(self) -> float:
        """Mean in its box."""
        return float(self.plain.mean())

    def integrate(self) -> float:
        """Integral over its box."""
        return float(self.plain.integrate())

    def __mul__(self, factor: float) -> BoundedField:
        return BoundedField.of(self.plain * factor)


class ApCorrMap(Wrapped):
    """Aperture corrections by name of the flux, such as ``base_PsfFlux_instFlux``."""

    __slots__ = ()

    def __init__(self) -> None:
        self.plain = ApertureCorrections()

    def get(self, name: str, default: Any = None) -> Any:
        """The correction of a flux, or the default."""
        return self[name] if name in self.plain else default

    def set(self, name: str, field: BoundedField) -> None:
        """Set the correction of a flux."""
        self.plain = ApertureCorrections({**self.plain, name: to_plain(field)})

    def keys(self) -> list[str]:
        """Names of the fluxes."""
        return list(self.plain)

    def values(self) -> list[BoundedField]:
        """Corrections."""
        return [self[name] for name in self.plain]

    def items(self) -> list[tuple[str, BoundedField]]:
        """Names and corrections."""
        return [(name, self[name]) for name in self.plain]

    def __getitem__(self, name: str) -> BoundedField:
        return BoundedField.of(self.plain[name])

    def __setitem__(self, name: str, field: BoundedField) -> None:
        self.set(name, field)

    def __contains__(self, name: object) -> bool:
        return name in self.plain

    def __iter__(self) -> Iterator[str]:
        return iter(self.plain)

    def __len__(self) -> int:
        return len(self.plain)


class Polygon(Wrapped):
    """A polygon of pixels.

    Parameters
    ----------
    corners : `Box2D` or sequence of `Point2D`
        Its vertices, or a box.
    """

    __slots__ = ()

    def __init__(self, corners: Any) -> None:
        points = corners.getCorners() if isinstance(corners, Box2D) else corners
        self.plain = PlainPolygon([(float(p[0]), float(p[1])) for p in points])

    def getVertices(self) -> list[Point2D]:
        """Vertices."""
        return [Point2D(x, y) for x, y in self.plain.vertices.tolist()]

    def contains(self, *place: Any) -> Any:
        """Whether a point, or arrays of x and y, are inside."""
        if len(place) == 1 and not isinstance(place[0], Coordinates):
            points = np.array([list(p) for p in place[0]], np.float64).reshape(-1, 2)
            return self.plain.contains(points[:, 0], points[:, 1])
        x, y = place[0] if len(place) == 1 else place
        found = self.plain.contains(x, y)
        return bool(found) if np.ndim(found) == 0 else found

    def calculateArea(self) -> float:
        """Area, square pixels."""
        return float(self.plain.area)

    def calculatePerimeter(self) -> float:
        """Perimeter, pixels."""
        return float(self.plain.perimeter)

    def calculateCenter(self) -> Point2D:
        """Centroid."""
        return Point2D(*self.plain.center)

    def getBBox(self) -> Box2D:
        """Box around it."""
        x0, y0, x1, y1 = self.plain.bounds
        return Box2D(Point2D(x0, y0), Point2D(x1, y1))

    def createImage(self, bbox: Box2I) -> Any:
        """An image that is 1 at pixels inside and 0 at others."""
        from .pixels import ImageF

        box = plain_box(bbox)
        return ImageF(self.plain.mask(box).astype("f4"), xy0=box.xy0)


class SummaryStats(Wrapped):
    """Statistics of an exposure; ``psfSigma`` and ``psf_sigma`` are the same."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        if name == "plain" or name.startswith("_"):
            return super().__getattr__(name)
        ours = "dec" if name == "decl" else _WORDS.sub("_", name).lower()
        return getattr(self.plain, ours) if hasattr(self.plain, ours) else super().__getattr__(name)


class CoaddInputs(Wrapped):
    """What a coadd was made of."""

    __slots__ = ()

    @property
    def visits(self) -> Any:
        """Visits, a catalog."""
        return to_compat(PlainExposureCatalog.from_records(self.plain.visits))

    @property
    def ccds(self) -> Any:
        """Exposures of detectors, a catalog."""
        return to_compat(PlainExposureCatalog.from_records(self.plain.ccds))


class TransmissionCurve(Wrapped):
    """Throughput by wavelength and place."""

    __slots__ = ()

    def sampleAt(self, position: Any, wavelengths: Any) -> Any:
        """Throughputs at a place."""
        return self.plain.sample(wavelengths, float(position[0]), float(position[1]))

    def getWavelengthBounds(self) -> tuple[float, float]:
        """Range of wavelengths."""
        low, high = self.plain.wavelength_bounds
        return float(low), float(high)
