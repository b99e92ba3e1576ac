"""Equality of immutable objects by the values of their attributes, arrays included.  Knows no classes of objects."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["ByValue", "Floats", "frozen", "same"]

Floats: TypeAlias = npt.NDArray[np.float64]


def frozen(values: npt.ArrayLike) -> Floats:
    """A copy of values as a float64 array that cannot be written to."""
    array = np.array(values, dtype=np.float64)
    array.setflags(write=False)
    return array


def same(a: Any, b: Any) -> bool:
    """Whether two values are equal, where NaN equals NaN and arrays are equal as a whole."""
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        a, b = np.asarray(a), np.asarray(b)
        floating = a.dtype.kind == "f" and b.dtype.kind == "f"
        return bool(np.array_equal(a, b, equal_nan=floating))
    if isinstance(a, tuple | list) and isinstance(b, tuple | list):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(same(value, b[key]) for key, value in a.items())
    return bool(a == b) or bool(a != a and b != b)


def _hashable(value: Any) -> Any:
    """What equal values have in common; few unequal ones do."""
    if isinstance(value, np.ndarray):
        return value.shape, float(np.nansum(value))
    if isinstance(value, tuple | list):
        return tuple(map(_hashable, value))
    if isinstance(value, Mapping):
        return tuple(sorted(value))
    return "nan" if value != value else value


class ByValue:
    """A frozen dataclass (declared with ``eq=False``) whose instances are equal when their compared fields are."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(self) is not type(other):
            return NotImplemented
        return all(same(a, b) for a, b in zip(_compared(self), _compared(other), strict=True))

    def __hash__(self) -> int:
        return hash((type(self).__name__, *map(_hashable, _compared(self))))


def _compared(instance: Any) -> list[Any]:
    return [getattr(instance, field.name) for field in dataclasses.fields(instance) if field.compare]
