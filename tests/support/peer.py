"""The real lsst.daf.butler, in the Python of its own that ``SKYBUTLER_PEER_PYTHON`` names."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

__all__ = ["Peer", "peer_or_none"]

SIDE = Path(__file__).with_name("peer_side.py")


class Peer:
    """Runs things with lsst.daf.butler.

    Parameters
    ----------
    python : `str`
        Its Python.
    """

    def __init__(self, python: str) -> None:
        self._python = python

    def __call__(self, *arguments: object) -> str:
        """Run ``peer_side.py ARGUMENTS``; what it printed."""
        return self._run([self._python, str(SIDE), *map(str, arguments)])

    def butler(self, *arguments: object) -> str:
        """Run ``butler ARGUMENTS``; what it printed."""
        program = str(Path(self._python).with_name("butler"))
        return self._run([program, *map(str, arguments)])

    def script(self, text: str) -> str:
        """Run a script; what it printed."""
        return self._run([self._python, "-c", text])

    def content(self, root: Path) -> dict[str, Any]:
        """What a repository of the peer holds."""
        found: dict[str, Any] = json.loads(self("content", root))
        return found

    def _run(self, command: list[str]) -> str:
        own = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        done = subprocess.run(command, capture_output=True, text=True, env=own, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout


def peer_or_none() -> Peer | None:
    """The peer, if there is one."""
    python = os.environ.get("SKYBUTLER_PEER_PYTHON")
    return Peer(python) if python else None
