"""What became of a PostgreSQL transaction whose commit was not answered.  Knows no table of ours."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import psycopg

from skybutler.errors import UnavailableError, UnknownOutcomeError

from .database import quoted

__all__ = ["was_committed"]

_log = logging.getLogger(__name__)

_OUTCOME_SECONDS = 30.0
"""How long a server that went away during a commit may take to come back and tell whether it was done."""
_AGAIN_SECONDS = 0.1

_Connect = Callable[[], psycopg.Connection[Any]]
_Inserted = tuple[str, str, Any] | None


def was_committed(connect: _Connect, number: int, inserted: _Inserted) -> bool:
    """Ask another connection what became of a transaction.

    Parameters
    ----------
    connect : callable
        Makes one.
    number : `int`
        Of the transaction.
    inserted : `tuple`, optional
        Table, column and value of a row that it has added, if there is one.

    Raises
    ------
    UnknownOutcomeError
        The server does not tell.
    """
    deadline = time.monotonic() + _OUTCOME_SECONDS
    is_waiting = False
    while time.monotonic() < deadline:
        try:
            status = _status(connect, number, inserted)
        except (psycopg.OperationalError, UnavailableError) as error:  # it starts again, or is gone
            if not is_waiting:
                _log.warning("The PostgreSQL registry went away during a commit (%s). Waiting for it.", error)
            is_waiting = True
        else:
            if status in ("committed", "aborted"):
                return status == "committed"
            if status != "in progress":
                break
        time.sleep(_AGAIN_SECONDS)
    raise UnknownOutcomeError(
        "The PostgreSQL registry went away during a commit and did not tell what became of it: it is not known "
        "whether the transaction was committed.",
        hint="Do it again when the server runs: it finds what is there.",
    )


def _status(connect: _Connect, number: int, inserted: _Inserted) -> str | None:
    with closing(connect()) as connection:
        try:
            rows = connection.execute("SELECT txid_status(%s)", (number,)).fetchall()
        except psycopg.errors.InvalidParameterValue:  # "in the future": lost in a crash, with its number
            return "aborted"
        status: str | None = rows[0][0]
        if status == "committed" and inserted:
            # after a crash, another transaction may have got the number of one that was lost
            table, column, value = inserted
            sql = f"SELECT 1 FROM {quoted(table)} WHERE {quoted(column)} = %s"
            return status if connection.execute(sql, (value,)).fetchall() else None
        return status
