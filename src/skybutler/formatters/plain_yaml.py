"""YAML as plain data: any tag is read as the mapping, list or text below it, and none ever makes an object.

Knows neither datasets nor storage.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from skybutler.errors import FormatError, UnreadableFileError
from skybutler.safe_yaml import safe_loader

__all__ = ["PlainDumper", "PlainLoader", "dump_yaml", "load_yaml"]

_PLAIN_WORD = re.compile(r"[a-z_][a-z0-9_./-]{0,99}", re.ASCII | re.IGNORECASE).fullmatch
_NO_TEXT = {"yes", "no", "on", "off", "true", "false", "null"}
_CONSTANTS = {None: "null", True: "true", False: "false"}

_SafeDumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class PlainLoader(safe_loader()):  # type: ignore[misc]
    """Safe loader that drops tags it does not know instead of refusing them."""


def _untagged(loader: Any, _tag: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node)


PlainLoader.add_multi_constructor("", _untagged)


class PlainDumper(_SafeDumper):  # type: ignore[misc]
    """Safe dumper that also takes numpy numbers and arrays and any mapping."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write what occurs twice twice: anchors are not for people to read."""
        return True


def _represent(dumper: Any, data: Any) -> yaml.Node:
    if hasattr(data, "tolist"):  # numpy array or scalar
        return dumper.represent_data(data.tolist())  # type: ignore[no-any-return]
    if isinstance(data, Mapping):
        return dumper.represent_dict(dict(data))  # type: ignore[no-any-return]
    raise FormatError(f"A {type(data).__module__}.{type(data).__qualname__} cannot be written as YAML.")


PlainDumper.add_multi_representer(object, _represent)


def _add_simple(obj: Any, indent: str, lines: list[str]) -> bool:
    """Add the lines of a mapping or list that needs no quotes, and tell whether this is one: a tenth of YAML's time."""
    if type(obj) is dict and obj:
        for key, value in obj.items():
            name, text = _simple_text(key), _simple_text(value)
            if name is None or type(key) is not str:
                return False
            lines.append(f"{indent}{name}: {text}\n" if text is not None else f"{indent}{name}:\n")
            if text is None and not _add_simple(value, indent if type(value) is list else indent + "  ", lines):
                return False
        return True
    texts = [_simple_text(value) for value in obj] if type(obj) is list else []
    lines += [f"{indent}- {text}\n" for text in texts]
    return bool(texts) and None not in texts


def _simple_text(value: Any) -> str | None:
    """A value as the dumper writes it, where that is plain to see."""
    kind = type(value)
    if kind is str:
        return value if _PLAIN_WORD(value) and value.lower() not in _NO_TEXT else None
    if kind is float:
        text = repr(value)
        return text if "." in text else None  # 1e+20, inf, nan
    if kind is int:
        return str(value)
    return _CONSTANTS.get(value) if value is None or kind is bool else None


def load_yaml(data: bytes | str, where: str, loader: Any = PlainLoader) -> Any:
    """Content of a YAML text.

    Parameters
    ----------
    data : `bytes` or `str`
        The text.
    where : `str`
        Name of the file, for the error.
    loader : type
        `PlainLoader` or a class derived from it.

    Raises
    ------
    skybutler.errors.UnreadableFileError
        If it is no YAML; the error tells line and column.
    """
    try:
        return yaml.load(data, loader)  # noqa: S506 - derived from the safe loader
    except (yaml.YAMLError, ValueError, TypeError) as error:  # the last two: unhashable keys, impossible dates
        raise UnreadableFileError(f"{where} is not readable as YAML: {error}") from error


def dump_yaml(obj: Any, dumper: Any = PlainDumper) -> bytes:
    """YAML text of plain data, keys in their order.

    Parameters
    ----------
    obj
        Mappings, lists, texts, numbers, and what is like them.
    dumper : type
        `PlainDumper` or a class derived from it.

    Raises
    ------
    skybutler.errors.FormatError
        If something in it is not plain data.
    """
    try:
        lines: list[str] = []
        if dumper is PlainDumper and _add_simple(obj, "", lines):
            return "".join(lines).encode()
        text: bytes = yaml.dump(obj, Dumper=dumper, sort_keys=False, allow_unicode=True, encoding="utf-8")
    except RecursionError as error:
        raise FormatError("Data that contain themselves cannot be written as YAML.") from error
    return text
