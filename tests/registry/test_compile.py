"""Questions as SQL: the columns a statement has, what it counts, orders and refuses, and what it leaves behind."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from skybutler.errors import InvalidQueryError
from skybutler.expressions.bind import bind
from skybutler.expressions.order_by import bind_order, parse_order
from skybutler.expressions.parser import parse
from skybutler.registry.compile import compiled
from skybutler.registry.query import DatasetSearch, Query
from support.world import World


def _run(world: World, query: Query) -> list[dict[str, Any]]:
    with compiled(world.registry, query) as statement:
        rows = world.registry.database.query(statement.sql, statement.values)
    with compiled(world.registry, query, count=True) as statement:
        assert world.registry.database.query_one(statement.sql, statement.values) == (len(rows),)
    with compiled(world.registry, query) as statement:
        return [{**statement.constants, **dict(zip(statement.columns, row, strict=False))} for row in rows]


def _query(world: World, dimensions: list[str], where: str = "", order: str = "", **options: Any) -> Query:
    group = world.universe.conform(dimensions)
    predicate = bind(parse(where), text=where, universe=world.universe, group=group)
    terms = bind_order(parse_order(order), universe=world.universe, group=group) if order else ()
    return Query("data_ids", group, where=predicate, order_by=tuple(terms), **options)


def test_data_ids_have_required_columns_and_implied_ones_that_come_along(shared_world: World) -> None:
    query = _query(shared_world, ["exposure"], "instrument = 'Cam'")
    with compiled(shared_world.registry, query) as statement:
        assert statement.columns == ("exposure", "day_obs", "group", "physical_filter")  # nobody asked for the band
        assert statement.constants == {"instrument": "Cam"}
    row = next(r for r in _run(shared_world, query) if r["exposure"] == 12)
    text = shared_world.registry.names.text
    assert (text(row["group"]), text(row["physical_filter"]), row["day_obs"]) == ("g2", "g_1", 20240101)


def test_implied_values_that_are_compared_are_joined(shared_world: World) -> None:
    query = _query(shared_world, ["exposure", "detector"], "instrument = 'Cam' AND band = 'g' AND detector = 1")
    with compiled(shared_world.registry, query) as statement:
        assert statement.constants == {"instrument": "Cam", "band": "g", "detector": 1}
    assert {r["exposure"] for r in _run(shared_world, query)} == {
        r["id"] for r in shared_world.rows["exposure"] if r["instrument"] == "Cam" and r["physical_filter"] == "g_1"
    }


def test_the_empty_data_id_is_one(shared_world: World) -> None:
    with compiled(shared_world.registry, Query("data_ids", shared_world.universe.conform([]))) as statement:
        assert statement.columns == ()
        assert len(shared_world.registry.database.query(statement.sql, statement.values)) == 1


def test_datasets_have_id_and_run_too(shared_world: World) -> None:
    group = shared_world.universe.conform(["visit", "detector"])
    rows = _run(shared_world, Query("datasets", group, dataset=DatasetSearch("calexp", ("run/b",))))
    assert {(bytes(r["id"]), r["run"]) for r in rows} == {
        (i, "run/b") for i in shared_world.datasets["calexp", "run/b"].values()
    }
    assert {(r["detector"], r["visit"]) for r in rows} == {v[1:] for v in shared_world.datasets["calexp", "run/b"]}


def test_records_have_the_fields_of_the_element_in_order(shared_world: World) -> None:
    group = shared_world.universe.conform(["visit"])
    with compiled(shared_world.registry, Query("records", group, element="visit")) as statement:
        fields = list(shared_world.universe["visit"].fields)
        at = fields.index("timespan")
        assert list(statement.columns) == [*fields[:at], "timespan_begin", "timespan_end", *fields[at + 1 :]]
        rows = shared_world.registry.database.query(statement.sql, statement.values)
    assert len(rows) == len(shared_world.rows["visit"])  # the one without a region too


@pytest.mark.parametrize("limit, offset", [(None, 0), (3, 0), (3, 4), (None, 5), (100, 5), (0, 0), (2, 100)])
def test_limit_and_offset_count_too(shared_world: World, limit: int | None, offset: int) -> None:
    query = _query(shared_world, ["exposure"], "instrument = 'Cam'", "-exposure")
    rows = _run(shared_world, dataclasses.replace(query, limit=limit, offset=offset))
    expected = list(range(15, 9, -1))[offset:]
    assert [r["exposure"] for r in rows] == (expected if limit is None else expected[:limit])


@pytest.mark.parametrize("order, sign", [("exposure.exposure_time", 1), ("-exposure.exposure_time", -1)])
def test_missing_values_come_last_whichever_way(shared_world: World, order: str, sign: int) -> None:
    query = _query(shared_world, ["exposure"], "instrument = 'Cam'", order)
    times = {r["id"]: r["exposure_time"] for r in shared_world.rows["exposure"] if r["instrument"] == "Cam"}
    found = [times[r["exposure"]] for r in _run(shared_world, query)]
    known = sorted((t for t in times.values() if t is not None), reverse=sign < 0)
    assert found == [*known, None]


def test_joined_dimensions_do_not_repeat_rows(shared_world: World) -> None:
    query = _query(shared_world, ["visit"], "instrument = 'Cam'", "-visit.name", joined=("exposure", "detector"))
    names = {r["id"]: r["name"] for r in shared_world.rows["visit"]}
    assert [names[r["visit"]] for r in _run(shared_world, query)] == ["v4", "v3", "v2", "v1", "v0", "pair"]


def test_unknown_text_selects_nothing(shared_world: World) -> None:
    query = _query(shared_world, ["detector"], data_id={"instrument": "Nope"})
    assert _run(shared_world, query) == []


def test_numbers_that_need_an_instrument_raise_without_one(shared_world: World) -> None:
    with pytest.raises(InvalidQueryError, match="condition on detector does not say which instrument") as caught:
        _run(shared_world, _query(shared_world, ["detector"], "detector = 1"))
    assert "'Cam'" in caught.value.hint
    assert "'Other'" in caught.value.hint
    assert len(_run(shared_world, _query(shared_world, ["detector"], "detector.purpose = 'SCIENCE'"))) == 3


def test_values_are_bound_never_written(shared_world: World) -> None:
    where = "instrument = 'Cam' AND exposure.target_name = '''; DROP TABLE name; --'"
    query = _query(shared_world, ["exposure"], where)
    with compiled(shared_world.registry, query) as statement:
        assert "DROP" not in statement.sql
        assert any("DROP" in str(v) for v in statement.values)
    assert _run(shared_world, query) == []


def test_staged_rows_live_as_long_as_the_statement(shared_world: World) -> None:
    database = shared_world.registry.database
    where = "instrument = 'Cam' AND exposure IN (:many)"
    group = shared_world.universe.conform(["exposure"])
    many = bind(
        parse(where), text=where, universe=shared_world.universe, group=group, binds={"many": range(11, 9000, 2)}
    )
    query = Query("data_ids", group, where=many)
    with compiled(shared_world.registry, query) as first, compiled(shared_world.registry, query) as second:
        for statement in (first, second):
            found = [
                dict(zip(statement.columns, r, strict=False))["exposure"]
                for r in database.query(statement.sql, statement.values)
            ]
            assert sorted(found) == [11, 13, 15]
