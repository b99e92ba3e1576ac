"""Numpy arrays in pickles, as plain data: numbers and texts, never objects or records.  Knows no pickle machine."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NoReturn

import numpy as np
from numpy.typing import NDArray

__all__ = ["PLAIN_ARRAYS", "checked_state"]

_TYPE: Final = re.compile(r"[<>|=]?(\?|[biufc][0-9]{1,2}|[SU][0-9]{1,9})")
_PLAIN: Final = "biufcSU"


def _ndarray(*args: Any) -> NoReturn:
    raise ValueError("an array is made in an unusual way")


def _reconstruct(kind: object, shape: object, type_code: object) -> NDArray[Any]:
    """The empty array that gets its content by `checked_state`."""
    if kind is not _ndarray or shape != (0,):
        _ndarray()
    return np.empty((0,), np.int8)


def _from_buffer(
    data: bytes | bytearray, dtype: np.dtype[Any], shape: tuple[int, ...], order: Any, axis_order: Any = None
) -> NDArray[Any]:
    """An array over bytes, as protocol 5 has it."""
    array = np.frombuffer(data, _plain(dtype))
    if axis_order is not None:  # the shape is then that of the memory
        return array.reshape(_whole_numbers(shape)).transpose(_whole_numbers(axis_order))
    return array.reshape(_whole_numbers(shape), order=order)


def _dtype(text: object, align: object = False, copy: object = True) -> np.dtype[Any]:
    """A type of its own, which may still be told its byte order."""
    if not isinstance(text, str) or _TYPE.fullmatch(text) is None:
        raise ValueError(f"an array of type {text!r}, which is not plain")
    return np.dtype(text, copy=True)


def _scalar(dtype: np.dtype[Any], data: bytes | str) -> Any:
    """One number."""
    raw = _bytes(data)
    if len(raw) != _plain(dtype).itemsize:
        raise ValueError(f"a number of {len(raw)} instead of {dtype.itemsize} bytes")
    return np.frombuffer(raw, dtype)[0]


def _plain(dtype: object) -> np.dtype[Any]:
    if not isinstance(dtype, np.dtype) or dtype.kind not in _PLAIN:
        raise ValueError(f"an array of type {dtype!r}, which is not plain")
    return dtype


def _bytes(data: object) -> bytes:
    if isinstance(data, str):  # of Python 2, which had no bytes
        return data.encode("latin1")
    if not isinstance(data, bytes | bytearray):
        raise ValueError(f"an array with a {type(data).__name__} for content")
    return bytes(data)


def _whole_numbers(shape: object) -> tuple[int, ...]:
    if not isinstance(shape, tuple) or not all(isinstance(n, int) and n >= 0 for n in shape):
        raise ValueError(f"an array of shape {shape!r}")
    return shape


def checked_state(target: object, state: object) -> tuple[Any, ...]:
    """The state that a pickle gives to an array or type, if it is one that numpy itself could have written.

    Parameters
    ----------
    target : `numpy.ndarray` or `numpy.dtype`
        As `PLAIN_ARRAYS` made it.
    state : `object`
        What the pickle has for it.

    Returns
    -------
    state : `tuple`
        To be given to its ``__setstate__``.

    Raises
    ------
    ValueError
        If the numbers contradict each other, or the type is not plain.
    """
    if not isinstance(state, tuple):
        raise ValueError("an array without a state")
    if isinstance(target, np.dtype):
        return _checked_type_state(target, state)
    if not isinstance(target, np.ndarray) or target.size or target.base is not None or not 4 <= len(state) <= 5:
        raise ValueError("an array is filled in an unusual way")
    shape, dtype, fortran, data = state[-4:]
    raw = _bytes(data)
    expected = math.prod(_whole_numbers(shape)) * _plain(dtype).itemsize
    if len(raw) != expected:
        raise ValueError(f"an array of shape {shape} with {len(raw)} instead of {expected} bytes")
    return 1, shape, dtype, bool(fortran), raw


def _checked_type_state(dtype: np.dtype[Any], state: tuple[Any, ...]) -> tuple[Any, ...]:
    order = state[1] if len(state) == 8 else None
    if order not in ("<", ">", "|", "=") or any(part is not None for part in state[2:5]):
        raise ValueError("an array of a type that is not plain")
    sized = dtype.kind in "SU"
    return 3, order, None, None, None, dtype.itemsize if sized else -1, dtype.alignment if sized else -1, 0


PLAIN_ARRAYS: Final[Mapping[tuple[str, str], Callable[..., Any] | str]] = {
    ("numpy", "ndarray"): _ndarray,
    ("numpy", "dtype"): _dtype,
    **{
        (f"numpy.{package}.{module}", name): value
        for package in ("core", "_core")
        for module, name, value in (
            ("multiarray", "_reconstruct", _reconstruct),
            ("multiarray", "scalar", _scalar),
            ("numeric", "_frombuffer", _from_buffer),
        )
    },
}
"""To be added to the table of a pickle that holds arrays."""
