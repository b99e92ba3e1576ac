"""Answers to queries in ADQL: translated, regions found and staged, rows streamed as Arrow.  Knows no documents."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from skybutler.registry.database import quoted
from skybutler.registry.interrupt import Interrupt
from skybutler.registry.plan import Plan
from skybutler.registry.region_search import pairs_of_circles, rows_centered_in, rows_of_point, rows_of_region

from .adql import ROW, RegionPairs, RelationUse, SpatialCondition, TapTables, Translation, translate
from .field import Field
from .obscore import OBSCORE, ObsCoreRelation
from .uploaded_table import circles_of

if TYPE_CHECKING:
    import pyarrow as pa

    from skybutler.registry.database import ColumnKind, Database, Row
    from skybutler.registry.registry import Registry

    from .snapshot.answers import Snapshots

__all__ = ["BATCH_ROWS", "Answer", "answer"]

BATCH_ROWS = 8_192
"""Rows of a batch, whatever answers."""
_FIRST = 512
"""Of the first one, so that readers have something soon."""
_FEW = 1_000
"""Up to so many rows, a database makes all columns sooner than it is asked for records."""
_NEAR = 100_000
"""Up to so many regions, the images that have their centres in a circle are found by them."""
_DIALECTS = {"sqlite": "sqlite", "postgresql": "postgres"}


@dataclass(frozen=True, slots=True)
class Answer:
    """Columns, and rows as they come.

    Parameters
    ----------
    fields : `tuple` [`Field`]
        Columns.
    batches : iterator of `pyarrow.RecordBatch`
        Rows; the query runs as they are asked for.
    """

    fields: tuple[Field, ...]
    batches: Iterator[pa.RecordBatch]


def answer(
    registry: Registry,
    obscore: ObsCoreRelation,
    tables: TapTables,
    adql: str,
    limit: int | None = None,
    interrupt: Interrupt | None = None,
    snapshots: Snapshots | None = None,
    *,
    dictionaries: bool = False,
) -> Answer:
    """Answer a query.

    Parameters
    ----------
    registry : `skybutler.registry.registry.Registry`
        Where the tables are.
    obscore : `ObsCoreRelation`
        What stands for ``ivoa.ObsCore``.
    tables : `TapTables`
        What can be asked for.
    adql : `str`
        The query.
    limit : `int`, optional
        Most rows.
    interrupt : `skybutler.registry.interrupt.Interrupt`, optional
        With which other threads can end it.
    snapshots : `skybutler.vo.snapshot.answers.Snapshots`, optional
        What answers instead if it has what the registry has, and the query reads much of it.
    dictionaries : `bool`
        Whether columns may be encoded as dictionaries, differently from batch to batch.

    Raises
    ------
    ExpressionError
        The query is wrong; nothing was run.
    """
    found = translate(adql, tables, _DIALECTS[registry.database.dialect], limit)
    interrupt = interrupt or Interrupt()
    if snapshots is not None and (told := snapshots.answer(registry, obscore, adql, limit, found, interrupt)):
        return told
    return Answer(found.fields, _run(registry, obscore, tables, found, interrupt, dictionaries))


def _run(
    registry: Registry,
    obscore: ObsCoreRelation,
    tables: TapTables,
    query: Translation,
    interrupt: Interrupt,
    dictionaries: bool,
) -> Iterator[pa.RecordBatch]:
    database = registry.database
    with ExitStack() as stack:
        regions = _Regions(registry, obscore, tables, stack)
        held = {use.mark: _held(use, tables, database, stack) for use in query.relations if use.relation != OBSCORE}
        sql, parameters = _composed(query, regions, obscore, held, database)
        if query.shown and query.relations and query.relations[0].relation == OBSCORE:
            from .arrays import plain
            from .long_answers import LongAnswer

            use = query.relations[0]
            short, long_ = _plans(query, regions.lead(use))
            if use.most is None or use.most <= _FEW:
                with database.interruptible(interrupt):
                    rows = database.query(f"SELECT * FROM ({sql}) answer LIMIT {_FEW + 1}", parameters, short)
                if len(rows) <= _FEW:
                    yield _batch(query, rows, obscore)
                    return
            long = LongAnswer(database, obscore, query.shown, use.values)
            sql, parameters = _composed(long.asked(query), regions, obscore, held, database)
            stack.enter_context(database.at_one_moment())
            names = [f.name for f in query.fields]
            for rows in _streamed(database, sql, parameters, interrupt, stack, long_):
                batches = long.batches(rows, names)
                yield from batches if dictionaries else map(plain, batches)
            return
        for rows in _streamed(database, sql, parameters, interrupt, stack, Plan.USUAL):
            yield _batch(query, rows, obscore)


def _streamed(
    database: Database, sql: str, parameters: Sequence[Any], interrupt: Interrupt, stack: ExitStack, plan: Plan
) -> Iterator[list[Row]]:
    """Rows of a statement that can be ended, until the stack is left.

    Nothing ends statements any more when it is closed, and it is closed before what was entered earlier is left: what
    closes it, empties a stage or ends a transaction must not be taken for it.
    """
    rows = stack.enter_context(closing(database.stream(sql, parameters, BATCH_ROWS, plan)))
    stack.enter_context(database.interruptible(interrupt))
    return _first_apart(rows)


def _plans(query: Translation, is_led: bool) -> tuple[Plan, Plan]:
    """How the first rows are looked for, and all of them, if rows of few regions lead or none do."""
    if len(query.relations) == 1 and not is_led and not query.pairs:
        return Plan.BY_INDEX, Plan.BY_INDEX
    return Plan.AS_WRITTEN if is_led and not query.relations[0].pairs else Plan.USUAL, Plan.LONG


def _first_apart(parts: Iterator[list[Row]]) -> Iterator[list[Row]]:
    """Rows in the same order, the first ones in a part of their own, so that readers have something soon."""
    for rows in parts:
        yield rows[:_FIRST]
        if len(rows) > _FIRST:
            yield rows[_FIRST:]
        break
    yield from parts


class _Regions:
    """Finds regions, and stages them for as long as the query runs."""

    def __init__(self, registry: Registry, obscore: ObsCoreRelation, tables: TapTables, stack: ExitStack) -> None:
        self._registry, self._obscore, self._tables, self._stack = registry, obscore, tables, stack
        self._paired: dict[str, dict[str, tuple[Any, Any]]] = {}
        self._staged: dict[str, dict[str, list[str]]] = {}

    def _rows(self, condition: SpatialCondition, elements: Sequence[str]) -> dict[str, list[int]]:
        """Rows of elements whose regions fulfil a condition."""
        footprints = self._registry.footprints
        by_element = footprints.classes_of(elements)
        return {element: _search(footprints, sets, condition) if sets else [] for element, sets in by_element.items()}

    def staged(self, use: RelationUse) -> dict[str, list[str]] | None:
        """Tables of rows by element for the conditions of a relation, found once; `None` if it has none."""
        if not use.conditions and not use.pairs and not use.cones:
            return None
        if use.mark not in self._staged:
            self._staged[use.mark] = self._stages(use)
        return self._staged[use.mark]

    def lead(self, use: RelationUse) -> bool:
        """Whether the rows of a relation are found by those of tables."""
        return any((self.staged(use) or {}).values())

    def _stages(self, use: RelationUse) -> dict[str, list[str]]:
        elements = self._obscore.elements_of(use.values)
        stages: dict[str, list[str]] = {element: [] for element in elements}
        for cone in () if use.conditions else use.cones:  # which the SQL tests itself
            for element, sets in self._registry.footprints.classes_of(elements).items():
                circle = cone.ra, cone.dec, cone.radius
                if (near := rows_centered_in(self._registry.footprints, sets, circle, _NEAR)) is not None:
                    stages[element].append(self._stage(near))
        for condition in use.conditions:
            for element, rows in self._rows(condition, elements).items():
                stages[element].append(self._stage(rows))
        for pairs in use.pairs:
            for element, (_, found) in self._pairs(pairs, elements).items():
                stages[element].append(self._stage(sorted(set(found.tolist()))))
        return stages

    def stage_numbers(self, condition: SpatialCondition) -> str:
        """A table of the numbers that regions have in the column of their keys."""
        from .obscore.branch import REGION_ELEMENTS

        if condition.element is not None:
            return self._stage(self._rows(condition, [condition.element])[condition.element])
        numbers = [
            row * len(REGION_ELEMENTS) + REGION_ELEMENTS.index(element)
            for element, rows in self._rows(condition, REGION_ELEMENTS).items()
            for row in rows
        ]
        return self._stage(numbers)

    def stage_pairs(self, pairs: RegionPairs) -> str:
        """A table of the numbers of rows and of their regions."""
        from .obscore.branch import REGION_ELEMENTS

        numbers: list[tuple[int, int]] = []
        for element, (rows, keys) in self._pairs(pairs, [pairs.element] if pairs.element else REGION_ELEMENTS).items():
            if pairs.element is None:
                keys = keys * len(REGION_ELEMENTS) + REGION_ELEMENTS.index(element)
            numbers += zip(rows.tolist(), keys.tolist(), strict=True)
        columns: dict[str, ColumnKind] = {"i": "int", "k": "int"}
        return self._stack.enter_context(self._registry.database.staged(columns, numbers, measured=True))

    def _pairs(self, pairs: RegionPairs, elements: Sequence[str]) -> dict[str, tuple[Any, Any]]:
        """Numbers of rows and rows of each element whose regions they have to do with; found once."""
        if pairs.stage not in self._paired:
            numbers, circles = circles_of(self._tables.find(*pairs.table.split(".")), pairs.numbers)
            found = {}
            footprints = self._registry.footprints
            for element, sets in footprints.classes_of(elements).items():
                rows, keys = pairs_of_circles(footprints, sets, circles, pairs.how)  # type: ignore[arg-type]
                found[element] = numbers[rows], keys
            self._paired[pairs.stage] = found
        return self._paired[pairs.stage]

    def _stage(self, rows: Sequence[int]) -> str:
        values = ((row,) for row in rows)
        stage = self._registry.database.staged({"k": "int"}, values, measured=True, recurring=True)
        return self._stack.enter_context(stage)


def _search(footprints: Any, sets: Any, condition: SpatialCondition) -> list[int]:
    from lsst.sphgeom import Circle, LonLat, UnionRegion

    region = condition.region
    if isinstance(region, UnionRegion) and condition.how == "overlaps":  # its circle would be far too large
        parts = (_search(footprints, sets, replace(condition, region=part)) for part in region)
        return sorted(set().union(*parts))
    if isinstance(region, Circle) and region.getOpeningAngle().asRadians() == 0.0 and condition.how != "within":
        place = LonLat(region.getCenter())
        return rows_of_point(footprints, sets, place.getLon().asDegrees(), place.getLat().asDegrees())
    return rows_of_region(footprints, sets, region, condition.how)  # type: ignore[arg-type]


def _held(use: RelationUse, tables: TapTables, database: Database, stack: ExitStack) -> str:
    """SQL of a table whose rows are in no database, staged for as long as the query runs."""
    table = tables.find(*use.relation.split("."))
    rows = table.source.rows(use.cones, use.most) if table.source is not None else table.rows
    assert rows is not None, use.relation
    # names of columns are anybody's; the same ones for all tables let stages be used again
    columns = {f"c{i}": _kind(f) for i, f in enumerate(table.fields)}
    names = [f.name.lower() for f in table.fields]
    if ROW in use.columns:
        columns[f"c{len(names)}"] = "int"
        names.append(ROW)
        rows = ((*row, i) for i, row in enumerate(rows))
    stage = stack.enter_context(database.staged(columns, rows, measured=ROW in use.columns))
    named = ", ".join(f"c{i} AS {quoted(name)}" for i, name in enumerate(names))
    return f"SELECT {named} FROM {stage}"


def _kind(field: Field) -> ColumnKind:
    if field.is_array:
        return "bytes"
    if field.is_text:
        return "text"
    if field.datatype == "boolean":
        return "bool"
    return "float" if field.datatype in ("float", "double") else "int"


def _composed(
    query: Translation, regions: _Regions, obscore: ObsCoreRelation, held: Mapping[str, str], database: Database
) -> tuple[str, list[Any]]:
    """SQL with relations and stages put in."""
    in_relations = {condition.stage for use in query.relations for condition in use.conditions}
    put: dict[str, str] = {}
    for use in query.relations:
        put[use.mark] = f"({held.get(use.mark) or obscore.sql(regions.staged(use), use.columns, use.values)})"
    for pairs in query.pairs:
        put[pairs.stage] = regions.stage_pairs(pairs)
    for condition in query.conditions:
        if condition.stage not in in_relations:
            put[condition.stage] = regions.stage_numbers(condition)
    sql = re.sub("|".join(map(re.escape, put)), lambda found: put[found[0]], query.sql) if put else query.sql
    parameters = [database.id_parameter(v.bytes) if isinstance(v, uuid.UUID) else v for v in query.parameters]
    return sql, parameters


# ----------------------------------------------------------------------- rows
def _batch(query: Translation, rows: Sequence[tuple[Any, ...]], obscore: ObsCoreRelation) -> pa.RecordBatch:
    import pyarrow as pa

    from .arrays import array_of
    from .texts import identifier_texts, region_texts, uuid_texts

    n = len(query.fields) - len(query.constants) + bool(query.constants)
    columns = iter(list(zip(*rows, strict=True)) if rows else [()] * n)
    arrays: list[Any] = []
    for i, field in enumerate(query.fields):
        if i in query.constants:
            arrays.append(None)
        elif i in query.regions:
            arrays.append(region_texts(next(columns)))
        elif i in query.identifiers:
            arrays.append(identifier_texts(obscore.prefixes[query.identifiers[i]], uuid_texts(next(columns))))
        else:
            arrays.append(array_of(field, next(columns)))
    if query.constants:
        _put_constants(arrays, query, next(columns), obscore)
    return pa.RecordBatch.from_arrays(arrays, names=[f.name for f in query.fields])


def _put_constants(arrays: list[Any], query: Translation, kinds: Sequence[int], obscore: ObsCoreRelation) -> None:
    """Columns whose values follow from the kind of row."""
    import pyarrow as pa

    from .arrays import arrow_type

    known = obscore.constants
    if len(kinds) <= _FIRST // 8:
        of_rows = [known[kind] for kind in kinds]
        for i, name in query.constants.items():
            arrays[i] = pa.array([said[name] for said in of_rows], arrow_type(query.fields[i]))
        return
    places = {kind: place for place, kind in enumerate(known)}
    chosen = pa.array([places[kind] for kind in kinds], pa.int32())
    for i, name in query.constants.items():
        values = pa.array([said[name] for said in known.values()], arrow_type(query.fields[i]))
        arrays[i] = values.take(chosen)
