"""The plainest YAML, such as a new ``butler.yaml``, read without loading a YAML library.  Knows no keys."""

from __future__ import annotations

import re

__all__ = ["read_simple"]

_LINE = re.compile(
    r"(?P<indent>  )?(?P<key>[a-z_]+):"
    r"(?: (?:(?P<number>[1-9][0-9]{0,8})|(?P<word>[A-Za-z/<][A-Za-z0-9/<>._:@%+-]*[A-Za-z0-9/>])))?",
    re.ASCII,
)
_NO_TEXT = frozenset({"null", "yes", "no", "on", "off", "true", "false"})
"""Words that YAML 1.1 takes for something else than text."""


def read_simple(text: str) -> dict[str, object] | None:
    """Names with integers, words, or one more level of such names.

    Parameters
    ----------
    text : `str`
        YAML.

    Returns
    -------
    content : `dict` or `None`
        What a YAML library says too; `None` where the text is, or may be, more than that or wrong.
    """
    content: dict[str, object] = {}
    inner: dict[str, object] | None = None
    for line in text.split("\n"):
        if not line or (line[0] == "#" and line.isprintable()):
            continue
        found = _LINE.fullmatch(line)
        if found is None or (inner == {} and not found["indent"]):
            return None
        key, number, word = found["key"], found["number"], found["word"]
        mapping = inner if found["indent"] else content
        if mapping is None or key in mapping or key in _NO_TEXT or (word or "").lower() in _NO_TEXT:
            return None
        if not found["indent"]:
            inner = None
        if number or word:
            mapping[key] = int(number) if number else word
        elif mapping is content:
            mapping[key] = inner = {}
        else:
            return None
    return None if inner == {} else content
