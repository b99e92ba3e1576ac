"""The names of ``lsst.afw.geom``."""

from __future__ import annotations

from .footprints import Span, SpanSet
from .missing import missing
from .parts import Polygon
from .psf import Quadrupole
from .wcs import SkyWcs, makeCdMatrix, makeSkyWcs

__all__ = ["Polygon", "Quadrupole", "SkyWcs", "Span", "SpanSet", "makeCdMatrix", "makeSkyWcs"]

__getattr__ = missing(
    "lsst.afw.geom",
    __all__,
    {
        "Angle": "It is in lsst.geom.",
        "Box2D": "It is in lsst.geom.",
        "Box2I": "It is in lsst.geom.",
        "Extent2I": "It is in lsst.geom.",
        "Point2D": "It is in lsst.geom.",
        "Point2I": "It is in lsst.geom.",
        "SpherePoint": "It is in lsst.geom.",
        "TransformPoint2ToPoint2": "skybutler.images.point_maps has maps between planes.",
    },
)
