"""Columns of YAML scalars as they stand in a file, read many at a time; what is unusual goes to the YAML library.

The results are those of `ExportLoader` for each; `None` in place of a column says that it has to read all around it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import yaml

from .yaml_values import ExportLoader, Instant

__all__ = ["id_column", "instant_column", "region_column", "scalar_column"]

_WHOLE_NUMBERS = re.compile(r"(?:(?:0|-?[1-9][0-9]{0,17})\n)*", re.ASCII).fullmatch
_PATHS = re.compile(r"(?:[A-Za-z/][A-Za-z0-9_.+~=@%:,#-]*/[A-Za-z0-9_./+~=@%:,#-]*(?<!:)\n)*", re.ASCII).fullmatch
"""Lines of words that are text for sure: none of the constants of YAML has a slash."""
_WORD = re.compile(r"[A-Za-z/][A-Za-z0-9_./+~=@%:,#-]*(?<!:)", re.ASCII).fullmatch
_QUOTED = re.compile(r"'([ -&(-~]*)'").fullmatch
_REGION = re.compile(
    r"!<lsst\.sphgeom\.(?:ConvexPolygon|Box|Circle|Ellipse|UnionRegion|IntersectionRegion)>\n      encoded: "
    r"(?![0-9]+\Z)(?P<digits>(?:6[2359]|7[05])(?:[0-9a-f]{2})*)"
).fullmatch
_TIME_TAG = "!butler_time/tai/iso '"
_TIMES = re.compile(
    r"(?:!butler_time/tai/iso '(?:1[789]|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{9}'\n)*"
).fullmatch
_FAILED = object()


def _one(text: str) -> Any:
    """What the YAML library makes of a value that stands behind a key of a record."""
    try:
        return yaml.load(f'  - "": 0\n    k: {text}\n', ExportLoader)[0]["k"]  # noqa: S506 - a safe loader
    except (yaml.YAMLError, ValueError, LookupError, TypeError):
        return _FAILED


def _scalar(text: str) -> Any:
    if _WORD(text):
        resolvers = yaml.SafeLoader.yaml_implicit_resolvers.get(text[0], ())
        if not any(pattern.match(text) for _, pattern in resolvers):
            return text
    elif (quoted := _QUOTED(text)) is not None:
        return quoted[1]
    return _one(text)


def _instant(text: str) -> Any:
    found = _one(text)
    return found if found is None or isinstance(found, Instant) else _FAILED


def _mapped(texts: Sequence[str], read: Any) -> list[Any] | None:
    """Each text read once."""
    values = {text: read(text) for text in set(texts)}
    return None if any(value is _FAILED for value in values.values()) else list(map(values.__getitem__, texts))


def scalar_column(texts: Sequence[str]) -> list[Any] | None:
    """Numbers, constants and texts."""
    if not texts:
        return []
    lines = "\n".join(texts) + "\n"
    if _WHOLE_NUMBERS(lines):
        return list(map(int, texts))
    return list(texts) if _PATHS(lines) else _mapped(texts, _scalar)


def instant_column(texts: Sequence[str]) -> list[Any] | None:
    """Instants as TAI nanoseconds; `None` in the column for unbounded ends."""
    import numpy as np

    present = [text for text in texts if text != "null"]
    if not _TIMES("".join([f"{text}\n" for text in present])):
        return _mapped(texts, _instant)
    begin, end = len(_TIME_TAG), -1
    try:
        found = np.array([text[begin:end] for text in present], "datetime64[ns]").astype(np.int64).tolist()
    except ValueError:  # a 61st second, a 13th month
        return _mapped(texts, _instant)
    left = iter(found)
    return [None if text == "null" else next(left) for text in texts]


def region_column(texts: Sequence[str]) -> list[Any] | None:
    """Encoded regions, and `None` for records without."""
    found: list[Any] = []
    for text in texts:
        known = _REGION(text)
        found.append(bytes.fromhex(known["digits"]) if known else None if text == "null" else _one(text))
    return None if any(value is _FAILED for value in found) else found


def id_column(texts: Sequence[str]) -> bytes:
    """16 bytes for each UUID (8-4-4-4-12 hexadecimal digits)."""
    return bytes.fromhex("".join(texts).replace("-", ""))
