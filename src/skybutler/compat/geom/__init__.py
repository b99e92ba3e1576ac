"""The names of ``lsst.geom``: angles, points of the sky, points and boxes of pixels.  Knows no images and no files."""

from .angle import (
    Angle,
    AngleUnit,
    arcminutes,
    arcseconds,
    degrees,
    hours,
    isAngle,
    milliarcseconds,
    radians,
)
from .box import Box2D, Box2I
from .coordinates import (
    Extent2D,
    Extent2I,
    Extent3D,
    ExtentD,
    ExtentI,
    Point2D,
    Point2I,
    Point3D,
    PointD,
    PointI,
)
from .sphere_point import SpherePoint, averageSpherePoint

__all__ = [
    "Angle",
    "AngleUnit",
    "Box2D",
    "Box2I",
    "Extent2D",
    "Extent2I",
    "Extent3D",
    "ExtentD",
    "ExtentI",
    "Point2D",
    "Point2I",
    "Point3D",
    "PointD",
    "PointI",
    "SpherePoint",
    "arcminutes",
    "arcseconds",
    "averageSpherePoint",
    "degrees",
    "hours",
    "isAngle",
    "milliarcseconds",
    "radians",
]
