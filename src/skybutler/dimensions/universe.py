"""A set of dimensions that belong together, read from data.  Knows no database."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from typing import Any

from skybutler.errors import DimensionNameError, InconsistentUniverseError, nearest

from .definition import Topology, build_elements, check_packers, read_levels, read_topology, whole_number
from .element import DimensionElement, SkyPixDimension
from .group import DimensionGroup

__all__ = ["DEFAULT_VERSION", "DimensionUniverse"]

DEFAULT_VERSION = 8
"""Version of the standard universe that new repositories get."""


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
        self._elements = build_elements(definition)
        self.version = whole_number("version", definition["version"])
        self.namespace = str(definition.get("namespace", "daf_butler"))
        self._levels = read_levels(definition)
        self.common_skypix = str(definition["skypix"]["common"])
        self.topology: Topology = read_topology(definition)
        """Members of each family, most precise first, by kind (``spatial``, ``temporal``) and family."""
        check_packers(definition)
        try:
            self._definition = json.loads(json.dumps(definition))
        except (TypeError, ValueError) as error:
            raise InconsistentUniverseError(f"The definition holds what JSON cannot: {error}.") from error
        for element in self._elements.values():
            element.belong_to(self)
        self._groups: dict[frozenset[str], DimensionGroup] = {}
        self._skypix: dict[str, SkyPixDimension] = {}
        self._depth: dict[str, int] = {}
        for element in self._elements.values():
            parents = {*element.required, *element.implied} - {element.name}
            self._depth[element.name] = 1 + max((self._depth[p] for p in parents), default=-1)

    # ------------------------------------------------------------------- make
    @staticmethod
    def load(version: int | None = None) -> DimensionUniverse:
        """A version of the standard universe (0 to 8; the newest by default)."""
        return _load(DEFAULT_VERSION if version is None else version)

    @classmethod
    def from_definition(cls, definition: Mapping[str, Any]) -> DimensionUniverse:
        """A universe from a mapping (a parsed YAML file)."""
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
        parsed = SkyPixDimension.parse(name)
        if parsed is None or parsed[1] > self._levels.get(parsed[0], -1):
            return None
        made = SkyPixDimension.of(name, *parsed)
        made.belong_to(self)
        return self._skypix.setdefault(name, made)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and (
            name in self._elements or name in self._skypix or self._make_skypix(name) is not None
        )

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return self._definition == other._definition if isinstance(other, DimensionUniverse) else NotImplemented

    def __hash__(self) -> int:
        return hash((self.namespace, self.version))

    def __repr__(self) -> str:
        return f"DimensionUniverse(version={self.version}, namespace='{self.namespace}')"

    def __reduce__(self) -> tuple[Any, ...]:
        return DimensionUniverse.from_json, (self.to_json(),)

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
        """The smallest group that holds these dimensions and all they depend on; of this universe, whose ever is given.

        Raises
        ------
        DimensionNameError
            A name is no dimension; the nearest ones are offered.
        """
        if isinstance(names, DimensionGroup):
            if names.universe is self:
                return names
            names = names.names
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

    def sort_key(self, name: str) -> tuple[int, str, int]:
        """Place of an element in canonical order (sky pixels count as independent, and are sorted by level)."""
        depth = self._depth.get(name)
        if depth is not None:
            return depth, name, 0
        element = self[name]
        assert isinstance(element, SkyPixDimension)
        return 0, element.system, element.level

    def sorted(self, names: Iterable[str]) -> tuple[str, ...]:
        """Names in canonical order: parents first, then alphabetical.

        Raises
        ------
        DimensionNameError
            A name is no element.
        """
        return tuple(sorted(names, key=self.sort_key))


@lru_cache(maxsize=32)
def _load(version: int) -> DimensionUniverse:
    from importlib import resources  # 6 ms, and repositories bring their own definition

    file = resources.files("skybutler.dimensions") / "definitions" / f"v{version}.yaml"
    if not file.is_file():
        raise InconsistentUniverseError(
            f"There is no dimension universe version {version}; known are 0 to {DEFAULT_VERSION}."
        )
    from skybutler.safe_yaml import parse_yaml  # repositories bring their own definition

    return DimensionUniverse(parse_yaml(file.read_text(encoding="utf-8")))


@lru_cache(maxsize=32)
def _from_json(text: str) -> DimensionUniverse:
    return DimensionUniverse(json.loads(text))
