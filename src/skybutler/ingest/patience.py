"""Going on after the database was away: wait until it answers, then repeat.  Knows nothing of what is repeated."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from skybutler.errors import UnavailableError
from skybutler.registry.database import Database

__all__ = ["Patience"]

T = TypeVar("T")

_log = logging.getLogger(__name__)

_WAIT_S = 60.0
_PAUSE_S = 0.5


class Patience:
    """Repeats what a database did not answer.

    Parameters
    ----------
    database : `Database`
        The database; one that was restarted, or cut the connection, is waited for.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def __call__(self, action: Callable[[], T]) -> T:
        """Result of an action.

        Parameters
        ----------
        action : callable
            Does all or nothing, and finds what it did before when its commit was done without its knowledge.

        Raises
        ------
        UnavailableError
            The database did not come back within a minute; or it is there, and yet the action failed twice (a full
            disk, say); or there is an outer transaction, which is lost as a whole.
        """
        deadline, failures = 0.0, 0
        while True:
            connection = self._connection()
            try:
                return action()
            except UnavailableError as error:
                if self._database.in_transaction:
                    raise
                deadline = deadline or time.monotonic() + _WAIT_S
                if not self._answers():
                    self._wait(error, deadline)
                if time.monotonic() > deadline:
                    raise
                if self._connection() is connection:  # the database was there all the time
                    failures += 1
                    if failures > 1:
                        raise
                    time.sleep(_PAUSE_S)

    def _wait(self, error: UnavailableError, deadline: float) -> None:
        _log.warning("%s Waiting for it.", error.message)
        pause = 0.05
        while not self._answers():
            if time.monotonic() > deadline:
                raise error
            time.sleep(pause)
            pause = min(2 * pause, _PAUSE_S)
        _log.warning("The registry answers again: going on.")

    def _connection(self) -> object:
        try:
            return self._database.connection
        except UnavailableError:
            return None

    def _answers(self) -> bool:
        try:
            self._database.query_one("SELECT 1")
        except UnavailableError:
            return False
        return True
