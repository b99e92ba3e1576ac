"""Sky map configuration files: assignments read through their syntax tree, or YAML.  Executes and imports nothing."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Final

import yaml

from skybutler.errors import SkyMapError
from skybutler.safe_yaml import parse_yaml as parse_safely
from skybutler.skymap.literals import shortened, value_of
from skybutler.skymap.settings import SkyMapConfig

__all__ = ["SkyMapConfig", "load_config", "parse_config", "parse_yaml"]

_ROOTS: Final = ("config", "root")
_MAX_CHARACTERS: Final = 10_000_000
_CLASS: Final = re.compile(r"(?:.*\.)?(Dodeca|Rings|Equat|Healpix|Discrete)SkyMapConfig")


def parse_config(text: str, kind: str | None = None) -> SkyMapConfig:
    """Read the text of a configuration file of assignments; nothing of it is executed.

    Parameters
    ----------
    text : `str`
        Lines such as ``config.name = 'DC2'`` and ``config.skyMap['rings'].numRings = 120``.
    kind : `str`, optional
        The text configures one kind of sky map alone (``config.numRings = 120``), as persisted maps hold it.

    Raises
    ------
    SkyMapError
        Raised for anything but assignments of known settings; names the line and the nearest valid name.
    """
    if len(text) > _MAX_CHARACTERS:
        raise SkyMapError(f"The configuration text has {len(text)} characters; at most {_MAX_CHARACTERS} are read.")
    config = SkyMapConfig(kind or "dodeca")
    for statement in _parsed(text).body:
        try:
            kind = _statement(statement, config, kind)
        except SkyMapError as error:
            raise SkyMapError(f"Line {statement.lineno}: {error.message}", hint=error.hint) from None
        except (ArithmeticError, RecursionError) as error:
            raise SkyMapError(f"Line {statement.lineno}: {error}.") from None
    return config


def parse_yaml(text: str) -> SkyMapConfig:
    """Read the same settings from YAML: ``name``, ``kind`` and the options of that kind as one flat mapping.

    Raises
    ------
    SkyMapError
        Raised if the text is not such a mapping.
    """
    try:
        mapping = parse_safely(text)
    except yaml.YAMLError as error:
        raise SkyMapError(f"The sky map configuration is not valid YAML: {error}") from None
    if not isinstance(mapping, dict):
        raise SkyMapError("The sky map configuration is not a mapping.", hint="Write lines such as 'kind: rings'.")
    return SkyMapConfig.from_mapping(mapping)


def load_config(path: str | Path) -> SkyMapConfig:
    """Read a configuration file: YAML if its name ends in ``.yaml`` or ``.yml``, else assignments.

    Raises
    ------
    SkyMapError
        Raised if the file cannot be read or understood; the message names the file.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SkyMapError(f"Cannot read the sky map configuration {path}: {error}") from None
    try:
        return parse_yaml(text) if path.suffix in (".yaml", ".yml") else parse_config(text)
    except SkyMapError as error:
        raise SkyMapError(f"{path}: {error.message}", hint=error.hint) from None


def _parsed(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except SyntaxError as error:
        raise SkyMapError(f"Line {error.lineno}: the configuration text is not valid: {error.msg}.") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise SkyMapError(f"The configuration text cannot be read: {error}.") from None


def _statement(statement: ast.stmt, config: SkyMapConfig, kind: str | None) -> str | None:
    """Apply one statement; the result is the kind that the following ones configure."""
    match statement:
        case ast.Import() | ast.ImportFrom() | ast.Pass() | ast.Expr(value=ast.Constant(value=str())):
            return kind
        case ast.Assert(test=ast.Compare(left=ast.Call(func=ast.Name(id="type")), comparators=[owner])):
            return _asserted_kind(owner, config) or kind
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Name(id=source)) if name in _ROOTS and source in _ROOTS:
            return kind
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript() as target], value=value):
            path = _target(target)
            if kind is None:
                config.set_path(path, value_of(value))
            else:
                config.set_kind_path(kind, path, value_of(value))
            return kind
    raise SkyMapError(
        f"'{shortened(statement)}' is not an assignment such as config.skyMap['rings'].numRings = 120.",
        hint="Configuration files are read, not executed.",
    )


def _asserted_kind(owner: ast.expr, config: SkyMapConfig) -> str | None:
    """The kind named by ``assert type(config)==lsst.skymap.ringsSkyMap.RingsSkyMapConfig``, if it is one kind's."""
    match = _CLASS.fullmatch(ast.unparse(owner))
    if match is None:
        return None
    kind = match[1].lower()
    config.set_path(("skyMap", "name"), kind)
    return kind


def _target(node: ast.expr) -> tuple[str, ...]:
    """The path of ``config.skyMap['rings'].numRings``: ``("skyMap", "[rings]", "numRings")``."""
    parts: list[str] = []
    inner = node
    while True:
        match inner:
            case ast.Attribute(value=inner, attr=name):
                parts.append(name)
            case ast.Subscript(value=inner, slice=ast.Constant(value=str() as name)):
                parts.append(f"[{name}]")
            case ast.Name(id=name) if name in _ROOTS:
                return tuple(reversed(parts))
            case _:
                raise SkyMapError(f"'{shortened(node)}' is not a setting.", hint="Settings begin with 'config.'.")
