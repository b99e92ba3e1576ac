"""Bulk work streams: memory grows by a few bytes a dataset, not by its objects (`docs/explanation/memory.md`)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "support" / "memory.py"
FEW, MANY = 25_000, 100_000
LIMITS = {"refs": 80, "sorted": 150, "batches": 80, "listing": 150, "certify": 250, "prune": 400, "remove_runs": 300}
LIMITS |= {"verify": 150, "diff": 150, "bundle": 100, "import": 200, "transfer": 250}
"""Bytes per dataset, well above what is measured; a list of refs has 350, of raw ids 50."""


def _measured(folder: Path, count: int) -> dict[str, int]:
    folder.mkdir()
    command = [sys.executable, str(SCRIPT), str(folder), str(count)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    found: dict[str, int] = json.loads(done.stdout)
    return found


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="private memory is told by Linux only")
def test_memory_hardly_grows_with_the_number_of_datasets(tmp_path: Path) -> None:
    few, many = _measured(tmp_path / "few", FEW), _measured(tmp_path / "many", MANY)
    grown = {name: (many[name] - few[name]) / (MANY - FEW) for name in LIMITS}
    assert {name: round(n) for name, n in grown.items() if n > LIMITS[name]} == {}
