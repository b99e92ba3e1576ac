"""Shapes on the sky to be cut out of an image: which pixels they cover.  Knows neither pixel values nor files.

Sky positions are ICRS degrees, pixels 0-based in the parent frame, whole numbers at their centres.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from skybutler.errors import InvalidError, nearest
from skybutler.images.box import Box
from skybutler.images.polygon import Polygon
from skybutler.images.wcs import SkyWcs
from skybutler.sky.vectors import Floats, lonlat_deg, unit_vectors

if TYPE_CHECKING:
    from lsst.sphgeom import Region, UnitVector3d

__all__ = ["RegionStencil", "SkyBox", "SkyCircle", "SkyPolygon", "SkyRange", "Stencil", "stencil_of"]

Bools: TypeAlias = npt.NDArray[np.bool_]

_AROUND = 128
"""Positions on the outline of a circle; between them it is inside of the pixels next to them."""

_PER_EDGE = 8
"""Pieces of an edge of a polygon: great circles are bent by projections and distortions."""

_PER_SIDE = 64
"""Pieces of a side between two meridians or parallels, which are no great circles."""

_GRID = 65
"""Positions along a side of an image that are looked at where an outline cannot be followed."""

_FAR = math.cos(math.radians(30.0))
"""Nobody asks a camera where in its image is what is so far away."""

_LEAST_HEIGHT = 0.02
"""Cosine of the distance of a corner of a polygon from its middle: a hemisphere has no outside."""

_UNITS = {"deg": 3600.0, "arcmin": 60.0, "arcsec": 1.0}


class Stencil(ABC):
    """A shape on the sky."""

    @abstractmethod
    def pixel_box(self, wcs: SkyWcs, bbox: Box) -> Box:
        """The smallest box of pixels that covers the shape.

        Parameters
        ----------
        wcs : `SkyWcs`
            Sky coordinates of the pixels.
        bbox : `Box`
            Pixels of the image.  The box may reach out of it; it is empty if the shape is on another part of the sky.
        """

    @abstractmethod
    def inside(self, wcs: SkyWcs, box: Box) -> Bools:
        """Which pixels of a box have their centres in the shape, (ny, nx)."""


@dataclass(frozen=True, slots=True)
class SkyCircle(Stencil):
    """All positions within an angle of one.

    Parameters
    ----------
    ra, dec : `float`
        ICRS degrees of the centre.
    radius : `float`
        Degrees.

    Raises
    ------
    InvalidError
        Raised if there is no such place, or the radius is not between 0 and 180.
    """

    ra: float
    dec: float
    radius: float

    def __post_init__(self) -> None:
        _require_place(self.ra, self.dec)
        if not 0.0 < self.radius <= 180.0:
            raise InvalidError(f"A circle of {self.radius} degrees on the sky: the radius is above 0, at most 180.")

    def pixel_box(self, wcs: SkyWcs, bbox: Box) -> Box:
        centre, around = unit_vectors(self.ra, self.dec), np.linspace(0.0, 2.0 * math.pi, _AROUND, endpoint=False)
        ra, dec = math.radians(self.ra), math.radians(self.dec)
        north = np.array([-math.sin(dec) * math.cos(ra), -math.sin(dec) * math.sin(ra), math.cos(dec)])
        east = np.array([-math.sin(ra), math.cos(ra), 0.0])
        radius = math.radians(self.radius)
        spokes = np.cos(around)[:, None] * north + np.sin(around)[:, None] * east
        if self.radius > 90.0:  # what its outline goes around is the rest of the sky
            return _sampled(self._contains, wcs, bbox)
        return _covering(math.cos(radius) * centre + math.sin(radius) * spokes, self._contains, wcs, bbox)

    def inside(self, wcs: SkyWcs, box: Box) -> Bools:
        return self._contains(_centres(wcs, box))

    def _contains(self, vectors: Floats) -> Bools:
        # Half the chord: the cosine of a small angle has few digits.
        chord = np.linalg.norm(vectors - unit_vectors(self.ra, self.dec), axis=-1)
        return np.asarray(chord <= 2.0 * math.sin(math.radians(self.radius) / 2.0))


@dataclass(frozen=True, slots=True)
class SkyPolygon(Stencil):
    """What lies between great circles from corner to corner; it may be concave, but no hemisphere.

    Parameters
    ----------
    vertices : sequence of pairs of `float`
        ICRS degrees (ra, dec) of the corners, in either sense; the first one may be repeated as the last.

    Raises
    ------
    InvalidError
        Raised if there are fewer than three corners, all lie on one line, or they are more than 90 degrees apart.
    """

    vertices: tuple[tuple[float, float], ...]
    _corners: Floats = field(init=False, repr=False, compare=False)

    def __init__(self, vertices: Sequence[Sequence[float]] | npt.NDArray[np.float64]) -> None:
        corners = tuple((float(ra), float(dec)) for ra, dec in _pairs(vertices))
        corners = corners[:-1] if len(corners) > 1 and corners[0] == corners[-1] else corners
        for ra, dec in corners:
            _require_place(ra, dec)
        if len(corners) < 3:
            raise InvalidError(f"A polygon has at least three corners, not {len(corners)}.")
        vectors = unit_vectors(*zip(*corners, strict=True))
        middle = vectors.sum(axis=0)
        if np.linalg.svd(vectors, compute_uv=False)[2] < 1e-12:  # what they span has no height: one great circle
            raise InvalidError(f"The polygon {_shown(corners)} has no area: its corners are on one line.")
        if (vectors @ middle).min() <= _LEAST_HEIGHT * np.linalg.norm(middle):
            raise InvalidError(f"The polygon {_shown(corners)} is larger than 90 degrees from its middle.")
        object.__setattr__(self, "vertices", corners)
        object.__setattr__(self, "_corners", vectors)

    def pixel_box(self, wcs: SkyWcs, bbox: Box) -> Box:
        return _covering(self._outline(), self._contains, wcs, bbox)

    def inside(self, wcs: SkyWcs, box: Box) -> Bools:
        found = _in_pixels(self._outline(), wcs, box)
        if found is not None:
            return Polygon(np.stack(found, axis=-1)).mask(box)
        return self._contains(_centres(wcs, box))

    def _outline(self) -> Floats:
        """Directions along the edges."""
        ends = np.roll(self._corners, -1, axis=0)
        steps = (np.arange(_PER_EDGE) / _PER_EDGE)[None, :, None]
        along = self._corners[:, None] * (1.0 - steps) + ends[:, None] * steps
        outline: Floats = (along / np.linalg.norm(along, axis=-1, keepdims=True)).reshape(-1, 3)
        return outline

    def _contains(self, vectors: Floats) -> Bools:
        """In the gnomonic projection around the middle, where edges are straight."""
        middle = self._corners.sum(axis=0)
        middle /= np.linalg.norm(middle)
        east = np.cross([0.0, 0.0, 1.0] if abs(middle[2]) < 0.9 else [1.0, 0.0, 0.0], middle)
        axes = np.stack([east, np.cross(middle, east)], axis=-1)
        depth = vectors @ middle
        flat = vectors @ axes / np.where(depth > 0.0, depth, np.nan)[..., None]
        return Polygon(self._corners @ axes / (self._corners @ middle)[:, None]).contains(flat[..., 0], flat[..., 1])


@dataclass(frozen=True, slots=True)
class SkyBox(Stencil):
    """A rectangle of pixels around a place; its sides follow the rows and columns of the image.

    Parameters
    ----------
    ra, dec : `float`
        ICRS degrees of the centre.
    width, height : `float`
        Along rows and along columns.
    unit : `str`
        deg, arcmin or arcsec, which the scale of the pixel at the centre converts; or pixel.

    Raises
    ------
    InvalidError
        Raised if there is no such place, a side is not positive or the unit unknown.
    """

    ra: float
    dec: float
    width: float
    height: float
    unit: str = "deg"

    def __post_init__(self) -> None:
        _require_place(self.ra, self.dec)
        if self.unit not in (*_UNITS, "pixel"):
            known = (*_UNITS, "pixel")
            raise InvalidError(
                f"'{self.unit}' is no unit of a box.", hint=nearest(self.unit, known) or f"Known: {', '.join(known)}."
            )
        if not (0.0 < self.width < math.inf and 0.0 < self.height < math.inf):
            raise InvalidError(f"A box of {self.width} x {self.height} {self.unit}: its sides must be positive.")

    def pixel_box(self, wcs: SkyWcs, bbox: Box) -> Box:
        found = _in_pixels(unit_vectors([self.ra], [self.dec]), wcs, bbox)
        if found is None:
            return Box((0, 0), (0, 0))
        x, y = (float(v[0]) for v in found)
        scale = 1.0 if self.unit == "pixel" else wcs.pixel_scale_arcsec(x, y) / _UNITS[self.unit]
        sides = []
        for middle, length in ((y, self.height), (x, self.width)):
            n = max(1, round(length / scale))
            start = math.floor(middle - n / 2.0 + 1.0)
            sides.append((start, start + n))
        return Box(*sides)

    def inside(self, wcs: SkyWcs, box: Box) -> Bools:
        own, inside = self.pixel_box(wcs, box).intersection(box), np.zeros(box.shape, dtype=bool)
        inside[own.slices(box)] = True
        return inside


@dataclass(frozen=True, slots=True)
class SkyRange(Stencil):
    """What lies between two meridians and two parallels.

    Parameters
    ----------
    ra, width : `float`
        ICRS degrees of the western side, and of the extent to the east of it, above 0 to 360.
    dec1, dec2 : `float`
        Degrees of the southern and the northern side.

    Raises
    ------
    InvalidError
        Raised if there are no such places, or it has no area.
    """

    ra: float
    width: float
    dec1: float
    dec2: float

    def __post_init__(self) -> None:
        for dec in (self.dec1, self.dec2):
            _require_place(self.ra, dec)
        if not (0.0 < self.width <= 360.0 and self.dec1 < self.dec2):
            raise InvalidError(
                f"A range of {self.width:g} degrees from RA {self.ra:g} and from Dec {self.dec1:g} to {self.dec2:g} "
                "has no area."
            )

    def pixel_box(self, wcs: SkyWcs, bbox: Box) -> Box:
        if self.dec2 - self.dec1 > 60.0:  # what its outline goes around may be the rest of the sky
            return _sampled(self._contains, wcs, bbox)
        n = _PER_SIDE * math.ceil(self.width / 60.0)  # near a pole, parallels are bent within an image
        t = np.arange(n + 1) / n
        ra, dec = self.ra + self.width * t, np.minimum(self.dec1 + (self.dec2 - self.dec1) * t, 90.0)
        sides = (ra, np.full_like(ra, self.dec1)), (ra, np.full_like(ra, self.dec2))
        ends = (np.full_like(dec, self.ra), dec), (np.full_like(dec, self.ra + self.width), dec)
        vectors = [unit_vectors(lon, lat) for lon, lat in (*sides, *ends)]
        return _covering(np.concatenate(vectors), self._contains, wcs, bbox)

    def inside(self, wcs: SkyWcs, box: Box) -> Bools:
        return self._contains(_centres(wcs, box))

    def _contains(self, vectors: Floats) -> Bools:
        ra, dec = lonlat_deg(vectors)
        return np.asarray(((ra - self.ra) % 360.0 <= self.width) & (dec >= self.dec1) & (dec <= self.dec2))


@dataclass(frozen=True, slots=True)
class RegionStencil(Stencil):
    """A region of ``lsst.sphgeom``, of any kind.

    Parameters
    ----------
    region : `lsst.sphgeom.Region`
        The region.
    """

    region: Region

    def pixel_box(self, wcs: SkyWcs, bbox: Box) -> Box:
        circle = self.region.getBoundingCircle()
        radius = circle.getOpeningAngle().asDegrees()
        if circle.isEmpty() or radius <= 0.0:
            raise InvalidError(f"The region {self.region} is empty: there is nothing to cut out.")
        ra, dec = (float(v) for v in lonlat_deg(_vector(circle.getCenter())))
        around = SkyCircle(ra, dec, min(radius, 180.0)).pixel_box(wcs, bbox).intersection(bbox)
        if around.is_empty:
            return around
        rows, columns = (np.flatnonzero(self.inside(wcs, around).any(axis=axis)) for axis in (1, 0))
        if not len(rows):
            return Box((0, 0), (0, 0))
        return Box((rows[0], rows[-1] + 1), (columns[0], columns[-1] + 1)).shifted(*around.xy0)

    def inside(self, wcs: SkyWcs, box: Box) -> Bools:
        vectors = _centres(wcs, box)
        x, y, z = (np.ascontiguousarray(vectors[..., axis]).ravel() for axis in range(3))
        return np.asarray(self.region.contains(x, y, z), dtype=bool).reshape(box.shape)


def stencil_of(shape: Stencil | Region) -> Stencil:
    """A shape or a region of ``lsst.sphgeom`` as a stencil.

    Raises
    ------
    InvalidError
        Raised if it is neither.
    """
    from lsst.sphgeom import Box as LonLatBox
    from lsst.sphgeom import Circle, ConvexPolygon, Region

    match shape:
        case Stencil():
            return shape
        case Circle() if not shape.isEmpty() and 0.0 < (radius := shape.getOpeningAngle().asDegrees()) <= 180.0:
            ra, dec = lonlat_deg(_vector(shape.getCenter()))
            return SkyCircle(float(ra), float(dec), radius)
        case ConvexPolygon():
            return SkyPolygon(np.stack(lonlat_deg([_vector(v) for v in shape.getVertices()]), axis=-1))
        case LonLatBox() if not shape.isEmpty():
            lon, lat = shape.getLon(), shape.getLat()
            width = 360.0 if lon.isFull() else (lon.getB().asDegrees() - lon.getA().asDegrees()) % 360.0
            return SkyRange(lon.getA().asDegrees(), width, lat.getA().asDegrees(), lat.getB().asDegrees())
        case Region():
            return RegionStencil(shape)
    raise InvalidError(
        f"A {type(shape).__name__} is no shape on the sky.",
        hint="Give a SkyCircle, SkyPolygon, SkyRange or SkyBox, or a region of lsst.sphgeom.",
    )


# ------------------------------------------------------------------------------------------------------------- outlines
def _covering(outline: Floats, contains: Callable[[Floats], Bools], wcs: SkyWcs, bbox: Box) -> Box:
    """The box of pixels around an outline, or of the part of it in an image if it cannot be followed outside."""
    found = _in_pixels(outline, wcs, bbox)
    if found is None:
        return _sampled(contains, wcs, bbox)
    (x0, x1), (y0, y1) = ((math.floor(v.min() + 0.5), math.floor(v.max() + 0.5) + 1) for v in found)
    return Box((y0, y1), (x0, x1))


def _in_pixels(vectors: Floats, wcs: SkyWcs, bbox: Box) -> tuple[Floats, Floats] | None:
    """Pixels (x, y) of directions; `None` unless all of these pixels are where the sky says.

    Projections show half of the sky at most, and distortions are good for the image, but anything outside of it.
    """
    centre = unit_vectors(*wcs.pixel_to_sky(*bbox.center))
    if (vectors @ centre).min() < _FAR:
        return None
    x, y = wcs.sky_to_pixel(*lonlat_deg(vectors))
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        return None
    back = unit_vectors(*wcs.pixel_to_sky(x, y))
    tolerance = math.radians(wcs.pixel_scale_arcsec(*bbox.center) / 3600.0)
    return (x, y) if (np.linalg.norm(back - vectors, axis=-1) < tolerance).all() else None


def _sampled(contains: Callable[[Floats], Bools], wcs: SkyWcs, bbox: Box) -> Box:
    """The part of an image that has a shape in it, found on a grid; for shapes that are large."""
    (y0, y1), (x0, x1) = bbox.y, bbox.x
    x, y = np.linspace(x0 - 0.5, x1 - 0.5, _GRID), np.linspace(y0 - 0.5, y1 - 0.5, _GRID)
    inside = contains(unit_vectors(*wcs.pixel_to_sky(*np.meshgrid(x, y))))
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    if not len(rows):
        return Box((0, 0), (0, 0))
    sides = []
    for places, found in ((y, rows), (x, columns)):
        first, last = places[max(found[0] - 1, 0)], places[min(found[-1] + 1, _GRID - 1)]
        sides.append((math.floor(first + 0.5), math.ceil(last + 0.5)))
    return Box(*sides).intersection(bbox)


def _centres(wcs: SkyWcs, box: Box) -> Floats:
    """Directions of the centres of the pixels of a box, (ny, nx, 3)."""
    y, x = np.mgrid[box.y.start : box.y.stop, box.x.start : box.x.stop].astype(np.float64)
    return unit_vectors(*wcs.pixel_to_sky(x, y))


def _vector(direction: UnitVector3d) -> Floats:
    return np.array([direction[0], direction[1], direction[2]])


def _require_place(ra: float, dec: float) -> None:
    if not (math.isfinite(ra) and -90.0 <= dec <= 90.0):
        raise InvalidError(
            f"There is no place on the sky at RA {ra}, Dec {dec}.", hint="Both are ICRS degrees, Dec within -90 to 90."
        )


def _pairs(vertices: Sequence[Sequence[float]] | npt.NDArray[np.float64]) -> Sequence[Sequence[float]]:
    pairs = [list(vertex) if isinstance(vertex, Sequence | np.ndarray) else [vertex] for vertex in vertices]
    if any(len(pair) != 2 for pair in pairs):
        raise InvalidError("The corners of a polygon are pairs of RA and Dec.")
    return pairs


def _shown(corners: Sequence[tuple[float, float]]) -> str:
    return "(" + ", ".join(f"{ra:g} {dec:g}" for ra, dec in corners[:6]) + (", ...)" if len(corners) > 6 else ")")
