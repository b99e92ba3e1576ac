"""Which tables a query joins: as few as give what is needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from skybutler.errors import InvalidQueryError
from skybutler.registry.fragments import Fragment
from skybutler.registry.tables import QueryTables
from support.world import World


def _rows(world: World, tables: QueryTables, expressions: Sequence[str]) -> list[tuple[Any, ...]]:
    statement = Fragment("SELECT " + ", ".join(expressions)) + tables.clause([])
    return world.registry.database.query(statement.sql, statement.values)


def test_values_come_from_tables_that_take_part_already(shared_world: World) -> None:
    tables = QueryTables(shared_world.universe.conform(["visit", "detector"]))
    visit = tables.need("visit")
    assert tables.need("instrument").partition(".")[0] == visit.partition(".")[0]
    detector = tables.need("detector")
    assert set(tables.aliases) == {"visit", "detector"}
    expected = [(v["id"], d["id"]) for v in shared_world.rows["visit"] for d in shared_world.rows["detector"][:4]]
    assert sorted(_rows(shared_world, tables, [visit, detector])) == sorted(expected)


def test_implied_values_come_from_what_implies_them(shared_world: World) -> None:
    tables = QueryTables(shared_world.universe.conform(["visit"]))
    assert tables.need("physical_filter").partition(".")[0] == tables.need("visit").partition(".")[0]
    assert set(tables.aliases) == {"visit"}


def test_a_missing_implied_value_loses_no_row(shared_world: World) -> None:
    tables = QueryTables(shared_world.universe.conform(["exposure"]))
    expressions = [tables.need("exposure"), tables.need("band")]
    names = shared_world.registry.names
    found = {(e, names.text(b) if b is not None else None) for e, b in _rows(shared_world, tables, expressions)}
    bands = {"r_1": "r", "r_2": "r", "g_1": "g", "dark": None}
    assert found == {(r["id"], bands[r["physical_filter"]]) for r in shared_world.rows["exposure"]}


def test_bands_by_themselves_are_those_of_the_filters(shared_world: World) -> None:
    tables = QueryTables(shared_world.universe.conform(["band"]))
    found = _rows(shared_world, tables, [tables.need("band")])
    assert sorted(shared_world.registry.names.text(k) for (k,) in found) == ["g", "r"]


def test_an_element_joins_once(shared_world: World) -> None:
    tables = QueryTables(shared_world.universe.conform(["visit", "detector"]), prefix="x")
    alias = tables.need_element("visit_detector_region")
    assert alias.startswith("x")
    assert tables.need_element("visit_detector_region") == alias
    assert tables.need("visit").partition(".")[0] == alias
    rows = _rows(shared_world, tables, [tables.need("visit"), tables.need("detector")])
    # the table also serves as key table, so it may hold data IDs that have no region
    assert {(r["visit"], r["detector"]) for r in shared_world.rows["visit_detector_region"]} <= set(rows)
    assert len(rows) == len(set(rows))


def test_pixels_without_anything_that_lists_them_raise(shared_world: World) -> None:
    tables = QueryTables(shared_world.universe.conform(["htm7"]))
    with pytest.raises(InvalidQueryError, match="which htm7 pixels"):
        tables.need("htm7")
