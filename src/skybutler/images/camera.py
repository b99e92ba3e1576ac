"""A camera in memory: its detectors, their amplifiers, and where pixels are in the focal plane.  Knows no files.

Pixels (x, y) are 0-based with whole numbers at pixel centres, focal-plane positions are millimetres, field angles
radians on the tangent plane about the boresight.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from skybutler.errors import NotFoundError, nearest
from skybutler.images.box import Box
from skybutler.images.point_maps import Floats, PointMap

__all__ = ["PURPOSES", "READOUT_CORNERS", "Camera", "CameraAmplifier", "CameraDetector", "Linearity", "RawLayout"]

Coordinates: TypeAlias = tuple[Floats, Floats]

PURPOSES = ("SCIENCE", "FOCUS", "GUIDER", "WAVEFRONT")
"""What detectors are for, by the number that files have for it."""

READOUT_CORNERS = ("LL", "LR", "UR", "UL")
"""Corner of an amplifier's pixels that is read first, by the number that files have for it."""


@dataclass(frozen=True)
class Linearity:
    """How an amplifier departs from linearity, as a camera description has it.

    Parameters
    ----------
    kind : `str`
        Name of the model.
    coefficients : `tuple` [`float`]
        Of the model.
    threshold, maximum : `float`
        Range of the correction, in ``unit``.
    unit : `str`
        Of the values corrected.
    """

    kind: str
    coefficients: tuple[float, ...]
    threshold: float = 0.0
    maximum: float = 0.0
    unit: str = "DN"


@dataclass(frozen=True)
class RawLayout:
    """Where the pixels of an amplifier are in a raw file; boxes are in the amplifier as read.

    Parameters
    ----------
    box, data, horizontal_overscan, vertical_overscan, prescan : `Box`
        All pixels, and parts of them.
    flip_x, flip_y : `bool`
        Whether readout runs against the columns or rows of the detector.
    offset : pair of `int`
        Added to raw positions (x, y) to assemble a detector.
    """

    box: Box
    data: Box
    horizontal_overscan: Box
    vertical_overscan: Box
    prescan: Box
    flip_x: bool
    flip_y: bool
    offset: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class CameraAmplifier:
    """One read-out channel.

    Parameters
    ----------
    name : `str`
        Such as ``C10``.
    box : `Box`
        Its pixels in the assembled detector.
    gain : `float`
        Electrons per ADU.
    saturation : `float`
        ADU.
    suspect_level : `float` or `None`
        ADU above which values are doubtful.
    read_noise : `float`
        Electrons.
    readout_corner : `str`
        One of `READOUT_CORNERS`.
    linearity : `Linearity`
        Its model.
    raw : `RawLayout` or `None`
        Where its pixels are in raw files.
    """

    name: str
    box: Box
    gain: float
    saturation: float
    suspect_level: float | None
    read_noise: float
    readout_corner: str
    linearity: Linearity
    raw: RawLayout | None = None


@dataclass(frozen=True)
class CameraDetector:
    """One detector.

    Parameters
    ----------
    id : `int`
        Number in the camera.
    name, serial, physical_type : `str`
        Full name, serial number, and kind of sensor.
    purpose : `str`
        One of `PURPOSES`.
    box : `Box`
        Its pixels when assembled.
    pixel_size : pair of `float`
        Millimetres.
    position : three of `float`
        Of the reference pixel in the focal plane (x, y) and above it, mm.
    reference_pixel : pair of `float`
        (x, y).
    orientation : three of `float`
        Yaw, pitch and roll, radians.
    amplifiers : `tuple` [`CameraAmplifier`]
        In the order of the camera.
    pixels_to_focal_plane : `PointMap`
        Pixels to millimetres.
    pixels_to_tangent_pixels : `PointMap` or `None`
        Pixels to those that the detector would have without distortion.
    crosstalk : `tuple` of `tuple` of `float`
        Coefficients between amplifiers, (source, target); empty if not known.
    focal_plane_to_field_angle : `PointMap` or `None`
        Millimetres to radians, as the camera has it; two detectors may be equal without.
    """

    id: int
    name: str
    serial: str
    physical_type: str
    purpose: str
    box: Box
    pixel_size: tuple[float, float]
    position: tuple[float, float, float]
    reference_pixel: tuple[float, float]
    orientation: tuple[float, float, float]
    amplifiers: tuple[CameraAmplifier, ...]
    pixels_to_focal_plane: PointMap
    pixels_to_tangent_pixels: PointMap | None = None
    crosstalk: tuple[tuple[float, ...], ...] = ()
    focal_plane_to_field_angle: PointMap | None = field(default=None, compare=False)

    def __getitem__(self, name: str) -> CameraAmplifier:
        """The amplifier of a name."""
        for amplifier in self.amplifiers:
            if amplifier.name == name:
                return amplifier
        names = [a.name for a in self.amplifiers]
        raise NotFoundError(f"{self.name} has no amplifier '{name}'.", hint=nearest(name, names))

    @property
    def center(self) -> tuple[float, float]:
        """Focal-plane position (x, y) of the middle of the detector, mm."""
        x, y = self.pixels_to_focal_plane(*self.box.center)
        return float(x), float(y)

    def corners(self) -> Floats:
        """Focal-plane positions of the outer corners: lower left, lower right, upper right, upper left; (4, 2), mm."""
        (y0, y1), (x0, x1) = self.box.y, self.box.x
        pixels = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], dtype=np.float64) - 0.5
        return self.pixels_to_focal_plane.apply(pixels)


@dataclass(frozen=True)
class Camera:
    """A camera; ``camera[94]`` and ``camera["R22_S11"]`` are its detectors.

    Parameters
    ----------
    name : `str`
        Name of the instrument.
    detectors : `tuple` [`CameraDetector`]
        Ordered by id.
    focal_plane_to_field_angle : `PointMap`
        Millimetres to radians.
    pupil_factory : `str`
        Name of the class that other software has for the pupil; kept, never imported.
    """

    name: str
    detectors: tuple[CameraDetector, ...]
    focal_plane_to_field_angle: PointMap
    pupil_factory: str = "lsst.afw.cameraGeom.pupil.PupilFactory"
    _by_key: dict[int | str, CameraDetector] = field(init=False, repr=False, compare=False, hash=False)

    def __post_init__(self) -> None:
        by_key: dict[int | str, CameraDetector] = {key: d for d in self.detectors for key in (d.id, d.name)}
        object.__setattr__(self, "_by_key", by_key)

    def __getitem__(self, key: int | str) -> CameraDetector:
        """The detector with an id or name.

        Raises
        ------
        NotFoundError
            No such detector.
        """
        found = self._by_key.get(key)
        if found is None:
            hint = nearest(str(key), [d.name for d in self.detectors])
            raise NotFoundError(f"{self.name} has no detector {key!r}.", hint=hint)
        return found

    def __contains__(self, key: object) -> bool:
        return key in self._by_key

    def __iter__(self) -> Iterator[CameraDetector]:
        return iter(self.detectors)

    def __len__(self) -> int:
        return len(self.detectors)

    def pixel_to_field_angle(self, detector: int | str, x: npt.ArrayLike, y: npt.ArrayLike) -> Coordinates:
        """Field angles (radians) of pixels of a detector."""
        return self._to_field_angle(detector)(x, y)

    def field_angle_to_pixel(self, detector: int | str, x: npt.ArrayLike, y: npt.ArrayLike) -> Coordinates:
        """Pixels of a detector at field angles (radians), within the detector or not."""
        return self._to_field_angle(detector).inverse()(x, y)

    def _to_field_angle(self, detector: int | str) -> PointMap:
        return self[detector].pixels_to_focal_plane.then(self.focal_plane_to_field_angle)

    def find_detectors(self, x: float, y: float) -> list[CameraDetector]:
        """Detectors that have a pixel at a focal-plane position (mm)."""
        found = []
        for detector in self.detectors:
            px, py = detector.pixels_to_focal_plane.inverse()(x, y)
            if detector.box.contains((float(px), float(py))):
                found.append(detector)
        return found
