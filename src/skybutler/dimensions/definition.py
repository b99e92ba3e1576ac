"""Read the definition of a dimension universe: check it, put its elements in order.  Knows no data IDs."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from skybutler.errors import InconsistentUniverseError, nearest

from .element import MAX_LEVELS, Column, DimensionElement, SkyPixDimension

__all__ = ["Topology", "build_elements", "check_packers", "read_levels", "read_topology", "whole_number"]

Topology = Mapping[str, Mapping[str, tuple[str, ...]]]
"""Members of each family, most precise first, by kind (``spatial``, ``temporal``) and family name."""

_TOP_KEYS = {"version", "namespace", "skypix", "elements", "topology", "packers"}
# `is_cached` and the classes in `storage` say how lsst.daf.butler keeps records; they mean nothing here.
_ELEMENT_KEYS = {
    "always_join",
    "doc",
    "governor",
    "implied_union_target",
    "implies",
    "is_cached",
    "keys",
    "metadata",
    "populated_by",
    "requires",
    "storage",
    "view_of",
}
_COLUMN_KEYS = {"doc", "length", "name", "nbytes", "nullable", "type"}
_COLUMN_TYPES = ("string", "int", "float", "bool", "hash")
_KEY_TYPES = ("string", "int")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def build_elements(definition: object) -> dict[str, DimensionElement]:
    """Elements by name, parents first: by steps of dependency from the independent ones, then by name.

    Raises
    ------
    InconsistentUniverseError
        The definition is wrong; the key is named.
    """
    definition = _mapping("universe", definition)
    _check_keys("universe", definition, _TOP_KEYS, {"version", "skypix", "elements"})
    raw = _mapping("elements", definition["elements"])
    for name, element in raw.items():
        if not _NAME.fullmatch(str(name)):
            raise InconsistentUniverseError(f"elements: {name!r} is no name.", hint="Use small letters, digits and _.")
        _check_keys(f"elements.{name}", element, _ELEMENT_KEYS, set())
    depths = _depths(raw)
    order = sorted(raw, key=lambda n: (depths[n], n))
    ranks = {name: i for i, name in enumerate(order)}
    families = {
        (kind, member): family
        for kind, found in read_topology(definition).items()
        for family, members in found.items()
        for member in members
    }
    elements: dict[str, DimensionElement] = {}
    for name in order:
        elements[name] = _element(name, raw[name], elements, ranks, families)
    _check_views(elements)
    return elements


def read_levels(definition: Mapping[str, Any]) -> dict[str, int]:
    """Highest level of each sky pixelization.

    Raises
    ------
    InconsistentUniverseError
        A pixelization or level that does not exist, or the common one is not among them.
    """
    skypix = _mapping("skypix", definition["skypix"])
    levels: dict[str, int] = {}
    for system, raw in skypix.items():
        if system == "common":
            continue
        if system not in MAX_LEVELS:
            raise InconsistentUniverseError(f"skypix: '{system}' is none of {', '.join(MAX_LEVELS)}.")
        levels[system] = whole_number(f"skypix.{system}.max_level", _mapping(f"skypix.{system}", raw).get("max_level"))
        if not 0 <= levels[system] <= MAX_LEVELS[system]:
            raise InconsistentUniverseError(f"skypix.{system}.max_level: levels are 0 to {MAX_LEVELS[system]}.")
    common = SkyPixDimension.parse(str(skypix.get("common")))
    if common is None or common[1] > levels.get(common[0], -1):
        raise InconsistentUniverseError(f"skypix.common: {skypix.get('common')!r} is no pixelization of this universe.")
    return levels


def read_topology(definition: Mapping[str, Any]) -> Topology:
    """Families of elements whose regions or timespans stand for each other, most precise first."""
    found: dict[str, dict[str, tuple[str, ...]]] = {"spatial": {}, "temporal": {}}
    for kind, families in _mapping("topology", definition.get("topology", {})).items():
        if kind not in found:
            raise InconsistentUniverseError(f"topology: '{kind}' is neither spatial nor temporal.")
        for family, members in _mapping(f"topology.{kind}", families).items():
            found[kind][family] = _known(f"topology.{kind}.{family}", members, definition["elements"])
        members = [m for listed in found[kind].values() for m in listed]
        if len(set(members)) < len(members):
            raise InconsistentUniverseError(f"topology.{kind}: an element is in two families.")
    return found


def check_packers(definition: Mapping[str, Any]) -> None:
    """Raise `InconsistentUniverseError` if a packer does not name dimensions."""
    for name, raw in _mapping("packers", definition.get("packers", {})).items():
        _check_keys(f"packers.{name}", raw, {"cls", "dimensions", "fixed"}, {"dimensions", "fixed"})
        for key in ("dimensions", "fixed"):
            _known(f"packers.{name}.{key}", raw[key], definition["elements"])


def whole_number(where: str, value: Any) -> int:
    """An integer of a definition.

    Raises
    ------
    InconsistentUniverseError
        It is none.
    """
    if not isinstance(value, int) or isinstance(value, bool):
        raise InconsistentUniverseError(f"{where}: {value!r} is no integer.")
    return value


# ---------------------------------------------------------------------------------------------------------- elements
def _depths(elements: Mapping[str, Any]) -> dict[str, int]:
    """Steps of dependency between each element and the independent ones."""
    depths: dict[str, int] = {}

    def depth(name: str, path: tuple[str, ...]) -> int:
        if name in path:
            raise InconsistentUniverseError(f"Elements depend on each other in a circle: {' -> '.join((*path, name))}.")
        if name not in depths:
            parents = [
                parent
                for key in ("requires", "implies")
                for parent in _known(f"elements.{name}.{key}", elements[name].get(key, []), elements)
            ]
            depths[name] = 1 + max((depth(p, (*path, name)) for p in parents), default=-1)
        return depths[name]

    for name in elements:
        depth(name, ())
    return depths


def _element(
    name: str,
    raw: Mapping[str, Any],
    known: Mapping[str, DimensionElement],
    ranks: Mapping[str, int],
    families: Mapping[tuple[str, str], str],
) -> DimensionElement:
    where = f"elements.{name}"
    if SkyPixDimension.parse(name):
        raise InconsistentUniverseError(f"{where}: this is the name of a sky pixel dimension.")
    keys = _columns(f"{where}.keys", raw.get("keys", []), nullable=False)
    if keys and keys[0].type not in _KEY_TYPES:
        raise InconsistentUniverseError(f"{where}.keys: '{keys[0].name}' must be of type {' or '.join(_KEY_TYPES)}.")
    for parent in (*raw.get("requires", ()), *raw.get("implies", ())):
        if not known[parent].is_dimension:
            raise InconsistentUniverseError(f"{where}: '{parent}' is no dimension, since it has no keys.")
    parents = {d for parent in raw.get("requires", ()) for d in known[parent].required}
    if not keys and len(parents) < 2:
        raise InconsistentUniverseError(f"{where}: an element without keys joins two or more dimensions.")
    required = (*sorted(parents, key=ranks.__getitem__), *((name,) if keys else ()))
    is_governor = bool(raw.get("governor", False))
    governors = [name] if is_governor else [d for d in required if d != name and known[d].is_governor]
    found = DimensionElement(
        name=name,
        doc=_text(raw),
        required=required,
        implied=tuple(sorted(raw.get("implies", ()), key=ranks.__getitem__)),
        key=keys[0] if keys else None,
        alternate_keys=keys[1:],
        metadata=_columns(f"{where}.metadata", raw.get("metadata", []), nullable=True),
        spatial_family=families.get(("spatial", name)),
        temporal_family=families.get(("temporal", name)),
        governor=governors[0] if governors else None,
        is_governor=is_governor,
        view_of=raw.get("view_of") or raw.get("implied_union_target") or _view_in(raw.get("storage")),
        populated_by=_one_of(f"{where}.populated_by", raw.get("populated_by"), ranks),
        always_join=bool(raw.get("always_join", False)),
    )
    if len(set(found.fields)) < len(found.fields):
        raise InconsistentUniverseError(f"{where}: two fields have one name: {', '.join(found.fields)}.")
    return found


def _columns(where: str, raw: Any, *, nullable: bool) -> tuple[Column, ...]:
    if not isinstance(raw, list):
        raise InconsistentUniverseError(f"{where}: a list of fields is needed, not {raw!r}.")
    return tuple(_column(where, column, nullable=nullable) for column in raw)


def _column(where: str, raw: Any, *, nullable: bool) -> Column:
    _check_keys(where, raw, _COLUMN_KEYS, {"name", "type"})
    name, kind = str(raw["name"]), str(raw["type"])
    if not _NAME.fullmatch(name):
        raise InconsistentUniverseError(f"{where}: {name!r} is no name.", hint="Use small letters, digits and _.")
    if kind not in _COLUMN_TYPES:
        raise InconsistentUniverseError(
            f"{where}.{name}: type '{kind}' is none of {', '.join(_COLUMN_TYPES)}.", hint=nearest(kind, _COLUMN_TYPES)
        )
    length = whole_number(f"{where}.{name}.length", raw.get("length", raw.get("nbytes", 0)))
    return Column(name, kind, length, bool(raw.get("nullable", nullable)), _text(raw))


def _view_in(storage: Any) -> Any:
    """What lsst.daf.butler's description of the storage says this is a view of; it may stand within another."""
    if not isinstance(storage, Mapping):
        return None
    return storage.get("view_of") or _view_in(storage.get("nested"))


def _check_views(elements: Mapping[str, DimensionElement]) -> None:
    for element in elements.values():
        if element.view_of is None:
            continue
        source = elements.get(element.view_of)
        if source is None or element.name not in source.implied:
            raise InconsistentUniverseError(f"elements.{element.name}.view_of: '{element.view_of}' does not imply it.")


# -------------------------------------------------------------------------------------------------------------- forms
def _mapping(where: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InconsistentUniverseError(f"{where}: a mapping is needed, not {value!r}.")
    return value


def _check_keys(where: str, value: Any, known: set[str], needed: set[str]) -> None:
    for key in _mapping(where, value):
        if key not in known:
            raise InconsistentUniverseError(f"{where}: unknown key '{key}'.", hint=nearest(str(key), known))
    for key in sorted(needed):
        if key not in value:
            raise InconsistentUniverseError(f"{where}: no '{key}' given.")


def _known(where: str, names: Any, elements: Collection[str]) -> tuple[str, ...]:
    if not isinstance(names, list):
        raise InconsistentUniverseError(f"{where}: a list of names is needed, not {names!r}.")
    for name in names:
        _one_of(where, name, elements)
    return tuple(names)


def _one_of(where: str, name: Any, elements: Collection[str]) -> Any:
    if name is not None and name not in elements:
        raise InconsistentUniverseError(f"{where}: '{name}' is not defined.", hint=nearest(str(name), elements))
    return name


def _text(raw: Mapping[str, Any]) -> str:
    return " ".join(str(raw.get("doc", "")).split())
