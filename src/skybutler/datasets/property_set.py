"""Nested metadata of datasets and tasks: names, values, lists of values, sets within sets.  Knows no file format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, Self, TypeAlias

from skybutler.errors import FormatError, InvalidError, nearest

__all__ = ["PropertySet", "PropertyValue", "TaskMetadata"]

PropertyValue: TypeAlias = bool | int | float | str | None

_PARTS = {"scalars", "arrays", "metadata"}  # of each level of task metadata in a file
_DIGITS = 14  # as many significant digits as lsst.daf.base prints


class PropertySet(MutableMapping[str, Any]):
    """An ordered mapping of names to values, lists of values, and further sets.

    Parameters
    ----------
    values : mapping, optional
        Names and values; inner mappings become sets.

    Notes
    -----
    Names reach into inner sets with dots: ``metadata["calibrate.runStartUtc"]``; setting makes the sets on the way.
    Iteration, `len` and `values` are those of this level only, `names` gives every level.  A list is returned as a
    list, so that ``dict(metadata)`` loses nothing; the single value that lsst.daf.base returns is its last element.
    """

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        self._values: dict[str, Any] = {}
        for name, value in (values or {}).items():
            self[name] = value

    # ----------------------------------------------------------------------------------------------------------- values
    def __getitem__(self, name: str) -> Any:
        first, dot, rest = name.partition(".")
        value = self._values.get(first)
        if dot and isinstance(value, PropertySet):
            return value[rest]
        if dot or first not in self._values:
            hint = nearest(name, self.names()) or "List what there is with names()."
            raise KeyError(f"No property '{name}'. {hint}")
        return value

    def __setitem__(self, name: str, value: Any) -> None:
        first, dot, rest = name.partition(".")
        if not first or (dot and not rest):
            raise InvalidError(f"{name!r} cannot name a property.", hint="Names are not empty, between dots neither.")
        if not dot:
            self._values[first] = self._kept(name, value)
            return
        inner = self._values.get(first)
        if first not in self._values:
            inner = self._values[first] = type(self)()
        if not isinstance(inner, PropertySet):
            raise InvalidError(f"'{first}' is a value, so '{name}' cannot be set.", hint=f"Remove '{first}' first.")
        inner[rest] = value

    def __delitem__(self, name: str) -> None:
        first, dot, rest = name.partition(".")
        if dot and isinstance(self._values.get(first), PropertySet):
            del self._values[first][rest]
        else:
            self[name]  # a dotted name that leads nowhere, or an unknown one, raises here
            del self._values[name]

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, str):
            return False
        first, dot, rest = name.partition(".")
        if not dot:
            return first in self._values
        inner = self._values.get(first)
        return isinstance(inner, PropertySet) and rest in inner

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def add(self, name: str, value: PropertyValue) -> None:
        """Append a value to those a name has."""
        if name in self:
            self[name] = [*self.all_values(name), value]
        else:
            self[name] = value

    def all_values(self, name: str) -> list[Any]:
        """The values of a name as a list, even where there is only one."""
        value = self[name]
        return list(value) if isinstance(value, list) else [value]

    def names(self, *, top_level_only: bool = False) -> list[str]:
        """Names in order, those of inner sets with dots; sets themselves are named before what is in them."""
        found = []
        for name, value in self._values.items():
            found.append(name)
            if isinstance(value, PropertySet) and not top_level_only:
                found.extend(f"{name}.{inner}" for inner in value.names())
        return found

    def _kept(self, name: str, value: Any) -> Any:
        """A value as it is stored: inner mappings as sets, arrays and tuples as lists, numpy scalars as Python's."""
        if isinstance(value, Mapping):
            return type(self)(value)
        if hasattr(value, "tolist"):
            value = value.tolist()
        if isinstance(value, list | tuple):
            return [self._scalar(name, v) for v in value]
        return self._scalar(name, value)

    @staticmethod
    def _scalar(name: str, value: Any) -> PropertyValue:
        if hasattr(value, "item"):
            value = value.item()
        if value is None or isinstance(value, bool | int | float | str):
            return value
        raise InvalidError(
            f"The value of property '{name}' is a {type(value).__name__}.",
            hint="Give a bool, int, float, str or None, a list of them, or a mapping.",
        )

    # ------------------------------------------------------------------------------------------------------ other forms
    def to_dict(self) -> dict[str, Any]:
        """Nested plain dicts."""
        return {n: v.to_dict() if isinstance(v, PropertySet) else _copied(v) for n, v in self._values.items()}

    def to_plain(self) -> dict[str, Any]:
        """What a file of this kind holds, as plain data."""
        return self.to_dict()

    @classmethod
    def from_plain(cls, plain: object) -> Self:
        """The set that `to_plain` was made of, or of the form that `TaskMetadata` has in files.

        Raises
        ------
        FormatError
            ``plain`` is not of that form.
        """
        if not isinstance(plain, Mapping):
            raise FormatError(f"A {type(plain).__name__} is no property set.")
        return cls(TaskMetadata.from_plain(plain) if set(plain) == _PARTS else plain)

    def copy(self) -> Self:
        """An equal set that shares nothing with this one."""
        return type(self)(self)

    def __eq__(self, other: object) -> bool:
        """Equal when names and values are, in whatever order, and also to such a dict."""
        if isinstance(other, PropertySet):
            return self._values == other._values
        return self._values == dict(other) if isinstance(other, Mapping) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        """Lines ``name = value``, each with its line end, as lsst.daf.base prints them."""
        return self._text("")

    def _text(self, indent: str) -> str:
        lines = []
        for name, value in self._values.items():
            if isinstance(value, PropertySet):
                lines.append(f"{indent}{name} = {{\n{value._text(indent + '..')}{indent}}}\n")
            elif isinstance(value, list) and len(value) != 1:
                lines.append(f"{indent}{name} = [ {', '.join(map(_value_text, value))} ]\n")
            else:
                lines.append(f"{indent}{name} = {_value_text(value[0] if isinstance(value, list) else value)}\n")
        return "".join(lines)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.to_dict()!r})"


class TaskMetadata(PropertySet):
    """Metadata of one task's run; prints as a nested dict.

    In files, each level keeps its single values, its lists and its inner levels apart.
    """

    __slots__ = ()

    def to_plain(self) -> dict[str, Any]:
        """A dict of ``scalars``, ``arrays`` and ``metadata`` (inner levels of the same form)."""
        parts: dict[str, dict[str, Any]] = {"scalars": {}, "arrays": {}, "metadata": {}}
        for name, value in self.items():
            if isinstance(value, PropertySet):
                parts["metadata"][name] = value.to_plain()
            else:
                parts["arrays" if isinstance(value, list) else "scalars"][name] = _copied(value)
        return parts

    @classmethod
    def from_plain(cls, plain: object) -> Self:
        if not isinstance(plain, Mapping) or not _PARTS.issuperset(plain):
            found = ", ".join(map(str, plain)) if isinstance(plain, Mapping) else type(plain).__name__
            raise FormatError(f"Task metadata have 'scalars', 'arrays' and 'metadata', not: {found}.")
        for part, inner in plain.items():
            if not isinstance(inner, Mapping):
                raise FormatError(f"'{part}' of task metadata is a {type(inner).__name__}, not names and values.")
        levels = {name: cls.from_plain(inner) for name, inner in plain.get("metadata", {}).items()}
        return cls({**plain.get("scalars", {}), **plain.get("arrays", {}), **levels})

    def __str__(self) -> str:
        return str(self.to_dict())


def _copied(value: Any) -> Any:
    return list(value) if isinstance(value, list) else value


def _value_text(value: PropertyValue) -> str:
    """A value as lsst.daf.base prints it: quoted text, 14 significant digits with the point forced, bool as 0 and 1."""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return f"{value:#.{_DIGITS}g}"
    if isinstance(value, str):
        return f'"{value}"'
    return "" if value is None else str(value)
