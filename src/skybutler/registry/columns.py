"""Columns of dimension records as users give them: checked, and made lists of plain values.  Knows no database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from skybutler.dimensions import DimensionElement
from skybutler.errors import DimensionNameError, DimensionValueError, nearest

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Columns", "check_values", "plain_columns", "same_length"]

Columns = Mapping[str, "Sequence[Any] | np.ndarray[Any, Any]"]
"""Values by record field."""

_WORDS = {"string": "text", "int": "an integer", "float": "a number", "bool": "true or false", "hash": "bytes"}
_USUAL: dict[str, set[type]] = {
    "string": {str, type(None)},
    "int": {int, type(None)},
    "float": {float, int, type(None)},
    "bool": {bool, int, type(None)},
    "hash": {bytes, type(None)},
}
_INT64 = range(-(2**63), 2**63)


def same_length(element: DimensionElement, columns: Columns) -> int:
    """How many records the columns hold.

    Raises
    ------
    DimensionValueError
        Their lengths differ.
    """
    lengths = {f: len(c) for f, c in columns.items()}
    if len(set(lengths.values())) > 1:
        raise DimensionValueError(f"Columns of {element.name} records differ in length: {lengths}.")
    return next(iter(lengths.values()), 0)


def plain_columns(element: DimensionElement, columns: Columns) -> dict[str, list[Any]]:
    """Columns by table column name, as lists of Python values; regions encoded, times in two integer columns.

    Raises
    ------
    DimensionNameError
        A name is no field of the element, or a key is missing.
    DimensionValueError
        A value is not of its field's type.
    """
    plain: dict[str, list[Any]] = {}
    own = element.key.name if element.key is not None else None
    for field, values in columns.items():
        if field == "region" and element.has_region:
            plain["region"] = _encoded_regions(values)
        elif field == "timespan" and element.has_timespan:
            plain["timespan_begin"] = [None if t is None else t.begin_ns for t in values]
            plain["timespan_end"] = [None if t is None else t.end_ns for t in values]
        else:
            listed = list(values.tolist()) if hasattr(values, "tolist") else list(values)
            column = element.name if field == own else field
            plain[column] = check_values(f"'{field}' of {element.name}", _type_of(element, column), listed)
    if lacking := [d for d in element.required if d not in plain]:
        raise DimensionNameError(f"No value for {', '.join(lacking)} of {element.name} records.")
    return plain


def _type_of(element: DimensionElement, column: str) -> str:
    """Type of a table column."""
    if element.has_timespan and column in ("timespan_begin", "timespan_end"):
        return "int"
    if column in element.required or column in element.implied:
        key = element.universe[column].key
        return str(key.type) if key is not None else "int"
    if column in element.columns:
        return str(element.columns[column].type)
    hint = nearest(column, element.fields) or f"Fields are: {', '.join(element.fields)}."
    raise DimensionNameError(f"'{column}' is not a field of {element.name} records.", hint=hint)


def check_values(what: str, kind: str, values: list[Any]) -> list[Any]:
    """The values of a column, which must be of a type or missing; whole numbers become integers.

    Raises
    ------
    DimensionValueError
        One is not; it is named.
    """
    kinds = set(map(type, values))
    if not kinds <= _USUAL[kind]:
        values = _cast(what, kind, values, kinds - {type(None)})
    if kind == "int":
        present = values if None not in values else [v for v in values if v is not None]
        for extreme in (min(present), max(present)) if present else ():
            if extreme not in _INT64:
                raise DimensionValueError(f"{what} must be an integer of 64 bits, not {extreme}.")
    return values


def _cast(what: str, kind: str, values: list[Any], kinds: set[type]) -> list[Any]:
    """Values of types that are not the usual ones."""
    import numpy as np

    allowed: dict[str, tuple[type, ...]] = {
        "string": (str,),
        "int": (int, np.integer),
        "float": (int, float, np.integer, np.floating),
        "bool": (bool, int, np.bool_, np.integer),
        "hash": (bytes,),
    }
    fits = allowed[kind]
    wrong = {k for k in kinds if not issubclass(k, fits) or (kind in ("int", "float") and issubclass(k, bool))}
    if wrong and kind == "int" and all(issubclass(k, float | np.floating) for k in wrong) and _all_whole(values):
        wrong = set()
    if wrong:
        first = next(v for v in values if type(v) in wrong)
        raise DimensionValueError(f"{what} must be {_WORDS[kind]}, not {first!r:.60} ({type(first).__name__}).")
    return [None if v is None else int(v) for v in values] if kind == "int" else values


def _all_whole(values: list[Any]) -> bool:
    return all(v is None or float(v).is_integer() for v in values)


def _encoded_regions(values: Any) -> list[bytes | None]:
    from skybutler.sky.region import counter_clockwise, encode, encode_polygons

    if hasattr(values, "shape"):
        return list(encode_polygons(counter_clockwise(values)))
    return [v if v is None or isinstance(v, bytes) else encode(v) for v in values]
