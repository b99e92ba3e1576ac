"""Why a query found nothing: each constraint is tried on its own.  Knows queries and results, no SQL."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

from skybutler.expressions import bound
from skybutler.expressions.analysis import conjuncts, dimensions_of
from skybutler.expressions.bound import Predicate

from .compile import compiled
from .query import DatasetSearch, Query
from .registry import Registry

__all__ = ["reasons"]


def reasons(registry: Registry, queries: Sequence[Query], text: str) -> list[str]:
    """Sentences that say which constraint emptied the result.

    Parameters
    ----------
    registry : `Registry`
        Where to ask.
    queries : sequence of `Query`
        Queries without results.
    text : `str`
        The ``where`` text that conditions point into.
    """
    found: list[str] = []
    for query in queries:
        found += [r for r in _reasons(registry, query, text) if r not in found]
    return found or ["No dataset type matches, so there was nothing to look for."]


def _reasons(registry: Registry, query: Query, text: str) -> Iterator[str]:
    searches = [s for s in (query.dataset, *query.constraints) if s is not None]
    missing = [reason for search in searches if (reason := _never_there(registry, search))]
    if missing:
        yield from missing
        return
    if query.limit == 0:
        yield "The limit is 0."
        return
    bare = dataclasses.replace(query, where=None, data_id={}, offset=0)
    if not _any(registry, bare):
        yield _nothing_at_all(query)
        return
    if reason := _no_visits(registry, query):
        yield reason
        return
    culprits = list(_culprits(registry, query, text))
    yield from culprits or ["Every condition matches something by itself, but nothing satisfies all of them together."]


def _never_there(registry: Registry, search: DatasetSearch) -> str | None:
    registered = registry.dataset_types.get(search.dataset_type)
    if not search.collections:
        return "No collections were searched."
    if registry.datasets.holders(registered, search.collections):
        return None
    rows = registry.database.query(
        "SELECT c.name FROM collection_summary s JOIN collection c ON c.k = s.collection "
        "WHERE s.dataset_type = ? LIMIT 4",
        (registered.k,),
    )
    elsewhere = f" There are some in {', '.join(repr(r[0]) for r in rows)}." if rows else " No collection has any."
    searched = ", ".join(map(repr, search.collections[:4]))
    return f"No dataset of type '{search.dataset_type}' was ever in {searched}.{elsewhere}"


def _nothing_at_all(query: Query) -> str:
    if query.kind == "records":
        return f"There are no {query.element} records in this repository."
    if query.kind == "datasets" and query.dataset is not None:
        return f"All '{query.dataset.dataset_type}' datasets have been removed from the collections searched."
    return f"There are no records for {query.dimensions} in this repository."


def _no_visits(registry: Registry, query: Query) -> str | None:
    """Whether exposures were asked for by place while none belongs to a visit, which is what has a place."""
    names = set(query.dimensions.names)
    places = {"tract", "patch"} & (dimensions_of(query.where) | set(query.data_id))
    if "exposure" not in names or "visit" in names or not places or "visit_definition" not in registry.universe:
        return None
    if registry.database.query_one("SELECT 1 FROM visit_definition LIMIT 1") is not None:
        return None
    return "No visits are defined, so exposures have no place on the sky yet: butler define-visits REPO INSTRUMENT"


def _culprits(registry: Registry, query: Query, text: str) -> Iterator[str]:
    """Constraints that alone leave nothing; failing that, those without which something is left."""
    parts = conjuncts(query.where)
    alone = [
        f"Nothing has {name} = {value!r}."
        for name, value in query.data_id.items()
        if not _any(registry, dataclasses.replace(query, where=None, data_id=_with_governors(registry, query, name)))
    ]
    governors = _with_governors(registry, query, None)
    alone += [
        f"Nothing satisfies: {_shown(part, text)}"
        for part in parts
        if not _any(registry, dataclasses.replace(query, where=part, data_id=governors))
    ]
    if alone:
        yield from alone
        return
    for part in parts:
        rest = [p for p in parts if p is not part]
        if _any(registry, dataclasses.replace(query, where=bound.all_of(rest) if rest else None)):
            yield f"There would be results without: {_shown(part, text)}"
    for name, value in query.data_id.items():
        others = {n: v for n, v in query.data_id.items() if n != name}
        if name not in registry.universe.governors and _any(registry, dataclasses.replace(query, data_id=others)):
            yield f"There would be results without: {name} = {value!r}"


def _with_governors(registry: Registry, query: Query, name: str | None) -> dict[str, object]:
    """The data ID reduced to governors and one more dimension."""
    kept = {*registry.universe.governors, name}
    return {n: v for n, v in query.data_id.items() if n in kept}


def _shown(part: Predicate, text: str) -> str:
    match part:
        case bound.Comparison(_, bound.Column() as column, bound.Literal(value, _)) if part.position < 0:
            return f"{column.element}.{column.field} = {value!r}"  # given as a data ID value, not as text
    return text[part.position : part.position + part.length].strip() or "the condition"


def _any(registry: Registry, query: Query) -> bool:
    with compiled(registry, dataclasses.replace(query, limit=1, order_by=())) as statement:
        return registry.database.query_one(statement.sql, statement.values) is not None
