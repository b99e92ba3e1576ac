"""The notebooks and scripts of the shared folder, taken apart.  Their text is read there, never copied."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Cell", "Step", "notebook_cells", "python_blocks", "technote_steps"]


@dataclass(frozen=True)
class Cell:
    """One input cell and what the notebook showed below it."""

    number: str
    source: str
    shown: str


def notebook_cells(path: Path) -> list[Cell]:
    """Cells of a notebook saved as text: ``In [n]:``, code, empty line, output, empty line, prose.

    Code ends at the first paragraph that is not Python or looks like a printed value, at two empty lines, or at a
    heading.
    """
    parts = re.split(r"^In \[(\w* *)\]:\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    cells = []
    for number, body in zip(parts[1::2], parts[2::2], strict=True):
        body = re.split(r"^#{2,6} ", body, maxsplit=1, flags=re.MULTILINE)[0]
        together, _, apart = body.partition("\n\n\n")
        paragraphs = re.split(r"\n\n", together)
        n = next((i for i, text in enumerate(paragraphs) if not _is_code(text)), len(paragraphs))
        shown = "\n\n".join([*paragraphs[n:], apart])
        cells.append(Cell(number.strip(), "\n\n".join(paragraphs[:n]).strip("\n"), shown.strip("\n")))
    return cells


def _is_code(paragraph: str) -> bool:
    if paragraph.startswith(("{", "<", "[")):
        return False
    try:
        # Lines for the shell and magic ones are IPython's.
        compile(re.sub(r"^[!%].*$", "pass", textwrap.dedent(paragraph), flags=re.MULTILINE), "cell", "exec")
    except SyntaxError:
        return False
    return True


def python_blocks(path: Path) -> list[str]:
    """Python code blocks of a page in reStructuredText."""
    text = path.read_text(encoding="utf-8")
    found = re.findall(r"^\.\. code-block:: python\n\n((?:(?: {4}.*| *)\n)+)", text, flags=re.MULTILINE)
    return [textwrap.dedent(block).strip("\n") + "\n" for block in found]


@dataclass(frozen=True)
class Step:
    """A command or a script of a technote, in the order in which they stand, and what it shows below a command."""

    language: str
    """``bash`` or ``python``."""
    text: str
    shown: str = ""


def technote_steps(path: Path) -> list[Step]:
    """Commands of the ``prompt`` blocks, commands after ``$ `` of the ``code-block`` ones, and Python code blocks."""
    text = path.read_text(encoding="utf-8")
    block = r"^\.\. (prompt|code-block):: (bash|python)\n *\n((?:(?: {4}.*| *)\n)+)"
    steps: list[Step] = []
    for kind, language, body in re.findall(block, text, flags=re.MULTILINE):
        body = textwrap.dedent(body).strip("\n") + "\n"
        if language == "python":
            steps.append(Step("python", body))
        elif kind == "prompt":
            steps += [Step("bash", line) for line in body.splitlines() if line]
        else:
            for piece in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
                command, _, shown = piece.partition("\n")
                steps.append(Step("bash", command, shown))
    return steps
