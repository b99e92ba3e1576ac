"""Axes for shapes on the sky: a tangent plane in degrees with a grid, east to the left.  Knows no images, no sky maps.

Great circles are straight lines on it, so polygons need only their corners.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from skybutler.errors import InvalidError
from skybutler.images.wcs import SkyWcs
from skybutler.sky.vectors import lonlat_deg, unit_vectors

from .figures import EMPTY, new_figure
from .sky_grid import SkyGrid

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PolyCollection
    from matplotlib.text import Text

__all__ = ["SkyAxes"]

Floats: TypeAlias = npt.NDArray[np.float64]

_WIDEST_DEG = 80.0
_MARGIN = 1.06


class SkyAxes:
    """The sky around a place on axes of matplotlib.

    Parameters
    ----------
    ra, dec : `float`
        ICRS degrees of the middle.
    radius_deg : `float`
        From the middle to each edge, less than 80 degrees.
    axes : `matplotlib.axes.Axes`, optional
        Where; those of a figure of their own if not given.
    labels : `str`
        ``degrees`` or ``sexagesimal``.

    Raises
    ------
    InvalidError
        Raised if the radius is too large for a tangent plane, or not positive.
    """

    def __init__(
        self, ra: float, dec: float, radius_deg: float, axes: Axes | None = None, *, labels: str = "degrees"
    ) -> None:
        if not 0 < radius_deg < _WIDEST_DEG:
            raise InvalidError(
                f"A map of the sky around a place has a radius of 0 to {_WIDEST_DEG:g} degrees, not {radius_deg:g}.",
                hint="Draw less of the sky, or use axes of matplotlib with projection='mollweide'.",
            )
        self.axes = new_figure().add_subplot() if axes is None else axes
        self.wcs = SkyWcs.from_affine(ra, dec, [[-1.0, 0.0], [0.0, 1.0]])
        edge = float(np.degrees(np.tan(np.radians(radius_deg))))
        self.axes.set_aspect("equal")
        self.axes.set_xlim(-edge, edge)
        self.axes.set_ylim(-edge, edge)
        self.axes.set_facecolor(EMPTY)
        self.grid = SkyGrid(self.axes, self.wcs, labels=labels, colors="white", linewidths=1.0, alpha=1.0, zorder=0.5)

    @classmethod
    def around(cls, shapes: Sequence[npt.ArrayLike], axes: Axes | None = None, *, labels: str = "degrees") -> SkyAxes:
        """Axes on which all of these shapes are seen.

        Parameters
        ----------
        shapes : sequence of array_like, (n, 2)
            Points (ra, dec), ICRS degrees.
        axes, labels
            As for the class.

        Raises
        ------
        InvalidError
            Raised if there is no point, or they are on too large a part of the sky.
        """
        points = np.concatenate([np.empty((0, 2)), *(np.asarray(s, float).reshape(-1, 2) for s in shapes)])
        points = points[np.isfinite(points).all(axis=1)]
        if not len(points):
            raise InvalidError("There is nothing to draw on the sky.")
        vectors = unit_vectors(points[:, 0], points[:, 1])
        # the middle of the extreme directions, so that one crowded corner does not pull it
        middle = vectors.mean(axis=0)
        ra, dec = (float(v) for v in lonlat_deg(middle))
        x, y = SkyWcs.from_affine(ra, dec, [[-1.0, 0.0], [0.0, 1.0]]).sky_to_pixel(points[:, 0], points[:, 1])
        if not np.isfinite(x).all():
            raise InvalidError("The shapes are on more than half of the sky.", hint="Draw fewer of them.")
        ra, dec = (float(v) for v in SkyWcs.from_affine(ra, dec, [[-1.0, 0.0], [0.0, 1.0]]).pixel_to_sky(
            (x.min() + x.max()) / 2, (y.min() + y.max()) / 2
        ))  # fmt: skip
        x, y = SkyWcs.from_affine(ra, dec, [[-1.0, 0.0], [0.0, 1.0]]).sky_to_pixel(points[:, 0], points[:, 1])
        edge = max(float(np.abs(x).max()), float(np.abs(y).max()), 1e-4) * _MARGIN
        return cls(ra, dec, float(np.degrees(np.arctan(np.radians(edge)))), axes, labels=labels)

    def place(self, ra: npt.ArrayLike, dec: npt.ArrayLike) -> tuple[Floats, Floats]:
        """Coordinates on the axes of places on the sky (ICRS degrees)."""
        return self.wcs.sky_to_pixel(ra, dec)

    def polygons(self, shapes: Sequence[npt.ArrayLike], **looks: Any) -> PolyCollection:
        """Draw polygons, each an array (n, 2) of corners (ra, dec) in ICRS degrees, as one collection.

        What is more than a quarter turn away is left out.
        """
        from matplotlib.collections import PolyCollection

        rings = []
        for shape in shapes:
            corners = np.asarray(shape, float).reshape(-1, 2)
            ring = np.stack(self.place(corners[:, 0], corners[:, 1]), axis=-1)
            if np.isfinite(ring).all():
                rings.append(ring)
        settings: dict[str, Any] = {"facecolors": "none", "edgecolors": "black", "linewidths": 1.0, "zorder": 2} | looks
        made = PolyCollection(rings, **settings)
        self.axes.add_collection(made, autolim=False)
        return made

    def points(self, ra: npt.ArrayLike, dec: npt.ArrayLike, **looks: Any) -> None:
        """Draw points as `matplotlib.axes.Axes.scatter` does."""
        settings: dict[str, Any] = {"s": 8, "linewidths": 0, "zorder": 3} | looks
        limits = self.axes.get_xlim(), self.axes.get_ylim()
        self.axes.scatter(*self.place(ra, dec), **settings)
        self.axes.set_xlim(limits[0])
        self.axes.set_ylim(limits[1])

    def text(self, ra: float, dec: float, text: str, **looks: Any) -> Text:
        """Write a text around a place."""
        settings: dict[str, Any] = {"ha": "center", "va": "center", "clip_on": True, "fontsize": 9, "zorder": 4} | looks
        x, y = self.place(ra, dec)
        return self.axes.text(float(x), float(y), text, **settings)
