"""Values as they stand in an export file, written as PyYAML writes them.  Knows no repository."""

from __future__ import annotations

import re
from binascii import b2a_base64
from collections.abc import Callable, Sequence
from typing import Any

from skybutler.sky.timespan import Timespan, iso_text

__all__ = [
    "column_texts",
    "field_texts",
    "hash_text",
    "optional_lines",
    "region_text",
    "text_of",
    "time_text",
    "uuid_texts",
]

_SAFE = r"[A-Za-z0-9/][A-Za-z0-9_./+~=@%:,#-]*(?<!:)"
_PLAIN = re.compile(_SAFE, re.ASCII).fullmatch
"""Words that YAML takes for text as they stand, whatever is around them, or for a number, date or constant."""
_PATHS = re.compile(r"(?:[A-Za-z/][A-Za-z0-9_.+~=@%:,#-]*/[A-Za-z0-9_./+~=@%:,#-]*(?<!:)\n)*", re.ASCII).fullmatch
"""Lines of words that are text for sure, having a letter or slash at their beginning and a slash in them."""
_KNOWN: dict[str, str] = {}
_REMEMBERED = 10_000
_REGIONS = {
    98: "Box",
    99: "Circle",
    101: "Ellipse",
    112: "ConvexPolygon",
    105: "IntersectionRegion",
    117: "UnionRegion",
}
"""Class by the first byte of an encoded region."""
_LINE = 57
"""Bytes in a line of base64 (76 characters)."""


def text_of(value: object) -> str:
    """A null, boolean, number or text as a scalar on one line, which YAML reads as the same value."""
    if isinstance(value, str):
        if not _PLAIN(value):
            return _unusual(value)
        return value if _is_text(value) else f"'{value}'"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _number(value)
    return str(value)


def _is_text(word: str) -> bool:
    """Whether YAML takes a plain word for text."""
    import yaml

    resolvers = yaml.SafeDumper.yaml_implicit_resolvers.get(word[0], ())
    return not any(pattern.match(word) for _, pattern in resolvers)


def _number(value: float) -> str:
    text = repr(value)
    if "e" in text and "." not in text:  # YAML 1.1 takes 1e+17 for text
        return text.replace("e", ".0e")
    return {"inf": ".inf", "-inf": "-.inf", "nan": ".nan"}.get(text, text)


def _unusual(value: str) -> str:
    """Text that may need quotes; a YAML library decides."""
    known = _KNOWN.get(value)
    if known is None:
        import yaml

        style = '"' if "\n" in value else None
        found: str = yaml.safe_dump(value, width=1 << 30, default_style=style)
        if len(_KNOWN) > _REMEMBERED:
            _KNOWN.clear()
        known = _KNOWN[value] = found.removesuffix("...\n").rstrip("\n")
    return known


def column_texts(values: Sequence[Any]) -> list[str]:
    """`text_of` every value of a column."""
    if all(type(v) is int for v in values):
        return list(map(str, values))
    if all(type(v) is str for v in values):
        if _PATHS("\n".join(values) + "\n"):
            return list(values)
        texts = {v: text_of(v) for v in set(values)}
        return list(map(texts.__getitem__, values))
    return list(map(text_of, values))


def time_text(ns: int) -> str:
    """An instant (TAI nanoseconds since 1970-01-01 00:00 TAI) with its tag; ``null`` for an unbounded end."""
    if ns in (Timespan.MIN_NS, Timespan.MAX_NS):
        return "null"
    return f"!butler_time/tai/iso '{iso_text(ns, separator=' ')}'"


def region_text(region: bytes, indent: str) -> str:
    """A region (encoded) with its tag, as the mapping below a key at ``indent``."""
    digits = region.hex()
    name = _REGIONS.get(region[0], "ConvexPolygon")
    return f"!<lsst.sphgeom.{name}>\n{indent}  encoded: {digits if not digits.isdigit() else repr(digits)}"


def hash_text(content: bytes, indent: str) -> str:
    """Bytes in base64, as the literal below a key at ``indent``."""
    parts = [content[i : i + _LINE] for i in range(0, len(content), _LINE)]
    lines = [f"{indent}  {b2a_base64(part).decode()}" for part in parts]
    return ("!!binary |\n" + "".join(lines)).rstrip("\n")


def uuid_texts(ids: bytes | bytearray) -> list[str]:
    """Ids of 16 bytes each, as tagged scalars."""
    digits = ids.hex()
    shown = (digits[i : i + 32] for i in range(0, len(digits), 32))
    return [f"!uuid '{d[:8]}-{d[8:12]}-{d[12:16]}-{d[16:20]}-{d[20:]}'" for d in shown]


def optional_lines(name: str, values: Sequence[str | None]) -> list[str]:
    """Lines ``    name: value`` of one field of many records, nothing for records that lack it."""
    if None in values:
        return ["" if v is None else f"    {name}: {text_of(v)}\n" for v in values]
    return [f"    {name}: {text}\n" for text in column_texts(values)]


def field_texts(name: str, values: Sequence[Any], write: Callable[[Any, str], str] | None = None) -> list[str]:
    """Lines ``    name: value`` of one field of many records; ``write`` makes a text of a value that is not `None`."""
    if write is None:
        return [f"    {name}: {text}\n" for text in column_texts(values)]
    return [f"    {name}: {'null' if v is None else write(v, '    ')}\n" for v in values]
