"""The module serves the names that it lists, from where they are made."""

from __future__ import annotations

import pytest

from skybutler.compat.afw import table
from skybutler.errors import MissingExtraError


def test_names_are_there_once() -> None:
    assert [name for name in table.__all__ if not hasattr(table, name)] == []
    assert len(table.__all__) == len(set(table.__all__))


def test_what_is_not_served_is_said() -> None:
    with pytest.raises(MissingExtraError, match="match_coordinates_sky"):
        table.matchRaDec  # noqa: B018
