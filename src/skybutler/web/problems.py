"""Errors as HTTP statuses: the one table.  Knows no protocol's way of telling them."""

from __future__ import annotations

from skybutler.errors import (
    ButlerError,
    ConflictError,
    DeniedError,
    FormatError,
    InvalidError,
    NotFoundError,
    UnavailableError,
)

__all__ = ["TooManyError", "UnauthorizedError", "status_of"]


class UnauthorizedError(DeniedError):
    """A request without a token, or with one that is not good."""

    code = "unauthorized"


class TooManyError(UnavailableError):
    """A server that has more to do than it takes on."""

    code = "too-many"


_STATUSES: tuple[tuple[type[ButlerError], int], ...] = (
    (UnauthorizedError, 401),
    (TooManyError, 429),
    (DeniedError, 403),
    (NotFoundError, 404),
    (InvalidError, 400),
    (ConflictError, 409),
    (UnavailableError, 503),
    (FormatError, 500),
)


def status_of(error: ButlerError) -> int:
    """The HTTP status of an error of ours."""
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), 500)
