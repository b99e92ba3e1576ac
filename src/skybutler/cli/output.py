"""Tables to a terminal, a pipe or as JSON, in batches of columns.  Knows neither repositories nor subcommands."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeVar

__all__ = ["Table", "cell", "counted", "plain_lines", "show", "table_of_rows"]

Columns = Sequence[Sequence[Any]]
Item = TypeVar("Item")

_FEW = 500
"""On a terminal tables up to this many rows are drawn; longer ones are printed as they come."""

ABSENT = "--"


@dataclass(frozen=True, slots=True)
class Table:
    """What is to be shown.

    Parameters
    ----------
    names : sequence of `str`
        Column names.
    batches : iterable of columns
        Each a sequence of columns of equal length; read once.
    title : `str`
        Shown above.
    """

    names: Sequence[str]
    batches: Iterable[Columns]
    title: str = ""


def table_of_rows(names: Sequence[str], rows: Iterable[Sequence[Any]], title: str = "") -> Table:
    """A small table from rows."""
    listed = list(rows)
    return Table(names, [list(zip(*listed, strict=True))] if listed else [], title)


def show(tables: Table | Iterable[Table], *, as_json: bool = False) -> int:
    """Print tables to stdout: as JSON, drawn on a terminal, else as aligned text without any truncation.

    JSON is one array of objects over all tables.  Nothing but one batch is held in memory.

    Returns
    -------
    rows : `int`
        How many rows there were.
    """
    listed = [tables] if isinstance(tables, Table) else tables
    if as_json:
        return _show_json(listed)
    as_text = _drawn_or_plain if sys.stdout.isatty() else plain_lines
    total = 0
    with _closed(listed):
        for table in listed:
            above = ("\n" if total else "") + (f"{table.title}\n" if table.title else "")
            with _closed(table.batches), _closed(as_text(table)) as texts:
                for rows, text in texts:
                    sys.stdout.write(above + text)
                    total, above = total + rows, ""
    return total


@contextmanager
def _closed(items: Iterable[Item]) -> Iterator[Iterable[Item]]:
    """Close a generator at the end of a block, before the database that it reads from is closed."""
    try:
        yield items
    finally:
        if isinstance(items, Generator):
            items.close()


# ---------------------------------------------------------------------- cells
def cell(value: Any) -> str:
    """One value as text: nothing as ``--``, bytes in hexadecimal, control characters escaped."""
    if value is None:
        return ABSENT
    if isinstance(value, str):
        return value if value.isprintable() else _escaped(value)
    if isinstance(value, bytes):
        return value.hex()
    return str(value)


def _escaped(text: str) -> str:
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def counted(n: int, noun: str) -> str:
    """``1 dataset``, ``2 datasets``, ``3 patches``, ``4 entries``."""
    if n == 1:
        return f"{n} {noun}"
    return f"{n} {noun}es" if noun.endswith("ch") else f"{n} {noun[:-1]}ies" if noun.endswith("ry") else f"{n} {noun}s"


def _are_numbers(column: Iterable[Any]) -> bool:
    """Whether a column holds numbers and nothing else but gaps."""
    kinds = set(map(type, column)) - {type(None)}
    return bool(kinds) and all(issubclass(kind, int | float) and kind is not bool for kind in kinds)


# ---------------------------------------------------------------- plain text
def plain_lines(table: Table) -> Iterator[tuple[int, str]]:
    """Numbers of rows and their text, header first: text flush left, numbers flush right, nothing cut off.

    Widths are those of the first batch; where a later one has something wider, columns widen from there on.
    """
    widths = [len(name) for name in table.names]
    right: list[bool] = []
    for columns in table.batches:
        if not columns or not columns[0]:
            continue
        begins = not right
        if begins:
            right = list(map(_are_numbers, columns))
        cells = [list(map(cell, column)) for column in columns]
        widths = [max(w, max(map(len, c))) for w, c in zip(widths, cells, strict=True)]
        form = "  ".join(f"{{:{'>' if r else '<'}{w}}}" for r, w in zip(right, widths, strict=True))
        lines = [line.rstrip() for line in map(form.format, *cells)]
        if begins:
            lines = [form.format(*table.names).rstrip(), "  ".join("-" * w for w in widths), *lines]
        yield len(columns[0]), "\n".join(lines) + "\n"


# ------------------------------------------------------------------- terminal
def _drawn_or_plain(table: Table) -> Iterator[tuple[int, str]]:
    """A drawn table when it is short, plain text when it is long."""
    batches = iter(table.batches)
    begun: list[Columns] = []
    for columns in batches:
        begun.append(columns)
        if sum(len(c[0]) for c in begun if c) > _FEW:
            yield from plain_lines(Table(table.names, chain(begun, batches)))
            return
    rows = [row for columns in begun for row in zip(*columns, strict=True)]
    if rows:
        yield len(rows), _drawn(table.names, rows)


def _drawn(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    import rich.box
    import rich.console
    import rich.table
    import rich.text

    console = rich.console.Console(file=sys.stdout, highlight=False)
    drawn = rich.table.Table(box=rich.box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for index, name in enumerate(names):
        numbers = _are_numbers(row[index] for row in rows)
        drawn.add_column(rich.text.Text(name), justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*(rich.text.Text(cell(value)) for value in row))
    with console.capture() as capture:
        console.print(drawn)
    return capture.get()


# ----------------------------------------------------------------------- JSON
def _show_json(tables: Iterable[Table]) -> int:
    total = 0
    sys.stdout.write("[")
    with _closed(tables):
        for table in tables:
            with _closed(table.batches):
                for columns in table.batches:
                    rows = [dict(zip(table.names, map(_plain, row), strict=True)) for row in zip(*columns, strict=True)]
                    if rows:
                        sys.stdout.write((",\n " if total else "\n ") + ",\n ".join(map(json.dumps, rows)))
                    total += len(rows)
    sys.stdout.write("\n]\n" if total else "]\n")
    return total


def _plain(value: Any) -> Any:
    """A value that JSON has."""
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    return str(value)
