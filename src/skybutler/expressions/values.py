"""Turn Python values given as binds into typed constants and lists.  Knows nothing of names, syntax or SQL.

Numpy, astropy, pyarrow, pandas and sphgeom are not imported to look at a value: one of theirs can only exist when they
are loaded already.
"""

from __future__ import annotations

import math
import sys
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from skybutler.errors import InvalidError
from skybutler.expressions.bound import Literal, Point, Scalar, ValueType

__all__ = ["INT64", "ValueList", "is_list", "typed", "typed_list"]

INT64 = range(-(2**63), 2**63)
"""Integers that a database column can hold."""

_ACCEPTED = (
    "A bind can be an int, float, str, bool, None, UUID, bytes, astropy Time, datetime, Timespan, sphgeom region, "
    "LonLat or SkyCoord, or for IN a list, tuple, set, range, numpy array, table column or Arrow array of them."
)


@dataclass(frozen=True, slots=True)
class ValueList:
    """Members of an ``IN`` list, sorted by type.

    ``values`` maps a type to the distinct values of it, in any order; ``ranges`` have a positive step; ``has_null``
    tells that a missing value was among them.
    """

    values: Mapping[ValueType, Collection[Scalar]]
    ranges: tuple[range, ...] = ()
    has_null: bool = False


def _is(value: object, module: str, *names: str) -> bool:
    """Whether a value is an instance of a class of a module that may not be loaded."""
    loaded = sys.modules.get(module)
    return loaded is not None and isinstance(value, tuple(getattr(loaded, name) for name in names))


def is_list(value: object) -> bool:
    """Whether a bind is a collection, to be used with ``IN``."""
    if isinstance(value, str | bytes | UUID | Mapping):
        return False
    shape = getattr(value, "shape", None)  # numpy, astropy and pandas; their scalars have no dimensions
    if isinstance(shape, tuple):
        return len(shape) > 0
    return isinstance(value, Iterable) and not _is(value, "lsst.sphgeom", "Region", "UnitVector3d", "LonLat")


# -------------------------------------------------------------------------------------------------------------- scalars
def typed(value: Any) -> tuple[Scalar, ValueType]:
    """Value and type of a scalar bind.

    Parameters
    ----------
    value : object
        Integers must fit 64 bits and floats must not be NaN.  Zero-dimensional numpy values and Arrow scalars count
        as what they hold.  Times become TAI nanoseconds; a `~datetime.datetime` without time zone is UTC.

    Returns
    -------
    value : scalar
        The value in the form of `skybutler.expressions.bound.Literal`.
    type : `str`
        Its type; ``null`` for `None` and for the missing values of pandas and masked arrays.

    Raises
    ------
    InvalidError
        The value is of no usable type, or outside what its type can hold.
    """
    if _is_missing(value):
        return None, "null"
    match value:
        case bool():
            return value, "bool"
        case int():
            return _int64(int(value)), "int"
        case float():
            return _not_nan(float(value)), "float"
        case str():
            return str(value), "string"
        case UUID():
            return value, "uuid"
        case bytes():
            return bytes(value), "hash"
        case datetime():
            return _nanoseconds(value), "time"
        case _:
            return _typed_foreign(value)


def _is_missing(value: object) -> bool:
    pandas, masked = sys.modules.get("pandas"), sys.modules.get("numpy.ma")
    return (
        value is None
        or (pandas is not None and (value is pandas.NA or value is pandas.NaT))
        or (masked is not None and value is masked.masked)
    )


def _typed_foreign(value: Any) -> tuple[Scalar, ValueType]:
    """Value and type of an object of another library, or of a timespan."""
    if _is(value, "skybutler.sky.timespan", "Timespan"):
        timespan: Scalar = value
        return timespan, "timespan"
    if _is(value, "astropy.time", "Time") and value.isscalar:
        return (None, "null") if value.masked else (_nanoseconds(value), "time")
    if _is(value, "lsst.sphgeom", "Region"):
        region: Scalar = value
        return region, "region"
    if _is(value, "lsst.sphgeom", "UnitVector3d"):
        value = sys.modules["lsst.sphgeom"].LonLat(value)
    if _is(value, "lsst.sphgeom", "LonLat"):
        return Point(value.getLon().asDegrees(), value.getLat().asDegrees()), "point"
    if _is(value, "astropy.coordinates", "SkyCoord") and value.isscalar:
        return Point(float(value.icrs.ra.deg), float(value.icrs.dec.deg)), "point"
    if _is(value, "pyarrow", "Scalar"):
        return typed(value.as_py())
    if _is(value, "numpy", "generic", "ndarray") and value.ndim == 0 and value.dtype.kind in "biufUO":
        return typed(value.item())
    raise InvalidError(
        f"A value of type {type(value).__module__}.{type(value).__qualname__} cannot be used.", hint=_ACCEPTED
    )


def _int64(value: int) -> int:
    if value not in INT64:
        raise InvalidError("The integer does not fit 64 bits.")
    return value


def _not_nan(value: float) -> float:
    if math.isnan(value):
        raise InvalidError("NaN is not equal to anything.", hint="Use NULL, or None in a bind, for missing values.")
    return value


def _nanoseconds(value: Any) -> int:
    from skybutler.sky.timespan import to_ns

    return to_ns(value)


# ---------------------------------------------------------------------------------------------------------------- lists
def typed_list(value: Any) -> ValueList:
    """Members of a collection given as a bind.

    Parameters
    ----------
    value : iterable
        List, tuple, set, generator, range, numpy array (masked ones too), astropy or pandas column, astropy
        `~astropy.time.Time` array, Arrow array.  Members as for `typed`; several dimensions are flattened.

    Raises
    ------
    InvalidError
        A member is of no usable type, or outside what its type can hold.
    """
    if isinstance(value, range):
        return _range_list(value)
    has_null = False
    if _is(value, "pyarrow", "Array", "ChunkedArray"):
        has_null, value = value.null_count > 0, value.drop_null()
        numeric = str(value.type).startswith(("int", "uint", "float", "double"))
        value = value.to_numpy(zero_copy_only=False) if numeric else value.to_pylist()
    elif _is(value, "pandas", "Series", "Index"):
        missing = value.isna()
        has_null, value = bool(missing.any()), value[~missing].to_numpy()
    elif _is(value, "numpy.ma", "MaskedArray"):
        has_null, value = bool(sys.modules["numpy.ma"].is_masked(value)), value.compressed()
    if _is(value, "numpy", "ndarray") and value.dtype.kind in "biufUS":
        return ValueList(_array_values(value), has_null=has_null)
    members = value.ravel() if _is(value, "numpy", "ndarray") or _is(value, "astropy.time", "Time") else value
    return _python_values(list(members), has_null)


def _range_list(value: range) -> ValueList:
    ordered = value if value.step > 0 else value[::-1]
    if not ordered:
        return ValueList({})
    _int64(ordered[0])
    _int64(ordered[-1])
    return ValueList({}, ranges=(ordered,))


def _array_values(array: Any) -> dict[ValueType, Collection[Scalar]]:
    """Distinct values of an array of numbers, booleans or text; byte strings, as FITS tables have them, are ASCII."""
    import numpy as np

    if array.dtype.kind == "S":
        try:
            array = np.char.decode(np.asarray(array), "ascii")
        except UnicodeDecodeError:
            raise InvalidError("Byte strings in an array must be ASCII text.") from None
    distinct = np.unique(np.asarray(array))
    kinds: dict[str, ValueType] = {"b": "bool", "i": "int", "u": "int", "f": "float", "U": "string"}
    kind = kinds[distinct.dtype.kind]
    if distinct.size and kind == "int":
        _int64(int(distinct[-1]))
    if distinct.size and kind == "float":
        _not_nan(float(distinct[-1]))  # NaN is sorted to the end
    return {kind: distinct.tolist()} if distinct.size else {}


def _python_values(members: list[Any], has_null: bool) -> ValueList:
    if set(map(type, members)) == {str}:
        return ValueList({"string": frozenset(members)}, has_null=has_null)
    if set(map(type, members)) == {int}:
        _int64(min(members))
        _int64(max(members))
        return ValueList({"int": frozenset(members)}, has_null=has_null)
    values: defaultdict[ValueType, list[Scalar]] = defaultdict(list)
    # Literals are compared, because regions cannot be hashed and True is not 1.
    for literal in dict.fromkeys(Literal(*typed(member)) for member in members):
        values[literal.type].append(literal.value)
    has_null = values.pop("null", None) is not None or has_null
    return ValueList(values, has_null=has_null)
