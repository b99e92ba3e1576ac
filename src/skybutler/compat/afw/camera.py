"""Cameras, detectors and amplifiers with the spellings of lsst.afw.cameraGeom.  Knows no files."""

# ruff: noqa: N802, N803 - the names are those of lsst.afw

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import Any

import numpy as np

from skybutler.compat.geom import Angle, Box2I, Extent2D, Point2D
from skybutler.compat.wrapping import Wrapped
from skybutler.errors import InvalidError, NotFoundError
from skybutler.images import CameraDetector
from skybutler.images.point_maps import PointMap

from .pixels import box_of

__all__ = ["FIELD_ANGLE", "FOCAL_PLANE", "PIXELS", "Amplifier", "Camera", "Detector", "DetectorType", "ReadoutCorner"]


class _System(enum.Enum):
    PIXELS = "Pixels"
    FOCAL_PLANE = "FocalPlane"
    FIELD_ANGLE = "FieldAngle"


PIXELS, FOCAL_PLANE, FIELD_ANGLE = _System.PIXELS, _System.FOCAL_PLANE, _System.FIELD_ANGLE
"""Pixels of a detector, millimetres in the focal plane, radians on the tangent plane."""

DetectorType = enum.Enum("DetectorType", ["SCIENCE", "FOCUS", "GUIDER", "WAVEFRONT"], start=0)
ReadoutCorner = enum.Enum("ReadoutCorner", ["LL", "LR", "UR", "UL"], start=0)


class Amplifier(Wrapped):
    """One read-out channel."""

    __slots__ = ()

    def getName(self) -> str:
        """Name."""
        return str(self.plain.name)

    def getBBox(self) -> Box2I:
        """Its pixels in the assembled detector."""
        return box_of(self.plain.box)

    def getGain(self) -> float:
        """Electrons per ADU."""
        return float(self.plain.gain)

    def getReadNoise(self) -> float:
        """Electrons."""
        return float(self.plain.read_noise)

    def getSaturation(self) -> float:
        """ADU."""
        return float(self.plain.saturation)

    def getSuspectLevel(self) -> float:
        """ADU above which values are doubtful; NaN if there is none."""
        level = self.plain.suspect_level
        return float("nan") if level is None else float(level)

    def getReadoutCorner(self) -> Any:
        """Corner that is read first."""
        return ReadoutCorner[self.plain.readout_corner]

    def getRawBBox(self) -> Box2I:
        """All its pixels in a raw."""
        return box_of(self._raw().box)

    def getRawDataBBox(self) -> Box2I:
        """Its data in a raw."""
        return box_of(self._raw().data)

    def getRawHorizontalOverscanBBox(self) -> Box2I:
        """Serial overscan in a raw."""
        return box_of(self._raw().horizontal_overscan)

    def getRawVerticalOverscanBBox(self) -> Box2I:
        """Parallel overscan in a raw."""
        return box_of(self._raw().vertical_overscan)

    def getRawPrescanBBox(self) -> Box2I:
        """Prescan in a raw."""
        return box_of(self._raw().prescan)

    def getRawFlipX(self) -> bool:
        """Whether its columns are mirrored in a raw."""
        return bool(self._raw().flip_x)

    def getRawFlipY(self) -> bool:
        """Whether its rows are mirrored in a raw."""
        return bool(self._raw().flip_y)

    def _raw(self) -> Any:
        if self.plain.raw is None:
            raise InvalidError(f"Where the pixels of amplifier {self.plain.name} are in a raw is not known.")
        return self.plain.raw


class Detector(Wrapped):
    """One detector; without a camera in its file, only its id, name and serial number are known."""

    __slots__ = ("_optics",)

    _optics: PointMap | None

    @classmethod
    def of(cls, plain: Any, optics: PointMap | None = None) -> Detector:
        """Wrap a detector of ours; ``optics`` takes the focal plane to field angles, if known."""
        made = super().of(plain)
        made._optics = optics
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self).of, (self.plain, self._optics)

    def _geometry(self) -> CameraDetector:
        if not isinstance(self.plain, CameraDetector):
            raise InvalidError(
                f"Of detector {self.plain.name} only id, name and serial number are known.",
                hint="The camera has the rest: butler.get('camera', instrument=...)[detector.getId()]",
            )
        return self.plain

    def getId(self) -> int:
        """Number in the camera."""
        return int(self.plain.id)

    def getName(self) -> str:
        """Name."""
        return str(self.plain.name)

    def getSerial(self) -> str:
        """Serial number."""
        return str(self.plain.serial or "")

    def getType(self) -> Any:
        """What it is for."""
        return DetectorType[self._geometry().purpose]

    def getPhysicalType(self) -> str:
        """Kind of sensor."""
        return self._geometry().physical_type

    def getBBox(self) -> Box2I:
        """Its pixels when assembled."""
        return box_of(self._geometry().box)

    def getPixelSize(self) -> Extent2D:
        """Millimetres."""
        return Extent2D(*self._geometry().pixel_size)

    def getOrientation(self) -> Any:
        """Yaw, pitch, roll and position."""
        return _Orientation(self._geometry())

    def getAmplifiers(self) -> list[Amplifier]:
        """Amplifiers, in the order of the camera."""
        return [Amplifier.of(a) for a in self._geometry().amplifiers]

    def getCrosstalk(self) -> Any:
        """Coefficients between amplifiers, (source, target)."""
        return np.array(self._geometry().crosstalk)

    def hasCrosstalk(self) -> bool:
        """Whether crosstalk is known."""
        return bool(self._geometry().crosstalk)

    def __iter__(self) -> Iterator[Amplifier]:
        return iter(self.getAmplifiers())

    def __len__(self) -> int:
        return len(self._geometry().amplifiers)

    def __getitem__(self, key: int | str) -> Amplifier:
        geometry = self._geometry()
        return Amplifier.of(geometry[key] if isinstance(key, str) else geometry.amplifiers[key])

    def getCenter(self, system: Any = FOCAL_PLANE) -> Point2D:
        """The middle, in a system."""
        return self.transform(Point2D(*self._geometry().box.center), PIXELS, system)  # type: ignore[no-any-return]

    def getCorners(self, system: Any = FOCAL_PLANE) -> list[Point2D]:
        """Outer corners, in a system: lower left, lower right, upper right, upper left."""
        box = self._geometry().box
        (y0, y1), (x0, x1) = box.y, box.x
        corners = [Point2D(x - 0.5, y - 0.5) for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1))]
        return self.transform(corners, PIXELS, system)  # type: ignore[no-any-return]

    def transform(self, points: Any, fromSys: Any, toSys: Any) -> Any:
        """Take a point, or several, from one system to another."""
        several = not isinstance(points, Point2D)
        values = np.array([list(p) for p in (points if several else [points])], np.float64).reshape(-1, 2)
        if fromSys is not PIXELS:
            values = self._to(fromSys).inverse().apply(values)
        if toSys is not PIXELS:
            values = self._to(toSys).apply(values)
        found = [Point2D(x, y) for x, y in values.tolist()]
        return found if several else found[0]

    def _to(self, system: Any) -> PointMap:
        found = self._geometry().pixels_to_focal_plane
        if system is FOCAL_PLANE:
            return found
        if system is not FIELD_ANGLE:
            raise InvalidError(f"{system!r} is no system of coordinates here.", hint="PIXELS, FOCAL_PLANE, FIELD_ANGLE")
        if self._optics is None:
            raise InvalidError(
                f"The optics of detector {self.plain.name} are not known.",
                hint="Take it from the camera: butler.get('camera', instrument=...)[detector.getId()]",
            )
        return found.then(self._optics)


class _Orientation:
    """How a detector sits in the focal plane."""

    def __init__(self, detector: CameraDetector) -> None:
        self._detector = detector

    def getYaw(self) -> Angle:
        """Turn in the focal plane."""
        return Angle(self._detector.orientation[0])

    def getPitch(self) -> Angle:
        """Tilt about y."""
        return Angle(self._detector.orientation[1])

    def getRoll(self) -> Angle:
        """Tilt about x."""
        return Angle(self._detector.orientation[2])

    def getFpPosition(self) -> Point2D:
        """Place of the reference pixel, mm."""
        return Point2D(*self._detector.position[:2])

    def getReferencePoint(self) -> Point2D:
        """The reference pixel."""
        return Point2D(*self._detector.reference_pixel)


class Camera(Wrapped):
    """A camera: ``camera[94]`` and ``camera["R22_S11"]`` are its detectors."""

    __slots__ = ()

    def getName(self) -> str:
        """Name of the instrument."""
        return str(self.plain.name)

    def _of(self, detector: CameraDetector) -> Detector:
        return Detector.of(detector, self.plain.focal_plane_to_field_angle)

    def __getitem__(self, key: int | str) -> Detector:
        return self._of(self.plain[key])

    def get(self, key: int | str, default: Any = None) -> Any:
        """The detector with an id or name, or the default."""
        try:
            return self[key]
        except NotFoundError:
            return default

    def __contains__(self, key: object) -> bool:
        return key in self.plain

    def __iter__(self) -> Iterator[Detector]:
        return (self._of(d) for d in self.plain)

    def __len__(self) -> int:
        return len(self.plain)

    def getIdIter(self) -> Iterator[int]:
        """Ids."""
        return (d.id for d in self.plain)

    def getNameIter(self) -> Iterator[str]:
        """Names."""
        return (d.name for d in self.plain)

    def findDetectors(self, point: Point2D, cameraSys: Any = FOCAL_PLANE) -> list[Detector]:
        """Detectors that have a pixel at a place."""
        x, y = float(point[0]), float(point[1])
        if cameraSys is FIELD_ANGLE:
            x, y = (float(v) for v in self.plain.focal_plane_to_field_angle.inverse()(x, y))
        return [self._of(d) for d in self.plain.find_detectors(x, y)]

    def getFpBBox(self) -> Any:
        """Box around all detectors in the focal plane, mm."""
        from skybutler.compat.geom import Box2D

        corners = np.concatenate([d.corners() for d in self.plain])
        return Box2D(Point2D(*corners.min(axis=0)), Point2D(*corners.max(axis=0)))
