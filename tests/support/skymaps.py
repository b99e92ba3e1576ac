"""Sky maps for tests: one of each kind, small, and what is needed to look at their polygons."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from skybutler.skymap import SkyMap

Floats = npt.NDArray[np.float64]

CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "rings": {"kind": "rings", "numRings": 5, "projection": "TAN", "pixelScale": 5.0, "tractOverlap": 0.5},
    "rings-cells": {"kind": "rings", "numRings": 7, "projection": "TAN", "pixelScale": 5.0, "tractBuilder": "cells"},
    "rings-turned": {"kind": "rings", "numRings": 3, "pixelScale": 20.0, "rotation": 30.0, "raStart": 12.5},
    "dodeca": {"kind": "dodeca", "pixelScale": 5.0},
    "dodeca-poles": {"kind": "dodeca", "pixelScale": 5.0, "withTractsOnPoles": True},
    "equat": {"kind": "equat", "pixelScale": 5.0},
    "healpix": {"kind": "healpix", "log2NSide": 1, "pixelScale": 20.0},
    "healpix-nest": {"kind": "healpix", "log2NSide": 2, "nest": True, "pixelScale": 10.0, "projection": "TAN"},
    "discrete": {
        "kind": "discrete",
        "raList": [10.0, 350.5, -120.0],
        "decList": [-20.0, 88.0, 90.0],
        "radiusList": [0.5, 0.3, 1.0],
        "pixelScale": 2.0,
        "tractOverlap": 0.1,
    },
}


def small_sky_map(name: str) -> SkyMap:
    """A sky map of `CONFIGURATIONS`."""
    return SkyMap.from_config(CONFIGURATIONS[name])


def polygon_vertices(polygon: Any) -> Floats:
    """Vertices of a sphgeom polygon, shape (n, 3)."""
    return np.array([[v.x(), v.y(), v.z()] for v in polygon.getVertices()])


def random_points(count: int, seed: int) -> tuple[Floats, Floats]:
    """Points evenly spread over the sky, the poles and their surroundings included: ra, dec in degrees."""
    random = np.random.default_rng(seed)
    ra, dec = random.uniform(0.0, 360.0, count), np.degrees(np.arcsin(random.uniform(-1.0, 1.0, count)))
    dec[:4] = 90.0, -90.0, 89.9999, -89.9999
    return ra, dec


def separation(a: npt.ArrayLike, b: npt.ArrayLike) -> Floats:
    """Angle between unit vectors [rad], accurate for small and large angles."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    return np.asarray(2.0 * np.arctan2(np.linalg.norm(a - b, axis=-1), np.linalg.norm(a + b, axis=-1)))
