"""What a column of a VO table is: type, unit, meaning.  Knows neither rows nor documents.

Types and attributes are those of VOTable 1.4 (IVOA Recommendation 2019-10-21, sections 2.1 and 4.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from skybutler.errors import InvalidError, nearest

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["NUMBERS", "Field", "field_of_arrow"]

NUMBERS = {
    "unsignedByte": "u1",
    "short": "i2",
    "int": "i4",
    "long": "i8",
    "float": "f4",
    "double": "f8",
}
"""Numeric data types and the numpy type of their values, in the machine's byte order."""

_DATATYPES = (*NUMBERS, "boolean", "char", "unicodeChar")
_ARROW = {
    "uint8": "unsignedByte",
    "int8": "short",
    "int16": "short",
    "uint16": "int",
    "int32": "int",
    "uint32": "long",
    "int64": "long",
    "halffloat": "float",
    "float": "float",
    "double": "double",
    "bool": "boolean",
    "string": "unicodeChar",
    "large_string": "unicodeChar",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A column.

    Parameters
    ----------
    name : `str`
        As users write it.
    datatype : `str`
        ``char`` (ASCII text), ``unicodeChar``, ``boolean``, or one of `NUMBERS`.
    arraysize : `str`, optional
        ``*`` for a text or array of any length, ``4*`` for at most 4, ``4`` for just 4; nothing for a single value.
    unit, ucd, utype, xtype, description : `str`, optional
        What VO tools ask for; units in VOUnits notation.
    principal, indexed, standard : `bool`
        Of ``tap_schema.columns``: whether the column is of first interest, whether a question for it is fast, and
        whether a standard defines it.

    Raises
    ------
    InvalidError
        There is no such datatype.
    """

    name: str
    datatype: str
    arraysize: str | None = None
    unit: str | None = None
    ucd: str | None = None
    utype: str | None = None
    xtype: str | None = None
    description: str | None = None
    principal: bool = False
    indexed: bool = False
    standard: bool = False

    def __post_init__(self) -> None:
        if self.datatype not in _DATATYPES:
            hint = nearest(self.datatype, _DATATYPES) or f"Types: {', '.join(_DATATYPES)}."
            raise InvalidError(f"Column {self.name} cannot be of type '{self.datatype}'.", hint=hint)

    @property
    def is_text(self) -> bool:
        """Whether values are text."""
        return self.datatype in ("char", "unicodeChar")

    @property
    def is_array(self) -> bool:
        """Whether values are arrays of numbers."""
        return self.arraysize is not None and not self.is_text


def field_of_arrow(column: pa.Field) -> Field:
    """The VO description of an Arrow column, without unit and meaning.

    Raises
    ------
    InvalidError
        VO tables have no such type.
    """
    import pyarrow as pa

    inner, arraysize = column.type, None
    if pa.types.is_fixed_size_list(inner):
        inner, arraysize = inner.value_type, str(inner.list_size)
    elif pa.types.is_list(inner) or pa.types.is_large_list(inner):
        inner, arraysize = inner.value_type, "*"
    datatype = _ARROW.get(str(inner))
    if datatype is None or (arraysize is not None and datatype not in NUMBERS):
        raise InvalidError(
            f"Column {column.name} of type {column.type} has no place in a VOTable.",
            hint=f"Convert it to one of {', '.join(_ARROW)}, or a list of numbers.",
        )
    return Field(name=column.name, datatype=datatype, arraysize="*" if datatype == "unicodeChar" else arraysize)
