from __future__ import annotations

import pytest

from skybutler.registry.plan import Plan
from skybutler.registry.postgresql_plans import Plans, settings_of_cursor


def test_order_of_joins_is_settled_until_a_plan_is_kept() -> None:
    plans = Plans()
    settled = [bool(plans.settings(Plan.AS_WRITTEN, "SELECT 1", is_led=True)) for _ in range(12)]
    assert settled == [True] * 10 + [False] * 2
    assert plans.settings(Plan.AS_WRITTEN, "SELECT 2", is_led=True) == ("join_collapse_limit = 1",)
    assert not plans.settings(Plan.AS_WRITTEN, "SELECT 3", is_led=False)


@pytest.mark.parametrize("plan", [Plan.USUAL, Plan.LONG])
def test_other_plans_are_left_to_the_server(plan: Plan) -> None:
    assert Plans().settings(plan, "SELECT 1", is_led=True) == ()
    assert settings_of_cursor(plan) == ("cursor_tuple_fraction = 1",)


def test_statements_that_are_counted_are_not_kept_for_ever() -> None:
    plans = Plans()
    for i in range(2_500):
        plans.settings(Plan.AS_WRITTEN, f"SELECT {i}", is_led=True)
    assert len(plans._runs) <= 1_000


def test_rows_are_joined_by_index_in_cursors_too() -> None:
    found = Plans().settings(Plan.BY_INDEX, "SELECT 1", is_led=False)
    assert "enable_hashjoin = off" in found
    assert set(found) < set(settings_of_cursor(Plan.BY_INDEX))
