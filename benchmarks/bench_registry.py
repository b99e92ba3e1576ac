"""How many times less CPU skybutler's registry and datastore need than lsst.daf.butler's, on 20 visits.

A row fails when the best of five attempts is below both its target and two thirds of its recorded ratio.  A ratio is
taken within one attempt, where both sides met the same machine; more attempts are only made while a row fails, and
only of the phases that measure such rows.  A number of results that is not that of `oracle.py` fails too.

Under load single ratios vary by a factor of two up and down, but one of several is right: so the best may pass, and
what is recorded is on the low side.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from measurement import Measurement
from recorded import least_ratio, load_recorded
from rows import ROWS
from side import PHASES
from turns import BACKENDS, HERE, Rows, Turns, memory_folder, peer_python, right_answers, seconds

ATTEMPTS = 5
VISITS = 20
NEEDED = PHASES[: PHASES.index("ingest") + 1]
"""Phases that make what the others work on."""
WITHOUT_SERVER = ("start",)
"""Phases that measure the same on every database, and take long."""


def measure(every_attempt: bool) -> Iterator[Measurement]:
    """A measurement per row and database; all attempts are made if they are to be recorded."""
    recorded = load_recorded()["short"]
    with tempfile.TemporaryDirectory(dir=memory_folder()) as name:
        folder = Path(name)
        arrays, files = folder / "survey.npz", folder / "files"
        command = [sys.executable, str(HERE / "workload.py"), f"--visits={VISITS}", "--tracts=near"]
        subprocess.run([*command, f"--out={arrays}", f"--files={files}"], check=True)
        right = right_answers(arrays)
        for backend in BACKENDS:
            phases = [p for p in PHASES if backend == "sqlite" or p not in WITHOUT_SERVER]
            pythons = {"ours": sys.executable, "peer": peer_python()}
            turns = Turns(backend, arrays, files, pythons, times=2, phases=phases, analyzed=True)
            ratios = Ratios(backend, recorded.get(f"registry.{backend}", {}))
            wrong: set[str] = set()
            for attempt in range(ATTEMPTS):
                if attempt and not every_attempt:
                    again = {row.phase for row in ROWS if row.key in ratios.failing()}
                    turns = replace(turns, phases=[p for p in phases if p in again or p in NEEDED])
                rows = turns.measure(folder)
                ratios.add(rows)
                wrong.update(wrong_answers(rows["ours"], right))
                if wrong or not (every_attempt or ratios.failing()):
                    break
            yield Measurement(f"{backend} wrong answers", len(wrong), "", 0, note=", ".join(sorted(wrong)))
            yield from ratios.measurements(steady if every_attempt else best)


Pair = tuple[float, float]
"""CPU seconds of ours and of the peer in one attempt."""


def best(pairs: Sequence[Pair]) -> float:
    """The largest ratio of one attempt."""
    return max((peer / ours for ours, peer in pairs), default=0.0)


def steady(pairs: Sequence[Pair]) -> float:
    """What a ratio is when nothing disturbs it: the median, or the ratio of the best of both sides if that is less."""
    if not pairs:
        return 0.0
    ours, peer = zip(*pairs, strict=True)
    return min(statistics.median(p / o for o, p in pairs), min(peer) / min(ours))


@dataclass
class Ratios:
    """Times of all attempts on one database.

    Parameters
    ----------
    backend : `str`
        Which database.
    recorded : mapping
        Ratios recorded for it.
    """

    backend: str
    recorded: Mapping[str, Any]
    found: dict[str, list[Pair]] = field(default_factory=dict)

    def add(self, rows: Mapping[str, Rows]) -> None:
        """One attempt."""
        ours, peer = rows["ours"], rows["peer"]
        for row in ROWS:
            if row.ours in ours and row.peer in peer:
                self.found.setdefault(row.key, []).append((seconds(ours[row.ours]), seconds(peer[row.peer])))

    def least(self) -> dict[str, float]:
        """What rows must reach: those that were measured, and those that should have been."""
        limits = {row.key: least_ratio(row.target, self.recorded.get(row.key)) for row in ROWS}
        wanted = self.found.keys() | self.recorded.keys()
        return {key: limit for key, limit in limits.items() if limit is not None and key in wanted}

    def failing(self) -> set[str]:
        """Rows whose best ratio is too low."""
        return {key for key, least in self.least().items() if best(self.found.get(key, [])) < least}

    def measurements(self, ratio: Callable[[Sequence[Pair]], float]) -> Iterator[Measurement]:
        """One per row, of a ratio made from its times."""
        group, least = f"registry.{self.backend}", self.least()
        for row in ROWS:
            if row.key in self.found or row.key in least:
                value = ratio(self.found.get(row.key, []))
                yield Measurement(row.key, value, "x", group=group, least=least.get(row.key), note=row.what)


def wrong_answers(ours: Rows, right: Mapping[str, int]) -> Iterable[str]:
    """Questions whose number of results is not the right one; those not asked in this attempt are no mistake."""
    answers = {key: row["results"] for key, row in ours.items() if key in right}
    return [f"{key}: {n} instead of {right[key]}" for key, n in answers.items() if n != right[key]]
