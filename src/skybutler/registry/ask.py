"""From what users write to `Query` values: names resolved, conditions bound, defaults filled in.  Knows no SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from skybutler.dimensions import DimensionGroup, split_metadata_keys
from skybutler.errors import InvalidQueryError
from skybutler.expressions import bound
from skybutler.expressions.analysis import allowed_values, dimensions_of
from skybutler.expressions.bind import bind
from skybutler.expressions.bound import Predicate
from skybutler.expressions.parser import parse

from .dataset_types import RegisteredType
from .query import DatasetSearch, Query
from .registry import Registry
from .results import DataIdResults, DatasetResults, RecordResults

__all__ = ["ask_data_ids", "ask_datasets", "ask_records"]


def ask_datasets(
    registry: Registry,
    types: Sequence[RegisteredType],
    collections: Sequence[str],
    *,
    find_first: bool = True,
    where: str = "",
    bind_values: Mapping[str, Any] | None = None,
    data_id: Mapping[str, Any] | None = None,
    defaults: Mapping[str, Any] | None = None,
) -> DatasetResults:
    """Datasets of some types in some collections.

    Parameters
    ----------
    types : sequence of `RegisteredType`
        What to look for.
    collections : sequence of `str`
        Names, in search order.
    find_first : `bool`
        Only the first dataset per type and data ID.
    where : `str`
        Condition.
    bind_values : mapping, optional
        Values of names in the condition.
    data_id : mapping, optional
        Dimension values (or record fields) that must hold.
    defaults : mapping, optional
        Governor values for what is not constrained.
    """
    node = parse(where)
    names = tuple(c.name for c in registry.collections.resolve(collections))
    queries = []
    for registered in types:
        group = registered.dataset_type.dimensions
        name = registered.dataset_type.name
        predicate = bind(
            node, text=where, universe=registry.universe, group=group, binds=bind_values, dataset_types={name: group}
        )
        values, predicate = _constrained(registry, group, predicate, data_id, defaults)
        search = DatasetSearch(name, names, find_first)
        queries.append(Query("datasets", group, dataset=search, where=predicate, data_id=values))
    return DatasetResults(registry, queries, where)


def ask_data_ids(
    registry: Registry,
    group: DimensionGroup,
    *,
    constraints: Sequence[DatasetSearch] = (),
    joined: Sequence[str] = (),
    where: str = "",
    bind_values: Mapping[str, Any] | None = None,
    data_id: Mapping[str, Any] | None = None,
    defaults: Mapping[str, Any] | None = None,
) -> DataIdResults:
    """Data IDs of a dimension group, if asked only those for which datasets exist."""
    known = _dataset_groups(registry, constraints)
    every = group.union(*known.values()) if known else group
    predicate = bind(
        parse(where), text=where, universe=registry.universe, group=every, binds=bind_values, dataset_types=known
    )
    values, predicate = _constrained(registry, every, predicate, data_id, defaults)
    query = Query(
        "data_ids", group, where=predicate, data_id=values, constraints=tuple(constraints), joined=tuple(joined)
    )
    return DataIdResults(registry, [query], where)


def ask_records(
    registry: Registry,
    element: str,
    *,
    constraints: Sequence[DatasetSearch] = (),
    where: str = "",
    bind_values: Mapping[str, Any] | None = None,
    data_id: Mapping[str, Any] | None = None,
    defaults: Mapping[str, Any] | None = None,
) -> RecordResults:
    """Records of a dimension element."""
    definition = registry.universe[element]
    group = registry.universe.conform(definition.required)
    known = _dataset_groups(registry, constraints)
    every = group.union(*known.values()) if known else group
    predicate = bind(
        parse(where),
        text=where,
        universe=registry.universe,
        group=every,
        element=element,
        binds=bind_values,
        dataset_types=known,
    )
    values, predicate = _constrained(registry, every, predicate, data_id, defaults)
    query = Query("records", group, element=element, where=predicate, data_id=values, constraints=tuple(constraints))
    return RecordResults(registry, [query], where)


def _dataset_groups(registry: Registry, searches: Iterable[DatasetSearch]) -> dict[str, DimensionGroup]:
    return {s.dataset_type: registry.dataset_types.get(s.dataset_type).dataset_type.dimensions for s in searches}


def _constrained(
    registry: Registry,
    group: DimensionGroup,
    predicate: Predicate | None,
    data_id: Mapping[str, Any] | None,
    defaults: Mapping[str, Any] | None,
) -> tuple[dict[str, Any], Predicate | None]:
    """Dimension values that must hold, and the condition with record fields of the data ID added."""
    plain, constraints = split_metadata_keys(data_id or {}, group, registry.universe)
    values = {name: _key_value(registry, name, value) for name, value in plain.items() if value is not None}
    parts = [predicate] if predicate is not None else []
    for element, fields in constraints.items():
        parts += [_equals(registry, element, field, value) for field, value in fields.items()]
    joined = registry.universe.conform({*group.names, *dimensions_of(predicate), *values})
    allowed = allowed_values(predicate)
    for governor in joined.governors:
        if governor not in values and governor not in allowed:
            value = (defaults or {}).get(governor) or registry.data_ids.sole(governor)
            if value is not None:
                values[governor] = value
    return values, bound.all_of(parts) if parts else None


def _key_value(registry: Registry, name: str, value: Any) -> Any:
    from skybutler.dimensions import DataId

    element = registry.universe[name]
    checked = DataId.standardize(
        {name: value}, group=registry.universe.conform([name]), defaults=_Anything(registry, name)
    )
    return checked[element.name]


class _Anything(dict[str, Any]):
    """Stand-in values for parents, so that one value can be checked by itself."""

    def __init__(self, registry: Registry, name: str) -> None:
        element = registry.universe[name]
        kinds = {d: registry.universe[d].key for d in element.required if d != name}
        super().__init__({d: "x" if k is not None and k.type == "string" else 0 for d, k in kinds.items()})


def _equals(registry: Registry, element: str, field: str, value: Any) -> Predicate:
    definition = registry.universe[element]
    dimension = definition.dimension_of_field(field)
    if dimension is not None:
        column = bound.Column(
            "dimension", dimension, field, "string" if registry.keys.is_text(dimension) else "int", (dimension,)
        )
    else:
        kind = definition.columns[field].type if field in definition.columns else ""
        if kind not in ("string", "int", "float", "bool", "hash"):
            raise InvalidQueryError(f"'{element}.{field}' cannot be given as a data ID value.")
        column = bound.Column("field", element, field, kind, (element,))  # type: ignore[arg-type]
    return bound.Comparison("=", column, bound.Literal(value, column.type), position=-1)  # stands in no text
