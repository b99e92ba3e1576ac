"""Query results as tables, batch by batch, with the reasons when there is nothing.  Knows no subcommand."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

import click

from .output import Table, show

if TYPE_CHECKING:
    from skybutler.butler import Butler
    from skybutler.registry.results import DatasetResults, Results
    from skybutler.sky.timespan import Timespan

__all__ = ["Datasets", "dataset_types_in", "explain", "show_results", "timespan_cell"]


def explain(reasons: Iterable[str], nothing: str = "Nothing was found.") -> None:
    """Say on stderr why a result is empty."""
    click.echo("\n  ".join([nothing, *reasons]), err=True)


# ------------------------------------------------------ data IDs and records
def show_results(results: Results[Any], limit: int, *, as_json: bool) -> None:
    """Print data IDs or records, or say why there are none.

    Parameters
    ----------
    results : `Results`
    limit : `int`
        At most so many; negative to warn when there are more; 0 for all.
    as_json : `bool`
    """
    cap = abs(limit) or None
    rows = show(_tables(results.limit(cap) if cap else results, as_json), as_json=as_json)
    if not rows:
        explain(results.explain())
    elif limit < 0 and rows == cap and results.count() > rows:
        click.echo(f"There are more than these {rows}; use --limit 0 to see all.", err=True)


def _tables(results: Results[Any], as_json: bool) -> Iterator[Table]:
    batches = (_readable(batch, as_json) for batch in results.column_batches())
    for first in batches:
        yield Table(tuple(first), (list(b.values()) for b in chain([first], batches)))


def _readable(columns: dict[str, list[Any]], as_json: bool) -> dict[str, list[Any]]:
    """Columns of records with timespans in one column, and regions only where they can be read by programs."""
    shown = dict(columns)
    if "timespan_begin" in shown:
        begins, ends = shown.pop("timespan_begin"), shown.pop("timespan_end")
        shown["timespan"] = [_timespan(*ends, as_json) for ends in zip(begins, ends, strict=True)]
    if "region" in shown and not as_json:
        shown["region"] = [None if r is None else "(elided)" for r in shown["region"]]
    if "region" in shown:
        shown["region"] = shown.pop("region")
    return shown


def _timespan(begin: int | None, end: int | None, as_json: bool) -> Any:
    if begin is None or end is None:
        return None
    from skybutler.sky.timespan import Timespan

    return timespan_cell(Timespan.from_ns(begin, end), as_json)


def timespan_cell(span: Timespan, as_json: bool) -> str | list[str | None]:
    """A timespan as text or, for JSON, as two TAI texts, null where it is unbounded."""
    if not as_json:
        return str(span)
    from skybutler.sky.timespan import iso_text

    return [
        None if span.begin_ns == span.MIN_NS else iso_text(span.begin_ns),
        None if span.end_ns == span.MAX_NS else iso_text(span.end_ns),
    ]


# ------------------------------------------------------------------- datasets
def dataset_types_in(butler: Butler, globs: Sequence[str], collections: Sequence[str]) -> list[str]:
    """Dataset types that are named, or that match globs and were ever in the collections.

    Raises
    ------
    MissingDatasetTypeError, MissingCollectionError
        A plain name is unknown.
    """
    names = [t.name for t in butler.query_dataset_types(list(globs) or "*")]
    known = butler.registry.collections
    present = set(known.dataset_type_names(known.flatten(known.resolve(collections))))
    return [n for n in names if n in present or n in globs]


class Datasets:
    """A search for datasets of several types, each sorted by data ID unless an order is given.

    Parameters
    ----------
    butler : `Butler`
    globs : sequence of `str`
        Names and globs of dataset types; all when empty.
    collections : sequence of `str`
        Names and globs; all when empty.
    where : `str`
    find_first : `bool`
    order_by : sequence of `str`
    limit : `int`
        At most so many over all types; negative to warn when there are more; 0 for all.
    """

    def __init__(
        self,
        butler: Butler,
        globs: Sequence[str],
        collections: Sequence[str] = (),
        *,
        where: str = "",
        find_first: bool = False,
        order_by: Sequence[str] = (),
        limit: int = 0,
    ) -> None:
        self._butler, self._limit = butler, limit
        searched = list(collections) or ["*"]
        self._results = [
            self._one(name, searched, where, find_first, order_by) for name in dataset_types_in(butler, globs, searched)
        ]
        self._asked = (list(globs) or ["*"], searched)

    def _one(
        self, name: str, collections: list[str], where: str, find_first: bool, order_by: Sequence[str]
    ) -> DatasetResults:
        order = order_by or self._butler.get_dataset_type(name).dimensions.required
        return self._butler.query_datasets(name, collections, where=where, find_first=find_first, order_by=order)

    def batches(self) -> Iterator[dict[str, list[Any]]]:
        """Columns, some thousand rows at a time, within the limit."""
        left = abs(self._limit) if self._limit else None
        for results in self._results:
            if left == 0:
                return
            for columns in (results if left is None else results.limit(left)).column_batches():
                left = None if left is None else left - len(columns["id"])
                yield columns

    def refs(self) -> Iterator[Any]:
        """Refs within the limit."""
        left = abs(self._limit) if self._limit else None
        for results in self._results:
            for ref in results if left is None else results.limit(left):
                left = None if left is None else left - 1
                yield ref

    def ids(self) -> Iterator[bytes]:
        """Ids of 16 bytes within the limit, without an object per dataset."""
        left = abs(self._limit) if self._limit else None
        for results in self._results:
            for identifier in (results if left is None else results.limit(left)).ids():
                left = None if left is None else left - 1
                yield identifier

    def count(self) -> int:
        """How many there are, whatever the limit."""
        return sum(r.count() for r in self._results)

    def reasons(self) -> list[str]:
        """Why there are none."""
        found = dict.fromkeys(reason for results in self._results for reason in results.explain())
        if self._results:
            return list(found)
        globs, collections = (", ".join(map(repr, names)) for names in self._asked)
        return [f"No dataset type that matches {globs} was ever in the collections that match {collections}."]

    def show(self, *, as_json: bool, uris: bool = False) -> int:
        """Print them, one table per dataset type, or say why there are none; tell how many."""
        rows = show(self._tables(uris), as_json=as_json)
        if not rows:
            explain(self.reasons())
        elif self._limit < 0 and rows == -self._limit and self.count() > rows:
            click.echo(f"There are more than these {rows}; use --limit 0 to see all.", err=True)
        return rows

    def _tables(self, uris: bool) -> Iterator[Table]:
        waiting = iter(self.batches())
        first = next(waiting, None)
        while first is not None:
            same = _SameType(first, waiting)
            shaped = ((self._with_uris(b) if uris else b) for b in same)
            names = (*first, "uri") if uris else tuple(first)
            yield Table(names, (list(b.values()) for b in shaped))
            first = same.next

    def _with_uris(self, columns: dict[str, list[Any]]) -> dict[str, list[Any]]:
        """The columns with URIs; a dataset stored by components gets a row for each."""
        datasets = self._butler.registry.datasets
        ids = [uuid.UUID(text).bytes for text in columns["id"]]
        found = datasets.file_records(ids)
        components = datasets.artifacts_of([k for k, record in found.values() if record is None])
        names = [*columns, "uri"]
        rows: list[tuple[Any, ...]] = []
        for identifier, row in zip(ids, zip(*columns.values(), strict=True), strict=True):
            k, record = found[identifier]
            parts = {"": record} if record is not None else components.get(k, {})
            for component, part in parts.items():
                kind = f"{row[0]}.{component}" if component else row[0]
                rows.append((kind, *row[1:], self._butler.datastore.uri(part)))
            if not parts:
                rows.append((*row, None))
        return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))


class _SameType:
    """Batches of one dataset type; the first of another type is kept in ``next``."""

    def __init__(self, first: dict[str, list[Any]], batches: Iterator[dict[str, list[Any]]]) -> None:
        self._first, self._batches = first, batches
        self.next: dict[str, list[Any]] | None = None

    def __iter__(self) -> Iterator[dict[str, list[Any]]]:
        yield self._first
        for batch in self._batches:
            if batch["type"][0] != self._first["type"][0]:
                self.next = batch
                return
            yield batch
