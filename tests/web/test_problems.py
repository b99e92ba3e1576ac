from __future__ import annotations

import pytest

from skybutler import errors
from skybutler.web.problems import status_of


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
