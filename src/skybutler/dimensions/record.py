"""Dimension records: what is known about one dimension value.  Knows no database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from skybutler.errors import DimensionNameError, DimensionValueError, nearest

from .element import Column, DimensionElement

if TYPE_CHECKING:
    from lsst.sphgeom import Region

    from skybutler.sky.timespan import Timespan

    from .data_id import DataId

__all__ = ["DimensionRecord", "make_record"]


class DimensionRecord:
    """One row about a dimension value; fields are attributes.

    Parameters
    ----------
    element : `DimensionElement`
        What the record is about.
    values : sequence
        Field values in the order of ``element.fields``; the region encoded (`bytes`), decoded or `None`.
    """

    __slots__ = ("_data_id", "_values", "element")

    def __init__(self, element: DimensionElement, values: Sequence[Any]) -> None:
        self.element = element
        self._values = list(values)
        self._data_id: DataId | None = None

    def get(self, name: str) -> Any:
        """Value of a field; the region decoded.

        Raises
        ------
        DimensionNameError
            There is no such field.
        """
        position = self.element.positions.get(name)
        if position is None:
            hint = nearest(name, self.element.fields) or f"Fields are: {', '.join(self.element.fields)}."
            raise DimensionNameError(f"{self.element.name} records have no field '{name}'.", hint=hint)
        value = self._values[position]
        if name == "region" and isinstance(value, bytes):
            from skybutler.sky.region import decode

            value = self._values[position] = decode(value)
        return value

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name not in self.element.positions:
            hint = nearest(name, self.element.fields)
            raise AttributeError(f"{self.element.name} records have no field '{name}'. {hint}".rstrip())
        return self.get(name)

    @property
    def definition(self) -> DimensionElement:
        """The element (a name users know)."""
        return self.element

    @property
    def region(self) -> Region | None:
        """Region on the sky, or `None`."""
        return self.get("region") if "region" in self.element.positions else None

    @property
    def timespan(self) -> Timespan | None:
        """Timespan, or `None`."""
        return self.get("timespan") if "timespan" in self.element.positions else None

    @property
    def data_id(self) -> RecordKeys:
        """Required and implied dimension values."""
        return RecordKeys(self)

    def to_dict(self) -> dict[str, Any]:
        """All fields by name."""
        return {name: self.get(name) for name in self.element.fields}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, DimensionRecord):
            return NotImplemented
        return self.element.name == other.element.name and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash((self.element.name, tuple(self.data_id.values())))

    def __str__(self) -> str:
        return "\n".join([f"{self.element.name}:", *(f"  {n}: {_shown(self.get(n))}" for n in self.element.fields)])

    def __repr__(self) -> str:
        inner = ", ".join(f"{n}={_shown(self.get(n))}" for n in self.element.fields)
        return f"{self.element.name}.DimensionRecord({inner})"

    def _repr_html_(self) -> str:
        from html import escape

        rows = "".join(f"<tr><th>{escape(n)}</th><td>{escape(_shown(self.get(n)))}</td></tr>" for n in self.element.fields)
        return f"<table><caption>{escape(self.element.name)}</caption>{rows}</table>"

    def __reduce__(self) -> tuple[Any, ...]:
        from skybutler.sky.region import encode

        values = [encode(v) if n == "region" and v is not None and not isinstance(v, bytes) else v
                  for n, v in zip(self.element.fields, self._values, strict=True)]  # fmt: skip
        return DimensionRecord, (self.element, values)


class RecordKeys(Mapping[str, Any]):
    """The dimension values in a record: required ones, then implied ones."""

    __slots__ = ("_record",)

    def __init__(self, record: DimensionRecord) -> None:
        self._record = record

    def __getitem__(self, name: str) -> Any:
        element = self._record.element
        if name == element.name and element.key is not None:
            return self._record.get(element.key.name)
        if name not in element.required and name not in element.implied:
            raise DimensionNameError(f"'{name}' is no dimension of {element.name} records.")
        return self._record.get(name)

    def __iter__(self) -> Any:
        return iter((*self._record.element.required, *self._record.element.implied))

    def __len__(self) -> int:
        return len(self._record.element.required) + len(self._record.element.implied)

    def __str__(self) -> str:
        return "{" + ", ".join(f"{n}: {self[n]!r}" for n in self._record.element.required) + "}"

    __repr__ = __str__


def _shown(value: Any) -> str:
    if type(value).__module__.startswith("lsst.sphgeom"):
        from skybutler.sky.region import region_text

        return region_text(value)
    if type(value).__name__ == "Timespan":
        return str(value)
    return repr(value)


def make_record(element: DimensionElement, values: Mapping[str, Any]) -> DimensionRecord:
    """A checked record from field values; a dimension's own value may be given by the dimension's name too."""
    given = dict(values)
    if element.key is not None and element.name in given and element.name != element.key.name:
        given.setdefault(element.key.name, given.pop(element.name))
    for name in given:
        if name not in element.positions:
            hint = nearest(name, element.fields) or f"Fields are: {', '.join(element.fields)}."
            raise DimensionNameError(f"{element.name} records have no field '{name}'.", hint=hint)
    keys = element.fields[: len(element.required)]
    if missing := [n for n in keys if given.get(n) is None and not (n == "region")]:
        raise DimensionNameError(f"No value for {', '.join(missing)} of a {element.name} record.")
    return DimensionRecord(element, [_checked(element, n, given.get(n)) for n in element.fields])


def _checked(element: DimensionElement, name: str, value: Any) -> Any:
    """A field value of the right Python type."""
    column = element.columns.get(name) or (element.key if element.key is not None and element.key.name == name else None)
    if column is None:
        return value  # another dimension's value, a region or a timespan
    if value is None:
        if not column.nullable:
            raise DimensionValueError(f"'{name}' of a {element.name} record must have a value.")
        return None
    return _cast(element, column, value)


def _cast(element: DimensionElement, column: Column, value: Any) -> Any:
    where = f"'{column.name}' of a {element.name} record"
    if hasattr(value, "item") and not isinstance(value, bytes):
        value = value.item()
    match column.type:
        case "string" if isinstance(value, str):
            if column.length and len(value) > column.length:
                raise DimensionValueError(f"{where} is longer than {column.length} characters: {value!r}.")
            return str(value)
        case "int" if isinstance(value, int) and not isinstance(value, bool):
            return value
        case "float" if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        case "bool" if isinstance(value, bool | int):
            return bool(value)
        case "hash" if isinstance(value, bytes):
            return value
    raise DimensionValueError(f"{where} must be of type {column.type}, not {value!r} ({type(value).__name__}).")
