"""``$NAME`` and ``${NAME}`` in the texts of a document.  Knows nothing of what the document means."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from skybutler.errors import ConfigError, nearest

from .document import Document, Path

__all__ = ["expand", "known_variables"]

_VARIABLE = re.compile(r"\$(?:\$|(\w*[A-Za-z_]\w*)|\{(\w+)\})", re.ASCII)
"""``$$`` is a dollar sign; one that no name follows stands for itself, as at the end of a regular expression."""


def known_variables(document: Document, given: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """Values of all variables: those given win, then the environment, then what the document says below ``variables``.

    Those of the document may use each other in any order.

    Raises
    ------
    ConfigError
        One is no text or number, or depends on itself.
    """
    content = document.content if isinstance(document.content, Mapping) else {}
    own = content.get("variables") or {}
    if not isinstance(own, Mapping):
        raise ConfigError(f"{document.place(('variables',))}: 'variables' must be names and values, not {own!r}.")
    known = {**environment, **given}
    waiting: dict[str, str] = {}
    for name, value in own.items():
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            raise ConfigError(f"{document.place(('variables', str(name)))}: '{name}' must be text, not {value!r}.")
        if str(name) not in known:
            waiting[str(name)] = str(value)
    while waiting:
        ready = [name for name, text in waiting.items() if not set(_names(text)) & waiting.keys()]
        if not ready:
            name = next(iter(waiting))
            raise ConfigError(f"{document.place(('variables', name))}: variable '{name}' depends on itself.")
        for name in ready:
            known[name] = _replaced(waiting.pop(name), known, lambda: document.place(("variables", name)))  # noqa: B023
    return known


def _names(text: str) -> Iterator[str]:
    return (plain or braced for plain, braced in _VARIABLE.findall(text) if plain or braced)


def expand(document: Document, variables: Mapping[str, str]) -> Any:
    """The content of a document with variables replaced in all texts (keys and ``variables`` stay).

    Raises
    ------
    ConfigError
        A variable is unknown; its place and the nearest known name are told.
    """
    return _expanded(document, document.content, (), variables)


def _expanded(document: Document, value: Any, path: Path, variables: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _replaced(value, variables, lambda: document.place(path))
    if isinstance(value, list):
        return [_expanded(document, item, (*path, i), variables) for i, item in enumerate(value)]
    if isinstance(value, Mapping):
        return {
            key: item if (*path, key) == ("variables",) else _expanded(document, item, (*path, str(key)), variables)
            for key, item in value.items()
        }
    return value


def _replaced(text: str, variables: Mapping[str, str], place: Callable[[], str]) -> str:
    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        if name is None:
            return "$"
        if name not in variables:
            hint = nearest(name, variables) or "Give it with --set, in the environment, or below 'variables'."
            raise ConfigError(f"{place()}: there is no variable '{name}'.", hint=hint)
        return variables[name]

    return _VARIABLE.sub(value, text)
