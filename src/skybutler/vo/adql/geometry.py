"""The geometry functions of ADQL: from syntax to shapes and conditions.  Knows no connection.

What depends on a column of regions becomes a `SpatialCondition`: the rows are found by the spatial index of the
registry, outside of SQL.  What depends on positions becomes arithmetic in SQL.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from skybutler.errors import InvalidError

from .pairs import RegionPairs, pairs_of, test_of_pairs
from .shapes import (
    CircleShape,
    Point,
    PolygonShape,
    PosShape,
    RegionOf,
    Shape,
    area,
    chord,
    constant,
    region_of,
    within,
)
from .syntax import GEOMETRY, function_name, refused
from .tables import Cone, RegionColumn

if TYPE_CHECKING:
    from lsst.sphgeom import Region

__all__ = ["STAGE", "Geometry", "SpatialCondition"]

STAGE = "staged_regions_"
"""Begin of the names of tables that stand in the SQL for staged ones."""
_FRAMES = ("", "ICRS")
_MOST_VERTICES = 1_000


@dataclass(frozen=True, slots=True)
class SpatialCondition:
    """Regions that must be found before the SQL runs: their numbers go into a table ``stage`` with a column ``k``.

    Parameters
    ----------
    relation : `str`
        SQL that stands for the table whose regions are meant.
    how : `str`
        ``overlaps`` the region given, is ``within`` it, or ``contains`` it.
    region : `lsst.sphgeom.Region`
        The region given; a circle of radius 0 is a point.
    stage : `str`
        Name of the table.
    element : `str`, optional
        Dimension element whose regions are meant, if the relation has those of one: numbers are then its rows.
    """

    relation: str
    how: str
    region: Region
    stage: str
    element: str | None = None


class Geometry:
    """Rewrites geometry functions of one query.

    Parameters
    ----------
    regions : mapping
        Columns of regions by table alias and name.
    text : `str`
        The query, for messages.
    held : mapping
        Schema and name of tables that are sent along, by alias.
    """

    def __init__(
        self, regions: dict[tuple[str, str], tuple[str, RegionColumn]], text: str, held: Mapping[str, str]
    ) -> None:
        self._regions, self._text, self._held = regions, text, held
        self.pairs: list[RegionPairs] = []
        """Conditions whose shape is in the rows of a table that is sent along."""
        self.conditions: list[SpatialCondition] = []
        self.shapes: list[Shape] = []
        """What the regions of the conditions were made of."""

    def rewrite(self, node: exp.Func) -> exp.Expr:
        """What stands for a geometry function; nested ones are taken along.

        Raises
        ------
        ExpressionError
            Arguments are wrong, out of range, or ask for what cannot be computed.
        """
        name = function_name(node)
        try:
            match name, self._arguments(node):
                case "CONTAINS", (inner, outer):
                    return self._contains(self._shape(inner), self._shape(outer), node)
                case "INTERSECTS", (a, b):
                    return self._intersects(self._shape(a), self._shape(b), node)
                case "DISTANCE", (a, b):
                    return _distance(self._point(a), self._point(b))
                case "DISTANCE", (a, b, c, d):
                    return _distance(Point(a, b), Point(c, d))
                case "AREA", (shape,):
                    return area(self._shape(shape))
                case "COORD1", (point,):
                    return self._point(point).ra.copy()
                case "COORD2", (point,):
                    return self._point(point).dec.copy()
                case "COORDSYS", (shape,):
                    self._shape(shape)
                    return exp.Literal.string("ICRS")
        except InvalidError as error:
            if type(error) is not InvalidError:
                raise
            raise refused(error.message, node, self._text, error.hint) from error
        if name in ("POINT", "CIRCLE", "POLYGON", "BOX", "REGION", "CENTROID"):
            raise refused(f"{name} can only stand within another geometry function.", node, self._text,
                   "Select coordinates instead: COORD1(...), COORD2(...).")  # fmt: skip
        raise refused(f"{name} cannot have {len(self._arguments(node))} arguments.", node, self._text)

    def cone_of(self, node: exp.Expr) -> tuple[Point, Cone] | None:
        """A position by row, and a circle in which it is wherever a test holds, if there is one.

        Parameters
        ----------
        node : `sqlglot.exp.Expr`
            CONTAINS or INTERSECTS, or a comparison of DISTANCE with a number.
        """
        if isinstance(node, exp.LT | exp.LTE | exp.GT | exp.GTE):
            sides = (node.this, node.expression)
            test, limit = sides if isinstance(node, exp.LT | exp.LTE) else sides[::-1]
            radius = constant(limit)
            possible = isinstance(test, exp.Func) and function_name(test) == "DISTANCE"
        else:
            test, radius = node, 0.0
            possible = isinstance(test, exp.Func) and function_name(test) in ("CONTAINS", "INTERSECTS")
        if not possible or not isinstance(test, exp.Func) or radius is None:
            return None
        arguments = self._arguments(test)
        try:
            if len(arguments) == 4:
                shapes: list[Shape] = [Point(*arguments[:2]), Point(*arguments[2:])]
            else:
                shapes = [self._shape(argument) for argument in arguments]
            return _cone(shapes, radius)
        except InvalidError:  # which is told where the test itself is made
            return None

    @staticmethod
    def _arguments(node: exp.Func) -> list[exp.Expr]:
        return list(node.expressions) if isinstance(node, exp.Anonymous) else list(node.iter_expressions())

    # ------------------------------------------------------------------ shapes
    def _shape(self, node: exp.Expr) -> Shape:
        if isinstance(node, exp.Paren):
            return self._shape(node.this)
        if isinstance(node, exp.Column):
            found = self._regions.get((node.table, node.name))
            if found is None:
                raise refused(f"{node.name} is no column of regions.", node, self._text)
            return RegionOf(node.table, found[1])
        if not isinstance(node, exp.Func) or (name := function_name(node)) not in GEOMETRY:
            raise refused("A geometry is expected here.", node, self._text, "Such as CIRCLE(55.7, -32.3, 0.1).")
        arguments = self._arguments(node)
        if name in ("POINT", "CIRCLE", "POLYGON", "BOX"):
            arguments = self._without_frame(arguments)
        match name, arguments:
            case "POINT", [ra, dec]:
                return Point(ra, dec)
            case "CIRCLE", [ra, dec, radius]:
                return CircleShape(Point(ra, dec), radius)
            case "CIRCLE", [center, radius]:
                return CircleShape(self._point(center), radius)
            case "BOX", [ra, dec, width, height]:
                return _box(Point(ra, dec), width, height)
            case "BOX", [center, width, height]:
                return _box(self._point(center), width, height)
            case "POLYGON", _ if 3 <= len(arguments) <= _MOST_VERTICES:
                return self._polygon(arguments)
            case "REGION", [text]:
                return self._region(text)
            case "CENTROID", [shape]:
                return self._centroid(self._shape(shape), node)
        raise refused(f"{name} cannot have {len(arguments)} arguments.", node, self._text)

    def _without_frame(self, arguments: Sequence[exp.Expr]) -> list[exp.Expr]:
        """Arguments without the coordinate system that ADQL 2.0 had first."""
        if not arguments or not (isinstance(arguments[0], exp.Literal) and arguments[0].is_string):
            return list(arguments)
        frame = arguments[0].this.strip().upper()
        if (frame.split() or [""])[0] not in _FRAMES:
            raise refused(
                f"Coordinates in {frame} are not known.", arguments[0], self._text, "All coordinates are ICRS."
            )
        return list(arguments[1:])

    def _point(self, node: exp.Expr) -> Point:
        shape = self._shape(node)
        if isinstance(shape, RegionOf):
            raise refused("A point is expected, not a region.", node, self._text, "Its centre is CENTROID(...).")
        if not isinstance(shape, Point):
            raise refused("A point is expected here.", node, self._text)
        return shape

    def _polygon(self, arguments: Sequence[exp.Expr]) -> PolygonShape:
        if all(isinstance(a, exp.Func) and function_name(a) in ("POINT", "CENTROID") for a in arguments):
            return PolygonShape(tuple(self._point(a) for a in arguments))
        if len(arguments) % 2 or len(arguments) < 6:
            raise InvalidError(f"A polygon of {len(arguments)} numbers has no {len(arguments) / 2:g} corners.")
        pairs = zip(arguments[::2], arguments[1::2], strict=True)
        return PolygonShape(tuple(Point(ra, dec) for ra, dec in pairs))

    def _region(self, node: exp.Expr) -> Shape:
        """A shape from a text such as ``Circle ICRS 62 -37 1``."""
        if not (isinstance(node, exp.Literal) and node.is_string):
            raise refused("REGION needs a text.", node, self._text, "Such as REGION('CIRCLE ICRS 62 -37 1').")
        words = node.this.replace(",", " ").split()
        kind, values = (words[0].upper(), words[1:]) if words else ("", [])
        if kind == "RANGE":
            return PosShape((" ".join(words),))
        if kind == "UNION":
            return PosShape(tuple(re.split(r" (?=CIRCLE |RANGE |POLYGON )", " ".join(values).upper())))
        if values and values[0].upper() in ("ICRS", "UNION", "NOT", "BARYCENTER"):
            if values[0].upper() != "ICRS":
                raise InvalidError(f"REGION cannot say {values[0]}.")
            values = values[1:]
        try:
            numbers = [_literal(float(value)) for value in values]
        except ValueError:
            raise InvalidError(f"REGION has something that is no number: '{node.this}'.") from None
        match kind, len(numbers):
            case (("POINT" | "POSITION"), 2):
                return Point(*numbers)
            case "CIRCLE", 3:
                return CircleShape(Point(*numbers[:2]), numbers[2])
            case "BOX", 4:
                return _box(Point(*numbers[:2]), *numbers[2:])
            case "POLYGON", _:
                return self._polygon(numbers)
        raise InvalidError(
            f"REGION cannot be '{node.this}'.", hint="It is POSITION, CIRCLE, BOX, POLYGON, RANGE or UNION."
        )

    def _centroid(self, shape: Shape, node: exp.Expr) -> Point:
        match shape:
            case Point():
                return shape
            case CircleShape() | RegionOf():
                return shape.center
        region = region_of(shape)
        if isinstance(shape, PosShape):
            raise refused("A RANGE or UNION has no centre.", node, self._text)
        if region is None:
            raise refused("The centre of this polygon depends on the row.", node, self._text)
        from lsst.sphgeom import LonLat

        center = LonLat(region.getCentroid())  # type: ignore[attr-defined]
        return Point(_literal(center.getLon().asDegrees()), _literal(center.getLat().asDegrees()))

    # -------------------------------------------------------------- conditions
    def _contains(self, inner: Shape, outer: Shape, node: exp.Expr) -> exp.Expr:
        if isinstance(outer, RegionOf):
            return self._condition(outer, "contains", inner, node)
        if isinstance(inner, RegionOf):
            return self._condition(inner, "within", outer, node)
        if isinstance(outer, Point):
            raise InvalidError("A point contains nothing.")
        if isinstance(inner, Point):
            if (a := region_of(inner)) is not None and (b := region_of(outer)) is not None:
                return exp.Boolean(this=bool(b.contains(a.getBoundingCircle().getCenter())))
            return within(inner, outer)
        a, b = region_of(inner), region_of(outer)
        if a is not None and b is not None:
            from lsst.sphgeom import CONTAINS

            return exp.Boolean(this=bool(b.relate(a) & CONTAINS))
        raise refused("This CONTAINS depends on the row in a way that is not computed.", node, self._text)

    def _intersects(self, a: Shape, b: Shape, node: exp.Expr) -> exp.Expr:
        for column, other in ((a, b), (b, a)):
            if isinstance(column, RegionOf):
                return self._condition(column, "contains" if isinstance(other, Point) else "overlaps", other, node)
        for point, shape in ((a, b), (b, a)):
            if isinstance(point, Point) and not isinstance(shape, Point | RegionOf):
                return self._contains(point, shape, node)
        match a, b:
            case CircleShape(), CircleShape():
                grown = exp.Paren(this=exp.Add(this=a.radius.copy(), expression=b.radius.copy()))
                return self._contains(a.center, CircleShape(b.center, grown), node)
        first, second = region_of(a), region_of(b)
        if first is not None and second is not None:
            from lsst.sphgeom import DISJOINT

            return exp.Boolean(this=not first.relate(second) & DISJOINT)
        raise refused("This INTERSECTS depends on the row in a way that is not computed.", node, self._text)

    def _condition(self, column: RegionOf, how: str, other: Shape, node: exp.Expr) -> exp.Expr:
        if isinstance(other, RegionOf):
            raise refused(
                "Two columns of regions cannot be compared.", node, self._text,
                "Join tables by their ids, or compare with the centre: CONTAINS(POINT(s_ra, s_dec), ...) = 1.",
            )  # fmt: skip
        relation = next(
            r for (table, _), (r, c) in self._regions.items() if table == column.table and c is column.column
        )
        stage = f"{STAGE}{len(self.conditions) + len(self.pairs)}_"
        if (region := region_of(other)) is None:
            if (found := pairs_of(other, self._held)) is None:
                raise refused(
                    "A column of regions can be compared with shapes made of numbers, and with POINT and CIRCLE whose "
                    "coordinates are columns of an uploaded table.", node, self._text,
                    "Such as CONTAINS(POINT(u.ra, u.dec), s_region) = 1, with tap_upload.mine AS u.",
                )  # fmt: skip
            alias, numbers = found
            self.pairs.append(RegionPairs(relation, how, self._held[alias], numbers, stage, column.column.element))
            return test_of_pairs(alias, column, stage)
        self.conditions.append(SpatialCondition(relation, how, region, stage, column.column.element))
        self.shapes.append(other)
        chosen = exp.select("k").from_(exp.to_table(stage))
        return exp.In(this=exp.column(column.column.key, column.table), query=exp.Subquery(this=chosen))


def _cone(shapes: Sequence[Shape], radius: float) -> tuple[Point, Cone] | None:
    """Of a pair of shapes that are at most so far apart, one of which is a position by row or a circle around it."""
    from lsst.sphgeom import LonLat

    for moving, fixed in (shapes, shapes[::-1]):
        around = constant(moving.radius) if isinstance(moving, CircleShape) else 0.0
        point = moving.center if isinstance(moving, CircleShape) else moving
        if not isinstance(point, Point) or around is None or (region := region_of(fixed)) is None:
            continue
        if not (isinstance(point.ra, exp.Column) and isinstance(point.dec, exp.Column)):
            continue
        circle = region.getBoundingCircle()
        center = LonLat(circle.getCenter())
        reach = circle.getOpeningAngle().asDegrees() + around + radius + 1e-9
        if reach >= 0:
            return point, Cone(center.getLon().asDegrees(), center.getLat().asDegrees(), min(reach, 180.0))
    return None


def _literal(value: float) -> exp.Expr:
    return exp.Literal.number(repr(value)) if value >= 0 else exp.Neg(this=exp.Literal.number(repr(-value)))


def _box(center: Point, width: exp.Expr, height: exp.Expr) -> PolygonShape:
    """The polygon of its corners, as ADQL 2.1 has it (section 4.2.9)."""
    values = [constant(node) for node in (center.ra, center.dec, width, height)]
    if any(value is None for value in values):
        raise InvalidError("The numbers of a BOX cannot depend on the row.", hint="Use CIRCLE.")
    ra, dec, w, h = (value or 0.0 for value in values)
    corners = ((-w / 2, -h / 2), (w / 2, -h / 2), (w / 2, h / 2), (-w / 2, h / 2))
    return PolygonShape(tuple(Point(_literal(ra + dx), _literal(dec + dy)) for dx, dy in corners))


def _distance(a: Point, b: Point) -> exp.Expr:
    """Degrees between two positions."""
    half = exp.Div(this=exp.Anonymous(this="sqrt", expressions=[chord(a, b)]), expression=_literal(2.0))
    # Rounding may make half a chord of a great circle larger than 1.
    clipped = exp.Case(
        ifs=[exp.If(this=exp.GT(this=half, expression=_literal(1.0)), true=_literal(1.0))], default=half.copy()
    )
    angle = exp.Anonymous(this="asin", expressions=[clipped])
    return exp.Anonymous(this="degrees", expressions=[exp.Mul(this=_literal(2.0), expression=angle)])
