"""A `Query` as SQL: which tables, which conditions, which columns.  The only place where queries become SQL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from skybutler.datasets.collection import CollectionType
from skybutler.dimensions import SkyPixDimension
from skybutler.errors import InvalidQueryError
from skybutler.expressions import bound
from skybutler.expressions.analysis import (
    allowed_values,
    columns_of,
    conjuncts,
    datasets_of,
    dimensions_of,
    walk,
)
from skybutler.expressions.bound import Predicate
from skybutler.expressions.order_by import Order

from .database import ColumnKind, Row, quoted
from .dataset_types import RegisteredType
from .fragments import FALSE, Fragment
from .listing import Listing, sides_that_decide
from .members import members
from .predicates import PredicateCompiler
from .query import DatasetSearch, Query
from .registry import Registry
from .spatial import Side, SpatialPlanner, sides_of, spatial_family
from .tables import QueryTables

__all__ = ["Statement", "compiled", "listed"]


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL ready to run, with the meaning of its columns.

    Parameters
    ----------
    sql, values
        Text and bound values.
    columns : `tuple` [`str`]
        Names: dimensions, ``id``, ``run``, or record columns.  Implied dimensions that nothing in the query uses are
        left out: they are looked up once per record, not joined to each row.
    constants : mapping
        Plain values of the columns that are the same in all rows.
    """

    sql: str
    values: tuple[Any, ...]
    columns: tuple[str, ...]
    constants: Mapping[str, Any]


@contextmanager
def compiled(registry: Registry, query: Query, *, count: bool = False) -> Iterator[Statement]:
    """The SQL of a query; what it staged lives as long as the block.

    Raises
    ------
    InvalidQueryError
        The query cannot be answered as asked.
    """
    with ExitStack() as resources:
        yield _Compiler(registry, query, resources).statement(count)


def listed(registry: Registry, query: Query) -> tuple[dict[str, Any], dict[str, Any], int] | None:
    """The answer, if nothing but the sky decides it.

    Returns
    -------
    constants : `dict`
        As in `Statement`.
    columns : `dict`
        Arrays by name, as the database has them.
    n : `int`
        How many rows there are.
    """
    with ExitStack() as resources:
        return _Compiler(registry, query, resources).listed()


class _Compiler:
    """One compilation."""

    def __init__(self, registry: Registry, query: Query, resources: ExitStack) -> None:
        self._registry, self._query, self._resources = registry, query, resources
        self._universe = registry.universe
        self._datasets: dict[str, str] = {}
        self._searches = 0
        self._repeats = False  # whether a dataset can turn up several times: in tags, or with several validity ranges
        self._conditions: list[Fragment] = []
        self._constants: dict[str, Any] = {}
        self._pinned = self._equalities()
        names = set(query.dimensions.names) | set(query.joined) | set(dimensions_of(query.where)) | set(query.data_id)
        for search in query.constraints:
            names |= set(registry.dataset_types.get(search.dataset_type).dataset_type.dimensions.names)
        self._group = self._universe.conform(sorted(names))
        self._extra: set[str] = set()
        self._tables = QueryTables(self._group)

    def _equalities(self) -> dict[str, Any]:
        """Dimension values that the query fixes."""
        pinned = {
            name: next(iter(values)) for name, values in allowed_values(self._query.where).items() if len(values) == 1
        }
        return {**pinned, **self._query.data_id}

    # --------------------------------------------------------------- the whole
    def statement(self, count: bool) -> Statement:
        """SQL of the query or of its count."""
        self._check_governors()
        self._join_spatially()
        if self._query.dataset is not None:
            self._add_datasets(self._query.dataset)
        for search in self._query.constraints:
            self._add_datasets(search)
        self._list_pixels()
        self._join_definitions()
        self._apply_conditions()
        columns, expressions = self._projection()
        distinct = self._needs_distinct()
        order = [] if count else self._ordering()
        select = Fragment(("SELECT DISTINCT " if distinct else "SELECT ") + (", ".join(expressions) or "1"))
        for key, _ in order if distinct else ():  # DISTINCT may only be ordered by what it selects
            select = select + ", " + key
        text = select + self._tables.clause(self._conditions)
        for number, (key, direction) in enumerate(order):
            text = text + (", " if number else " ORDER BY ") + key + direction
        tail = self._tail()
        text = text + tail
        if count:
            text = Fragment("SELECT count(*) FROM (") + text + ") x"
        return Statement(text.sql, text.values, columns, self._constants)

    def listed(self) -> tuple[dict[str, Any], dict[str, Any], int] | None:
        """Constants, columns and number of the rows, if nothing but the sky decides them."""
        sides = sides_that_decide(self._query, self._group)
        if sides is None:
            return None
        self._check_governors()
        constants = self._plain_constants()
        found = Listing(self._registry, self._query, self._pinned, constants).columns(self._plan(), *sides)
        return None if found is None else (constants, *found)

    def _tail(self) -> Fragment:
        limit, offset = self._query.limit, self._query.offset
        if limit is None and not offset:
            return Fragment("")
        # SQLite knows OFFSET only behind LIMIT; the largest integer is no limit in both
        return Fragment(" LIMIT ? OFFSET ?", (2**63 - 1 if limit is None else limit, offset))

    def _check_governors(self) -> None:
        """Tract numbers and visit ids mean nothing without their sky map or instrument."""
        for governor in self._group.governors:
            allowed = allowed_values(self._query.where).get(governor)
            if governor in self._query.data_id or allowed is not None:
                continue
            users = sorted(d for d in self._fixed() if self._universe[d].governor == governor and d != governor)
            if users and self._registry.data_ids.sole(governor) is None:
                column = quoted(governor)
                values = self._registry.database.query(f"SELECT {column} FROM {column} ORDER BY k LIMIT 5")
                known = (
                    ", ".join(repr(self._registry.keys.decode(governor, v[0])) for v in values) or "none is registered"
                )
                raise InvalidQueryError(
                    f"The condition on {', '.join(users)} does not say which {governor} is meant.",
                    hint=f"Add {governor} = '...' (known: {known}).",
                )

    def _fixed(self) -> set[str]:
        """Dimensions whose key values the condition or data ID restricts."""
        used = {c.element for c in columns_of(self._query.where) if c.kind == "dimension"}
        return used | set(self._query.data_id)

    # ----------------------------------------------------------------- spatial
    def _plan(self) -> SpatialPlanner:
        self._spatial = SpatialPlanner(
            self._registry.database,
            self._universe,
            self._registry.keys,
            self._registry.footprints,
            self._stage,
            self._query.where,
            self._pinned,
            lambda part, tables: self._predicates(tables).condition(part),
        )
        self._spatial.tables = self._tables
        return self._spatial

    def _join_spatially(self) -> None:
        self._plan()
        sides = sides_of(self._group, self._universe)
        if sides and "exposure" in self._group.names and "visit_definition" not in self._universe:
            raise InvalidQueryError(
                "The dimensions of this repository do not say where on the sky an exposure is: "
                f"it cannot be joined with {', '.join(side.element for side in sides)}.",
                hint="Only a universe with visit_definition can do that.",
            )
        for number, side in enumerate(sides[1:]):
            if not self._joined_by_hand(sides[0], side):
                self._add_pairs(sides[0], side, f"p{number}")

    def _joined_by_hand(self, a: Side, b: Side) -> bool:
        """Whether the condition itself compares regions of these two families."""
        families = {spatial_family(side.element, self._universe) for side in (a, b)}
        for node in walk(self._query.where):
            if isinstance(node, bound.Overlaps) and node.left.type == "region":
                sides = [s for s in (node.left, node.right) if isinstance(s, bound.Column)]
                if {spatial_family(s.element, self._universe) for s in sides} == families:
                    return True
        return False

    def _list_pixels(self) -> None:
        """Sky pixels that no table gives: those that the condition lists or puts on a part of the sky."""
        for name in self._group.skypix:
            if name not in self._tables.columns and (pixels := self._spatial.listed_pixels(name)) is not None:
                stage = self._stage({"v": "int"}, ((i,) for i in pixels))
                self._tables.add(Fragment(stage), f"{name}_listed", {name: "v"})

    def _add_pairs(self, a: Side, b: Side, alias: str) -> None:
        pairs = self._spatial.pairs(a, b)
        provides = {}
        if isinstance(self._universe[b.element], SkyPixDimension):
            provides[b.element] = "b"
        on = [Fragment(f"{alias}.a = {self._tables.aliases[a.element]}.k")] if a.element in self._tables.aliases else []
        self._tables.add(Fragment(pairs), alias, provides, on=on, leads=True)
        for side, column in ((a, "a"), (b, "b")):
            if isinstance(self._universe[side.element], SkyPixDimension) or side.element in self._tables.aliases:
                continue
            own = f"{alias}{column}"
            self._tables.add_element(side.element, alias=own, on=(Fragment(f"{own}.k = {alias}.{column}"),))
            if side.through:
                self._tables.need_element(side.through)
                self._extra.update(set(self._universe[side.through].required) - set(self._group.required))

    # ---------------------------------------------------------------- datasets
    def _add_datasets(self, search: DatasetSearch) -> None:
        """Join the datasets of a search (and their key table)."""
        registered = self._registry.dataset_types.get(search.dataset_type)
        number, self._searches = self._searches, self._searches + 1
        alias = f"d{number}"
        self._datasets.setdefault(search.dataset_type, alias)
        holders = self._registry.datasets.holders(registered, search.collections)
        kinds = {h.type for h in holders}
        if search is self._query.dataset and len(holders) == 1 and kinds == {CollectionType.RUN}:
            self._constants["run"] = holders[0].name
        self._repeats |= CollectionType.CALIBRATION in kinds
        self._repeats |= not search.find_first and len(holders) > 1 and CollectionType.TAGGED in kinds
        fields = {c.field for c in columns_of(self._query.where) if c.kind == "dataset"}
        fields |= {c.field for order in self._query.order_by for c in [_column_of(order)] if c.kind == "dataset"}
        source, conditions = members(
            registered, holders, alias, find_first=search.find_first, fields=fields, valid=self._validity
        )
        key = self._key_alias(registered, f"t{number}")
        on = [Fragment(f"{alias}.data_id = {key}.k")] if key else []
        self._tables.add(source, alias, {}, on=on)
        self._conditions += conditions

    def _key_alias(self, registered: RegisteredType, alias: str) -> str | None:
        """Alias of the type's key table, joined to what takes part already."""
        table = registered.key_table
        if not table:
            return None
        if table in self._tables.aliases:
            return self._tables.aliases[table]
        if table in self._universe:
            return self._tables.add_element(table, alias=alias)
        required = registered.dataset_type.dimensions.required
        self._tables.add(Fragment(quoted(table)), alias, {d: d for d in required})
        return alias

    def _validity(self, alias: str) -> Fragment | None:
        """Calibrations must be valid when the data ID's exposure, visit or day was taken."""
        for name in ("exposure", "visit", "day_obs"):
            if name in self._group.names and self._universe[name].has_timespan:
                own = self._tables.need_element(name)
                return Fragment(
                    f"({alias}.begin IS NULL OR ({alias}.begin < {own}.timespan_end "
                    f"AND {alias}.finish > {own}.timespan_begin))"
                )
        return None

    # ----------------------------------------------------- relations and where
    def _join_definitions(self) -> None:
        """Elements that say which values belong together (visit_definition) join whenever both sides take part."""
        names = set(self._group.names)
        for element in self._universe.elements:
            if element.always_join and element.has_table and set(element.required) <= names:
                self._tables.need_element(element.name)
        if self._query.kind == "records":
            element = self._universe[str(self._query.element)]
            if not isinstance(element, SkyPixDimension) and not element.view_of:
                self._tables.need_element(element.name)
        for dimension in self._group.required:
            if self._universe[dimension].view_of is None or dimension in self._query.dimensions.required:
                self._tables.need(dimension)

    def _predicates(self, tables: QueryTables) -> PredicateCompiler:
        return PredicateCompiler(
            self._registry.database,
            self._registry.keys,
            tables,
            self._datasets,
            self._collection_row,
            self._stage,
            self._spatial,
        )

    def _collection_row(self, name: str) -> int | None:
        found = self._registry.collections.find(name)
        return found.k if found else None

    def _apply_conditions(self) -> None:
        for dimension, value in self._query.data_id.items():
            code = self._registry.keys.encode(dimension, value)
            column = self._tables.need(dimension)
            self._conditions.append(FALSE if code is None else Fragment(f"{column} = ?", (code,)))
        for part in conjuncts(self._query.where):
            self._conditions.append(self._condition(part))

    def _condition(self, part: Predicate) -> Fragment:
        """One condition, with the tables it needs joined first."""
        for missing in datasets_of(part) - set(self._datasets):
            raise InvalidQueryError(
                f"'{missing}' is used in the condition, but its datasets take no part in the query."
            )
        for column in columns_of(part):
            self._need(column)
            if not isinstance(part, bound.Overlaps | bound.Contains):
                self._require_record(column)
        return self._predicates(self._tables).condition(part)

    def _require_record(self, column: bound.Column) -> None:
        """Rows of a join element that only serve data IDs are no records, and have no fields to compare."""
        element = None if column.kind == "dataset" else self._universe[column.element]
        if element is not None and column.kind == "field" and element.has_region and not element.is_dimension:
            self._conditions.append(self._spatial.has_region(column))

    def _need(self, column: bound.Column) -> None:
        if column.kind == "dimension":
            self._tables.need(column.element)
        elif column.kind == "field" and not isinstance(self._universe[column.element], SkyPixDimension):
            self._tables.need_element(column.element)

    def _stage(self, columns: Mapping[str, ColumnKind], rows: Iterable[Row]) -> str:
        return self._resources.enter_context(self._registry.database.staged(columns, rows, measured=True))

    # -------------------------------------------------------------- projection
    def _projection(self) -> tuple[tuple[str, ...], list[str]]:
        query = self._query
        if query.kind == "records":
            return self._record_columns()
        group = query.dimensions
        self._constants |= self._plain_constants()
        keys = (*group.required, *(d for d in group.implied if d in self._tables.columns))
        columns = {d: self._tables.need(d) for d in keys if d not in self._constants}
        if query.dataset is not None:
            alias = self._datasets[query.dataset.dataset_type]
            columns["id"] = f"{alias}.id"
            if "run" not in self._constants:
                columns["run"] = f"{alias}.run"
        return tuple(columns), list(columns.values())

    def _plain_constants(self) -> dict[str, Any]:
        """Values that conditions fix, as far as they are written as data IDs have them."""
        kinds = {d: str if self._registry.keys.is_text(d) else int for d in self._query.dimensions.names}
        return {d: v for d, v in self._pinned.items() if type(v) is kinds.get(d)}

    def _record_columns(self) -> tuple[tuple[str, ...], list[str]]:
        """Fields of the record in order, a timespan as two columns."""
        element = self._universe[str(self._query.element)]
        if isinstance(element, SkyPixDimension):
            return (element.name,), [self._tables.need(element.name)]
        if element.view_of:
            return (element.fields[0],), [self._tables.need(element.name)]
        alias = self._tables.need_element(element.name)
        names: list[str] = []
        expressions: list[str] = []
        for name in element.fields:
            if name == "region":
                self._join_regions(alias, element.name, element.governor)
                names.append("region")
                expressions.append("fp.region")
            elif name == "timespan":
                names += ["timespan_begin", "timespan_end"]
                expressions += [f"{alias}.timespan_begin", f"{alias}.timespan_end"]
            else:
                own = element.key is not None and name == element.key.name
                names.append(name)
                expressions.append(f"{alias}.{quoted(element.name if own else name)}")
        return tuple(names), expressions

    def _join_regions(self, alias: str, element: str, governor: str | None) -> None:
        column = f"{alias}.{quoted(governor)}" if governor else "0"
        outer = self._universe[element].is_dimension
        self._tables.add(
            Fragment("footprint_set"), "fs", {}, outer=outer,
            on=[Fragment(f"fs.element = '{element}' AND fs.governor = {column}")],
        )  # fmt: skip
        self._tables.add(
            Fragment("footprint"), "fp", {}, outer=outer, on=[Fragment(f"fp.footprint_set = fs.k AND fp.k = {alias}.k")]
        )

    def _needs_distinct(self) -> bool:
        """Whether joined dimensions that are not in the result may repeat a row."""
        result = set(self._query.dimensions.required)
        extra = (set(self._group.required) | self._extra) - result - set(self._pinned)
        return bool(extra) or self._repeats or bool(self._query.constraints)

    def _ordering(self) -> list[tuple[Fragment, str]]:
        """Order expressions with their direction, missing values last."""
        keys = []
        for order in self._query.order_by:
            self._need(_column_of(order))
            expression = self._predicates(self._tables).expression(order.column)
            keys.append((expression, " DESC NULLS LAST" if order.descending else " ASC NULLS LAST"))
        return keys


def _column_of(order: Order) -> bound.Column:
    """The column that an order is about."""
    return order.column.operand if isinstance(order.column, bound.Edge) else order.column
