"""A repository of images without pixels with snapshots of its ObsCore."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from skybutler import Butler
from skybutler.registry.interrupt import Interrupt
from skybutler.vo.adql import TapTables
from skybutler.vo.answer import Answer, answer
from skybutler.vo.dimension_tables import dimension_tables
from skybutler.vo.obscore import ObsCoreRelation, ObsCoreSettings, obscore_table
from skybutler.vo.snapshot import SnapshotFolder, make_snapshot
from skybutler.vo.snapshot.answers import Snapshots
from skybutler.vo.snapshot.making import Made

__all__ = ["Copied"]

PREFIXES = "https://data.example/api/datalink/links?ID=butler%3A//it's/", "ivo://example/test?id="


@dataclass
class Copied:
    """A repository with a folder of snapshots; calling it asks a query."""

    butler: Butler
    folder: SnapshotFolder
    settings: ObsCoreSettings = field(default_factory=ObsCoreSettings)

    def __post_init__(self) -> None:
        self.snapshots = Snapshots([self.folder])

    def make(self) -> Made:
        return make_snapshot(self.butler.registry, self.settings, self.folder)

    @property
    def relation(self) -> ObsCoreRelation:
        self.butler.registry.refresh()
        return ObsCoreRelation(self.butler.registry, self.settings, *PREFIXES)

    @property
    def is_current(self) -> bool:
        return self.snapshots.current(self.butler.registry, self.relation) is not None

    @property
    def tables(self) -> TapTables:
        return TapTables([obscore_table(), *dimension_tables(self.butler.registry)])

    def answer(
        self, adql: str, *, copied: bool, limit: int | None = None, interrupt: Interrupt | None = None
    ) -> Answer:
        snapshots = self.snapshots if copied else None
        return answer(self.butler.registry, self.relation, self.tables, adql, limit, interrupt, snapshots)

    def __call__(self, adql: str, *, copied: bool, limit: int | None = None) -> list[dict[str, Any]]:
        found = self.answer(adql, copied=copied, limit=limit)
        return [row for batch in found.batches for row in batch.to_pylist()]
