"""Checked access to a YAML document: every value has a type, every unknown key is an error that names the nearest one.

Knows nothing of what the values mean.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from skybutler.errors import ConfigError, nearest
from skybutler.safe_yaml import parse_yaml

__all__ = ["Section", "load_document"]

_MISSING = object()


def load_document(text: str, where: str) -> Mapping[str, Any]:
    """Read YAML that must be a mapping; plain data only, never objects.

    Raises
    ------
    ConfigError
        It is something else than a mapping.
    yaml.YAMLError
        It is not YAML.
    """
    document = parse_yaml(text)
    if not isinstance(document, dict):
        raise ConfigError(f"{where} holds {type(document).__name__}; expected a mapping.")
    return document


class Section:
    """A mapping of a document together with the place it came from.

    Parameters
    ----------
    content : mapping
        The values.
    where : `str`
        File and keys that lead here, for errors.
    """

    def __init__(self, content: object, where: str) -> None:
        if not isinstance(content, Mapping):
            raise ConfigError(f"{where} is {content!r}; expected a mapping.")
        self._content: Mapping[str, Any] = content
        self._used: set[str] = set()
        self.where = where

    def __contains__(self, key: str) -> bool:
        return key in self._content

    def _take(self, key: str, kind: str, types: tuple[type, ...], default: object = _MISSING) -> Any:
        self._used.add(key)
        value = self._content.get(key, default)
        if value is _MISSING:
            raise ConfigError(f"{self.where}: '{key}' is missing.", hint=nearest(key, map(str, self._content)))
        if value is default:
            return value
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            raise ConfigError(f"{self.where}: '{key}' is {value!r}; expected {kind}.")
        return value

    def text(self, key: str, default: object = _MISSING) -> str:
        """A text."""
        return str(self._take(key, "a text", (str,), default))

    def optional_text(self, key: str) -> str | None:
        """A text or nothing."""
        value = self._take(key, "a text", (str,), None)
        return None if value is None else str(value)

    def number(self, key: str, default: object = _MISSING) -> float:
        """A number."""
        return float(self._take(key, "a number", (int, float), default))

    def integer(self, key: str) -> int:
        """A whole number."""
        return int(self._take(key, "a whole number", (int,)))

    def flag(self, key: str, default: object = _MISSING) -> bool:
        """True or false."""
        return bool(self._take(key, "true or false", (bool,), default))

    def items(self, key: str, default: object = _MISSING) -> list[Any]:
        """A list."""
        return list(self._take(key, "a list", (list,), default))

    def mapping(self, key: str) -> dict[str, Any]:
        """A mapping, unchecked inside."""
        return dict(self._take(key, "a mapping", (dict,)))

    def choice(self, key: str, known: Mapping[str, object], default: object = _MISSING) -> str:
        """One of the known texts."""
        value = self.text(key, default)
        if value not in known:
            raise ConfigError(
                f"{self.where}: '{key}' is '{value}'; known are {', '.join(map(repr, known))}.",
                hint=nearest(value, known),
            )
        return value

    def _numbers(self, key: str, value: object, n: int) -> tuple[float, ...]:
        if isinstance(value, list) and len(value) == n and all(type(v) in (int, float) for v in value):
            return tuple(float(v) for v in value)
        raise ConfigError(f"{self.where}: '{key}' is {value!r}; expected a list of {n} numbers.")

    def pair(self, key: str) -> tuple[float, float]:
        """Two numbers."""
        x, y = self._numbers(key, self.items(key), 2)
        return x, y

    def pairs(self, key: str) -> dict[str, tuple[float, float]]:
        """A mapping of names to two numbers each."""
        found = {}
        for name, value in self.mapping(key).items():
            x, y = self._numbers(f"{key}.{name}", value, 2)
            found[str(name)] = (x, y)
        return found

    def box(self, key: str) -> tuple[int, int, int, int]:
        """x, y, width, height in whole pixels."""
        x, y, width, height = (int(v) for v in self._numbers(key, self.items(key), 4))
        return x, y, width, height

    def section(self, key: str) -> Section:
        """A mapping, to be read key by key."""
        return Section(self._take(key, "a mapping", (dict,)), f"{self.where}: {key}")

    def sections(self, key: str) -> Iterator[tuple[str, Section]]:
        """The mappings of a mapping."""
        for name, content in self.mapping(key).items():
            yield str(name), Section(content, f"{self.where}: {key}.{name}")

    def section_list(self, key: str) -> Iterator[Section]:
        """The mappings of a list."""
        for i, content in enumerate(self.items(key)):
            yield Section(content, f"{self.where}: {key}[{i}]")

    def finish(self) -> None:
        """Complain about keys nobody asked for.

        Raises
        ------
        ConfigError
            There is an unknown key.
        """
        for key in self._content:
            if key not in self._used:
                raise ConfigError(f"{self.where}: unknown key '{key}'.", hint=nearest(str(key), self._used))
