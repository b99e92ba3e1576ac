"""Rows of long answers from ObsCore: a database gives keys, what follows from them is looked up.  Knows no ADQL.

Most columns of an image follow from its exposure, its detector or its filter.  A database that joins them to each row,
and a driver that makes objects of them, take several times as long as all the rest of a download.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from skybutler.registry.database import quoted

from .arrays import array_of
from .obscore.columns import FIELDS, REGION
from .obscore.derived import KEY, RecordLookup
from .texts import identifier_texts, region_texts, uuid_texts

if TYPE_CHECKING:
    from skybutler.registry.database import Database

    from .adql import Translation
    from .obscore import ObsCoreRelation

__all__ = ["LongAnswer"]

_FIELDS = {f.name: f for f in FIELDS}


class LongAnswer:
    """What is asked of the database, and how rows are made of it.

    Parameters
    ----------
    database : `skybutler.registry.database.Database`
        All statements should see it at one moment.
    obscore : `ObsCoreRelation`
        The relation.
    names : sequence of `str`
        Columns of the answer.
    values : mapping
        Values by column, others than which no row has.
    """

    def __init__(
        self,
        database: Database,
        obscore: ObsCoreRelation,
        names: Sequence[str],
        values: Mapping[str, Collection[str | float]],
    ) -> None:
        self._database, self._prefixes, self._names = database, obscore.prefixes, names
        derived = self._derived = obscore.derived(values)
        by_keys = set.intersection(*(set(d.columns) for d in derived.values())) if derived else set()
        self._looked_up = [_FIELDS[name] for name in dict.fromkeys(names) if name in by_keys]
        self._given = [n for n in dict.fromkeys(names) if n not in by_keys and n not in self._prefixes]
        self._keys = max((len(d.keys) for d in derived.values()), default=0) if self._looked_up else 0
        self._lookups: dict[int, RecordLookup] = {}

    @property
    def _columns(self) -> list[str]:
        """Columns of the relation that the database has to give, in this order."""
        keys = map(KEY.format, range(self._keys))
        return [*self._given, *(["dataset_id"] if self._prefixes.keys() & set(self._names) else []), *keys, "kind"]

    def asked(self, query: Translation) -> Translation:
        """What to ask in place of a query whose result is these columns and nothing else."""
        use = query.relations[0]
        begin = query.sql.index(f" FROM {use.mark}")
        sql = f"SELECT {', '.join(map(quoted, self._columns))}{query.sql[begin:]}"
        columns = {*self._columns, *(name for name in use.columns if f".{quoted(name)}" in sql)}
        return replace(query, sql=sql, relations=(replace(use, columns=frozenset(columns)), *query.relations[1:]))

    def batches(self, rows: Sequence[tuple[Any, ...]], names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Rows of each kind; columns may be encoded as dictionaries.

        Parameters
        ----------
        rows : sequence
            As `asked`.
        names : sequence of `str`
            How the columns of the answer are called.
        """
        kinds = {row[-1] for row in rows}
        for kind in kinds:
            of_kind = rows if len(kinds) == 1 else [row for row in rows if row[-1] == kind]
            arrays = self._arrays(kind, dict(zip(self._columns, zip(*of_kind, strict=True), strict=True)), len(of_kind))
            yield pa.RecordBatch.from_arrays([arrays[name] for name in self._names], names=list(names))

    def _arrays(self, kind: int, given: Mapping[str, Sequence[Any]], n: int) -> dict[str, pa.Array]:
        made: dict[str, pa.Array] = {}
        for name in self._given:
            made[name] = region_texts(given[name]) if name == REGION else array_of(_FIELDS[name], given[name])
        if "dataset_id" in given:
            identifiers = uuid_texts(given["dataset_id"])
            made |= {name: identifier_texts(prefix, identifiers) for name, prefix in self._prefixes.items()}
        if self._looked_up:
            if kind not in self._lookups:
                self._lookups[kind] = RecordLookup(self._database, self._derived[kind], self._looked_up)
            keys = [given[KEY.format(i)] for i in range(len(self._derived[kind].keys))]
            made |= self._lookups[kind].columns(keys, n)
        return made
