"""Tables that notebooks show: what `_repr_html_` of our classes is made of.  Knows none of these classes.

A class builds its table here, where every string is escaped; a picture for it is drawn by a function found by name,
because drawing lies above.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

__all__ = ["facts", "picture", "table"]

_THUMBNAIL = "skybutler.display.thumbnail", "thumbnail"
_CELL = "text-align: left; vertical-align: top; padding: 2px 10px 2px 2px"
_CAPTION = "caption-side: top; text-align: left; font-weight: bold; padding: 2px"


def facts(rows: Iterable[tuple[str, Any]], caption: str = "", beside: str = "") -> str:
    """HTML of names and values; those that are `None` are left out.

    Parameters
    ----------
    rows : iterable of pairs
        Name and value, which is shown as `str` says.
    caption : `str`
        Above.
    beside : `str`
        HTML of a drawing that is put on the left, such as a `picture`.
    """
    cells = "".join(
        f'<tr><th style="{_CELL}">{_text(name)}</th><td style="{_CELL}">{_text(value)}</td></tr>'
        for name, value in rows
        if value is not None
    )
    made = f"<table>{_caption(caption)}{cells}</table>"
    if not beside:
        return made
    return f'<div style="display: flex; gap: 12px; align-items: flex-start">{beside}{made}</div>'


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], caption: str = "", note: str = "") -> str:
    """HTML of rows under the names of columns.

    Parameters
    ----------
    columns : sequence of `str`
        Names.
    rows : iterable of sequences
        Values, which are shown as `str` says; `None` is left empty.
    caption, note : `str`
        Above and below.
    """
    head = "".join(f'<th style="{_CELL}">{_text(c)}</th>' for c in columns)
    body = "".join(
        "<tr>" + "".join(f'<td style="{_CELL}">{_text(value)}</td>' for value in row) + "</tr>" for row in rows
    )
    below = f"<p><i>{_text(note)}</i></p>" if note else ""
    return f"<table>{_caption(caption)}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{below}"


def picture(of: Any) -> str:
    """An ``img`` element with a small picture of an image, or nothing where matplotlib is not installed."""
    import base64
    from importlib import import_module

    from skybutler.errors import MissingExtraError

    module, name = _THUMBNAIL
    try:
        png: bytes = getattr(import_module(module), name)(of)
    except MissingExtraError:
        return ""
    return f'<img alt="" src="data:image/png;base64,{base64.b64encode(png).decode("ascii")}"/>'


def _caption(text: str) -> str:
    return f'<caption style="{_CAPTION}">{_text(text)}</caption>' if text else ""


def _text(value: Any) -> str:
    from html import escape

    return "" if value is None else escape(str(value))
