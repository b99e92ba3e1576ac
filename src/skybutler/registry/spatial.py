"""Exact spatial joins: which regions of one kind overlap which of another, or a region given.  Staged for the query.

The smaller side is read first; the other side's candidates come from a few ranges of its HEALPix order, widened by the
true radius of each size class; `sky.overlap` decides exactly.  Nothing derived is stored in the repository.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from skybutler.dimensions import DimensionGroup, DimensionUniverse, SkyPixDimension
from skybutler.errors import InvalidQueryError
from skybutler.expressions import bound
from skybutler.expressions.analysis import allowed_values, conjuncts, datasets_of, dimensions_of, walk
from skybutler.expressions.bound import Predicate

from .blocks import Block
from .database import ColumnKind, Database, quoted
from .footprints import Footprints
from .fragments import FALSE, TRUE, Fragment, conjunction
from .keys import Keys
from .tables import QueryTables

if TYPE_CHECKING:
    from lsst.sphgeom import Region


__all__ = ["Side", "SpatialPlanner", "is_spatial", "sides_of", "spatial_family"]

_BLOCK = 64
"""Neighbouring regions of the smaller side that are searched together."""

_BRUTE = 3000
"""Two sides of at most this many regions are read whole instead of being searched."""

_COUNTED = 20_000
"""Sides are counted up to here to find the smaller one."""

_LISTED = 1000
"""So few rows are named in the statement itself; more are staged."""

Condition = Callable[[Predicate, QueryTables], Fragment]


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a spatial join.

    Parameters
    ----------
    element : `str`
        Whose regions are meant (``visit_detector_region``, ``visit``, ``tract``, ``patch``, ``htm7``).
    through : `str`, optional
        Join element that leads to it (``visit_definition`` for exposures).
    """

    element: str
    through: str | None = None


def is_spatial(predicate: Predicate) -> bool:
    """Whether a condition is about regions."""
    return any(
        isinstance(node, bound.Overlaps | bound.Contains) and bound.operands(node)[0].type in ("region", "point")
        for node in walk(predicate)
    )


def sides_of(group: DimensionGroup, universe: DimensionUniverse) -> list[Side]:
    """The most precise region of each spatial family that a query's dimensions reach.

    Exposures have no region of their own: they are reached through the visits they belong to.
    """
    sides: list[Side] = []
    names = set(group.names)
    through = None
    if "exposure" in names and "visit" not in names and "visit_definition" in universe:
        names |= {"visit"}
        through = "visit_definition"
    families: dict[str, str] = {}
    for element in universe.elements:
        if not element.has_region or element.spatial_family is None or not set(element.required) <= names:
            continue
        current = families.get(element.spatial_family)
        if current is None or len(element.required) > len(universe[current].required):
            families[element.spatial_family] = element.name
    for name in families.values():
        reached = through if through and "visit" in universe[name].required else None
        sides.append(Side(name, reached))
    sides.extend(Side(name) for name in group.skypix)
    return sides


def spatial_family(element: str, universe: DimensionUniverse) -> str:
    """What regions of an element are regions of; a sky pixelization is a family of its own."""
    return str(universe[element].spatial_family or element)


class SpatialPlanner:
    """Answers the spatial part of one query and stages the answer.

    Parameters
    ----------
    database, universe, keys, footprints
        The registry's parts.
    stage : callable
        Makes a temporary table that lives as long as the query.
    where : `Predicate` or `None`
        The query's condition; what it says about one side alone narrows that side.
    data_id : mapping
        Dimension values that must hold.
    condition : callable
        Compiles a non-spatial condition over some tables.
    """

    def __init__(
        self,
        database: Database,
        universe: DimensionUniverse,
        keys: Keys,
        footprints: Footprints,
        stage: Callable[[Mapping[str, ColumnKind], Any], str],
        where: Predicate | None,
        data_id: Mapping[str, Any],
        condition: Condition,
    ) -> None:
        self._database, self._universe, self._keys, self._footprints = database, universe, keys, footprints
        self._stage, self._where, self._data_id, self._condition = stage, where, data_id, condition
        self.tables: QueryTables | None = None
        """Tables of the main query, once they exist: conditions on single regions refer to them."""

    # ------------------------------------------------------------------- joins
    def pairs(self, a: Side, b: Side) -> str:
        """Stage the overlapping pairs of two sides; columns ``a`` and ``b`` are rows of their key tables."""
        small, large = self.ordered(a, b)
        first, second = self.matches(small, large)
        kinds: dict[str, ColumnKind] = dict.fromkeys(("a", "b") if small == a else ("b", "a"), "int")
        return self._stage(kinds, zip(first.tolist(), second.tolist(), strict=True))

    def ordered(self, a: Side, b: Side) -> tuple[Side, Side]:
        """The side to start from, and the other."""
        return (a, b) if self._is_smaller(a, b) else (b, a)

    def matches(self, small: Side, large: Side) -> tuple[Any, Any]:
        """Rows of the key tables of two sides that overlap, pair by pair; each pair once."""
        import numpy as np

        if isinstance(self._universe[large.element], SkyPixDimension):
            found = list(self._pixel_pairs(small, large.element))
        else:
            found = list(self._region_pairs(small, large))
        none = np.empty(0, np.int64)
        return np.concatenate([none, *(f for f, _ in found)]), np.concatenate([none, *(s for _, s in found)])

    def _is_smaller(self, a: Side, b: Side) -> bool:
        """Whether ``a`` is the side to start from; a side known to be tiny spares counting the other."""
        if isinstance(self._universe[b.element], SkyPixDimension):
            return True  # pixels are computed from the other side
        if isinstance(self._universe[a.element], SkyPixDimension):
            return False
        if self._is_single(a) or self._is_single(b):
            return self._is_single(a)
        return self._count(a) <= self._count(b)

    def _is_single(self, side: Side) -> bool:
        """Whether the query fixes every dimension of a side."""
        return all(d in self._data_id for d in self._universe[side.element].required)

    def _region_pairs(self, small: Side, large: Side) -> Iterator[tuple[Any, Any]]:
        """Arrays of rows of the small and of the large side that overlap."""
        whole = None
        if self._is_single(large) or (not self._is_single(small) and self._count(large) <= _BRUTE):
            whole = Block.of([row for rows in self._read(large) for row in rows])
        for rows in self._read(small):
            for block in Block.of(rows).split(_BLOCK):
                normals = None if whole else block.single_polygon()
                if normals is not None:
                    yield from self._around(normals, block, large)
                    continue
                other = whole or self._candidates(large, block)
                if len(other.keys):
                    yield block.overlapping(other)

    def _around(self, normals: Any, block: Block, side: Side) -> Iterator[tuple[Any, Any]]:
        """Pairs of one polygon: regions centred well inside of it overlap, and only those near its edges are tested."""
        import numpy as np

        from skybutler.sky.pixel import polygon_ranges

        doubtful: list[tuple[int, bytes]] = []
        for number in self._sets(side.element):
            for size_class, class_radius in self._footprints.classes(number):
                near, inside = polygon_ranges(normals, block.centers[0], block.radii[0], class_radius)
                sure, others = self._footprints.polygons_in_ranges(number, size_class, inside)
                doubtful += self._footprints.in_ranges(number, size_class, near) + others
                if sure:
                    yield np.full(len(sure), block.keys[0]), np.array(sure, np.int64)
        if doubtful:
            yield block.overlapping(Block.of(doubtful))

    def _candidates(self, side: Side, block: Block) -> Block:
        """Regions of a side that may overlap a block of neighbours."""
        from skybutler.sky.pixel import search_ranges

        found: dict[int, bytes] = {}
        for number in self._sets(side.element):
            for size_class, radius in self._footprints.classes(number):
                ranges = search_ranges(block.centers, block.radii, radius)
                found.update(self._footprints.in_ranges(number, size_class, ranges))
        return Block.of(list(found.items()))

    def _sets(self, element: str) -> list[int]:
        """Footprint sets of an element, of the governor value asked for if there is one."""
        sets = self._footprints.sets_of(element)
        governor = self._universe[element].governor
        value = self._data_id.get(governor) if governor else None
        if value is None:
            return list(sets.values())
        code = self._keys.encode(str(governor), value)
        return [sets[code]] if code in sets else []

    # ------------------------------------------------------------ reading sides
    def _count(self, side: Side) -> int:
        tables, conditions = self._restricted(side)
        source = tables.clause(conditions)
        row = self._database.query_one(f"SELECT count(*) FROM (SELECT 1{source.sql} LIMIT {_COUNTED}) x", source.values)
        return int(row[0]) if row else 0

    def _read(self, side: Side) -> Iterator[list[tuple[int, bytes]]]:
        """Rows and regions of a side, as far as the query's condition is about this side alone."""
        tables, conditions = self._restricted(side)
        alias = tables.aliases[side.element]
        governor = self._universe[side.element].governor
        column = f"{alias}.{quoted(governor)}" if governor else "0"
        tables.add(
            Fragment("footprint_set"),
            "fs",
            {},
            on=[Fragment(f"fs.element = '{side.element}' AND fs.governor = {column}")],
        )
        tables.add(Fragment("footprint"), "fp", {}, on=[Fragment(f"fp.footprint_set = fs.k AND fp.k = {alias}.k")])
        source = tables.clause(conditions)
        sql = (
            f"SELECT DISTINCT {alias}.k, fp.region{source.sql}"
            if side.through
            else f"SELECT {alias}.k, fp.region{source.sql}"
        )
        for rows in self._database.stream(sql, source.values, size=8192):
            yield [(int(k), bytes(blob)) for k, blob in rows]

    def _restricted(self, side: Side) -> tuple[QueryTables, list[Fragment]]:
        """Tables and conditions that select a side's rows."""
        universe = self._universe
        reached = set(universe[side.element].required) | (
            set(universe[side.through].required) if side.through else set()
        )
        group = universe.conform(reached)
        closure = set(group.names)
        tables = QueryTables(group, prefix="s")
        tables.add_element(side.element)
        if side.through:
            tables.add_element(side.through)
        conditions = []
        for dimension in self._data_id.keys() & closure:
            code = self._keys.encode(dimension, self._data_id[dimension])
            column = tables.need(dimension)
            conditions.append(FALSE if code is None else Fragment(f"{column} = ?", (code,)))
        own = [p for p in conjuncts(self._where) if not (datasets_of(p) or is_spatial(p))]
        conditions += [self._condition(p, tables) for p in own if set() < dimensions_of(p) <= closure]
        return tables, conditions

    # ------------------------------------------------------------- sky pixels
    def _pixel_pairs(self, side: Side, name: str) -> Iterator[tuple[Any, Any]]:
        """Rows of a side and the pixels of a skypix dimension that overlap them."""
        import numpy as np
        from lsst.sphgeom import DISJOINT

        from skybutler.sky.region import decode

        dimension = self._universe[name]
        assert isinstance(dimension, SkyPixDimension)
        wanted = self._data_id.get(name)
        if isinstance(self._universe[side.element], SkyPixDimension):
            raise InvalidQueryError(f"'{name}' and '{side.element}' cannot be joined with each other alone.")
        for rows in self._read(side):
            keys: list[int] = []
            pixels: list[int] = []
            for key, blob in rows:
                region = decode(blob)
                for begin, end in dimension.pixelization.envelope(region):
                    for index in range(begin, end):
                        if wanted is not None and index != wanted:
                            continue
                        if not dimension.pixelization.pixel(index).relate(region) & DISJOINT:
                            keys.append(key)
                            pixels.append(index)
            yield np.array(keys, np.int64), np.array(pixels, np.int64)

    def listed_pixels(self, name: str) -> list[int] | None:
        """Pixels of a skypix dimension that the condition lists or restricts to regions; `None` if it does neither."""
        dimension = self._universe[name]
        assert isinstance(dimension, SkyPixDimension)
        if name in self._data_id:
            wanted = {self._data_id[name]}
        elif (allowed := allowed_values(self._where).get(name)) is not None:
            wanted = set(allowed)
        else:
            for part in conjuncts(self._where):
                match part:
                    case bound.Overlaps(bound.Column("field", element, "region"), bound.Literal(value)):
                        if element == name:
                            return list(_pixels_overlapping(dimension, _region_of(value)))
            return None
        every = dimension.pixelization.universe()
        return sorted(i for i in wanted if every.contains(i))

    # ------------------------------------------------------- single conditions
    def condition(self, predicate: bound.Overlaps | bound.Contains, *, exact: bool = False) -> Fragment:
        """SQL of a region condition: a test of rows against a staged answer.

        Parameters
        ----------
        predicate : `Overlaps` or `Contains`
            What must hold.
        exact : `bool`
            Whether the condition must be unknown, not false, where a region is missing.
        """
        left, right = bound.operands(predicate)
        columns = [side for side in (left, right) if isinstance(side, bound.Column)]
        if len(columns) == 2:
            found = self._between(columns[0], columns[1], predicate)
        else:
            literal = right if left is columns[0] else left
            assert isinstance(literal, bound.Literal)
            within = isinstance(predicate, bound.Contains) and columns[0] is right
            found = self._against(columns[0], literal.value, within=within)
        if not exact:
            return found
        there = conjunction(self.has_region(column) for column in columns)
        return Fragment("(") + found + " OR CASE WHEN " + there + " THEN (1 = 0) END)"

    def has_region(self, column: bound.Column) -> Fragment:
        """SQL of whether a row has a region."""
        if isinstance(self._universe[column.element], SkyPixDimension):
            return TRUE
        assert self.tables is not None
        alias = self.tables.need_element(column.element)
        return Fragment(
            "EXISTS (SELECT 1 FROM footprint_set hs JOIN footprint hf ON hf.footprint_set = hs.k "
            f"WHERE hs.element = '{column.element}' AND hf.k = {alias}.k)"
        )

    def _against(self, column: bound.Column, value: Any, *, within: bool) -> Fragment:
        """SQL of a region overlapping (or, ``within``, being inside) one that is given."""
        assert self.tables is not None
        element = self._universe[column.element]
        if isinstance(element, SkyPixDimension):
            pixels = _pixels_overlapping(element, _region_of(value))
            stage = self._stage({"v": "int"}, ((i,) for i in pixels))
            return Fragment(f"{self.tables.need(element.name)} IN (SELECT v FROM {stage})")
        keys = self._matching(column.element, value, within=within)
        row = f"{self.tables.need_element(column.element)}.k"
        if len(keys) <= _LISTED:
            condition, values = self._database.one_of(row, "int", keys)
            return Fragment(condition, tuple(values))
        return Fragment(f"{row} IN (SELECT v FROM {self._stage({'v': 'int'}, ((k,) for k in keys))})")

    def _between(self, left: bound.Column, right: bound.Column, predicate: Predicate) -> Fragment:
        if isinstance(predicate, bound.Contains):
            raise InvalidQueryError(
                "Containment between two regions of the repository is not supported.", hint="Use OVERLAPS."
            )
        assert self.tables is not None
        pairs = self.pairs(Side(left.element), Side(right.element))
        a, b = (self._row_expression(c.element) for c in (left, right))
        return Fragment(f"EXISTS (SELECT 1 FROM {pairs} x WHERE x.a = {a} AND x.b = {b})")

    def _row_expression(self, element: str) -> str:
        assert self.tables is not None
        if isinstance(self._universe[element], SkyPixDimension):
            return self.tables.need(element)
        return f"{self.tables.need_element(element)}.k"

    def _matching(self, element: str, value: Any, *, within: bool) -> list[int]:
        """Rows whose region overlaps (or, ``within``, lies inside) a region or holds a point."""
        from .region_search import rows_of_point, rows_of_region

        sets = {number: self._footprints.classes(number) for number in self._sets(element)}
        if isinstance(value, bound.Point):
            return rows_of_point(self._footprints, sets, value.ra_deg, value.dec_deg)
        return rows_of_region(self._footprints, sets, value, "within" if within else "overlaps")


def _region_of(value: Any) -> Region:
    """A region; a point becomes a circle of radius 0."""
    if not isinstance(value, bound.Point):
        region: Region = value
        return region
    from lsst.sphgeom import Circle, LonLat, UnitVector3d

    return Circle(UnitVector3d(LonLat.fromDegrees(value.ra_deg, value.dec_deg)))


def _pixels_overlapping(dimension: SkyPixDimension, region: Region) -> Iterator[int]:
    from lsst.sphgeom import DISJOINT

    for begin, end in dimension.pixelization.envelope(region):
        for index in range(begin, end):
            if not dimension.pixelization.pixel(index).relate(region) & DISJOINT:
                yield index
