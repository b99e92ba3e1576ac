"""``lsst.afw.display`` is importable and honest."""

from __future__ import annotations

import pytest

from skybutler.compat import afw_display
from skybutler.errors import MissingExtraError


@pytest.mark.parametrize("name", ["Display", "setDefaultBackend", "RED"])
def test_using_it_says_that_it_is_not_there(name: str) -> None:
    with pytest.raises(MissingExtraError, match=f"lsst.afw.display.{name} is not available.*imshow") as caught:
        getattr(afw_display, name)
    assert isinstance(caught.value, ImportError)


def test_what_python_itself_asks_for_is_merely_absent() -> None:
    assert not hasattr(afw_display, "__path__")
    assert not hasattr(afw_display, "_private")
    assert afw_display.__all__ == []
