"""Pieces of SQL keep their values in the order of their marks, and tables join on what they share."""

from __future__ import annotations

import sqlite3

import hypothesis.strategies as st
import pytest
from hypothesis import given

from skybutler.registry.fragments import FALSE, TRUE, Fragment, Relations, conjunction, disjunction


def _run(fragment: Fragment) -> list[tuple[object, ...]]:
    with sqlite3.connect(":memory:") as connection:
        connection.executescript(
            "CREATE TABLE visit (instrument, visit, filter); CREATE TABLE region (instrument, visit, detector);"
            "INSERT INTO visit VALUES (1, 10, 'r'), (1, 11, NULL), (2, 10, 'g');"
            "INSERT INTO region VALUES (1, 10, 5), (1, 10, 6), (2, 10, 5);"
        )
        return sorted(connection.execute(fragment.sql, fragment.values).fetchall())


def test_values_follow_the_text() -> None:
    joined = Fragment("a = ?", (1,)) + " AND " + Fragment("b IN (?, ?)", (2, 3))
    assert joined == Fragment("a = ? AND b IN (?, ?)", (1, 2, 3))


@given(bits=st.lists(st.booleans(), max_size=5))
def test_conjunction_and_disjunction_are_all_and_any(bits: list[bool]) -> None:
    parts = [Fragment("? = 1", (int(b),)) for b in bits]
    with sqlite3.connect(":memory:") as connection:
        for joined, meaning in ((conjunction(parts), all(bits)), (disjunction(parts), any(bits))):
            # in parentheses: what stands around it must not be able to take it apart
            both = Fragment("SELECT NOT ") + (joined if len(parts) != 1 else Fragment("(") + joined + ")")
            assert connection.execute(both.sql, both.values).fetchone() == (int(not meaning),)


def test_nothing_to_satisfy_is_true_and_nothing_to_choose_from_is_false() -> None:
    assert conjunction([]) == TRUE
    assert disjunction([]) == FALSE


def test_tables_join_on_every_dimension_they_share() -> None:
    relations = Relations()
    assert relations.empty
    relations.add(Fragment("visit"), "v", {"instrument": "instrument", "visit": "visit"})
    relations.add(Fragment("region"), "r", {"instrument": "instrument", "visit": "visit", "detector": "detector"})
    assert not relations.empty
    assert relations.columns["visit"].startswith("v.")
    assert relations.columns["detector"].startswith("r.")
    names = ", ".join(relations.columns[d] for d in ("instrument", "visit", "detector"))
    found = _run(Fragment(f"SELECT {names}") + relations.clause([Fragment("v.visit = ?", (10,))]))
    assert found == [(1, 10, 5), (1, 10, 6), (2, 10, 5)]


def test_outer_joins_keep_rows_without_a_partner() -> None:
    relations = Relations()
    relations.add(Fragment("visit"), "v", {"instrument": "instrument", "visit": "visit"})
    relations.add(Fragment("region"), "r", {"instrument": "instrument", "visit": "visit"}, outer=True)
    found = _run(Fragment("SELECT v.instrument, v.visit, coalesce(r.detector, -1)") + relations.clause([]))
    assert found == [(1, 10, 5), (1, 10, 6), (1, 11, -1), (2, 10, 5)]


@pytest.mark.parametrize("leads", [True, False])
def test_a_leading_table_changes_the_plan_not_the_answer(leads: bool) -> None:
    relations = Relations()
    source = Fragment("(SELECT instrument, visit FROM visit WHERE visit = ?)", (10,))
    relations.add(source, "v", {"instrument": "instrument", "visit": "visit"}, leads=leads)
    shared = {"instrument": "instrument", "visit": "visit"}
    relations.add(Fragment("region"), "r", shared, on=[Fragment("r.detector = ?", (5,))])
    clause = relations.clause([Fragment("v.instrument = ?", (2,))])
    assert ("CROSS JOIN" in clause.sql) is leads
    assert clause.values == (10, 5, 2)
    assert _run(Fragment("SELECT r.instrument, r.detector") + clause) == [(2, 5)]


def test_without_tables_only_the_conditions_stand() -> None:
    assert _run(Fragment("SELECT ?", (4,)) + Relations().clause([Fragment("1 = ?", (1,))])) == [(4,)]
