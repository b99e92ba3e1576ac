"""What identifies a record in another way than its dimension values: names, observation IDs, fields.  No database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skybutler.errors import DimensionNameError, DimensionValueError, nearest

from .data_id import whole
from .element import DimensionElement
from .group import DimensionGroup
from .universe import DimensionUniverse

__all__ = ["split_metadata_keys"]


def split_metadata_keys(
    mapping: Mapping[str, Any], group: DimensionGroup, universe: DimensionUniverse
) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Separate dimension values from what identifies a record in another way.

    Understood are ``exposure.obs_id``, bare record fields (``day_obs``, ``seq_num``: those of the group's exposure
    before those of its visit), and text given for an integer dimension (``detector='R11_S20'``: the alternate key).

    Returns
    -------
    plain : `dict`
        Dimension values.
    constraints : `dict`
        By element, the field values its record must have.

    Raises
    ------
    DimensionNameError
        A name is neither a dimension nor a field of the group's elements; the nearest ones are offered.
    """
    plain: dict[str, Any] = {}
    constraints: dict[str, dict[str, Any]] = {}
    loose: dict[str, Any] = {}
    for name, value in mapping.items():
        if "." in name:
            element, field = name.split(".", 1)
            owner = universe[element]
            if field not in owner.fields:
                raise DimensionNameError(f"'{element}' has no field '{field}'.", hint=nearest(field, owner.fields))
            if owner.dimension_of_field(field):
                plain[str(owner.dimension_of_field(field))] = value
            else:
                constraints.setdefault(element, {})[field] = value
        elif name in universe and universe[name].is_dimension:
            _place_dimension(name, value, universe, plain, constraints)
        else:
            loose[name] = value
    if loose:
        _place_fields(loose, group, universe, plain, constraints)
    _settle_implied(group, universe, plain, constraints)
    return plain, constraints


def _place_dimension(
    name: str, value: Any, universe: DimensionUniverse, plain: dict[str, Any], constraints: dict[str, dict[str, Any]]
) -> None:
    element = universe[name]
    if isinstance(value, str) and element.key is not None and element.key.type == "int" and whole(value) is None:
        texts = [c.name for c in element.alternate_keys if c.type == "string"]
        if not texts:
            raise DimensionValueError(f"'{name}' must be an integer, not {value!r}.")
        constraints.setdefault(name, {})[texts[0]] = value
    else:
        plain[name] = value


def _place_fields(
    loose: Mapping[str, Any],
    group: DimensionGroup,
    universe: DimensionUniverse,
    plain: Mapping[str, Any],
    constraints: dict[str, dict[str, Any]],
) -> None:
    """Give bare field names to the element with most of them: one without value, an exposure before a visit."""
    candidates = [universe[n] for n in group.names if universe[n].has_table]
    for field in loose:
        if not any(field in e.columns for e in candidates):
            known = {*group.names, *(f for e in candidates for f in e.columns)}
            raise DimensionNameError(f"Unrecognized data ID key '{field}' for {group}.", hint=nearest(field, known))
    waiting = dict(loose)
    while waiting:
        best = max(candidates, key=lambda e: _fitness(e, waiting, plain))
        taken = {f: v for f, v in waiting.items() if f in best.columns}
        constraints.setdefault(best.name, {}).update(taken)
        waiting = {f: v for f, v in waiting.items() if f not in taken}


def _fitness(element: DimensionElement, fields: Mapping[str, Any], plain: Mapping[str, Any]) -> tuple[Any, ...]:
    count = sum(field in element.columns for field in fields)
    return count > 0 and element.name not in plain, count, element.name == "exposure", element.name == "visit"


def _settle_implied(
    group: DimensionGroup, universe: DimensionUniverse, plain: dict[str, Any], constraints: dict[str, dict[str, Any]]
) -> None:
    """``day_obs`` beside ``seq_num`` narrows the record search: implied values go where fields are looked for."""
    for name, fields in constraints.items():
        for implied in universe[name].implied:
            if implied in plain and implied not in fields and implied in group.implied:
                fields[implied] = plain[implied]
