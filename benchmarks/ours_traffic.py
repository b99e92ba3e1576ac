"""skybutler's reader or writer of `concurrency.py`."""

from __future__ import annotations

from pathlib import Path

from skybutler import Butler
from survey import CALEXP_RUN, INSTRUMENT, PATCH, RAW_RUN, SKYMAP, TRACT
from traffic import KNOWN_RUN, RUNS, TYPE, Place, SameCalls, work


class Ours(SameCalls):
    """See `traffic.Client`."""

    def __init__(self, repository: Path, *, writes: bool) -> None:
        super().__init__(Butler(repository, writeable=writes))

    def prepare(self) -> None:
        """Register the dataset type and the runs."""
        self._butler.register_dataset_type(TYPE, ["instrument", "visit", "detector"])
        for run in (KNOWN_RUN, *RUNS):
            self._butler.collections.register(run)

    def exposure(self, exposure: int) -> int:
        """How many raws an exposure has."""
        where = f"instrument='{INSTRUMENT}' AND exposure={exposure}"
        return len(list(self._butler.query_datasets("raw", RAW_RUN, where=where)))

    def patch(self) -> int:
        """How many calexps overlap a patch."""
        where = f"instrument='{INSTRUMENT}' AND skymap='{SKYMAP}' AND tract={TRACT} AND patch={PATCH}"
        return len(list(self._butler.query_datasets("calexp", CALEXP_RUN, where=where)))

    def written(self) -> list[Place]:
        """Every dataset in `RUNS`."""
        refs = self._butler.query_datasets(TYPE, RUNS, find_first=False)
        return [(RUNS.index(r.run), int(r.data_id["visit"]), int(r.data_id["detector"])) for r in refs]


if __name__ == "__main__":
    work(Ours)
