"""Reading a database as it is at one moment, while others go on writing.  Knows no engine and no table."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from skybutler.errors import ButlerError, InvalidError

__all__ = ["Moments"]


class Moments:
    """What databases can do of this."""

    _beginning = "BEGIN"
    """Of a transaction that sees the database as it is when it first reads."""
    freezing: Sequence[str]
    """Statements that begin a transaction that only reads, at a moment at which nobody is writing to a table."""
    _local: Any

    @property
    @abstractmethod
    def connection(self) -> Any:
        """This thread's connection."""

    @contextmanager
    def at_one_moment(self) -> Iterator[None]:
        """All statements of this thread within see the database as it was at one moment; they cannot change it.

        Within a transaction, they see what that one sees.
        """
        self.connection  # noqa: B018 - opens it, so that depth exists
        if self._local.depth or self._local.moment:
            yield
            return
        self._control(self._beginning)
        self._local.moment = True
        try:
            yield
        except GeneratorExit:  # nobody wants the rest
            with suppress(ButlerError):
                self._end()
            raise
        except BaseException:
            self._roll_back(None)
            raise
        else:
            self._end()
        finally:
            self._local.moment = False

    def _end(self) -> None:
        """End a transaction that only read; also if it is ended by somebody, so that the next one can begin."""
        try:
            self._control("COMMIT")
        except BaseException:
            self._roll_back(None)
            raise

    @contextmanager
    def frozen(self, table: str) -> Iterator[None]:
        """All that is read within is as it was at one moment, at which nobody was writing to a table; others go on.

        What a transaction that comes later writes to the table, it writes after that moment: keys that a database
        gives out before transactions commit cannot be lower than those that are seen.  Read-only databases can do it.

        Parameters
        ----------
        table : `str`
            Its name.

        Raises
        ------
        ReadOnlyError
            The user of the database may not keep others from writing.
        UnavailableError
            Somebody else went on writing for longer than some seconds.
        """
        from .database import quoted  # which imports this module

        self.connection  # noqa: B018 - opens it, so that depth exists
        local = self._local
        if local.depth:
            raise InvalidError("Nothing can be frozen within a transaction.")
        local.depth = 1
        try:
            for sql in self.freezing:
                self._execute(sql.format(quoted(table)), ())
            yield
        finally:
            local.depth = 0
            self._roll_back(None)

    @abstractmethod
    def _execute(self, sql: str, parameters: Sequence[Any]) -> Any:
        """Run a statement."""

    @abstractmethod
    def _control(self, sql: str) -> None:
        """Run a statement that begins or ends a transaction."""

    @abstractmethod
    def _roll_back(self, savepoint: str | None) -> None:
        """Undo what was not committed."""
