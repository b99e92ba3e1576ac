"""What skybutler's registry and datastore cost, as multiples of the same work without a butler (`floor.py`).

Both sides run here and now, so that a slow or busy machine slows both.  A cost more than half as high again as the
recorded one fails, after the best of three attempts.  What is not recorded yet gets all three attempts.  A number of
results that differs from that of `oracle.py` fails too.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from measurement import Measurement
from recorded import load_recorded
from rows import ROWS
from side import PHASES

HERE = Path(__file__).resolve().parent
SLACK = 1.5
SIDES = ("ours", "floor")
ATTEMPTS = 3
MEMORY = "/dev/shm"


def measure(short: bool) -> Iterator[Measurement]:
    """A measurement per row that has a floor."""
    limits = {key: SLACK * cost for key, cost in load_recorded()["floor"].items()}
    with tempfile.TemporaryDirectory(dir=_memory()) as name:
        folder = Path(name)
        visits = "20" if short else "100"
        arrays, files = folder / "survey.npz", folder / "files"
        workload = [sys.executable, str(HERE / "workload.py"), "--visits", visits, "--tracts", "near"]
        subprocess.run([*workload, f"--out={arrays}", f"--files={files}"], check=True)
        best: dict[str, dict[str, float]] = {side: {} for side in SIDES}
        costs: dict[str, float] = {}
        for _ in range(ATTEMPTS):
            _attempt(folder, arrays, files, best)
            costs = _costs(best)
            if all(cost <= limits.get(key, 0.0) for key, cost in costs.items()):
                break
        wrong = _wrong_answers(arrays, folder / "ours.jsonl")
    yield Measurement("wrong answers", len(wrong), "", 0, ", ".join(wrong))
    for row in ROWS:
        if row.key in costs:
            yield Measurement(row.key, costs[row.key], "x floor", limits.get(row.key), row.what)


def _memory() -> str | None:
    """A folder in memory where there is one: what the kernel does for a disk varies more than what we do."""
    return MEMORY if os.access(MEMORY, os.W_OK) else None


def _attempt(folder: Path, arrays: Path, files: Path, best: dict[str, dict[str, float]]) -> None:
    """All phases of both sides; what was faster than before is kept."""
    for side in SIDES:
        (folder / f"{side}.jsonl").unlink(missing_ok=True)
    for phase in PHASES:
        for side in SIDES:
            places = {"repository": folder / side, "arrays": arrays, "files": files, "out": folder / f"{side}.jsonl"}
            command = [sys.executable, str(HERE / f"{side}.py"), phase, "--times=3"]
            subprocess.run([*command, *(f"--{k}={v}" for k, v in places.items())], check=True)
    for side in SIDES:
        for line in (folder / f"{side}.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            best[side][row["key"]] = min(row["cpu"], best[side].get(row["key"], row["cpu"]))


def _wrong_answers(arrays: Path, file: Path) -> list[str]:
    """Questions whose number of results is not that of the oracle."""
    command = [sys.executable, str(HERE / "oracle.py"), str(arrays)]
    right = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    rows = (json.loads(line) for line in file.read_text(encoding="utf-8").splitlines())
    answers = {row["key"]: row["results"] for row in rows}
    return [f"{key}: {answers.get(key)} instead of {n}" for key, n in right.items() if answers.get(key) != n]


def _costs(best: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Our CPU over the floor's, by row."""
    ours, floor = (best[side] for side in SIDES)
    pairs = {row.key: row.peer_key or row.key for row in ROWS}
    return {key: ours[key] / floor[pairs[key]] for key in ours if pairs[key] in floor}
