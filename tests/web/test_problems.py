from __future__ import annotations

import pytest

from skybutler import errors
from skybutler.web.problems import headers_of, status_of


@pytest.mark.parametrize(
    "error, status",
    [
        (errors.DatasetNotFoundError("x"), 404),
        (errors.ExpressionError("x"), 400),
        (errors.ParameterError("x"), 400),
        (errors.DeniedError("x"), 403),
        (errors.UnauthorizedError("x"), 401),
        (errors.OverloadedError("x"), 429),
        (errors.UnavailableError("x"), 503),
        (errors.ButlerError("x"), 500),
    ],
)
def test_every_error_has_a_status(error, status):
    assert status_of(error) == status


def test_who_asks_too_much_is_told_when_to_come_again():
    assert headers_of(errors.OverloadedError("x", seconds=7)) == {"Retry-After": "7"}
    assert headers_of(errors.UnavailableError("x")) == {}
