"""A set of dimensions that belong together, read from data.  Knows no database."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from importlib import resources
from typing import Any

from skybutler.errors import DimensionNameError, InconsistentUniverseError, nearest

from .element import Column, DimensionElement, SkyPixDimension
from .group import DimensionGroup

__all__ = ["DEFAULT_VERSION", "DimensionUniverse"]

DEFAULT_VERSION = 8
"""Version of the standard universe that new repositories get."""

_COLUMN_TYPES = ("string", "int", "float", "bool", "hash")
_TOP_KEYS = {"version", "namespace", "skypix", "elements", "topology", "packers"}
_ELEMENT_KEYS = {
    "doc", "keys", "metadata", "requires", "implies", "governor", "view_of", "populated_by", "always_join", "storage",
}  # fmt: skip


class DimensionUniverse:
    """All dimensions of a repository, their order and their groups.

    Elements are ordered by how many steps of dependency they are away from the independent ones, then by name; so
    parents come first, and the order does not depend on how a definition is written.

    Parameters
    ----------
    definition : mapping
        ``version``, ``namespace``, ``skypix``, ``elements``, ``topology``, ``packers`` (see
        ``dimensions/definitions/v8.yaml``).

    Raises
    ------
    InconsistentUniverseError
        The definition is wrong; the key is named.
    """

    def __init__(self, definition: Mapping[str, Any]) -> None:
        _check_keys("universe", definition, _TOP_KEYS, {"version", "skypix", "elements"})
        self._definition = json.loads(json.dumps(definition))
        self.version = int(definition["version"])
        self.namespace = str(definition.get("namespace", "daf_butler"))
        self.common_skypix = str(definition["skypix"]["common"])
        self._levels = {s: int(definition["skypix"][s]["max_level"]) for s in ("htm", "healpix") if s in definition["skypix"]}
        self._elements = _build(definition)
        self._order = {name: i for i, name in enumerate(self._elements)}
        self._depth = _depths(definition["elements"])
        self._groups: dict[frozenset[str], DimensionGroup] = {}
        self._skypix: dict[str, SkyPixDimension] = {}

    # ------------------------------------------------------------------- make
    @staticmethod
    def load(version: int | None = None) -> DimensionUniverse:
        """A version of the standard universe (0 to 8; the newest by default)."""
        return _load(DEFAULT_VERSION if version is None else version)

    @classmethod
    def from_definition(cls, definition: Mapping[str, Any]) -> DimensionUniverse:
        """A universe from a mapping (a parsed YAML file)."""
        if not isinstance(definition, Mapping):
            raise InconsistentUniverseError("A dimension universe is a mapping with 'version', 'skypix' and 'elements'.")
        return cls(definition)

    def to_json(self) -> str:
        """The definition as text; `from_json` gives an equal universe."""
        return json.dumps(self._definition, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> DimensionUniverse:
        """A universe from `to_json`."""
        return _from_json(text)

    # ----------------------------------------------------------------- lookup
    def __getitem__(self, name: str) -> DimensionElement:
        found = self._elements.get(name) or self._skypix.get(name) or self._make_skypix(name)
        if found is None:
            raise DimensionNameError(
                f"'{name}' is not a dimension or dimension element.",
                hint=nearest(str(name), self._elements) or f"Known are: {', '.join(self._elements)}, htmN, healpixN.",
            )
        return found

    def _make_skypix(self, name: str) -> SkyPixDimension | None:
        parsed = SkyPixDimension.parse(name) if isinstance(name, str) else None
        if parsed is None or parsed[1] > self._levels.get(parsed[0], -1):
            return None
        return self._skypix.setdefault(name, SkyPixDimension.of(name, *parsed))

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and (
            name in self._elements or name in self._skypix or self._make_skypix(name) is not None
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DimensionUniverse) and self._definition == other._definition

    def __hash__(self) -> int:
        return hash((self.namespace, self.version))

    def __repr__(self) -> str:
        return f"DimensionUniverse(version={self.version}, namespace='{self.namespace}')"

    def __iter__(self) -> Iterator[DimensionElement]:
        return iter(self.elements)

    @cached_property
    def elements(self) -> tuple[DimensionElement, ...]:
        """All elements but sky pixels, parents first."""
        return tuple(self._elements.values())

    @cached_property
    def dimensions(self) -> tuple[DimensionElement, ...]:
        """All dimensions but sky pixels, parents first."""
        return tuple(e for e in self.elements if e.is_dimension)

    @cached_property
    def governors(self) -> tuple[str, ...]:
        """Names of the dimensions that everything of one kind hangs on (instrument, skymap)."""
        return tuple(e.name for e in self.elements if e.is_governor)

    @cached_property
    def empty(self) -> DimensionGroup:
        """The group without dimensions."""
        return self.conform(())

    @property
    def packers(self) -> Mapping[str, Mapping[str, list[str]]]:
        """Named recipes for packing data IDs into integers."""
        packers: Mapping[str, Mapping[str, list[str]]] = self._definition.get("packers", {})
        return packers

    def conform(self, names: Iterable[str] | DimensionGroup) -> DimensionGroup:
        """The smallest group that holds these dimensions and all they depend on.

        Raises
        ------
        DimensionNameError
            A name is no dimension; the nearest ones are offered.
        """
        if isinstance(names, DimensionGroup):
            return names
        if isinstance(names, str):
            names = [names]
        key = frozenset(names)
        found = self._groups.get(key)
        if found is None:
            full = self._closure(key)
            found = self._groups.get(full) or DimensionGroup(self, full)
            self._groups[full] = self._groups[key] = found
        return found

    def _closure(self, names: Iterable[str]) -> frozenset[str]:
        full: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name in full:
                continue
            element = self[name]
            if not element.is_dimension:
                raise DimensionNameError(
                    f"'{name}' is not a dimension: it joins {', '.join(element.required)}.", hint="Name those instead."
                )
            full.add(name)
            waiting += [d for d in (*element.required, *element.implied) if d not in full]
        return frozenset(full)

    def sort_key(self, name: str) -> tuple[int, str]:
        """Place of an element in canonical order (sky pixels count as independent)."""
        return self._depth.get(name, 0), name

    def sorted(self, names: Iterable[str]) -> tuple[str, ...]:
        """Names in canonical order: parents first, then alphabetical."""
        return tuple(sorted(names, key=self.sort_key))


@lru_cache(maxsize=32)
def _load(version: int) -> DimensionUniverse:
    folder = resources.files("skybutler.dimensions") / "definitions"
    file = folder / f"v{version}.yaml"
    if not file.is_file():
        raise InconsistentUniverseError(f"There is no dimension universe version {version}; known are 0 to {DEFAULT_VERSION}.")
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return DimensionUniverse(yaml.load(file.read_text(encoding="utf-8"), Loader=loader))


@lru_cache(maxsize=32)
def _from_json(text: str) -> DimensionUniverse:
    return DimensionUniverse(json.loads(text))


# ------------------------------------------------------------------- building
def _check_keys(what: str, mapping: Mapping[str, Any], known: set[str], needed: set[str]) -> None:
    for key in mapping:
        if key not in known:
            raise InconsistentUniverseError(f"{what}: unknown key '{key}'.", hint=nearest(str(key), known))
    for key in sorted(needed):
        if key not in mapping:
            raise InconsistentUniverseError(f"{what}: no '{key}' given.")


def _depths(elements: Mapping[str, Any]) -> dict[str, int]:
    """Steps of dependency between each element and the independent ones."""
    depths: dict[str, int] = {}

    def depth(name: str, path: tuple[str, ...]) -> int:
        if name in path:
            raise InconsistentUniverseError(f"Elements depend on each other in a circle: {' -> '.join((*path, name))}.")
        if name not in elements:
            raise InconsistentUniverseError(f"'{path[-1]}' depends on '{name}', which is not defined.", hint=nearest(name, elements))
        if name not in depths:
            parents = [*elements[name].get("requires", ()), *elements[name].get("implies", ())]
            depths[name] = 1 + max((depth(p, (*path, name)) for p in parents), default=-1)
        return depths[name]

    for name in elements:
        depth(name, ())
    return depths


def _build(definition: Mapping[str, Any]) -> dict[str, DimensionElement]:
    """Elements by name, parents first."""
    raw = definition["elements"]
    depths = _depths(raw)
    order = sorted(raw, key=lambda n: (depths[n], n))
    ranks = {name: i for i, name in enumerate(order)}
    families = _families(definition, raw)
    elements: dict[str, DimensionElement] = {}
    for name in order:
        elements[name] = _element(name, raw[name], elements, ranks, families)
    return elements


def _families(definition: Mapping[str, Any], raw: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    """Family of each element by kind of topology and name."""
    found: dict[tuple[str, str], str] = {}
    for kind, families in definition.get("topology", {}).items():
        for family, members in families.items():
            for member in members:
                if member not in raw:
                    raise InconsistentUniverseError(f"topology.{kind}.{family}: '{member}' is not defined.")
                found[kind, member] = family
    return found


def _element(
    name: str,
    raw: Mapping[str, Any],
    known: Mapping[str, DimensionElement],
    ranks: Mapping[str, int],
    families: Mapping[tuple[str, str], str],
) -> DimensionElement:
    _check_keys(f"elements.{name}", raw, _ELEMENT_KEYS, set())
    if SkyPixDimension.parse(name):
        raise InconsistentUniverseError(f"'{name}' is the name of a sky pixel dimension.")
    keys = [_column(name, c, nullable=False) for c in raw.get("keys", ())]
    parents: set[str] = set()
    for parent in raw.get("requires", ()):
        parents.update(known[parent].required)
    required = (*sorted(parents, key=ranks.__getitem__), *((name,) if keys else ()))
    governors = [d for d in required if d != name and known[d].is_governor]
    is_governor = bool(raw.get("governor", False))
    view = raw.get("view_of") or raw.get("storage", {}).get("nested", {}).get("view_of")
    return DimensionElement(
        name=name,
        doc=" ".join(str(raw.get("doc", "")).split()),
        required=required,
        implied=tuple(sorted(raw.get("implies", ()), key=ranks.__getitem__)),
        key=keys[0] if keys else None,
        alternate_keys=tuple(keys[1:]),
        metadata=tuple(_column(name, c, nullable=True) for c in raw.get("metadata", ())),
        spatial_family=families.get(("spatial", name)),
        temporal_family=families.get(("temporal", name)),
        governor=name if is_governor else (governors[0] if governors else None),
        is_governor=is_governor,
        view_of=view,
        populated_by=raw.get("populated_by"),
        always_join=bool(raw.get("always_join", False)),
    )


def _column(element: str, raw: Mapping[str, Any], *, nullable: bool) -> Column:
    _check_keys(f"elements.{element}", raw, {"name", "type", "length", "nbytes", "nullable", "doc"}, {"name", "type"})
    if raw["type"] not in _COLUMN_TYPES:
        raise InconsistentUniverseError(
            f"elements.{element}.{raw['name']}: type '{raw['type']}' is not one of {', '.join(_COLUMN_TYPES)}.",
            hint=nearest(str(raw["type"]), _COLUMN_TYPES),
        )
    length = int(raw.get("length", raw.get("nbytes", 0)))
    doc = " ".join(str(raw.get("doc", "")).split())
    return Column(str(raw["name"]), str(raw["type"]), length, bool(raw.get("nullable", nullable)), doc)
