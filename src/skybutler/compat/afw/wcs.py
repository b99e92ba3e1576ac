"""``SkyWcs`` of lsst.afw.geom, which takes and gives points of lsst.geom, and what makes one.  Knows no files."""

# ruff: noqa: N802, N803 - the names are those of lsst.afw

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from skybutler.compat.geom import Angle, Extent2D, Point2D, SpherePoint, arcseconds, degrees
from skybutler.compat.geom.coordinates import Coordinates
from skybutler.compat.wrapping import Wrapped, to_compat, to_plain
from skybutler.errors import InvalidError
from skybutler.images import SkyWcs as PlainWcs

__all__ = ["SkyWcs", "makeCdMatrix", "makeSkyWcs"]

Floats = npt.NDArray[np.float64]


class SkyWcs(Wrapped):
    """Where pixels are on the sky.

    Parameters
    ----------
    metadata : mapping
        FITS cards.
    strip : `bool`
        Accepted.
    """

    __slots__ = ()

    def __init__(self, metadata: Any, strip: bool = False) -> None:
        self.plain = PlainWcs.from_fits_header(to_plain(metadata))

    def pixelToSky(self, *pixel: Any) -> Any:
        """Position on the sky of a pixel (a point, or x and y), or those of several points, as a list."""
        points, several = _points(pixel)
        ra, dec = self.plain.pixel_to_sky(points[:, 0], points[:, 1])
        found = [SpherePoint(a, d, degrees) for a, d in zip(ra.tolist(), dec.tolist(), strict=True)]
        return found if several else found[0]

    def skyToPixel(self, sky: Any) -> Any:
        """Pixel of a position on the sky, or those of several, as a list."""
        several = not isinstance(sky, SpherePoint)
        places = np.array([p.get_position() for p in (sky if several else [sky])], np.float64).reshape(-1, 2)
        x, y = self.plain.sky_to_pixel(places[:, 0], places[:, 1])
        found = [Point2D(a, b) for a, b in zip(x.tolist(), y.tolist(), strict=True)]
        return found if several else found[0]

    def pixelToSkyArray(self, x: npt.ArrayLike, y: npt.ArrayLike, degrees: bool = False) -> tuple[Floats, Floats]:
        """Right ascensions and declinations of pixels, in radians unless in ``degrees``."""
        ra, dec = self.plain.pixel_to_sky(np.atleast_1d(x), np.atleast_1d(y))
        return (ra, dec) if degrees else (np.radians(ra), np.radians(dec))

    def skyToPixelArray(self, ra: npt.ArrayLike, dec: npt.ArrayLike, degrees: bool = False) -> tuple[Floats, Floats]:
        """Pixels of right ascensions and declinations, which are in radians unless in ``degrees``."""
        given = [np.atleast_1d(np.asarray(v, np.float64)) for v in (ra, dec)]
        x, y = self.plain.sky_to_pixel(*(given if degrees else map(np.degrees, given)))
        return x, y

    def getPixelScale(self, *pixel: Any) -> Angle:
        """Side of a pixel, at a place or in the middle of the projection."""
        if not pixel:
            return Angle(self.plain.pixel_scale_arcsec(), arcseconds)
        points, _ = _points(pixel)
        return Angle(self.plain.pixel_scale_arcsec(*points[0].tolist()), arcseconds)

    def getPixelOrigin(self) -> Point2D:
        """Pixel at the centre of the projection."""
        return Point2D(*self.plain.reference_pixel)

    def getSkyOrigin(self) -> SpherePoint:
        """Position on the sky of the centre of the projection."""
        return self.pixelToSky(self.getPixelOrigin())  # type: ignore[no-any-return]

    def getCdMatrix(self, *pixel: Any) -> Floats:
        """Degrees per pixel, (2, 2): towards east and north in rows, along x and y in columns."""
        x, y = _points(pixel)[0][0].tolist() if pixel else self.getPixelOrigin()
        ra, dec = self.plain.pixel_to_sky([x, x + 0.5, x - 0.5, x, x], [y, y, y, y + 0.5, y - 0.5])
        here = SpherePoint(float(ra[0]), float(dec[0]), degrees)
        offsets = np.array(
            [
                [a.asDegrees() for a in here.getTangentPlaneOffset(SpherePoint(r, d, degrees))]
                for r, d in zip(ra[1:].tolist(), dec[1:].tolist(), strict=True)
            ]
        )
        return np.stack([offsets[0] - offsets[1], offsets[2] - offsets[3]], axis=-1)

    def getFitsMetadata(self, precise: bool = False) -> Any:
        """FITS cards of the projection."""
        return to_compat(self.plain.to_fits_header())

    def copyAtShiftedPixelOrigin(self, shift: Extent2D) -> SkyWcs:
        """The same for an image whose pixels are numbered from elsewhere."""
        return SkyWcs.of(self.plain.shifted(shift[0], shift[1]))

    @property
    def isFits(self) -> bool:
        """Whether FITS cards can hold it."""
        return bool(self.plain.has_fits_cards())

    @property
    def isFlipped(self) -> bool:
        """Whether the image is mirrored against the sky as it is seen."""
        return bool(np.linalg.det(self.getCdMatrix()) > 0.0)

    def __repr__(self) -> str:
        return repr(self.plain)


def _points(given: tuple[Any, ...]) -> tuple[Floats, bool]:
    """Pixel positions, (n, 2), and whether several were given."""
    match given:
        case (int() | float() | np.number() as x, int() | float() | np.number() as y):
            return np.array([[x, y]], np.float64), False
        case (Coordinates() as point,):
            return np.array([list(point)], np.float64), False
        case (Iterable() as points,):
            values = np.array([list(p) for p in points], np.float64).reshape(-1, 2)
            return values, True
    raise InvalidError(f"{', '.join(map(repr, given))} is no pixel.", hint="Give Point2D(x, y), or x and y.")


def makeCdMatrix(scale: Angle, orientation: Angle | None = None, flipX: bool = False) -> Floats:
    """Degrees per pixel, (2, 2).

    Parameters
    ----------
    scale : `Angle`
        Side of a pixel.
    orientation : `Angle`
        Where north is, from +y towards +x... of the image: 0 is north up, 90 degrees east up.
    flipX : `bool`
        Whether east is to the right of north, not to the left.
    """
    turn = 0.0 if orientation is None else orientation.asRadians()
    size, across = scale.asDegrees(), 1.0 if flipX else -1.0
    cos, sin = size * math.cos(turn), size * math.sin(turn)
    return np.array([[across * cos, sin], [-across * sin, cos]])


def makeSkyWcs(*values: Any, **options: Any) -> SkyWcs:
    """A projection: of FITS cards, or of a pixel (``crpix``), its place on the sky (``crval``) and a ``cdMatrix``.

    Raises
    ------
    InvalidError
        Given is something else.
    """
    metadata = options.get("metadata", values[0] if len(values) == 1 or isinstance(values[0:1], Mapping) else None)
    if metadata is not None:
        return SkyWcs(metadata)
    names = ("crpix", "crval", "cdMatrix")
    given = {**dict(zip(names, values, strict=False)), **options}
    if not all(name in given for name in names):
        raise InvalidError("A WCS is made of crpix, crval and cdMatrix, or of the cards of a FITS header.")
    ra, dec = given["crval"].get_position()
    crpix = float(given["crpix"][0]), float(given["crpix"][1])
    return SkyWcs.of(PlainWcs.from_affine(ra, dec, given["cdMatrix"], crpix))
