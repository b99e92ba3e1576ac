"""A YAML text as plain data that know where they stand, so that every mistake is shown in its place.

Knows nothing of what the document means.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from skybutler.errors import ConfigError
from skybutler.safe_yaml import safe_loader

__all__ = ["Document", "Mark", "Path", "parse_document"]

Path = tuple[str | int, ...]
"""Keys and positions from the top of a document down to a value."""

_MOST_NODES = 100_000
"""A document of aliases to aliases could unfold without end."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Line and column, counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Document:
    """Plain content and the place of each of its values.

    Parameters
    ----------
    source : `str`
        File name, for messages.
    content : object
        Mappings, lists, texts, numbers.
    marks : `dict` [`Path`, `Mark`]
        Where values begin; of a value in a mapping, where its key is.
    """

    source: str
    content: Any
    marks: dict[Path, Mark]

    def place(self, path: Path) -> str:
        """``file:line:column`` of a value, or of what is nearest above it."""
        while path and path not in self.marks:
            path = path[:-1]
        mark = self.marks.get(path, Mark(1, 1))
        return f"{self.source}:{mark.line}:{mark.column}"


class _Loader(safe_loader()):  # type: ignore[misc]
    """Safe loader to which a date is a text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}


def parse_document(text: str, source: str) -> Document:
    """Parse a YAML text safely.

    Raises
    ------
    ConfigError
        It is no YAML, gives a key twice, has tags of its own, or unfolds to too much.
    """
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return Document(source, None, {})
        marks: dict[Path, Mark] = {}
        for path, mark in _walk(node, (), source):
            marks[path] = mark
            if len(marks) > _MOST_NODES:
                raise ConfigError(f"{source} unfolds to more than {_MOST_NODES} values.")
        return Document(source, loader.construct_document(node), marks)
    except yaml.YAMLError as error:
        raise ConfigError(f"{_where(error, source)}: this is not valid YAML: {_reason(error)}") from error
    finally:
        loader.dispose()


def _walk(node: yaml.Node, path: Path, source: str, above: tuple[int, ...] = ()) -> Iterator[tuple[Path, Mark]]:
    if id(node) in above:
        raise ConfigError(f"{source}:{_mark(node).line}: a value holds itself.")
    yield path, _mark(node)
    if isinstance(node, yaml.SequenceNode):
        for i, item in enumerate(node.value):
            yield from _walk(item, (*path, i), source, (*above, id(node)))
    elif isinstance(node, yaml.MappingNode):
        seen: dict[str, Mark] = {}
        for key, value in node.value:
            name, mark = str(key.value), _mark(key)
            if name in seen and name != "<<":
                raise ConfigError(
                    f"{source}:{mark.line}:{mark.column}: '{name}' is there twice; first in line {seen[name].line}."
                )
            seen[name] = mark
            for below, place in _walk(value, (*path, name), source, (*above, id(node))):
                yield below, mark if below == (*path, name) else place


def _mark(node: yaml.Node) -> Mark:
    return Mark(node.start_mark.line + 1, node.start_mark.column + 1)


def _where(error: yaml.YAMLError, source: str) -> str:
    mark = getattr(error, "problem_mark", None)
    return f"{source}:{mark.line + 1}:{mark.column + 1}" if mark is not None else source


def _reason(error: yaml.YAMLError) -> str:
    return " ".join(str(getattr(error, "problem", None) or error).split())
