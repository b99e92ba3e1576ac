"""The relation ``ivoa.ObsCore``: the rows of all dataset types that are told of.  Knows no ADQL and no web.

It is made of the registry's own tables for each query, so that it always is what the registry is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from skybutler.datasets import CollectionType
from skybutler.vo.adql import RegionColumn, TapTable

from .branch import Branch
from .columns import CONSTANTS, FIELDS, REGION, ROWS_OF_KIND
from .derived import DerivedColumns
from .settings import ObsCoreSettings

if TYPE_CHECKING:
    from skybutler.registry.registry import Registry

__all__ = ["OBSCORE", "ObsCoreRelation", "obscore_addresses", "obscore_table"]

OBSCORE = "obscore_rows"
"""What stands for the relation in SQL until it is put there."""
_REMEMBERED = 200
"""Texts of SQL kept for as long as definitions stay as they are."""


def obscore_table() -> TapTable:
    """The table as users see it."""
    return TapTable(
        "ivoa",
        "ObsCore",
        FIELDS,
        OBSCORE,
        {REGION: RegionColumn("region_key", "s_ra", "s_dec")},
        {"access_url": "dataset_id", "obs_publisher_did": "dataset_id"},
        "Images of this repository (ObsCore 1.1)",
        "ivo://ivoa.net/std/ObsCore#core-1.1",
        kind="kind",
        constants=CONSTANTS,
        rows_of_kind=ROWS_OF_KIND,
        position=("s_ra", "s_dec"),
    )


def obscore_addresses(root_url: str, label: str) -> tuple[str, str]:
    """What stands before the identifier of a dataset in ``access_url`` and ``obs_publisher_did``.

    Parameters
    ----------
    root_url : `str`
        Address of the server.
    label : `str`
        Of the repository.
    """
    return (
        f"{root_url}/api/datalink/links?ID=butler%3A//{label}/",
        f"ivo://org.rubinobs/{label}?repo={label}&id=",
    )


class ObsCoreRelation:
    """Makes the SQL of ObsCore.

    Parameters
    ----------
    registry : `skybutler.registry.registry.Registry`
        Of the repository.
    settings : `ObsCoreSettings`
        What is told.
    access_url, publisher : `str`
        What stands before the identifier of a dataset in these columns.

    Raises
    ------
    ConfigError
        The settings do not fit the dataset types.
    """

    def __init__(self, registry: Registry, settings: ObsCoreSettings, access_url: str, publisher: str) -> None:
        self._registry, self._settings = registry, settings
        self.prefixes = {"access_url": access_url, "obs_publisher_did": publisher}
        """What stands before the identifier of a dataset, by column."""
        self._made: tuple[str, dict[Any, str]] = "", {}
        self._branches: list[tuple[int, Branch]] = []
        for name, said in settings.dataset_types.items():
            if (found := registry.dataset_types.find(name)) is not None and found.key_table:
                branch = Branch(
                    registry, found.dataset_type, found.k, found.key_table, settings, said, access_url, publisher
                )
                self._branches.append((found.k, branch))

    @cached_property
    def constants(self) -> dict[int, Mapping[str, str | float | None]]:
        """By kind of row, the values that all rows of this kind have."""
        return {number: branch.constants for number, branch in self._branches}

    @cached_property
    def fingerprint(self) -> str:
        """What tells whether rows are made in the same way, of the same dataset types: not where links lead."""
        columns = [f.name for f in FIELDS if f.name not in self.prefixes]
        told = [(number, branch.sql((0,), columns=columns)) for number, branch in self._branches]
        return hashlib.sha256(repr((told, self._settings.collections)).encode()).hexdigest()[:16]

    def derived(self, values: Mapping[str, Collection[str | float]]) -> dict[int, DerivedColumns]:
        """By kind of row, the columns that follow from its keys, for rows whose columns have certain values.

        Parameters
        ----------
        values : mapping
            See `sql`.
        """
        return {number: branch.derived for number, branch in self._branches if branch.may_have(values)}

    def elements_of(self, values: Mapping[str, Collection[str | float]]) -> list[str]:
        """Elements whose regions rows have, if their columns have certain values.

        Parameters
        ----------
        values : mapping
            See `sql`.
        """
        found = (branch.element for _, branch in self._branches if branch.may_have(values))
        return list(dict.fromkeys(element for element in found if element is not None))

    def sql(
        self,
        stages: Mapping[str, Sequence[str]] | None = None,
        columns: Collection[str] | None = None,
        values: Mapping[str, Collection[str | float]] | None = None,
    ) -> str:
        """A SELECT of all rows, or of those with certain regions.

        Parameters
        ----------
        stages : mapping, optional
            By element, tables of rows (``k``) in all of which a region must be.
        columns : collection of `str`, optional
            Which are wanted; all if not given.
        values : mapping, optional
            Values by column that follows from the kind of row, one of which rows must have.
        """
        self._registry.refresh()
        number, made = self._made
        if (now := self._registry.revision.number) is None:
            return self._sql(stages, columns, values or {})
        if number != now or len(made) >= _REMEMBERED:
            made = {}
            self._made = now, made
        by_element = None if stages is None else tuple((e, tuple(s)) for e, s in stages.items())
        wanted = frozenset((name, frozenset(those)) for name, those in (values or {}).items())
        key = by_element, None if columns is None else frozenset(columns), wanted
        if (sql := made.get(key)) is None:
            sql = made[key] = self._sql(stages, columns, values or {})
        return sql

    def _sql(
        self,
        stages: Mapping[str, Sequence[str]] | None,
        columns: Collection[str] | None,
        values: Mapping[str, Collection[str | float]],
    ) -> str:
        runs = self._runs()
        parts = []
        for number, branch in self._branches:
            if not (held := runs.get(number)) or not branch.may_have(values):
                continue
            if stages is None:
                parts.append(branch.sql(held, columns=columns))
            elif branch.element is not None and branch.element in stages:
                parts.append(branch.sql(held, tuple(stages[branch.element]), columns))
        return " UNION ALL ".join(parts) if parts else self._nothing()

    def _runs(self) -> dict[int, tuple[int, ...]]:
        """RUNs that hold datasets, by number of the dataset type."""
        rows = self._registry.database.query(
            "SELECT s.dataset_type, s.collection FROM collection_summary s JOIN collection c ON c.k = s.collection "
            "WHERE c.kind = ?",
            (int(CollectionType.RUN),),
        )
        if self._settings.collections:
            chosen = self._registry.collections.resolve(self._settings.collections)
            told = {c.k for c in self._registry.collections.flatten(chosen)}
            rows = [row for row in rows if row[1] in told]
        found: dict[int, tuple[int, ...]] = {}
        for number, run in rows:
            found[int(number)] = (*found.get(int(number), ()), int(run))
        return found

    def _nothing(self) -> str:
        kinds = {kind: sql.partition(" COLLATE")[0] for kind, sql in self._registry.database.kinds.items()}
        names = {**{f.name: "text" if f.is_text else "float" for f in FIELDS}, "region_key": "int", "kind": "int",
                 "dataset_id": "id", ROWS_OF_KIND: "int"}  # fmt: skip
        nulls = ", ".join(f'CAST(NULL AS {kinds[kind]}) AS "{name}"' for name, kind in names.items())
        return f"SELECT {nulls} WHERE 1 = 0"
