"""Notebooks run by IPython in a process of their own: what each cell shows, and the figures it leaves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import skybutler

__all__ = ["Shown", "run_notebook"]

# Figures are closed after each cell, as notebooks with figures between their cells do.
_RUN = """
import json, sys
from pathlib import Path
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

shell, shown = InteractiveShell.instance(colors="NoColor"), []
shell.run_line_magic("load_ext", "skybutler.compat")
for number, source in enumerate(json.loads(Path("cells.json").read_text())):
    with capture_output() as output:
        shell.run_cell(source).raise_error()
    figures = []
    if "matplotlib.pyplot" in sys.modules:
        plt = sys.modules["matplotlib.pyplot"]
        for figure in plt.get_fignums():
            figures.append(f"cell{number}_{figure}.png")
            plt.figure(figure).savefig(figures[-1])
        plt.close("all")
    shown.append({"text": output.stdout, "html": [o.data.get("text/html") for o in output.outputs], "figures": figures})
json.dump(shown, sys.stdout)
"""


@dataclass(frozen=True)
class Shown:
    """What a cell showed: text, HTML of its value, and files with its figures."""

    text: str
    html: list[str | None] = field(default_factory=list)
    figures: list[Path] = field(default_factory=list)


def run_notebook(cells: Sequence[str], folder: Path, variables: Mapping[str, str] | None = None) -> list[Shown]:
    """Run cells one after the other in a folder; an error in one fails the test with its traceback."""
    (folder / "run.py").write_text(_RUN)
    (folder / "cells.json").write_text(json.dumps(list(cells)))
    environment = {
        "HOME": str(folder),
        "IPYTHONDIR": str(folder / "ipython"),
        "MPLBACKEND": "agg",
        "MPLCONFIGDIR": os.environ.get("MPLCONFIGDIR", str(folder / "matplotlib")),
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(skybutler.__file__).parents[1]),
        **(variables or {}),
    }
    done = subprocess.run(
        [sys.executable, "run.py"], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return [
        Shown(one["text"], one["html"], [folder / name for name in one["figures"]]) for one in json.loads(done.stdout)
    ]
