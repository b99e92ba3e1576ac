"""Reaching a PostgreSQL server: the URL taken apart, credentials found, refusals put into words.  Runs no statement."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from skybutler.errors import ButlerError, ConfigError, DeniedError, MissingExtraError, UnavailableError

from .credentials import Credentials, auth_file, find_credentials, without_password
from .postgresql_plans import ALL_ROWS

try:
    import psycopg
    import psycopg.conninfo
except ImportError as error:  # pragma: no cover - the test environment has it
    raise MissingExtraError(
        "A PostgreSQL registry needs psycopg.", hint="Install it with: pip install 'skybutler[postgres]'"
    ) from error

__all__ = ["FREEZING", "SETTINGS", "cancel", "connect", "parameters_of"]

SETTINGS = {
    "client_encoding": "UTF8", "jit": "off", "random_page_cost": "1.1", "enable_mergejoin": "off",
    "default_statistics_target": "20",
}  # fmt: skip
"""Of a connection.  A row found through an index costs little more than its neighbour, as on no disk that turns, and
runs are not merged with the keys of an exposure: otherwise whole runs are read for it.  ANALYZE looks at 300 rows for
each unit of the target: 100, the default, takes as long as inserting, and what is told here needs no 30,000 rows."""
FREEZING = (
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    "SAVEPOINT frozen",
    "SET LOCAL lock_timeout = 5000",
    "LOCK TABLE {} IN SHARE MODE",
    "SELECT 1 FROM {} LIMIT 1",
    "ROLLBACK TO SAVEPOINT frozen",
    f"SET LOCAL {ALL_ROWS}",
)
"""Statements that begin a transaction that only reads, at a moment at which nobody is writing to a table.

The first SELECT says what is seen until the end; the lock is needed for no longer, and goes with the savepoint."""

_LEFT_TO_DRIVER = "PGPASSWORD, PGPASSFILE, ~/.pgpass"
_SECONDS = 15
_REFUSALS = ("authentication failed", "no password supplied", "no pg_hba.conf entry", "is not permitted to log in")


def parameters_of(url: str) -> dict[str, Any]:
    """``host``, ``port``, ``user``, ``password``, ``dbname`` and more, as far as a URL names them.

    Raises
    ------
    ConfigError
        It cannot be read; it is shown without its password.
    """
    try:
        found = dict(psycopg.conninfo.conninfo_to_dict(url))
    except psycopg.Error:  # its message may quote a part of the password
        raise _unreadable(url) from None
    head, at, _ = url.partition("://")[2].partition("?")[0].rpartition("@")
    port = str(found.get("port") or "0").replace(",", "")
    # what the driver then takes for host, port and database are parts of a password
    if (at and "/" in head) or not port.isdecimal():
        raise _unreadable(url)
    return found


def _unreadable(url: str) -> ConfigError:
    return ConfigError(
        f"The URL of the registry cannot be read: {without_password(url)}",
        hint="Write postgresql://USER@HOST:PORT/NAME; / @ : ? # % in a user or password are percent-encoded.",
    )


def connect(url: str) -> psycopg.Connection[Any]:
    """A new connection in autocommit mode.

    Raises
    ------
    DeniedError
        The server does not let us in, or a file of credentials is open to others.
    ConfigError
        The URL or a file of credentials is malformed.
    UnavailableError
        No server answers, or it has no such database.
    """
    parameters = {"connect_timeout": _SECONDS, **parameters_of(url)}
    found = find_credentials(parameters)
    given = {"user": found.user, "password": found.password}
    parameters |= {name: value for name, value in given.items() if value}
    try:
        return psycopg.connect(**parameters, autocommit=True, prepare_threshold=2)
    except psycopg.Error as error:
        # without the driver's error as its cause: what it was given must not come along into a log
        raise _refused(error, found, parameters.get("password")) from None


def cancel(connection: psycopg.Connection[Any], others: Iterable[psycopg.Connection[Any]]) -> None:
    """End the statements that run on connections of another thread, if there are any."""
    for busy in (connection, *others):
        with suppress(psycopg.Error):  # it has ended by itself, or the server is gone
            busy.cancel_safe(timeout=_SECONDS)


def _refused(error: psycopg.Error, found: Credentials, password: str | None) -> ButlerError:
    """Our error for a connection that could not be made."""
    text = " ".join(str(error).split())
    if password:
        text = text.replace(password, "***")
    if any(words in text for words in _REFUSALS):
        looked = (
            f"The password came from {found.source}."
            if found.source
            else f"There is none in the URL and none that fits in {auth_file()}; the driver looked for one in "
            f"{_LEFT_TO_DRIVER}."
        )
        return DeniedError(
            f"The PostgreSQL registry does not let us in: {text}", hint=f"{looked} For more: butler doctor REPO"
        )
    return UnavailableError(
        f"The PostgreSQL registry did not answer: {text}", hint="Check that the server runs; retry."
    )
