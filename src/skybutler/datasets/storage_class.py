"""Storage classes: what datasets are in memory, as data.  Imports none of the classes it names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module, resources
from typing import Any

from skybutler.errors import StorageClassError, nearest

__all__ = ["StorageClass", "StorageClasses"]

_MODULES = frozenset(
    {
        "astro_metadata_translator",
        "astropy",
        "collections",
        "datetime",
        "healsparse",
        "matplotlib",
        "numpy",
        "pandas",
        "pyarrow",
        "skybutler",
        "uuid",
    }
)
"""Packages whose types a repository's configuration may name; a configuration must not make us import others."""

_PLAIN = frozenset(
    {"bool", "bytes", "complex", "dict", "float", "frozenset", "int", "list", "object", "set", "str", "tuple"}
)
"""Built-in types, which are named without a module."""

_KEYS = frozenset({"components", "converters", "delegate", "derivedComponents", "inheritsFrom", "parameters", "pytype"})


@dataclass(frozen=True, slots=True)
class StorageClass:
    """What a dataset is in memory.

    Parameters
    ----------
    name : `str`
        Name that dataset types refer to.
    pytype : `str`
        Dotted name of the Python type; built-in types without a module, ``object`` is anything.
    components : mapping
        Storage classes of the parts it is made of, by component name.
    derived_components : mapping
        The same for what can be read of it, but is no part (``bbox``, ``columns``).
    parameters : `frozenset` [`str`]
        Read parameters.
    converters : mapping
        Dotted names of functions that make the type out of another, by the name of that; those that every storage
        class of a type has are in `skybutler.formatters.converters`.
    """

    name: str
    pytype: str
    components: Mapping[str, str] = field(default_factory=dict)
    derived_components: Mapping[str, str] = field(default_factory=dict)
    parameters: frozenset[str] = frozenset()
    converters: Mapping[str, str] = field(default_factory=dict)

    @property
    def all_components(self) -> dict[str, str]:
        """Storage classes of components and derived components by name."""
        return {**self.components, **self.derived_components}

    def python_type(self) -> type:
        """The Python type itself, imported now.

        Raises
        ------
        StorageClassError
            The package that has it is not installed.
        """
        module, _, name = self.pytype.rpartition(".")
        try:
            found: type = getattr(import_module(module or "builtins"), name)
        except (ImportError, AttributeError) as error:
            raise StorageClassError(
                f"Storage class '{self.name}' holds {self.pytype}, which cannot be imported: {error}.",
                hint=f"Install the package that brings {module.partition('.')[0]}.",
            ) from error
        return found


class StorageClasses:
    """The storage classes of a repository: those that every repository has, and those its configuration adds.

    Parameters
    ----------
    additions : mapping, optional
        Further definitions by name, with the keys ``pytype``, ``inheritsFrom``, ``components``, ``derivedComponents``
        and ``parameters``; one with the name of a standard class takes its place, and may inherit from it.
        ``converters`` and ``delegate`` name code, which a configuration may not do; they are passed over.  Definitions
        are read when asked for: a wrong one, or one whose Python type we do not have, does no harm before.
    """

    def __init__(self, additions: Mapping[str, Any] | None = None) -> None:
        self._additions = dict(additions or {})
        self._made: dict[str, StorageClass] = {}

    @staticmethod
    def default() -> StorageClasses:
        """The storage classes without additions; one object for all."""
        return _default()

    def __getitem__(self, name: str) -> StorageClass:
        """The storage class of a name.

        Raises
        ------
        StorageClassError
            There is none (the nearest are offered), or its definition is wrong.
        """
        found = self._made.get(name)
        if found is None:
            found = self._made[name] = self._make(name, ())
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._additions or name in _standard()

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({*_standard(), *self._additions}))

    def __len__(self) -> int:
        return len({*_standard(), *self._additions})

    def _make(self, name: str, heirs: tuple[str, ...]) -> StorageClass:
        added = name in self._additions and name not in heirs
        definition = self._additions[name] if added else _standard().get(name)
        if definition is None:
            if name in heirs:
                raise StorageClassError(f"Storage class '{name}' inherits from itself.")
            hint = nearest(name, self) or "Add it to the storage classes in the repository's butler.yaml."
            raise StorageClassError(f"There is no storage class '{name}'.", hint=hint)
        if added:
            _check(name, definition)
        parent = StorageClass(name, "object")
        if (ancestor := definition.get("inheritsFrom")) is not None:
            parent = self._make(ancestor, (*heirs, name))
        return StorageClass(
            name,
            definition.get("pytype", parent.pytype).removeprefix("builtins."),
            {**parent.components, **definition.get("components", {})},
            {**parent.derived_components, **definition.get("derivedComponents", {})},
            parent.parameters | frozenset(definition.get("parameters", ())),
            {**parent.converters, **({} if added else definition.get("converters", {}))},
        )


@cache
def _default() -> StorageClasses:
    return StorageClasses()


@cache
def _standard() -> Mapping[str, Mapping[str, Any]]:
    """Definitions that come with us."""
    from skybutler.safe_yaml import parse_yaml

    text = (resources.files("skybutler.datasets") / "storage_classes.yaml").read_text(encoding="utf-8")
    found: dict[str, dict[str, Any]] = parse_yaml(text)
    return found


def _check(name: str, definition: Any) -> None:
    """Refuse a definition from a configuration that is malformed or names a type it may not name."""
    if not isinstance(definition, Mapping):
        raise StorageClassError(f"The definition of storage class '{name}' is no mapping: {definition!r}.")
    if unknown := [key for key in definition if key not in _KEYS]:
        hint = nearest(str(unknown[0]), _KEYS) or f"Keys are: {', '.join(sorted(_KEYS))}."
        raise StorageClassError(f"Storage class '{name}' has an unknown key '{unknown[0]}'.", hint=hint)
    if "pytype" not in definition and "inheritsFrom" not in definition:
        raise StorageClassError(f"Storage class '{name}' has neither 'pytype' nor 'inheritsFrom'.")
    for key in ("components", "derivedComponents"):
        _check_texts(name, key, definition.get(key, {}), Mapping)
    _check_texts(name, "parameters", definition.get("parameters", []), list)
    _check_type(name, definition.get("pytype", "object"))


def _check_texts(name: str, key: str, value: Any, kind: type) -> None:
    parts: Iterable[Any] = [*value, *value.values()] if isinstance(value, Mapping) else value
    if not isinstance(value, kind) or not all(isinstance(part, str) for part in parts):
        raise StorageClassError(f"'{key}' of storage class '{name}' is not made of names: {value!r}.")


def _check_type(name: str, pytype: Any) -> None:
    plain = str(pytype).removeprefix("builtins.")
    package, dot, _ = plain.partition(".")
    if plain not in _PLAIN and (not dot or package not in _MODULES):
        raise StorageClassError(
            f"Storage class '{name}' names the Python type {pytype!r}, which skybutler does not know.",
            hint=f"Types may be of {', '.join(sorted(_MODULES))}, or object for anything.",
        )
