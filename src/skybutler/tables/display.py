"""How catalogs look in a terminal and in a notebook: some rows, some columns.  Knows no files."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .catalog import Catalog

__all__ = ["as_html", "as_text"]

_ROWS, _COLUMNS = 10, 8
_STYLE = "font-family:monospace;text-align:right;padding:2px 8px"


def as_text(catalog: Catalog) -> str:
    """A head line, column names with units, and the first and last rows."""
    names, units, rows = _cells(catalog)
    lines = [names, units, *rows] if any(units) else [names, *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(names))]
    return "\n".join(
        [_title(catalog), *("  ".join(c.rjust(w) for c, w in zip(line, widths, strict=True)) for line in lines)]
    )


def as_html(catalog: Catalog) -> str:
    """A table whose heads tell units, and documentation when pointed at."""
    names, units, rows = _cells(catalog)
    fields = {field.name: field for field in catalog.schema}
    heads = []
    for name, unit in zip(names, units, strict=True):
        doc = html.escape(fields[name].doc if name in fields else "", quote=True)
        shown = f"{html.escape(name)}<br><small>{html.escape(unit)}</small>" if unit else html.escape(name)
        heads.append(f'<th title="{doc}" style="{_STYLE}">{shown}</th>')
    cells = [[f'<td style="{_STYLE}">{html.escape(cell)}</td>' for cell in row] for row in rows]
    body = "".join(f"<tr>{''.join(row)}</tr>" for row in cells)
    return (
        f"<div><b>{html.escape(_title(catalog))}</b><table><thead><tr>{''.join(heads)}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )


def _title(catalog: Catalog) -> str:
    n_flags = sum(field.is_flag for field in catalog.schema)
    flags = f", {n_flags} of them flags" if n_flags else ""
    return f"{type(catalog).__name__} of {len(catalog)} rows, {len(catalog.schema)} columns{flags}"


def _cells(catalog: Catalog) -> tuple[list[str], list[str], list[list[str]]]:
    """Names, units and rows of texts, with dots where something is left out."""
    chosen = _shown_names(catalog)
    n = len(catalog)
    shown: Sequence[int] = range(n) if n <= _ROWS else [*range(_ROWS // 2), *range(n - _ROWS // 2, n)]
    rows = [[_text(catalog[name][i]) if name != "..." else "..." for name in chosen] for i in shown]
    if len(shown) < n:
        rows.insert(_ROWS // 2, ["..."] * len(chosen))
    units = [catalog.schema.find(name).unit if name != "..." else "" for name in chosen]
    return chosen, units, rows


def _shown_names(catalog: Catalog) -> list[str]:
    """Few names: columns that every catalog of the class has and other values before flags."""
    names = catalog.names
    if len(names) <= _COLUMNS:
        return names
    first = [field.name for field in catalog.fixed]
    values = [f.name for f in catalog.schema if not f.is_flag and f.name not in first]
    flags = [f.name for f in catalog.schema if f.is_flag]
    return [*[*first, *values, *flags][:_COLUMNS], "..."]


def _text(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"[{', '.join(_text(v) for v in value[:3])}{', ...' if len(value) > 3 else ''}]"
    if isinstance(value, float | np.floating):
        return f"{value:.7g}"
    return str(value)
