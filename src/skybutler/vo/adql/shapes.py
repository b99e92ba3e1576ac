"""Geometry of a query as shapes, and as SQL where it depends on rows.  Knows neither tables nor connections.

ADQL 2.1, section 4.2: coordinates in degrees, ICRS; boundaries are great circles and belong to a shape.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from sqlglot import exp

from skybutler.errors import InvalidError

from .tables import RegionColumn

if TYPE_CHECKING:
    from lsst.sphgeom import Region

__all__ = [
    "CircleShape",
    "Point",
    "PolygonShape",
    "PosShape",
    "RegionOf",
    "Shape",
    "area",
    "chord",
    "constant",
    "coordinates",
    "refilled",
    "region_of",
    "within",
]


@dataclass(frozen=True, slots=True)
class Point:
    """A position: two expressions."""

    ra: exp.Expr
    dec: exp.Expr


@dataclass(frozen=True, slots=True)
class CircleShape:
    """A circle: centre and radius in degrees."""

    center: Point
    radius: exp.Expr


@dataclass(frozen=True, slots=True)
class PolygonShape:
    """A convex polygon."""

    vertices: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class PosShape:
    """What SIA's POS can say, such as ``RANGE ra1 ra2 dec1 dec2``; several mean what lies in any of them."""

    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RegionOf:
    """A column of regions, of a table by its alias."""

    table: str
    column: RegionColumn

    @property
    def center(self) -> Point:
        """Its centre."""
        return Point(exp.column(self.column.ra, self.table), exp.column(self.column.dec, self.table))


Shape: TypeAlias = Point | CircleShape | PolygonShape | PosShape | RegionOf


def coordinates(shape: Shape) -> list[exp.Expr]:
    """The numbers of a shape, as far as each has an expression of its own."""
    match shape:
        case Point():
            return [shape.ra, shape.dec]
        case CircleShape():
            return [*coordinates(shape.center), shape.radius]
        case PolygonShape():
            return [node for vertex in shape.vertices for node in coordinates(vertex)]
    return []


def refilled(shape: Shape, change: Callable[[exp.Expr], exp.Expr]) -> Shape:
    """The shape with other numbers: those of `coordinates`, each changed."""
    match shape:
        case Point():
            return Point(change(shape.ra), change(shape.dec))
        case CircleShape():
            center = Point(change(shape.center.ra), change(shape.center.dec))
            return CircleShape(center, change(shape.radius))
        case PolygonShape():
            return PolygonShape(tuple(Point(change(v.ra), change(v.dec)) for v in shape.vertices))
    return shape


def constant(node: exp.Expr) -> float | None:
    """Value of an expression that depends on no row, `None` for others."""
    match node:
        case exp.Literal() if not node.is_string:
            return float(node.this)
        case exp.Neg() | exp.Paren():
            inner = constant(node.this)
            return inner if inner is None or isinstance(node, exp.Paren) else -inner
        case exp.Add() | exp.Sub() | exp.Mul() | exp.Div():
            a, b = constant(node.this), constant(node.expression)
            if a is None or b is None or (isinstance(node, exp.Div) and b == 0.0):
                return None
            if isinstance(node, exp.Div):
                return a / b
            return a * b if isinstance(node, exp.Mul) else (a + b if isinstance(node, exp.Add) else a - b)
    return None


def _fixed(point: Point) -> tuple[float, float] | None:
    ra, dec = constant(point.ra), constant(point.dec)
    return None if ra is None or dec is None else (ra, dec)


def region_of(shape: Shape) -> Region | None:
    """The region of a shape that depends on no row; a point is a circle of radius 0.

    Raises
    ------
    InvalidError
        It is out of range, or no convex polygon.
    """
    from skybutler.sky import region

    match shape:
        case Point():
            fixed = _fixed(shape)
            return None if fixed is None else region.circle(*fixed, 0.0)
        case CircleShape():
            fixed, radius = _fixed(shape.center), constant(shape.radius)
            return None if fixed is None or radius is None else region.circle(*fixed, radius)
        case PolygonShape():
            corners = [_fixed(vertex) for vertex in shape.vertices]
            if any(corner is None for corner in corners):
                return None
            return region.outline_deg([corner for corner in corners if corner is not None])
        case PosShape():
            from lsst.sphgeom import UnionRegion

            parts = [region.region_from_pos(text, ordered=True) for text in shape.texts]
            return parts[0] if len(parts) == 1 else UnionRegion(*parts)
    return None


# ------------------------------------------------------------------------ SQL
def _call(name: str, *arguments: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this=name, expressions=[a.copy() for a in arguments])


def _number(value: float) -> exp.Expr:
    return exp.Literal.number(repr(value)) if value >= 0 else exp.Neg(this=exp.Literal.number(repr(-value)))


def _vector(point: Point) -> tuple[exp.Expr, ...]:
    """Components of the unit vector to a position."""
    if fixed := _fixed(point):
        from skybutler.sky.vectors import unit_vectors

        return tuple(_number(float(v)) for v in unit_vectors(*fixed))
    ra, dec = _call("radians", point.ra), _call("radians", point.dec)
    cos_dec = _call("cos", dec)
    return (
        exp.Mul(this=cos_dec.copy(), expression=_call("cos", ra)),
        exp.Mul(this=cos_dec.copy(), expression=_call("sin", ra)),
        _call("sin", dec),
    )


def _sum(terms: Sequence[exp.Expr]) -> exp.Expr:
    total = terms[0]
    for term in terms[1:]:
        total = exp.Add(this=total, expression=term)
    return exp.Paren(this=total)


def chord(a: Point, b: Point) -> exp.Expr:
    """Squared distance between two points of the unit sphere, exact for small angles too."""
    squares = []
    for p, q in zip(_vector(a), _vector(b), strict=True):
        step = exp.Paren(this=exp.Sub(this=p, expression=q))
        squares.append(exp.Mul(this=step, expression=step.copy()))
    return _sum(squares)


def within(point: Point, shape: CircleShape | PolygonShape | PosShape) -> exp.Expr:
    """Condition that a position lies in a shape.

    Raises
    ------
    InvalidError
        The shape is a polygon that depends on rows, or out of range.
    """
    if isinstance(shape, CircleShape):
        return _within_circle(point, shape)
    if isinstance(shape, PosShape):
        raise InvalidError(
            "Positions are not compared with a RANGE or UNION.", hint="Write ra BETWEEN ... AND dec BETWEEN ..."
        )
    region = region_of(shape)
    if region is None:
        raise InvalidError("The vertices of a polygon must be numbers.", hint="Use CIRCLE for shapes that vary by row.")
    import numpy as np

    from skybutler.sky.vectors import edge_normals

    vertices = np.array([[v.x(), v.y(), v.z()] for v in region.getVertices()])  # type: ignore[attr-defined]
    position = _vector(point)
    sides = []
    for normal in edge_normals(vertices):
        terms = [exp.Mul(this=p.copy(), expression=_number(float(n))) for p, n in zip(position, normal, strict=True)]
        sides.append(exp.GTE(this=_sum(terms), expression=_number(-1e-15)))
    return exp.Paren(this=exp.and_(*sides))


def _within_circle(point: Point, shape: CircleShape) -> exp.Expr:
    radius = constant(shape.radius)
    if radius is None:
        half = _call("sin", exp.Div(this=_call("radians", shape.radius), expression=_number(2.0)))
        limit: exp.Expr = exp.Mul(this=_number(4.0), expression=exp.Mul(this=half, expression=half.copy()))
        return exp.LTE(this=chord(point, shape.center), expression=limit)
    if not 0.0 <= radius <= 180.0:
        raise InvalidError(f"A circle cannot have a radius of {radius} degrees.")
    near = exp.LTE(this=chord(point, shape.center), expression=_number(4.0 * math.sin(math.radians(radius) / 2.0) ** 2))
    fixed = _fixed(shape.center)
    if fixed is None or _fixed(point) is not None:
        return near
    # Declination first: an index may serve it, and it is cheap where none does.
    margin = radius + 1e-9
    low, high = _number(max(-90.0, fixed[1] - margin)), _number(min(90.0, fixed[1] + margin))
    return exp.Paren(this=exp.and_(exp.Between(this=point.dec.copy(), low=low, high=high), near))


def area(shape: Shape) -> exp.Expr:
    """Area in square degrees.

    Raises
    ------
    InvalidError
        It depends on rows in a way that is not computed.
    """
    degree2 = math.degrees(1.0) ** 2
    match shape:
        case Point():
            return _number(0.0)
        case CircleShape():
            radius = constant(shape.radius)
            if radius is not None:
                return _number(2.0 * math.pi * (1.0 - math.cos(math.radians(radius))) * degree2)
            cap = exp.Sub(this=_number(1.0), expression=_call("cos", _call("radians", shape.radius)))
            return exp.Paren(this=exp.Mul(this=_number(2.0 * math.pi * degree2), expression=exp.Paren(this=cap)))
        case PolygonShape():
            if (region := region_of(shape)) is not None:
                return _number(_polygon_area(region) * degree2)
        case RegionOf():
            if shape.column.area is not None:
                return exp.column(shape.column.area, shape.table)
    raise InvalidError("The area of this shape cannot be computed.")


def _polygon_area(region: Region) -> float:
    """Spherical excess by triangles from the first vertex (Van Oosterom & Strackee 1983), in steradians."""
    import numpy as np

    v = np.array([[p.x(), p.y(), p.z()] for p in region.getVertices()])  # type: ignore[attr-defined]
    a, b, c = v[0], v[1:-1], v[2:]
    triple = np.einsum("i,ni->n", a, np.cross(b, c))
    return float(2.0 * np.arctan2(triple, 1.0 + b @ a + np.einsum("ni,ni->n", b, c) + c @ a).sum())
