"""What the answers must be: every polygon against every other, with numpy and sphgeom alone.

``python oracle.py SURVEY.npz`` prints the number of results of each question as JSON.  Knows no butler.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from lsst.sphgeom import DISJOINT, Angle, Circle, ConvexPolygon, LonLat, UnitVector3d

from survey import DETECTOR, PATCH, SKY_RADIUS, TRACT, Survey

RADII = {"detector": 0.17, "patch": 0.17, "visit": 2.1, "tract": 1.3}
"""Degrees from the middle of a region that none of its points exceeds; checked before use."""


class Shapes:
    """Polygons of one kind with their middles.

    Parameters
    ----------
    corners : `numpy.ndarray`
        Degrees, shape (n, corners, 2).
    kind : `str`
        Key of `RADII`.
    """

    def __init__(self, corners: Any, kind: str) -> None:
        lon, lat = np.radians(corners[..., 0]), np.radians(corners[..., 1])
        self.corners = corners
        self.vectors = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], -1)
        self.middles = self.vectors.mean(axis=1)
        self.middles /= np.linalg.norm(self.middles, axis=1, keepdims=True)
        least = np.einsum("nij,nj->ni", self.vectors, self.middles).min()
        self.radius = np.radians(RADII[kind])
        if least < np.cos(self.radius):
            raise ValueError(f"a {kind} reaches {np.degrees(np.arccos(least)):.2f} degrees from its middle")

    def polygon(self, i: int) -> ConvexPolygon:
        """One as sphgeom knows it."""
        return ConvexPolygon([UnitVector3d(LonLat.fromDegrees(*corner)) for corner in self.corners[i].tolist()])

    def meeting(self, region: Any, middle: Any, radius: float, among: Iterable[int] | None = None) -> list[int]:
        """Positions of those that are not disjoint from a region with a middle (unit vector) and radius (radians)."""
        near = np.flatnonzero(self.middles @ middle > np.cos(self.radius + radius))
        chosen = near if among is None else np.intersect1d(near, np.fromiter(among, np.int64))
        return [i for i in chosen.tolist() if not self.polygon(i).relate(region) & DISJOINT]

    def meeting_shape(self, other: Shapes, i: int, among: Iterable[int] | None = None) -> list[int]:
        """Positions of those that are not disjoint from another shape."""
        return self.meeting(other.polygon(i), other.middles[i], other.radius, among)


def expected(survey: Survey) -> dict[str, int]:
    """Number of results of each question."""
    a = survey.arrays
    detectors, visits = Shapes(a["vd_poly"].reshape(-1, 4, 2), "detector"), Shapes(a["visit_poly"], "visit")
    patches, tracts = Shapes(a["patch_poly"], "patch"), Shapes(a["tract_poly"], "tract")
    number = np.tile(a["det_id"], survey.visits)
    tract = int(np.flatnonzero(a["tract_id"] == TRACT)[0])
    own = np.flatnonzero(a["patch_tract"] == TRACT)
    patch = int(own[a["patch_id"][own] == PATCH][0])
    visit = int(np.flatnonzero(a["visit_id"] == survey.busy_visit())[0])
    in_patch, in_tract = detectors.meeting_shape(patches, patch), detectors.meeting_shape(tracts, tract)
    band = a["filt_band"][a["filt_idx"]]
    one_detector = int((number[in_patch] == DETECTOR).sum())
    begin, end = (int(a["t_begin"][i]) // 10**9 * 10**9 for i in (0, survey.visits // 4))
    in_circle = _in_circle(detectors, *survey.tract_centre())
    return {
        "raw.exposure": survey.detectors,
        "calexp.patch_detector": one_detector,
        "raw.patch_detector": one_detector,
        "calexp.patch": len(in_patch),
        "calexp.tract_band": int((band[np.asarray(in_tract, np.int64) // survey.detectors] == "r").sum()),
        "patch.visit_detector": len(patches.meeting_shape(detectors, visit * survey.detectors + 94)),
        "patch.visit": len(patches.meeting_shape(visits, visit)),
        "ids.detector.tract": len(in_tract),
        "ids.detector_patch.tract": sum(len(detectors.meeting_shape(patches, p)) for p in own.tolist()),
        "calexp.circle": in_circle,
        "calexp.circle.text": in_circle,
        "visits.time": int(((a["t_begin"] < end) & (a["t_end"] > begin)).sum()),
        "count": survey.visits * survey.detectors,
        "raw.all": survey.visits * survey.detectors,
        "raw.table": survey.visits * survey.detectors,
    }


def _in_circle(shapes: Shapes, ra: float, dec: float) -> int:
    middle = UnitVector3d(LonLat.fromDegrees(ra, dec))
    circle = Circle(middle, Angle.fromDegrees(SKY_RADIUS))
    return len(shapes.meeting(circle, np.array([middle.x(), middle.y(), middle.z()]), np.radians(SKY_RADIUS)))


if __name__ == "__main__":
    print(json.dumps(expected(Survey.load(Path(sys.argv[1]), Path()))))
