"""Arrays of pickles: only states that numpy could have written."""

from __future__ import annotations

import numpy as np
import pytest

from skybutler.formatters.plain_arrays import PLAIN_ARRAYS, checked_state


def empty() -> np.ndarray:
    make = PLAIN_ARRAYS["numpy._core.multiarray", "_reconstruct"]
    assert callable(make)
    return make(PLAIN_ARRAYS["numpy", "ndarray"], (0,), b"b")


def test_a_state_fills_an_empty_array() -> None:
    array, content = empty(), np.arange(6, dtype=">i4").reshape(2, 3)
    array.__setstate__(checked_state(array, content.__reduce__()[2]))
    np.testing.assert_array_equal(array, content)


@pytest.mark.parametrize(
    "state",
    [
        None,
        (1, (3,), np.dtype("f8"), False),
        (1, (3,), np.dtype("f8"), False, b"\0" * 23),
        (1, (-3,), np.dtype("f8"), False, b""),
        (1, (3.0,), np.dtype("f8"), False, b"\0" * 24),
        (1, (1,), np.dtype("O"), False, [1]),
        (1, (1,), "f8", False, b"\0" * 8),
        (1, (1,), np.dtype("f8"), False, [1.0]),
    ],
)
def test_contradictions_are_refused(state: object) -> None:
    with pytest.raises(ValueError, match="array"):
        checked_state(empty(), state)


def test_an_array_with_content_is_not_filled_again() -> None:
    with pytest.raises(ValueError, match="unusual way"):
        checked_state(np.arange(3.0), (1, (1,), np.dtype("f8"), False, b"\0" * 8))


@pytest.mark.parametrize("state", [(3, "<", ("i4", (3,)), None, None, -1, -1, 0), (3, "<"), (3, "x", *[None] * 6)])
def test_a_type_is_given_its_byte_order_and_nothing_else(state: tuple[object, ...]) -> None:
    with pytest.raises(ValueError, match="not plain"):
        checked_state(np.dtype("f8", copy=True), state)
