"""How many times faster than astropy a cut-out is, how many bytes it reads and in how many trips; see `cutouts.py`.

A ratio fails when the best of three attempts is below both its target and two thirds of what is recorded: the server
of the object store shares the machine with whatever else runs on it.  Bytes and trips do not depend on the machine.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

from cutouts import PLACES, Found, per_second
from measurement import Measurement
from recorded import least_ratio, load_recorded

ATTEMPTS = 3
TIMES = 7
TARGET = 2.5
GROUP = "cutouts"
TRIPS = {"lossless": 3, "quantized": 4}
"""Our files tell where their planes are; in others each has to be found from the one before."""


def measure(every_attempt: bool) -> Iterator[Measurement]:
    """Ratio, bytes and trips of each file at each place; all attempts are made if they are to be recorded."""
    recorded = load_recorded()["short"].get(GROUP, {})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for place, measured in PLACES.items():
            ratios: dict[str, list[float]] = {}
            last: dict[str, Found] = {}
            least: dict[str, float] = {}
            for _ in range(ATTEMPTS):
                for file, found in measured(folder, n=TIMES):
                    key = f"{place}, {file}"
                    ratios.setdefault(key, []).append(found.ratio)
                    last[key] = found
                least = {key: least_ratio(TARGET, recorded.get(key)) or 0.0 for key in ratios}
                if not every_attempt and all(max(found) >= least[key] for key, found in ratios.items()):
                    break
            for key, found in last.items():
                ratio = statistics.median(ratios[key]) if every_attempt else max(ratios[key])
                yield Measurement(key, ratio, "x", least=least[key], group=GROUP, note="faster than astropy")
                used = found.bytes_read / found.bytes_allowed
                yield Measurement(f"{key}, bytes", used, "x", limit=1.0, note="of what may be read")
                limit = TRIPS[key.split(", ")[1].split()[0]]
                yield Measurement(f"{key}, trips", found.trips, "", limit=limit)
        for key, rate in per_second(folder).items():
            yield Measurement(f"one plane, {key}", rate, "/s", note="cut-outs of 360 x 360 pixels")
