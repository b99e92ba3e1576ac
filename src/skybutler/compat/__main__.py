"""``python -m skybutler.compat script.py``: runs an unchanged script that imports ``lsst`` names.  Knows no butler."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Sequence
from pathlib import Path

from . import install

__all__ = ["main"]

_USAGE = """usage: python -m skybutler.compat (SCRIPT | -m MODULE) [ARGUMENT ...]

Runs a Python script or module with lsst.daf.butler, lsst.geom and others importable where they are not installed.
"""


def main(arguments: Sequence[str]) -> int:
    """Run a script with its arguments; gives the exit status where the script itself sets none.

    Parameters
    ----------
    arguments : sequence of `str`
        The script and what it shall see as ``sys.argv[1:]``; or ``-m``, a module, and so on.
    """
    if not arguments or arguments[0] in ("-h", "--help") or arguments == ["-m"]:
        (sys.stdout if arguments and arguments[0] != "-m" else sys.stderr).write(_USAGE)
        return 0 if arguments and arguments[0] != "-m" else 2
    install()
    if arguments[0] == "-m":
        sys.argv = list(arguments[1:])
        sys.path.insert(0, "")
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
        return 0
    script = Path(arguments[0])
    if not script.is_file():
        sys.stderr.write(f"python -m skybutler.compat: there is no script {script}\n")
        return 2
    sys.argv = list(arguments)
    sys.path.insert(0, str(script.resolve().parent))
    runpy.run_path(str(script), run_name="__main__")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
