"""Where the detectors of a camera look: outlines and WCS from boresight and rotation, for many visits at once.

Pixel (x, y), 0-based with integers at pixel centres, to focal plane (mm), to field angle (radians on the tangent
plane), to ICRS unit vectors by the gnomonic projection about the boresight (Calabretta & Greisen 2002, section 5.1.3).
Knows nothing of files.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from skybutler.instruments.description import Detector, Instrument

if TYPE_CHECKING:
    from skybutler.images import SkyWcs

__all__ = ["DEFAULT_PADDING", "corner_field_angles", "initial_wcs", "visit_hulls", "visit_regions"]

Floats = npt.NDArray[np.float64]

DEFAULT_PADDING = 250
"""Pixels added around a detector: pointing of the nominal optics is good to about that."""

# Vertex order of sphgeom's ConvexPolygon of the corners lower left, lower right, upper right, upper left: it starts at
# the first one and keeps the order when that is counter-clockwise on the sky, else starts at the second and goes back.
_COUNTER_CLOCKWISE, _CLOCKWISE = (0, 1, 2, 3), (1, 0, 3, 2)


def corner_field_angles(instrument: Instrument, padding: float = DEFAULT_PADDING) -> Floats:
    """Field angles of the padded detectors' corners.

    Parameters
    ----------
    instrument : `Instrument`
        The camera.
    padding : `float`
        Pixels added on every side.

    Returns
    -------
    angles : `~numpy.ndarray`
        Shape (n_detectors, 4, 2), radians, in the order lower left, lower right, upper right, upper left.
    """
    corners = np.empty((len(instrument.detectors), 4, 2))
    for i, detector in enumerate(instrument.detectors):
        (x0, y0), (x1, y1) = (-0.5 - padding,) * 2, (size - 0.5 + padding for size in detector.layout.size)
        pixels = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])
        corners[i] = pixels @ _matrix(instrument, detector).T + _origin(instrument, detector)
    return _distorted(instrument, corners)


def visit_regions(
    instrument: Instrument, ra: Floats, dec: Floats, sky_angle: Floats, padding: float = DEFAULT_PADDING
) -> Floats:
    """Outlines of all detectors for many visits.

    Parameters
    ----------
    instrument : `Instrument`
        The camera.
    ra, dec : `~numpy.ndarray`
        Boresights, shape (n_visits,), ICRS degrees.
    sky_angle : `~numpy.ndarray`
        Rotation of the camera, shape (n_visits,), degrees.
    padding : `float`
        Pixels added on every side of a detector.

    Returns
    -------
    vertices : `~numpy.ndarray`
        Unit vectors of shape (n_visits, n_detectors, 4, 3), in the order of instrument.detectors; vertices are
        counter-clockwise and start where ``lsst.sphgeom.ConvexPolygon`` of the corners starts.
    """
    order = _CLOCKWISE if instrument.camera.mirrored else _COUNTER_CLOCKWISE
    return _project(instrument, corner_field_angles(instrument, padding)[:, order], ra, dec, sky_angle)


def visit_hulls(
    instrument: Instrument, ra: Floats, dec: Floats, sky_angle: Floats, padding: float = DEFAULT_PADDING
) -> Floats:
    """Convex hulls of all detectors for many visits; unit vectors of shape (n_visits, n_vertices, 3).

    The projection makes great circles of straight lines, so the corners on the hull are the same for every boresight.
    Corners on a line between two others are left out. Parameters are those of `visit_regions`.
    """
    return _project(instrument, _hull_field_angles(instrument, padding), ra, dec, sky_angle)


def initial_wcs(
    instrument: Instrument,
    detector: Detector,
    ra: float,
    dec: float,
    sky_angle: float,
    shape: tuple[int, int] | None = None,
) -> SkyWcs:
    """The WCS nominal optics give a detector: gnomonic about the boresight.

    Distortion is taken into account to first order: exactly in the middle of the detector, and nearly elsewhere.

    Parameters
    ----------
    instrument, detector : `Instrument`, `Detector`
        What took the image.
    ra, dec, sky_angle : `float`
        Boresight (ICRS) and rotation in degrees.
    shape : `tuple` [`int`, `int`], optional
        Height and width of the image when it is a scaled-down one: it covers the same sky on fewer, larger pixels.
    """
    from skybutler.images import SkyWcs

    # Pixel p of a scaled image is full pixel (p + 0.5) * scale - 0.5.
    scale = np.ones(2) if shape is None else np.array(detector.layout.size) / np.array(shape[::-1])
    full, first = _matrix(instrument, detector), _origin(instrument, detector)
    if instrument.camera.distortion:
        full, first = _tangent_at_middle(instrument, detector, full, first)
    origin = first + full @ (0.5 * scale - 0.5)
    x, y = np.linalg.solve(full * scale, -origin).tolist()
    matrix = np.degrees(_rotation(instrument, np.array([sky_angle]))[0] @ (full * scale))
    return SkyWcs.from_affine(ra, dec, matrix, crpix=(x, y))


def _distorted(instrument: Instrument, angles: Floats) -> Floats:
    """Field angles of those that optics without distortion would give."""
    geometry = instrument.camera
    if not geometry.distortion:
        return angles
    radius = np.hypot(angles[..., 0], angles[..., 1]) / geometry.field_angle_per_mm
    gain = np.polynomial.polynomial.polyval(radius**2, np.array((1.0, *geometry.distortion)))
    return np.asarray(angles * gain[..., None], dtype=np.float64)


def _tangent_at_middle(
    instrument: Instrument, detector: Detector, matrix: Floats, origin: Floats
) -> tuple[Floats, Floats]:
    """Field angle per pixel in the middle of a detector, and that of pixel (0, 0) if it were so everywhere."""
    middle = (np.array(detector.layout.size) - 1.0) / 2.0
    steps = np.array([(0.0, 0.0), (0.5, 0.0), (-0.5, 0.0), (0.0, 0.5), (0.0, -0.5)])
    angles = _distorted(instrument, (middle + steps) @ matrix.T + origin)
    tangent = np.stack([angles[1] - angles[2], angles[3] - angles[4]], axis=-1)
    return tangent, angles[0] - tangent @ middle


def _matrix(instrument: Instrument, detector: Detector) -> Floats:
    """Field angle per pixel, shape (2, 2)."""
    turn = np.radians(detector.rotation)
    scale = instrument.camera.field_angle_per_mm * instrument.camera.pixel_mm
    matrix: Floats = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return matrix


def _origin(instrument: Instrument, detector: Detector) -> Floats:
    """Field angle of pixel (0, 0)."""
    at: Floats = np.array(detector.position) * instrument.camera.field_angle_per_mm
    shift: Floats = _matrix(instrument, detector) @ np.array(instrument.camera.reference_pixel)
    return at - shift


def _rotation(instrument: Instrument, sky_angle: Floats) -> Floats:
    """Field angle to tangent plane (towards east, towards north), shape (n, 2, 2)."""
    angle = np.radians(sky_angle)
    sign = -1.0 if instrument.camera.mirrored else 1.0
    cos, sin = np.cos(angle), np.sin(angle)
    matrix: Floats = np.stack([np.stack([sign * cos, -sign * sin], -1), np.stack([sin, cos], -1)], -2)
    return matrix


def _project(instrument: Instrument, angles: Floats, ra: Floats, dec: Floats, sky_angle: Floats) -> Floats:
    """Unit vectors of field angles of shape (..., 2) for n boresights: shape (n, ..., 3)."""
    lon, lat = np.radians(np.atleast_1d(ra)), np.radians(np.atleast_1d(dec))
    zero = np.zeros_like(lon)
    centre = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], -1)
    east = np.stack([-np.sin(lon), np.cos(lon), zero], -1)
    north = np.stack([-np.sin(lat) * np.cos(lon), -np.sin(lat) * np.sin(lon), np.cos(lat)], -1)
    # One matrix per visit takes a field angle straight to a vector: shape (n, 2, 3).
    axes = np.swapaxes(_rotation(instrument, np.atleast_1d(sky_angle)), -1, -2) @ np.stack([east, north], -2)
    flat = angles.reshape(-1, 2)
    vectors: Floats = flat @ axes + centre[:, None, :]
    vectors /= np.sqrt(np.einsum("nik,nik->ni", vectors, vectors))[..., None]
    return vectors.reshape(len(lon), *angles.shape[:-1], 3)


@functools.lru_cache(maxsize=8)
def _hull_field_angles(instrument: Instrument, padding: float) -> Floats:
    """Corners on the convex hull of the camera, counter-clockwise on the sky (monotone chain, Andrew 1979)."""
    corners = corner_field_angles(instrument, padding).reshape(-1, 2)
    points = corners[np.lexsort((corners[:, 1], corners[:, 0]))]
    # What three points on a line give by rounding alone is far below this.
    tolerance = 1e-12 * float(np.ptp(points, axis=0).max()) ** 2

    def half(ordered: Floats) -> list[Floats]:
        chain: list[Floats] = []
        for point in ordered:
            while len(chain) > 1 and _turn(chain[-2], chain[-1], point) <= tolerance:
                chain.pop()
            chain.append(point)
        return chain[:-1]

    hull: Floats = np.array(half(points) + half(points[::-1]))
    return np.flip(hull, axis=0) if instrument.camera.mirrored else hull


def _turn(a: Floats, b: Floats, c: Floats) -> float:
    return float((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))
