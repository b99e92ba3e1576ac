"""Few staged rows, which go along with each statement that names them as values.  Knows no database."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

__all__ = ["BoundRows"]

_NAME = re.compile(r"\bbound_\d+\b")


class BoundRows(threading.local):
    """The staged rows of one thread that have no table.

    Parameters
    ----------
    kept : `bool`
        Whether rows that are named several times may be kept as a table meanwhile.
    """

    def __init__(self, *, kept: bool = True) -> None:
        self._as = "AS" if kept else "AS NOT MATERIALIZED"
        self._by_name: dict[str, tuple[str, Sequence[Any], int]] = {}

    @contextmanager
    def staged(self, text: str, values: Sequence[Any], n: int) -> Iterator[str]:
        """Let statements use rows while the block runs; yields their name.

        Parameters
        ----------
        text : `str`
            SELECT that makes them of bound values.
        values : sequence
            The values.
        n : `int`
            How many rows.
        """
        name = next(n for n in map("bound_{}".format, range(len(self._by_name) + 1)) if n not in self._by_name)
        self._by_name[name] = text, values, n
        try:
            yield name
        finally:
            del self._by_name[name]

    def put_into(self, sql: str, parameters: Sequence[Any]) -> tuple[str, Sequence[Any], int]:
        """A statement with the rows it names as common table expressions, its values, and the largest number of rows.

        The text is the same for all rows, so that it can be prepared.
        """
        named = _NAME.findall(sql) if self._by_name else ()
        names = [name for name in dict.fromkeys(named) if name in self._by_name]  # users may name a column so
        if not names:
            return sql, parameters, 0
        staged = [self._by_name[name] for name in names]
        heads = [f"{name} {self._as} ({text})" for name, (text, _, _) in zip(names, staged, strict=True)]
        if sql.startswith("WITH"):  # one statement has one such list
            sql = f"SELECT * FROM ({sql}) answer"
        values = [*(value for _, given, _ in staged for value in given), *parameters]
        return f"WITH {', '.join(heads)} {sql}", values, max(n for _, _, n in staged)
