"""Our errors for those of the PostgreSQL driver.  Knows no statement and no connection."""

from __future__ import annotations

from skybutler.errors import (
    ButlerError,
    ConflictError,
    FormatError,
    InvalidError,
    InvalidQueryError,
    MissingExtraError,
    ReadOnlyError,
    UnavailableError,
)

try:
    import psycopg
except ImportError as error:  # pragma: no cover - the test environment has it
    raise MissingExtraError(
        "A PostgreSQL registry needs psycopg.", hint="Install it with: pip install 'skybutler[postgres]'"
    ) from error

__all__ = ["FAILURES", "translated"]

_MISSING = (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn, psycopg.errors.InvalidSchemaName)
FAILURES = (psycopg.Error, OverflowError)
"""What the driver raises; the latter for integers of more than 64 bits."""


def translated(error: psycopg.Error | OverflowError) -> ButlerError:
    """Our error for a driver error; connection strings are never in the text."""
    text = " ".join(str(error).split())
    if isinstance(error, OverflowError):
        return InvalidError(f"The database cannot hold such a value: {text}.")
    if isinstance(error, psycopg.IntegrityError):
        return ConflictError(text)
    if isinstance(error, psycopg.DataError):
        said = error.diag.message_primary or text  # without the statement
        return InvalidError(f"The database can neither hold nor compute such a value: {said}.")
    if isinstance(error, _MISSING):
        return FormatError(f"The PostgreSQL registry has not the tables that it should have: {text}")
    if isinstance(error, psycopg.ProgrammingError) and not isinstance(error, psycopg.errors.InsufficientPrivilege):
        return InvalidQueryError(f"The database refuses the query: {error.diag.message_primary or text}.")
    if isinstance(error, psycopg.errors.ReadOnlySqlTransaction | psycopg.errors.InsufficientPrivilege):
        return ReadOnlyError(f"The registry cannot be written: {text}")
    if isinstance(error, psycopg.errors.DeadlockDetected | psycopg.errors.SerializationFailure):
        return UnavailableError("Another process changed the same rows at the same time.", hint="Try again.")
    if isinstance(error, psycopg.errors.LockNotAvailable):
        return UnavailableError("Other processes are writing to this repository.", hint="Try again when they are done.")
    return UnavailableError(
        f"The PostgreSQL registry did not answer: {text}", hint="Check that the server runs; retry."
    )
