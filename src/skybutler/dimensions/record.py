"""Dimension records: what is known about one dimension value.  Knows no database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from skybutler.errors import DimensionNameError, DimensionValueError, nearest

from .data_id import DataId
from .element import Column, DimensionElement

if TYPE_CHECKING:
    from lsst.sphgeom import Region

    from skybutler.sky.timespan import Timespan

__all__ = ["DimensionRecord", "make_record"]


class DimensionRecord:
    """One row about a dimension value; fields are attributes.

    Parameters
    ----------
    element : `DimensionElement`
        What the record is about.
    values : sequence
        Field values in the order of ``element.fields``, unchecked; the region encoded (`bytes`), decoded or `None`.
    """

    __slots__ = ("_values", "element")

    def __init__(self, element: DimensionElement, values: Sequence[Any]) -> None:
        self.element = element
        self._values = list(values)

    def get(self, name: str) -> Any:
        """Value of a field; the region decoded.

        Raises
        ------
        DimensionNameError
            There is no such field.
        """
        position = self.element.positions.get(name)
        if position is None:
            raise _no_field(self.element, name)
        value = self._values[position]
        if name == "region" and isinstance(value, bytes):
            from skybutler.sky.region import decode

            value = self._values[position] = decode(value)
        return value

    def __getattr__(self, name: str) -> Any:
        # Copying and pickling ask for names of the protocol before there is an element.
        if name.startswith("_") or name not in self.element.positions:
            hint = "" if name.startswith("_") else f" {nearest(name, self.element.fields)}"
            raise AttributeError(f"Dimension records of this kind have no field '{name}'.{hint}".rstrip())
        return self.get(name)

    @property
    def definition(self) -> DimensionElement:
        """The element (a name users know)."""
        return self.element

    @property
    def region(self) -> Region | None:
        """Region on the sky, or `None`."""
        return self.get("region") if self.element.has_region else None

    @property
    def encoded_region(self) -> bytes | None:
        """Bytes of the region, or `None`; one that nobody has looked at is not decoded for it."""
        value = self._values[self.element.positions["region"]] if self.element.has_region else None
        if value is None or isinstance(value, bytes):
            return value
        encoded: bytes = value.encode()
        return encoded

    @property
    def timespan(self) -> Timespan | None:
        """Timespan, or `None`."""
        return self.get("timespan") if self.element.has_timespan else None

    @property
    def key_value(self) -> Any:
        """Value of the dimension that the record is about."""
        if self.element.key is None:
            raise DimensionNameError(f"{self.element.name} joins dimensions and has no value of its own.")
        return self.get(self.element.key.name)

    @property
    def data_id(self) -> DataId:
        """Values of the required dimensions."""
        group = self.element.group
        known = dict(zip(self.element.required, self._values, strict=False))
        return DataId.from_required_values(group, [known[n] for n in group.required])

    def to_dict(self) -> dict[str, Any]:
        """All fields by name."""
        return {name: self.get(name) for name in self.element.fields}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, DimensionRecord):
            return NotImplemented
        return self.element.name == other.element.name and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash((self.element.name, *self._values[: len(self.element.required)]))

    def __str__(self) -> str:
        return "\n".join([f"{self.element.name}:", *(f"  {n}: {v!r}" for n, v in self.to_dict().items())])

    def __repr__(self) -> str:
        return f"{self.element.name}.DimensionRecord({', '.join(f'{n}={v!r}' for n, v in self.to_dict().items())})"

    def _repr_html_(self) -> str:
        from skybutler.notebook import facts

        return facts(((n, repr(v)) for n, v in self.to_dict().items()), self.element.name)

    def __reduce__(self) -> tuple[Any, ...]:
        values = [v.encode() if n == "region" and v is not None else v for n, v in self.to_dict().items()]
        return DimensionRecord, (self.element, values)


def make_record(element: DimensionElement, values: Mapping[str, Any]) -> DimensionRecord:
    """A checked record from field values; a dimension's own value may be given by the dimension's name too.

    Raises
    ------
    DimensionNameError
        An unknown field, or a key without value.
    DimensionValueError
        A value of the wrong type or too long, or two values of one key.
    """
    given = dict(values)
    own = element.key.name if element.key is not None else element.name
    if own != element.name and element.name in given and element.name not in element.positions:
        value = given.pop(element.name)
        if given.setdefault(own, value) != value:
            raise DimensionValueError(f"'{own}' and '{element.name}' of {element.name} records differ.")
    for name in given:
        if name not in element.positions:
            raise _no_field(element, name)
    keys = element.fields[: len(element.required)]
    if missing := [n for n in keys if given.get(n) is None]:
        raise DimensionNameError(f"No value for {', '.join(missing)} of {element.name} records.")
    return DimensionRecord(element, [_checked(element, n, given.get(n)) for n in element.fields])


def _no_field(element: DimensionElement, name: str) -> DimensionNameError:
    hint = nearest(name, element.fields) or f"Fields are: {', '.join(element.fields)}."
    return DimensionNameError(f"{element.name} records have no field '{name}'.", hint=hint)


def _checked(element: DimensionElement, name: str, value: Any) -> Any:
    """A field value of the right Python type."""
    column = _column(element, name)
    if value is None:
        if not column.nullable:
            raise DimensionValueError(f"'{name}' of {element.name} records must have a value.")
        return None
    if hasattr(value, "item") and not isinstance(value, bytes):
        value = value.item()
    if not _fits(column, value):
        raise DimensionValueError(
            f"'{name}' of {element.name} records must be of type {column.type}, not {value!r:.60} "
            f"({type(value).__name__})."
        )
    if column.length and len(value) > column.length:
        raise DimensionValueError(f"'{name}' of {element.name} records is longer than {column.length}: {value!r}.")
    return float(value) if column.type == "float" else bool(value) if column.type == "bool" else value


def _column(element: DimensionElement, name: str) -> Column:
    """Type and limits of a field."""
    found = element.columns.get(name)
    if found is not None:
        return found
    if name in ("region", "timespan"):
        return Column(name, name)
    dimension = element.dimension_of_field(name)
    key = element.universe[str(dimension)].key
    assert key is not None, name
    return Column(name, key.type, key.length, nullable=name in element.implied)


def _fits(column: Column, value: Any) -> bool:
    match column.type:
        case "string":
            return isinstance(value, str)
        case "int":
            return isinstance(value, int) and not isinstance(value, bool)
        case "float":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "bool":
            return isinstance(value, bool) or value in (0, 1)
        case "hash":
            return isinstance(value, bytes)
        case "region":
            return isinstance(value, bytes) or hasattr(value, "relate")
        case _:
            return hasattr(value, "begin_ns") and hasattr(value, "end_ns")
