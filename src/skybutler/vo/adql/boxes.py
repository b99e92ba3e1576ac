"""Circles around the boxes in which a query's comparisons keep positions.  Knows no SQL dialect."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from sqlglot import exp

from .needs import table_of
from .shapes import constant
from .tables import Cone

__all__ = ["cones_of_boxes"]

_SLACK_DEG = 1e-9
_WIDEST_DEG = 180.0
"""A box as wide as this is no smaller than its circle's half of the sky."""

_Bounds = dict[str, tuple[float, float]]


def cones_of_boxes(tree: exp.Expr, positions: Mapping[str, tuple[str, str]]) -> Iterator[tuple[exp.Table, Cone]]:
    """Tables, and a circle in which positions are in all rows that are taken of them.

    Parameters
    ----------
    tree : `sqlglot.exp.Expr`
        Of `resolve`.
    positions : mapping
        Names of the columns with right ascension and declination, by alias of the table.
    """
    if not positions:
        return
    found: dict[int, tuple[exp.Table, str, _Bounds]] = {}
    for node in tree.find_all(exp.Between, exp.LT, exp.LTE, exp.GT, exp.GTE):
        for column, low, high in _limits(node):
            alias = column.table
            if column.name in positions.get(alias, ()) and (table := table_of(node, alias)) is not None:
                _, _, bounds = found.setdefault(id(table), (table, alias, {}))
                lowest, highest = bounds.get(column.name, (-math.inf, math.inf))
                bounds[column.name] = max(low, lowest), min(high, highest)
    for table, alias, bounds in found.values():
        ra, dec = (bounds.get(name, (-math.inf, math.inf)) for name in positions[alias])
        if (cone := _around(ra, dec)) is not None:
            yield table, cone


def _limits(node: exp.Expr) -> Iterator[tuple[exp.Column, float, float]]:
    """A column, and between which numbers it is."""
    if isinstance(node, exp.Between):
        sides, low, high = [node.this], constant(node.args["low"]), constant(node.args["high"])
        if low is None or high is None:
            return
    else:
        sides = [node.this, node.expression]
        limit = constant(sides[1]) if isinstance(sides[0], exp.Column) else constant(sides.pop(0))
        if limit is None:
            return
        is_upper = isinstance(node, exp.LT | exp.LTE) == (len(sides) == 2)
        low, high = (-math.inf, limit) if is_upper else (limit, math.inf)
    if isinstance(sides[0], exp.Column):
        yield sides[0], low, high


def _around(ra: tuple[float, float], dec: tuple[float, float]) -> Cone | None:
    """The circle around a box; none for boxes without an end or without an inside."""
    from lsst.sphgeom import Box, LonLat

    (west, east), (south, north) = ra, (max(dec[0], -90.0), min(dec[1], 90.0))
    if not (all(map(math.isfinite, (*ra, *dec))) and 0.0 <= east - west < _WIDEST_DEG and south <= north):
        return None
    circle = Box.fromDegrees(west, south, east, north).getBoundingCircle()
    center = LonLat(circle.getCenter())
    radius = circle.getOpeningAngle().asDegrees() + _SLACK_DEG
    return Cone(center.getLon().asDegrees(), center.getLat().asDegrees(), min(radius, 180.0))
