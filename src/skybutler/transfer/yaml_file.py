"""Export files in YAML: their head, and their blocks.  Knows no repository."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from skybutler.errors import FormatError, SchemaVersionError, UnreadableFileError

from .blocks import Block, Rows
from .yaml_blocks import Interpreter
from .yaml_values import ExportLoader
from .yaml_writer import VERSION

__all__ = ["Head", "WholeFile", "require_last_line", "unreadable"]

_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)").fullmatch


class Head:
    """What an export file says about itself.

    Parameters
    ----------
    name : `str`
        Name of the file.
    content : mapping
        Fields of the file but its blocks.
    """

    def __init__(self, name: str, content: Mapping[str, Any]) -> None:
        self.name = name
        self.version = _checked_version(name, content.get("version"))
        universe = content.get("universe_version", 0)
        if type(universe) is not int:
            raise FormatError(f"{name}: 'universe_version' must be a whole number, not {universe!r}.")
        self.universe_version = universe
        self.universe_namespace = str(content.get("universe_namespace", "daf_butler"))


def _checked_version(name: str, given: object) -> str:
    """The version, if we can read it."""
    text = "1.0.0" if given == 0 and given is not False else str(given)
    found, ours = _VERSION(text), _VERSION(VERSION)
    assert ours is not None
    if given is None or found is None:
        raise FormatError(
            f"{name} is no export file: it has " + ("no version." if given is None else f"the version {given!r}."),
            hint="An export file begins with 'description: Butler Data Repository Export'.",
        )
    if found[1] != ours[1] or int(found[2]) > int(ours[2]):
        raise SchemaVersionError(
            f"{name} has version {text} of the export format; this skybutler reads {ours[1]}.0 to {ours[1]}.{ours[2]}.",
            hint="Export again with an older version, or: pip install --upgrade skybutler",
        )
    return text


class WholeFile:
    """An export file that is read at once, whatever its layout is.

    Parameters
    ----------
    name : `str`
        Name of the file, for messages.
    data : `bytes` or `str`
        Content.

    Raises
    ------
    UnreadableFileError
        It is no YAML; line and column are named.
    FormatError
        It is no export file.
    SchemaVersionError
        It has a version that cannot be read.
    """

    def __init__(self, name: str, data: bytes | str) -> None:
        self.name = name
        self._interpreter = Interpreter(name)
        self._blocks: list[Block] = []
        content: dict[str, Any] = {}
        require_last_line(name, data.encode() if isinstance(data, str) else data)
        try:
            loader = ExportLoader(data)
            root = loader.get_single_node()
            if not isinstance(root, yaml.MappingNode):
                raise FormatError(f"{name} is no export file: it holds no mapping.")
            for key, value in root.value:
                field = loader.construct_object(key, deep=True)
                if field != "data":
                    content[str(field)] = loader.construct_object(value, deep=True)
                    continue
                content["data"] = True
                if not isinstance(value, yaml.SequenceNode):
                    raise FormatError(f"{name}: 'data' must be a list of blocks.")
                self._read(loader, value.value)
        except (yaml.YAMLError, RecursionError) as error:
            raise unreadable(name, error) from error
        head = Head(name, content)
        self.version, self.universe_version = head.version, head.universe_version
        self.universe_namespace = head.universe_namespace
        if "data" not in content:
            raise FormatError(f"{name} has no 'data': it is no export file, or its end is missing.")

    def _read(self, loader: Any, nodes: Sequence[yaml.Node]) -> None:
        for node in nodes:
            line = node.start_mark.line + 1
            block = loader.construct_object(node, deep=True)
            kind = self._interpreter.type_of(block, line)
            key = str(block.get("element", "")) if kind == "dimension" else ""
            self._blocks.append(Block(kind, key, line, block))

    def blocks(self) -> Sequence[Block]:
        """All blocks in their order."""
        return self._blocks

    def rows(self, block: Block) -> Iterator[Rows]:
        """What is in a block, some thousand records at a time."""
        return self._interpreter.rows(block.place, block.line)


def require_last_line(name: str, data: Any) -> None:
    """Refuse a file whose last line has no end, unless it closes what was open: it is cut off.

    Raises
    ------
    FormatError
        It is; the line is named.
    """
    end = bytes(data[max(len(data) - 1, 0) :])
    if end in (b"", b"\n", b"\r", b"}", b"]"):
        return
    line = bytes(data).count(b"\n") + 1
    raise FormatError(
        f"{name}, line {line}: the file ends in the middle of a line.",
        hint="Is it complete? Compare its size with where it came from; if it is, add a line end.",
    )


def unreadable(name: str, error: Exception) -> UnreadableFileError:
    """The error for a file that is no YAML."""
    text = " ".join(str(error).split()) if not isinstance(error, RecursionError) else "it is nested too deeply"
    return UnreadableFileError(
        f"{name} is not readable as an export file: {text}.",
        hint="Is it complete? Compare its size with where it came from.",
    )
