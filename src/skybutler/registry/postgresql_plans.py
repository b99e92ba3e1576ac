"""What each `Plan` means to PostgreSQL: settings of its planner, and until when they are needed.  Runs no statement."""

from __future__ import annotations

from .plan import Plan

__all__ = ["ALL_ROWS", "Plans", "settings_of_cursor"]

ALL_ROWS = "cursor_tuple_fraction = 1"
"""All rows of a cursor are wanted, not the first ones soon."""
_BY_INDEX = ("enable_hashjoin = off", "max_parallel_workers_per_gather = 0")
"""Tables are not read before the first row, which of three million images takes a minute, and twice the CPU of all."""
_AS_WRITTEN = ("join_collapse_limit = 1",)
"""To find the best order of a dozen tables takes up to a hundred times as long as the answer."""
_MOST_PLANNED, _PLANNED = 1000, 10
"""Statements whose runs are counted, and after how many the server has made a plan that it keeps."""


def settings_of_cursor(plan: Plan) -> tuple[str, ...]:
    """Settings under which a cursor is declared."""
    return (ALL_ROWS, *_BY_INDEX) if plan is Plan.BY_INDEX else (ALL_ROWS,)


class Plans:
    """The statements of one connection, as far as it matters how often they were planned."""

    def __init__(self) -> None:
        self._runs: dict[str, int] = {}

    def settings(self, plan: Plan, text: str, *, is_led: bool) -> tuple[str, ...]:
        """Settings under which a statement is run.

        Parameters
        ----------
        plan : `Plan`
            How it is to be planned.
        text : `str`
            The statement.
        is_led : `bool`
            Whether few staged rows go along with it, for which a plan is kept.
        """
        if plan is Plan.BY_INDEX:
            return _BY_INDEX
        return _AS_WRITTEN if plan is Plan.AS_WRITTEN and is_led and self._is_new(text) else ()

    def _is_new(self, text: str) -> bool:
        """Whether the server will plan a statement once more."""
        if len(self._runs) >= _MOST_PLANNED:
            self._runs.clear()
        self._runs[text] = self._runs.get(text, 0) + 1
        return self._runs[text] <= _PLANNED
