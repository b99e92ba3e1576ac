"""The peer's reader or writer of `concurrency.py`, in an environment of its own."""

from __future__ import annotations

from pathlib import Path

from lsst.daf.butler import Butler, DatasetType

from survey import CALEXP_RUN, INSTRUMENT, PATCH, RAW_RUN, SKYMAP, TRACT
from traffic import KNOWN_RUN, RUNS, TYPE, Place, SameCalls, work


class Peer(SameCalls):
    """See `traffic.Client`."""

    def __init__(self, repository: Path, *, writes: bool) -> None:
        super().__init__(Butler.from_config(str(repository), writeable=writes))

    def prepare(self) -> None:
        """Register the dataset type and the runs."""
        dimensions = ["instrument", "visit", "detector"]
        kind = DatasetType(TYPE, dimensions, "StructuredDataDict", universe=self._butler.dimensions)
        self._butler.registry.registerDatasetType(kind)
        for run in (KNOWN_RUN, *RUNS):
            self._butler.collections.register(run)

    def exposure(self, exposure: int) -> int:
        """How many raws an exposure has."""
        where = f"instrument='{INSTRUMENT}' AND exposure={exposure}"
        return len(self._butler.query_datasets("raw", RAW_RUN, where=where, limit=None, explain=False))

    def patch(self) -> int:
        """How many calexps overlap a patch."""
        where = f"instrument='{INSTRUMENT}' AND skymap='{SKYMAP}' AND tract={TRACT} AND patch={PATCH}"
        return len(self._butler.query_datasets("calexp", CALEXP_RUN, where=where, limit=None, explain=False))

    def written(self) -> list[Place]:
        """Every dataset in `RUNS`."""
        refs = self._butler.query_datasets(TYPE, RUNS, find_first=False, limit=None, explain=False)
        return [(RUNS.index(r.run), int(r.dataId["visit"]), int(r.dataId["detector"])) for r in refs]


if __name__ == "__main__":
    work(Peer)
