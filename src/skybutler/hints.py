"""Texts that help with a mistake: the nearest names, and a caret under the trouble.  Imports nothing of skybutler."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["caret", "nearest"]

_SHOWN = 100
"""Characters of a long text that `caret` shows."""


def nearest(name: str, known: Iterable[str], n: int = 3) -> str:
    """Text offering the known names closest to a misspelt one.

    Parameters
    ----------
    name : `str`
        The name that was not found.
    known : iterable of `str`
        Valid names.
    n : `int`
        How many to offer at most.

    Returns
    -------
    text : `str`
        ``"Did you mean 'a' or 'b'?"``, or an empty string when nothing is close.
    """
    import difflib

    known = sorted(set(known))
    folded = {k.casefold(): k for k in reversed(known)}
    close = [folded[m] for m in difflib.get_close_matches(name.casefold(), list(folded), n=n, cutoff=0.6)]
    if not close:
        return ""
    quoted = [f"'{c}'" for c in close]
    return "Did you mean " + (" or ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)) + "?"


def caret(text: str, position: int, length: int = 1) -> str:
    """Two lines: the line of ``text`` that holds ``position``, or the part of it around there, and a caret under it.

    Parameters
    ----------
    text : `str`
        Source text, possibly of several lines.
    position : `int`
        0-based offset of the trouble in ``text``.
    length : `int`
        How many characters to underline.
    """
    position = max(0, min(position, len(text)))
    start = text.rfind("\n", 0, position) + 1
    end = text.find("\n", position)
    line = text[start : end if end >= 0 else len(text)]
    column = position - start
    width = max(1, min(length, len(line) - column))
    if len(line) > _SHOWN:
        begin = max(0, min(column - _SHOWN // 2, len(line) - _SHOWN))
        head, tail = "..." if begin else "", "..." if begin + _SHOWN < len(line) else ""
        column, width = column - begin + len(head), min(width, begin + _SHOWN - column)
        line = head + line[begin : begin + _SHOWN] + tail
    return f"  {line}\n  {' ' * column}{'^' * max(1, width)}"
