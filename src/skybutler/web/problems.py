"""Errors as HTTP statuses: the one table.  Knows no protocol's way of telling them."""

from __future__ import annotations

from skybutler.errors import (
    ButlerError,
    ConflictError,
    DeniedError,
    FormatError,
    InvalidError,
    NotFoundError,
    OverloadedError,
    UnauthorizedError,
    UnavailableError,
)

__all__ = ["headers_of", "status_of"]


_STATUSES: tuple[tuple[type[ButlerError], int], ...] = (
    (UnauthorizedError, 401),
    (OverloadedError, 429),
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


def headers_of(error: ButlerError) -> dict[str, str]:
    """Headers that an answer with such a status has: when to try again (RFC 9110, section 10.2.3)."""
    return {"Retry-After": str(error.seconds)} if isinstance(error, OverloadedError) else {}
