"""``IN`` and ``OVERLAPS``: values in lists, times in timespans, points in regions.  Knows no syntax and no SQL."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TypedDict, cast

from skybutler.expressions.arithmetic import NUMERIC
from skybutler.expressions.bound import (
    Always,
    Column,
    Comparison,
    Contains,
    Expression,
    In,
    Interval,
    Literal,
    Overlaps,
    Predicate,
    Scalar,
    ValueType,
    any_of,
)
from skybutler.expressions.comparison import agreeing, compare, mismatch
from skybutler.expressions.names import Scope
from skybutler.expressions.nodes import Node
from skybutler.expressions.values import ValueList

__all__ = ["Members", "interval", "member", "overlap"]

_TEMPORAL = frozenset({"time", "timespan"})
_SPATIAL = frozenset({"region", "point"})


class Where(TypedDict):
    """Position of a node in the source text."""

    position: int
    length: int


@dataclass
class Members:
    """What stands in the parentheses after ``IN``, in order."""

    expressions: list[Expression] = field(default_factory=list)
    ranges: list[range] = field(default_factory=list)
    lists: list[ValueList] = field(default_factory=list)


def interval(scope: Scope, begin: Expression, end: Expression, place: Node) -> Expression:
    """The half-open timespan between two times, of which ``NULL`` is an open one."""
    for side in (begin, end):
        if side.type not in ("time", "null"):
            message = f"A pair is a time range, but {scope.excerpt(side)} is of type {side.type}."
            raise scope.error(message, side, "Write (T'2026-01-01', T'2026-02-01'), with NULL for an open end.")
    where = _where(place)
    if isinstance(begin, Literal) and isinstance(end, Literal):
        from skybutler.sky.timespan import Timespan

        begin_ns, end_ns = (None if side.type == "null" else cast(int, side.value) for side in (begin, end))
        return Literal(Timespan.from_ns(begin_ns, end_ns), "timespan", **where)
    open_begin, open_end = begin.type == "null", end.type == "null"
    return Interval(None if open_begin else begin, None if open_end else end, **where)


def member(scope: Scope, left: Expression, members: Members, place: Node) -> Predicate:
    """``left IN (members)``.

    A value is one of those in the list; a time lies in, or a timespan is contained in, the range between exactly two
    times or any of the timespans; a point or region is contained in any of the regions.  ``NULL`` in a list stands
    for a missing value.
    """
    if left.type == "null":
        raise scope.error("NULL cannot stand before IN.", left, "Write NULL into the list, or x = NULL.")
    if left.type in _TEMPORAL:
        parts = _in_timespans(scope, left, members, place)
    elif left.type in _SPATIAL:
        parts = _in_regions(scope, left, members, place)
    else:
        parts = _in_values(scope, left, members, place)
    return any_of(parts, place.position, place.length)


# --------------------------------------------------------------------------------------------------------------- values
def _in_values(scope: Scope, left: Expression, members: Members, place: Node) -> list[Predicate]:
    """Equality with any member; all constants compared with one operand become one `In`."""
    exact: list[Predicate] = []
    found: dict[Expression, set[Scalar]] = {}
    for sample, values in _by_type(members, place):
        if sample.type == "null" or left.type == "bool":
            exact += [compare(scope, "=", left, replace(sample, value=value), place) for value in values]
            continue
        operand, fitting = _fit(scope, left, sample, values, place)
        found.setdefault(operand, set()).update(fitting)
    ranges = (*members.ranges, *(r for group in members.lists for r in group.ranges))
    if ranges and left.type not in NUMERIC:
        raise mismatch(scope, "look up", left, Literal(ranges[0][0], "int", **_where(place)), place)
    if ranges:
        found.setdefault(left, set())
    parts = [_in(operand, values, ranges if operand == left else (), place) for operand, values in found.items()]
    columns = (expression for expression in members.expressions if not isinstance(expression, Literal))
    return [*parts, *(compare(scope, "=", left, column, place) for column in columns), *exact]


def _where(place: Node) -> Where:
    return {"position": place.position, "length": place.length}


def _by_type(members: Members, place: Node) -> Iterator[tuple[Literal, Collection[Scalar]]]:
    """The constants of a list except ranges: groups of one type, each with an example that knows its position."""
    for expression in members.expressions:
        if isinstance(expression, Literal):
            yield expression, (expression.value,)
    for group in members.lists:
        for kind, values in group.values.items():
            for example in islice(values, 1):
                yield Literal(example, kind, **_where(place)), values
        if group.has_null:
            yield Literal(None, "null", **_where(place)), (None,)


def _fit(
    scope: Scope, left: Expression, sample: Literal, values: Collection[Scalar], place: Node
) -> tuple[Expression, Iterable[Scalar]]:
    """What to compare, and the values in its type; ``sample`` stands for all of them."""
    if left.type == "int" and sample.type == "float":  # a number that is not whole never equals an integer
        return left, (int(v) for v in values if isinstance(v, float) and v.is_integer())
    operand, fitting = agreeing(scope, left, sample, place)
    if operand.type != fitting.type and not {operand.type, fitting.type} <= NUMERIC:
        raise mismatch(scope, "look up", left, sample, place)
    if fitting.type == sample.type:
        return operand, values
    return operand, (agreeing(scope, left, replace(sample, value=v), place)[1].value for v in values)


def _in(operand: Expression, values: set[Scalar], ranges: tuple[range, ...], place: Node) -> Predicate:
    where = _where(place)
    if isinstance(operand, Literal):
        value = operand.value
        if isinstance(value, float) and value.is_integer():
            value = int(value)  # a range would be searched number by number for a float
        in_range = isinstance(value, int) and any(value in r for r in ranges)
        return Always(operand.value in values or in_range, **where)
    count = len(values) + sum(len(r) for r in ranges)
    if count == 0:
        return Always(False, **where)
    ordered = tuple(sorted(values))  # type: ignore[type-var]
    if count > 1:
        return In(operand, ordered, ranges, **where)
    only = ordered[0] if ordered else ranges[0][0]
    kind: ValueType = "int" if isinstance(only, int) else operand.type
    return Comparison("=", operand, Literal(only, kind, **where), **where)


# ------------------------------------------------------------------------------------------------------ times and space
def _in_timespans(scope: Scope, left: Expression, members: Members, place: Node) -> list[Predicate]:
    spans, times, parts = [], [], []
    for expression in members.expressions:
        if expression.type == "timespan":
            spans.append(expression)
        elif expression.type in ("time", "null"):
            times.append(expression)
        else:
            raise mismatch(scope, "look up", left, expression, place)
    if members.ranges:
        raise mismatch(scope, "look up", left, Literal(members.ranges[0][0], "int", **_where(place)), place)
    if len(times) == 2:
        spans.append(interval(scope, times[0], times[1], place))
    elif len(times) > 2:
        hint = "A time range has two times; for equality with several bind a list: IN (:times)."
        raise scope.error(f"{len(times)} times in a list are neither a time nor a time range.", place, hint)
    else:
        parts += [compare(scope, "=", left, time, place) for time in times]
    for sample, values in _by_type(Members(lists=members.lists), place):
        if sample.type == "timespan":
            spans += [replace(sample, value=value) for value in values]
        elif sample.type == "time" == left.type:
            parts.append(_in(left, set(values), (), place))
        else:
            parts.append(compare(scope, "=", left, sample, place))
    return parts + [_contains(span, left, place) for span in spans]


def _contains(outer: Expression, inner: Expression, place: Node) -> Predicate:
    """Containment in a timespan, decided at once between constants."""
    if isinstance(outer, Literal) and isinstance(inner, Literal):
        from skybutler.sky.timespan import Timespan

        assert isinstance(outer.value, Timespan)
        if isinstance(inner.value, Timespan):
            return Always(outer.value.contains(inner.value), **_where(place))
        assert isinstance(inner.value, int)
        return Always(outer.value.begin_ns <= inner.value < outer.value.end_ns, **_where(place))
    return Contains(outer, inner, **_where(place))


def _in_regions(scope: Scope, left: Expression, members: Members, place: Node) -> list[Predicate]:
    regions = list(members.expressions)
    for sample, values in _by_type(Members(lists=members.lists), place):
        regions += [replace(sample, value=value) for value in values]
    parts: list[Predicate] = []
    for region in regions:
        if region.type == "null":
            parts.append(compare(scope, "=", left, region, place))
        elif region.type != "region":
            raise mismatch(scope, "look up", left, region, place)
        else:
            _require_column(scope, region, left, place)
            parts.append(Contains(region, left, **_where(place)))
    if members.ranges:
        raise mismatch(scope, "look up", left, Literal(members.ranges[0][0], "int", **_where(place)), place)
    return parts


def overlap(scope: Scope, left: Expression, right: Expression, place: Node) -> Predicate:
    """``left OVERLAPS right``: two timespans or regions, one of which may shrink to a time or a point."""
    kinds = {left.type, right.type}
    if "timespan" in kinds and kinds <= _TEMPORAL:
        if left.type == "time" or right.type == "time":
            return _contains(*((right, left) if left.type == "time" else (left, right)), place)
        return _overlapping_times(left, right, place)
    if "region" in kinds and kinds <= _SPATIAL:
        _require_column(scope, left, right, place)
        if left.type == "point" or right.type == "point":
            outer, inner = (right, left) if left.type == "point" else (left, right)
            return Contains(outer, inner, **_where(place))
        first, second = (right, left) if isinstance(left, Literal) else (left, right)
        return Overlaps(first, second, **_where(place))
    raise mismatch(scope, "compare (OVERLAPS)", left, right, place, _overlap_advice(left, right))


def _overlapping_times(left: Expression, right: Expression, place: Node) -> Predicate:
    if isinstance(left, Literal):
        left, right = right, left
    if isinstance(left, Literal) and isinstance(right, Literal):
        from skybutler.sky.timespan import Timespan

        assert isinstance(left.value, Timespan)
        assert isinstance(right.value, Timespan)
        return Always(left.value.overlaps(right.value), **_where(place))
    return Overlaps(left, right, **_where(place))


def _require_column(scope: Scope, left: Expression, right: Expression, place: Node) -> None:
    if isinstance(left, Literal) and isinstance(right, Literal):
        hint = "Name a region of the repository, such as visit_detector_region.region or patch.region."
        raise scope.error("One side must be a column.", place, hint)


def _overlap_advice(left: Expression, right: Expression) -> str:
    """What to write when something without extent was given."""
    for side in (left, right):
        if isinstance(side, Column) and side.kind == "dimension":
            return f"Write {side.element}.region or {side.element}.timespan."
        if isinstance(side, Literal) and side.type == "string":
            return "Regions are written REGION('CIRCLE ra dec radius') or CIRCLE(ra, dec, radius), times T'...'."
    return "OVERLAPS is for two timespans or two regions."
