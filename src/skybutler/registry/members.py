"""The rows that a dataset search means, as SQL: runs, tags and calibrations in search order.  Knows no dimensions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Collection as Container

from skybutler.datasets.collection import CollectionType

from .collections import Collection
from .dataset_types import RegisteredType
from .fragments import FALSE, Fragment

__all__ = ["members"]

Validity = Callable[[str], Fragment | None]
"""From an alias to the condition that its row is valid at the time the query speaks of; `None`: at any time."""

_NO_RANGE = "CAST(NULL AS BIGINT) AS begin, CAST(NULL AS BIGINT) AS finish"
_SOURCES = {
    CollectionType.RUN: ("dataset d", "d.run", "d", _NO_RANGE),
    CollectionType.TAGGED: ("tag m JOIN dataset d ON d.k = m.dataset", "m.collection", "m", _NO_RANGE),
    CollectionType.CALIBRATION: (
        "calibration m JOIN dataset d ON d.k = m.dataset",
        "m.collection",
        "m",
        "m.begin AS begin, m.finish AS finish",
    ),
}
"""By kind of collection: FROM clause, column of the collection, alias of the dataset type, validity range."""


def members(
    registered: RegisteredType,
    holders: Sequence[Collection],
    alias: str,
    *,
    find_first: bool,
    fields: Container[str],
    valid: Validity,
) -> tuple[Fragment, list[Fragment]]:
    """Source of dataset rows and conditions on it.

    Parameters
    ----------
    registered : `RegisteredType`
        Which datasets.
    holders : sequence of `Collection`
        Where, in search order; no chains.
    alias : `str`
        What the source will be called.
    find_first : `bool`
        Only those of the first collection that has any for a data ID (valid ones, of calibrations).
    fields : container of `str`
        Dataset fields that the query uses; ``collection`` and ``timespan`` are not columns of the plain table.
    valid : callable
        Validity of calibrations.

    Returns
    -------
    source : `Fragment`
        Has columns ``id``, ``run``, ``data_id``, ``ingested``, and those needed for ``fields``.
    conditions : `list` [`Fragment`]
    """
    kinds = {h.type for h in holders}
    if kinds <= {CollectionType.RUN}:
        conditions = _in_runs(registered, holders, alias, find_first) if holders else [FALSE]
        if "collection" not in fields and "timespan" not in fields:
            return Fragment("dataset"), conditions
        columns = f"k, id, dataset_type, run, run AS collection, data_id, ingested, {_NO_RANGE}"
        return Fragment(f"(SELECT {columns} FROM dataset)"), conditions
    union = _union(registered, holders)
    if CollectionType.CALIBRATION in kinds:
        return union, _valid_ones(union, alias, find_first and len(holders) > 1, valid)
    if find_first and len(holders) > 1:
        turns = "SELECT u.*, row_number() OVER (PARTITION BY data_id ORDER BY place) AS turn FROM "
        union = Fragment(f"(SELECT * FROM ({turns}") + union + " u) v WHERE turn = 1)"
    return union, []


def _in_runs(registered: RegisteredType, holders: Sequence[Collection], alias: str, find_first: bool) -> list[Fragment]:
    """Conditions on rows of ``dataset`` itself: the common case, without any subquery."""
    runs = tuple(h.k for h in holders)
    marks = ", ".join("?" * len(runs))
    conditions = [
        Fragment(f"{alias}.dataset_type = ?", (registered.k,)),
        Fragment(f"{alias}.run IN ({marks})", runs),
    ]
    if find_first and len(runs) > 1:
        ranks = " ".join(f"WHEN {int(k)} THEN {i}" for i, k in enumerate(runs))
        conditions.append(
            Fragment(
                f"NOT EXISTS (SELECT 1 FROM dataset o WHERE o.dataset_type = ? AND o.data_id = {alias}.data_id "
                f"AND o.run IN ({marks}) AND CASE o.run {ranks} END < CASE {alias}.run {ranks} END)",
                (registered.k, *runs),
            )
        )
    return conditions


def _union(registered: RegisteredType, holders: Sequence[Collection]) -> Fragment:
    """Members of all kinds of collections, with their place in the search order."""
    body, values = [], []
    for place, holder in enumerate(holders):
        source, owner, typed, span = _SOURCES[holder.type]
        body.append(
            f"SELECT d.k, d.id, d.dataset_type, d.run, {int(holder.k)} AS collection, d.data_id, d.ingested, "
            f"{place} AS place, {span} FROM {source} WHERE {owner} = ? AND {typed}.dataset_type = ?"
        )
        values += [holder.k, registered.k]
    return Fragment("(" + " UNION ALL ".join(body) + ")", tuple(values))


def _valid_ones(union: Fragment, alias: str, first_only: bool, valid: Validity) -> list[Fragment]:
    """Conditions on a union with calibrations: which range counts depends on the time, so the first does too."""
    own, other = valid(alias), valid("o")
    conditions = [own] if own is not None else []
    if first_only:
        earlier = Fragment("NOT EXISTS (SELECT 1 FROM ") + union
        earlier = earlier + f" o WHERE o.data_id = {alias}.data_id AND o.place < {alias}.place"
        conditions.append(earlier + (Fragment(" AND ") + other if other is not None else "") + ")")
    return conditions
