"""How long a new process takes until it can work, beside one that does nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from functools import partial

from measurement import Measurement, best_of

STATEMENTS = {
    "bare python": "pass",
    "import skybutler": "import skybutler",
    "import skybutler.errors": "import skybutler.errors",
}


def measure(short: bool) -> Iterator[Measurement]:
    """CPU of a process per statement."""
    for name, statement in STATEMENTS.items():
        run = partial(subprocess.run, [sys.executable, "-c", statement], check=True)
        duration = best_of(3 if short else 10, run)
        yield Measurement(f"start: {name}", duration.wall * 1000, "ms", note=f"cpu {duration.cpu * 1000:.0f} ms")
