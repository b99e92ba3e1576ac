"""A process that certifies validity ranges at given moments, against another one that wants the same times."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from skybutler import Butler
from skybutler.errors import ConflictingDefinitionError
from skybutler.sky.timespan import Timespan

__all__ = ["compete", "wanted"]


def wanted(run: str, i: int) -> Timespan:
    """The range that the process with a run wants in a round; those of both overlap, those of other rounds do not."""
    begin = 100 * i + (0 if run == "old" else 30)
    return Timespan.from_ns(begin, begin + 60)


def compete(repository: Path, run: str, rounds: int, barrier: Any, won: Any) -> None:
    """Certify the biases of a run in ``calib``, and report the rounds won."""
    with Butler(repository, writeable=True) as butler:
        refs = list(butler.query_datasets("bias", run))
        for i in range(rounds):
            barrier.wait(60)
            try:
                butler.calibrations.certify("calib", refs, wanted(run, i))
            except ConflictingDefinitionError:
                continue
            won.put((i, run))
