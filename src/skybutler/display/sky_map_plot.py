"""Pictures of sky maps: tracts, patches, and what lies on them.  Knows no butler and no images."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from skybutler.errors import InvalidError
from skybutler.sky.vectors import lonlat_deg
from skybutler.skymap.patch import box_corners

from .figures import FAINT, INK, new_figure
from .sky_axes import SkyAxes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from skybutler.images.box import Box
    from skybutler.skymap import PatchInfo, SkyMap, TractInfo
    from skybutler.skymap.projection import TractWcs

__all__ = ["plot_all_sky", "plot_patches", "plot_tracts"]

Floats = npt.NDArray[np.float64]

_COLOURS: Final = ("#1f6f8b", "#c8553d", "#4f772d", "#7b4b94", "#b8860b", "#2b4c7e")
"""Of tracts, in turn: neighbours are told apart, and their numbers have the same colour."""
_PER_EDGE: Final = 12
_STEP_DEG: Final = 2.0


def plot_tracts(
    tracts: Iterable[TractInfo],
    axes: Axes | None = None,
    *,
    inner: bool = True,
    patches: bool = False,
    labels: bool = True,
    marked: Mapping[int, Collection[int]] | None = None,
) -> SkyAxes:
    """Draw tracts on the sky, each in a colour of its own with its number.

    Parameters
    ----------
    tracts : iterable of `skybutler.skymap.TractInfo`
        Which, of less than a hemisphere; `plot_all_sky` draws more.
    axes : `matplotlib.axes.Axes`, optional
        Where; those of a new figure if not given.
    inner : `bool`
        Shade what each tract owns.
    patches : `bool`
        Draw the inner boxes of patches too.
    labels : `bool`
        Write numbers of tracts.
    marked : mapping of `int` to `int`, optional
        Patches by tract to be filled, such as those that have data.

    Returns
    -------
    axes : `skybutler.display.sky_axes.SkyAxes`
        To draw more on: its ``axes`` are those of matplotlib.

    Raises
    ------
    InvalidError
        Raised if there is no tract, or they are too far apart for one plane.
    """
    chosen = list(tracts)
    if not chosen:
        raise InvalidError("There are no tracts to draw.")
    outlines = [_box_outline(tract.wcs, tract.bbox) for tract in chosen]
    sky = SkyAxes.around(outlines, axes)
    colours = [_COLOURS[i % len(_COLOURS)] for i in range(len(chosen))]
    for tract, colour in zip(chosen, colours, strict=True):
        if inner:
            sky.polygons([_inner_outline(tract)], facecolors=colour, alpha=0.13, linewidths=0, zorder=1.0)
        if patches:
            boxes = [_box_outline(tract.wcs, patch.inner_bbox, 1) for patch in tract]
            sky.polygons(boxes, edgecolors=colour, linewidths=0.4, alpha=0.6, zorder=1.2)
        if wanted := sorted((marked or {}).get(tract.tract_id, ())):
            boxes = [_box_outline(tract.wcs, tract.patch_info(number).inner_bbox, 1) for number in wanted]
            sky.polygons(boxes, facecolors=colour, edgecolors="white", linewidths=0.4, alpha=0.55, zorder=1.4)
    sky.polygons(outlines, edgecolors=colours, linewidths=1.3)
    if labels:
        for tract, colour in zip(chosen, colours, strict=True):
            sky.text(*tract.center, str(tract.tract_id), color=colour, fontweight="bold", fontsize=_size(len(chosen)))
    return sky


def plot_patches(
    tract: TractInfo,
    patches: Iterable[int | tuple[int, int]] | None = None,
    axes: Axes | None = None,
    *,
    outer: bool = True,
    labels: bool = True,
    marked: Collection[int] = (),
) -> SkyAxes:
    """Draw the patches of a tract, with their numbers.

    Parameters
    ----------
    tract : `skybutler.skymap.TractInfo`
        The tract.
    patches : iterable of `int` or pair of `int`, optional
        Which, by number or pair; all if not given.
    axes : `matplotlib.axes.Axes`, optional
        Where; those of a new figure if not given.
    outer : `bool`
        Draw the outer boxes too, which overlap.
    labels : `bool`
        Write numbers of patches.
    marked : collection of `int`
        Numbers of patches to be filled, such as those that have data.

    Returns
    -------
    axes : `skybutler.display.sky_axes.SkyAxes`
        To draw more on.
    """
    chosen: list[PatchInfo] = list(tract) if patches is None else [tract.patch_info(index) for index in patches]
    if not chosen:
        raise InvalidError(f"There are no patches of tract {tract.tract_id} to draw.")
    outer_outlines = [_box_outline(tract.wcs, patch.outer_bbox) for patch in chosen]
    sky = SkyAxes.around(outer_outlines, axes)
    inner_outlines = [_box_outline(tract.wcs, patch.inner_bbox) for patch in chosen]
    fills = [_COLOURS[0] if patch.sequential_index in marked else "none" for patch in chosen]
    sky.polygons(inner_outlines, facecolors=fills, alpha=0.3, linewidths=0, zorder=1.0)
    sky.polygons(inner_outlines, edgecolors=_COLOURS[0], linewidths=1.0)
    if outer:
        sky.polygons(outer_outlines, edgecolors=_COLOURS[1], linewidths=0.5, linestyles="dashed", alpha=0.7)
    if labels:
        for patch in chosen:
            middle = tract.wcs.pixel_to_sky(*patch.inner_bbox.center)
            sky.text(*middle, str(patch.sequential_index), color=INK, fontsize=_size(len(chosen)))
    sky.axes.set_title(f"Tract {tract.tract_id}", fontsize=11, color=INK)
    return sky


def plot_all_sky(
    sky_map: SkyMap, tracts: Iterable[int] | None = None, axes: Axes | None = None, *, marked: Collection[int] = ()
) -> Axes:
    """Draw tracts on the whole sky, in Mollweide's projection, east to the left.

    Parameters
    ----------
    sky_map : `skybutler.skymap.SkyMap`
        The map.
    tracts : iterable of `int`, optional
        Which; all if not given.
    axes : `matplotlib.axes.Axes`, optional
        Where, with ``projection="mollweide"``; those of a new figure if not given.
    marked : collection of `int`
        Numbers of tracts to be drawn in colour.

    Returns
    -------
    axes : `matplotlib.axes.Axes`
        Coordinates are radians, longitudes negated: place ``(ra, dec)`` at ``(-wrapped ra, dec)``.
    """
    if axes is None:
        axes = new_figure(9.0, 5.0).add_subplot(projection="mollweide")
    lines: dict[bool, list[Floats]] = {False: [], True: []}
    for columns in sky_map.record_columns(tracts):
        for number, corners in zip(columns["tract"]["id"].tolist(), columns["tract"]["region"], strict=True):
            lines[number in marked].append(_on_whole_sky(corners))
    if not lines[False] and not lines[True]:
        raise InvalidError("There are no tracts to draw.")
    for is_marked, colour, width in ((False, FAINT, 0.4), (True, _COLOURS[1], 0.8)):
        if lines[is_marked]:
            _draw_lines(axes, np.concatenate(lines[is_marked]), colour, width, 2.0 if is_marked else 1.0)
    axes.grid(color=FAINT, linewidth=0.3, alpha=0.6)
    hours = np.arange(-150, 151, 30)
    axes.set_xticks(np.radians(hours))
    axes.set_xticklabels([f"{(-h) % 360:.0f}°" for h in hours], fontsize=8)
    axes.tick_params(axis="y", labelsize=8)
    return axes


def _size(count: int) -> float:
    """Of letters in points, such that numbers of many shapes still fit."""
    return float(np.clip(60.0 / np.sqrt(count), 5.0, 12.0))


def _box_outline(wcs: TractWcs, box: Box, per_edge: int = _PER_EDGE) -> Floats:
    """Outer edges of pixels on the sky, (ra, dec) of shape (n, 2)."""
    corners = box_corners(box)
    edges = [_between(corners[i], corners[(i + 1) % 4], per_edge) for i in range(4)]
    points = np.concatenate(edges)
    return np.stack(wcs.pixel_to_sky(points[:, 0], points[:, 1]), axis=-1)


def _between(a: Floats, b: Floats, count: int) -> Floats:
    return np.asarray(a + (b - a) * (np.arange(count) / count)[:, None])


def _inner_outline(tract: TractInfo) -> Floats:
    """Edge of the region that a tract owns, (ra, dec) of shape (n, 2)."""
    from lsst.sphgeom import Box as SkyBox

    region = tract.inner_sky_region
    if not isinstance(region, SkyBox):
        return tract.vertex_list
    lon, lat = region.getLon(), region.getLat()
    west, south, north = (angle.asDegrees() for angle in (lon.getA(), lat.getA(), lat.getB()))
    if lon.isFull():
        ring = np.arange(0.0, 360.0, 5.0)
        return np.stack([ring, np.full(len(ring), north if south <= -90.0 else south)], axis=-1)
    width = lon.getSize().asDegrees()
    corners = np.array([[west, south], [west + width, south], [west + width, north], [west, north]])
    return np.concatenate([_between(corners[i], corners[(i + 1) % 4], _PER_EDGE) for i in range(4)])


def _on_whole_sky(corners: Floats) -> Floats:
    """A closed line around a polygon in the coordinates of `plot_all_sky`, broken where it leaves the picture."""
    edge = float(np.degrees(np.arccos(np.clip(corners[0] @ corners[1], -1.0, 1.0))))
    per_edge = int(np.ceil(edge / _STEP_DEG))
    steps = np.concatenate(
        [_between(corners[i - 1], corners[i], per_edge) for i in range(len(corners))] + [corners[-1:]]
    )
    lon, lat = lonlat_deg(steps / np.linalg.norm(steps, axis=-1, keepdims=True))
    line = np.radians(np.stack([180.0 - (lon + 180.0) % 360.0, lat], axis=-1))
    line = np.insert(line, np.flatnonzero(np.abs(np.diff(line[:, 0])) > np.pi) + 1, np.nan, axis=0)
    return np.concatenate([line, [[np.nan, np.nan]]])


def _draw_lines(axes: Axes, lines: Floats, colour: str, width: float, zorder: float) -> None:
    """Draw lines on axes of the whole sky, projected here: matplotlib would divide each piece 75 times."""
    from matplotlib.lines import Line2D

    sky: Any = axes  # those of a projection, whose transforms have no types
    with np.errstate(invalid="ignore"):
        x, y = sky.transProjection.transform(lines).T
    line = Line2D(x, y, color=colour, linewidth=width, zorder=zorder)
    line.set_transform(sky.transAffine + sky.transAxes)
    sky.add_artist(line)
