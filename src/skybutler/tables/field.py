"""What a column of a catalog is: name, type, unit, documentation.  Knows neither values nor files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from skybutler.errors import InvalidError, nearest

__all__ = ["TYPES", "Field", "field_of", "type_of"]

TYPES: Mapping[str, str] = {
    "B": "u1",
    "U": "u2",
    "I": "i4",
    "L": "i8",
    "F": "f4",
    "D": "f8",
    "Angle": "f8",
    "Flag": "?",
    "String": "U",
    "ArrayB": "u1",
    "ArrayU": "u2",
    "ArrayI": "i4",
    "ArrayL": "i8",
    "ArrayF": "f4",
    "ArrayD": "f8",
}
"""numpy type of a value, or of an element of an array, by the names that afw has for the types of fields."""

_ANY_LENGTH = 0
_TOO_LARGE = 1 << 24
_NAME = re.compile(r"[!-~]+( [!-~]+)*")
_OF_KIND = {"b": "Flag", "f": "D", "U": "String", "S": "String"}
_WIDENED = {"i1": "I", "i2": "I", "u4": "L", "f2": "F"}


@dataclass(frozen=True, slots=True)
class Field:
    """A column of a catalog.

    Parameters
    ----------
    name : `str`
        Printable ASCII; parts are separated by underscores.
    type : `str`, type or `numpy.dtype`
        One of `TYPES` (``Angle`` is radians in float64), or a Python or numpy type: `float`, ``"f4"``, `bool`, ...
    doc : `str`
        What it means.
    unit : `str`
        As FITS and astropy spell it; that of an ``Angle`` is ``rad``.
    size : `int`
        Characters of a String, elements of an Array; 0 for values of any length.  1 for all other types.

    Raises
    ------
    skybutler.errors.InvalidError
        Raised for a name, type or size that a catalog cannot have.
    """

    name: str
    type: str
    doc: str = ""
    unit: str = ""
    size: int = 1

    def __init__(self, name: str, type: Any = "D", doc: str = "", unit: Any = "", size: int | None = None) -> None:
        if not _NAME.fullmatch(name):
            raise InvalidError(f"{name!r} cannot name a column; names are printable ASCII.")
        kind = type if isinstance(type, str) and type in TYPES else _known_type(name, type)
        if size is None:
            size = _ANY_LENGTH if kind == "String" or kind.startswith("Array") else 1
        sized = kind == "String" or kind.startswith("Array")
        if not (0 <= size <= _TOO_LARGE if sized else size == 1):
            raise InvalidError(f"Column {name!r} of type {kind} cannot have size {size}.")
        values = (name, kind, doc, "rad" if kind == "Angle" else str(unit or ""), size)
        for slot, value in zip(("name", "type", "doc", "unit", "size"), values, strict=True):
            object.__setattr__(self, slot, value)

    @property
    def is_flag(self) -> bool:
        """Whether values are true or false."""
        return self.type == "Flag"

    @property
    def is_array(self) -> bool:
        """Whether each value is an array."""
        return self.type.startswith("Array")

    @property
    def has_any_length(self) -> bool:
        """Whether values have lengths of their own; such columns hold objects."""
        return self.size == _ANY_LENGTH and (self.is_array or self.type == "String")

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a value, or of an array's element."""
        if self.type == "String":
            return np.dtype(object) if self.has_any_length else np.dtype(f"U{self.size}")
        return np.dtype(TYPES[self.type])

    def blank(self, n: int) -> np.ndarray[Any, Any]:
        """Values of ``n`` rows that nobody has set: NaN, 0, `False` or empty."""
        if self.has_any_length:
            values = np.empty(n, dtype=object)
            for i in range(n):
                values[i] = "" if self.type == "String" else np.zeros(0, self.dtype)
            return values
        shape = (n, self.size) if self.is_array else (n,)
        return np.full(shape, np.nan, self.dtype) if self.dtype.kind == "f" else np.zeros(shape, self.dtype)

    def column(self, values: Any, n: int | None = None) -> np.ndarray[Any, Any]:
        """Values as a column of this field: of its type, native, one per row; shared where that is possible.

        Raises
        ------
        skybutler.errors.InvalidError
            Raised if they do not fit without loss.
        """
        if self.has_any_length:
            return self._objects(values)
        array = np.asarray(_unmasked(self, values))
        if array.dtype.kind == "S":
            array = np.char.decode(array, "ascii", "replace")
        if n is not None and array.ndim < 1 + self.is_array:
            array = np.broadcast_to(array, (n, self.size) if self.is_array else (n,)).copy()
        wanted = (self.size,) if self.is_array else ()
        if array.shape[1:] != wanted and array.size == len(array) * int(np.prod(wanted)):
            array = array.reshape(len(array), *wanted)
        if array.shape[1:] != wanted:
            raise InvalidError(f"Column {self.name!r} takes values of shape {wanted}, not {array.shape[1:]}.")
        self._check(array)
        return array.astype(self.dtype, copy=False)

    def _check(self, array: np.ndarray[Any, Any]) -> None:
        if array.dtype == self.dtype or not array.size:
            return
        kind, own = array.dtype.kind, self.dtype.kind
        if own == "U" and kind == "U":
            longest = int(np.char.str_len(array).max())
            if longest > self.size:
                raise InvalidError(f"Column {self.name!r} has {self.size} characters, but a value has {longest}.")
        elif own in "iu" and kind in "iub":
            limits = np.iinfo(self.dtype)
            if int(array.min()) < limits.min or int(array.max()) > limits.max:
                raise InvalidError(
                    f"Column {self.name!r} of type {self.type} cannot hold {array.min()}..{array.max()}."
                )
        elif not (own == "f" and kind in "fiub") and not (own == "b" and kind == "b"):
            raise InvalidError(f"Column {self.name!r} of type {self.type} cannot hold values of dtype {array.dtype}.")

    def _objects(self, values: Any) -> np.ndarray[Any, Any]:
        if isinstance(values, np.ndarray) and values.dtype == object and values.ndim == 1:
            made = values
        else:
            made = np.empty(len(values), dtype=object)
            for i, value in enumerate(values):
                made[i] = value
        for i, value in enumerate(made):
            if self.type == "String":
                made[i] = value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)
            elif not (isinstance(value, np.ndarray) and value.dtype == self.dtype and value.ndim == 1):
                made[i] = np.asarray(value, self.dtype).ravel()
        return made


def _unmasked(field: Field, values: Any) -> Any:
    """Values without a mask: missing numbers with a fraction are NaN, others cannot be missing."""
    if not isinstance(values, np.ma.MaskedArray):
        return values
    if values.dtype.kind == "f":
        return values.filled(np.nan)
    if np.ma.is_masked(values):
        raise InvalidError(
            f"Column {field.name!r} has missing values, which catalogs do not have for type {field.type}.",
            hint="Fill them first, or store the table with storage class ArrowAstropy.",
        )
    return values.data


def _known_type(name: str, given: Any) -> str:
    try:
        return type_of(np.dtype(given))
    except TypeError:
        known = ", ".join(TYPES)
        raise InvalidError(
            f"Column {name!r} cannot have type {given!r}.", hint=nearest(str(given), TYPES) or f"Types are {known}."
        ) from None


def type_of(dtype: np.dtype[Any], *, array: bool = False) -> str:
    """Name of the type of a field that holds values of a numpy type without loss.

    Raises
    ------
    TypeError
        There is none.
    """
    code = dtype.str.lstrip("<>|=")
    found = next((name for name, own in TYPES.items() if own == code), None)
    found = found or _WIDENED.get(code) or (_OF_KIND.get(dtype.kind) if code != "f16" else None)
    if found is None or (array and found in ("Flag", "String")):
        raise TypeError(f"no field holds values of {dtype}")
    return f"Array{found}" if array else found


def field_of(name: str, values: Any) -> Field:
    """The field that fits a column: its type, and the unit and description that an astropy column brings along.

    Raises
    ------
    skybutler.errors.InvalidError
        Raised for values that no field can hold.
    """
    doc, unit = getattr(values, "description", None), getattr(values, "unit", None)
    array = np.ma.asanyarray(values)
    text = _unit_text(unit)
    try:
        if array.dtype == object:
            return Field(name, *_of_objects(array), doc=doc or "", unit=text)
        if array.ndim > 1:
            size = int(np.prod(array.shape[1:]))
            return Field(name, type_of(array.dtype, array=True), doc or "", text, size)
        kind = type_of(array.dtype)
    except TypeError as error:
        raise InvalidError(f"Column {name!r} cannot be a column of a catalog: {error}.") from None
    if kind == "D" and text in ("rad", "radian"):
        kind = "Angle"
    width = array.dtype.itemsize // (4 if array.dtype.kind == "U" else 1)
    return Field(name, kind, doc or "", text, max(width, 1) if kind == "String" else None)


def _unit_text(unit: Any) -> str:
    """A unit as FITS spells it, if it can, or as astropy does."""
    if unit is None or isinstance(unit, str):
        return unit or ""
    try:
        return str(unit.to_string("fits"))
    except ValueError:
        return str(unit)


def _of_objects(values: Any) -> tuple[str]:
    kinds = {str if isinstance(v, str | bytes) else np.asarray(v).dtype for v in values}
    if kinds <= {str}:
        return ("String",)
    return (type_of(np.result_type(*kinds), array=True),)
