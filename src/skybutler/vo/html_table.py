"""Rows as a page that people read in a browser.  Knows no request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from .datalink import MEDIA_TYPE as DATALINK
from .pages import page_begin, page_end, shown_link, shown_text

if TYPE_CHECKING:
    import pyarrow as pa

    from .field import Field

__all__ = ["html_table"]

_ADDRESS = "access_url"
_KIND = "access_format"
"""What the address leads to, in ObsCore."""


def html_table(fields: Sequence[Field], batches: Iterable[pa.RecordBatch], limit: int | None) -> Iterator[bytes]:
    """A page with a table; addresses of the web are links, and those of links of datasets lead to pages, too.

    Parameters
    ----------
    fields : sequence of `Field`
        Columns.
    batches : iterable of `pyarrow.RecordBatch`
        Rows.
    limit : `int` or `None`
        Most rows; if there are more, the page says so.
    """
    yield (page_begin("Rows", wide=True) + _head(fields)).encode()
    n, more = 0, False
    for batch in batches:
        part = batch if limit is None else batch.slice(0, limit - n)
        n, more = n + part.num_rows, more or part.num_rows < batch.num_rows
        yield _rows(fields, part).encode()
        if more:
            break
    told = f"{n:,} row{'' if n == 1 else 's'}" + (", and there are more: ask with a larger MAXREC." if more else ".")
    yield f"</tbody></table></div>\n<p>{told}</p>\n{page_end()}".encode()


def _head(fields: Sequence[Field]) -> str:
    cells = []
    for field in fields:
        unit = f"<small>{shown_text(field.unit)}</small>" if field.unit else ""
        cells.append(f'<th title="{shown_text(field.description or "")}">{shown_text(field.name)}{unit}</th>')
    return f'<div class="scroll"><table>\n<thead><tr>{"".join(cells)}</tr></thead>\n<tbody>\n'


def _rows(fields: Sequence[Field], batch: pa.RecordBatch) -> str:
    columns = [column.to_pylist() for column in batch.columns]
    names = [field.name for field in fields]
    kinds = columns[names.index(_KIND)] if _KIND in names else [None] * batch.num_rows
    cells = []
    for field, column in zip(fields, columns, strict=True):
        if field.name == _ADDRESS:
            cells.append([_address(address, kind) for address, kind in zip(column, kinds, strict=True)])
        else:
            cells.append([*map(_maker(field), column)])
    return "".join(f"<tr>{''.join(row)}</tr>\n" for row in zip(*cells, strict=True))


def _maker(field: Field) -> Callable[[object], str]:
    return _text if field.is_text or field.datatype == "boolean" else _number


def _text(value: object) -> str:
    return "<td></td>" if value is None else f"<td>{shown_link(str(value))}</td>"


def _number(value: object) -> str:
    return f'<td class="number">{"" if value is None else shown_text(str(value))}</td>'


def _address(address: str | None, kind: str | None) -> str:
    if address is None:
        return "<td></td>"
    if kind == DATALINK and "?" in address:
        return f"<td>{shown_link(f'{address}&RESPONSEFORMAT=html', 'links')}</td>"
    return f"<td>{shown_link(address)}</td>"
