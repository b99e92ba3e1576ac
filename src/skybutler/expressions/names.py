"""Find the column that an identifier means among dimensions, record fields and datasets.  No values, no SQL."""

from __future__ import annotations

import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from skybutler.errors import ExpressionError, nearest
from skybutler.expressions.bound import Column, Edge, Expression, ValueType
from skybutler.expressions.nodes import Name, Node

if typing.TYPE_CHECKING:
    from skybutler.dimensions.element import DimensionElement
    from skybutler.dimensions.group import DimensionGroup
    from skybutler.dimensions.universe import DimensionUniverse

__all__ = ["DATASET_FIELDS", "Scope", "element_columns", "key_column", "name_column"]

DATASET_FIELDS: Mapping[str, ValueType] = {
    "dataset_id": "uuid",
    "ingest_date": "time",
    "run": "string",
    "collection": "string",
    "timespan": "timespan",
}
"""What can be asked of a dataset; its timespan is the validity range of a calibration."""


def key_column(universe: DimensionUniverse, dimension: str) -> Column:
    """The column that holds the values of a dimension in data IDs."""
    key = universe[dimension].key
    if key is None:
        raise KeyError(f"{dimension} is not a dimension.")
    return Column("dimension", dimension, key.name, typing.cast(ValueType, key.type), (dimension,))


def element_columns(universe: DimensionUniverse, element: DimensionElement) -> dict[str, Column]:
    """Every column that can be named ``element.column``, by its name.

    The element's own primary key, the dimensions it requires and implies (by dimension name, and meaning those
    dimensions), alternate keys, metadata, ``region`` and ``timespan``.
    """
    reached = (element.name,) if element.is_dimension else element.required
    columns = {
        name: key_column(universe, name) for name in (*element.required, *element.implied) if name != element.name
    }
    if element.is_dimension:
        own = key_column(universe, element.name)
        columns[own.field] = own
    typed_fields = [(c.name, c.type) for c in (*element.alternate_keys, *element.metadata)]
    typed_fields += [("region", "region")] if element.has_region else []
    typed_fields += [("timespan", "timespan")] if element.has_timespan else []
    for name, kind in typed_fields:
        columns[name] = Column("field", element.name, name, typing.cast(ValueType, kind), reached)
    return columns


def name_column(universe: DimensionUniverse, column: Column) -> Column | None:
    """The text that names what an integer dimension counts, such as ``detector.full_name``; `None` if there is none."""
    if column.kind != "dimension" or column.value_type != "int":
        return None
    element = universe[column.element]
    for key in element.alternate_keys:
        if key.type == "string":
            return Column("field", element.name, key.name, "string", (element.name,))
    return None


@dataclass
class Scope:
    """Where identifiers are looked up.

    Parameters
    ----------
    text : `str`
        The source text, for error messages.
    universe : `DimensionUniverse`
        All dimensions and elements.
    group : `DimensionGroup`, optional
        Dimensions of the query: unqualified fields are searched in its elements first.
    element : `str`, optional
        Element whose records are queried: its fields come before those of others.
    dataset_types : mapping
        Dimensions of the dataset types whose fields may be used, by name.
    """

    text: str
    universe: DimensionUniverse
    group: DimensionGroup | None = None
    element: str | None = None
    dataset_types: Mapping[str, DimensionGroup] = field(default_factory=dict)

    def resolve(self, name: Name) -> Column | Edge:
        """The column, or the begin or end of a timespan column, that an identifier means.

        Raises
        ------
        ExpressionError
            The name is unknown or could mean several columns.
        """
        match name.parts:
            case (simple,):
                column = self._simple(simple, name)
            case ("timespan", ("begin" | "end") as edge):
                return _edge(self._simple("timespan", name), edge, name)
            case (owner, member):
                column = self._dotted(owner, member, name)
            case (owner, "timespan", ("begin" | "end") as edge):
                return _edge(self._dotted(owner, "timespan", name), edge, name)
            case _:
                raise self._unknown(name)
        return replace(column, position=name.position, length=name.length)

    def error(self, message: str, place: Node | Expression, hint: str = "") -> ExpressionError:
        """An error about a part of the source text."""
        return ExpressionError(message, self.text, place.position, place.length, hint=hint)

    def excerpt(self, place: Node | Expression) -> str:
        """A part of the source text as error messages quote it."""
        source = self.text[place.position : place.position + place.length]
        return source if len(source) <= 40 else f"{source[:37]}..."

    def known_names(self) -> Iterator[str]:
        """Everything that could stand as an identifier, for offering the nearest one."""
        for element in self.universe.elements:
            for column in self._columns(element.name):
                yield f"{element.name}.{column}"
                yield column
        yield from (dimension.name for dimension in self.universe.dimensions)
        for dataset_type in self.dataset_types:
            yield from (f"{dataset_type}.{column}" for column in DATASET_FIELDS)
        yield from DATASET_FIELDS if self.dataset_types else ()

    # ---------------------------------------------------------------------------------------------------------- search
    def _columns(self, element: str) -> dict[str, Column]:
        return element_columns(self.universe, self.universe[element])

    def _simple(self, word: str, name: Name) -> Column:
        """A dimension, else a field that only one element has, else a field of the only dataset type."""
        if word in self.universe and self.universe[word].is_dimension:
            return key_column(self.universe, word)
        if self.element is not None and (column := self._columns(self.element).get(word)) is not None:
            return column
        found = self._having(word, self.group.elements if self.group is not None else ())
        found = found or self._of_datasets(word) or self._having(word, self.universe.elements)
        if not found:
            raise self._unknown(name)
        if len(found) > 1:
            candidates = ", ".join(f"'{column.element}.{column.field}'" for column in found)
            message = f"'{name.text}' is ambiguous: it could be {candidates}."
            raise self.error(message, name, "Write the one you mean in full.")
        return found[0]

    def _having(self, word: str, elements: Iterable[DimensionElement]) -> list[Column]:
        """Fields of this name, one for each element that has it."""
        columns = (self._columns(element.name).get(word) for element in elements)
        return [column for column in columns if column is not None]

    def _of_datasets(self, word: str) -> list[Column]:
        kind = DATASET_FIELDS.get(word)
        return [Column("dataset", name, word, kind) for name in self.dataset_types] if kind is not None else []

    def _dotted(self, owner: str, member: str, name: Name) -> Column:
        if owner in self.universe:
            columns = self._columns(owner)
            if member not in columns:
                hint = nearest(member, columns) or f"It has {', '.join(columns)}."
                if member in ("begin", "end") and "timespan" in columns:
                    hint = f"Did you mean '{owner}.timespan.{member}'?"
                raise self.error(f"'{owner}' has no field '{member}'.", name, hint)
            return columns[member]
        if owner in self.dataset_types:
            if member not in DATASET_FIELDS:
                hint = nearest(member, DATASET_FIELDS) or f"Datasets have {', '.join(DATASET_FIELDS)}."
                raise self.error(f"Datasets of type '{owner}' have no field '{member}'.", name, hint)
            return Column("dataset", owner, member, DATASET_FIELDS[member])
        if member in DATASET_FIELDS and member != "timespan":
            known = self.dataset_types
            hint = nearest(owner, known) or (
                f"The query has {', '.join(known)}." if known else "The query searches no dataset type."
            )
            raise self.error(f"'{owner}' is not a dataset type of this query.", name, hint)
        raise self._unknown(name)

    def _unknown(self, name: Name) -> ExpressionError:
        hint = nearest(name.text, self.known_names())
        if len(name.parts) == 1:
            hint = (
                f"{hint} Text is written in single quotes: '{name.text}'; values are bound with :{name.text}.".strip()
            )
        return self.error(f"Unknown name '{name.text}'.", name, hint)


def _edge(column: Column, edge: typing.Literal["begin", "end"], name: Name) -> Edge:
    return Edge(column, edge, position=name.position, length=name.length)
