"""Starting is quick: nothing heavy is loaded before it is used."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from support.source import PACKAGE

LIST_MODULES = "import sys, json; print(json.dumps({n: getattr(m, '__file__', None) for n, m in sys.modules.items()}))"


def _third_party(statement: str) -> set[str]:
    """Top-level packages outside the standard library that a statement loads in a new process."""
    command = [sys.executable, "-c", f"{statement}\n{LIST_MODULES}"]
    modules = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    roots = {name.partition(".")[0] for name, file in modules.items() if file and "site-packages" in file}
    return roots - {"skybutler"}


def test_importing_skybutler_loads_nothing_else() -> None:
    assert _third_party("import skybutler") == _third_party("pass")


def test_importing_the_butler_loads_nothing_else() -> None:
    assert _third_party("import skybutler.butler") == _third_party("pass")


@pytest.mark.skipif(not (PACKAGE / "cli" / "main.py").exists(), reason="there is no command line yet")
def test_command_line_loads_only_click() -> None:
    assert _third_party("import skybutler.cli.main") - _third_party("pass") <= {"click"}


def test_loading_is_recognised() -> None:
    assert "numpy" in _third_party("import numpy")
