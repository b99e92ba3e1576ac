"""Reads the executable blocks of a Markdown document and runs them as a reader would.

A ``console`` block holds commands after ``$ ``; lines below a command are what it prints (``...`` stands for anything),
and a command without such lines may print what it likes.  A ``python`` block is Python; all of a document share one
namespace.  Blocks of other languages are only shown.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FENCE = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
EXECUTABLE = ("console", "python")
COMMAND_SECONDS = 300.0


@dataclass(frozen=True)
class Block:
    """One executable block."""

    language: str
    text: str
    line: int
    """Line of the document where the text begins, from 1."""


@dataclass(frozen=True)
class Command:
    """One command of a console block and what the document says it prints."""

    text: str
    output: str


def executable_blocks(document: str) -> list[Block]:
    """The blocks of a document that run, in order."""
    return [
        Block(found[1], found[2], document.count("\n", 0, found.start(2)) + 1)
        for found in FENCE.finditer(document)
        if found[1] in EXECUTABLE
    ]


def commands(text: str) -> Iterator[Command]:
    """Commands of a console block; a line that ends in a backslash goes on in the next."""
    pieces = re.split(r"^\$ ", text, flags=re.MULTILINE)
    if pieces[0].strip():
        raise ValueError(f"A console block begins with a command after '$ ', not with {pieces[0]!r}")
    for piece in pieces[1:]:
        command = re.match(r"(?:[^\n]*\\\n)*[^\n]*", piece)
        assert command is not None
        yield Command(command[0], piece[command.end() :].strip("\n"))


def output_matches(expected: str, printed: str) -> bool:
    """Whether a command printed what the document shows; trailing blanks do not count."""

    def trimmed(text: str) -> str:
        return "\n".join(line.rstrip() for line in text.strip().splitlines())

    pattern = ".*".join(map(re.escape, trimmed(expected).split("...")))
    return re.fullmatch(pattern, trimmed(printed), re.DOTALL) is not None


def run_command(command: Command, folder: Path) -> None:
    """Run one command in ``folder`` with the programs of this Python's environment first in PATH."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command.text],
        cwd=folder,
        env=os.environ | {"PATH": path, "COLUMNS": "120", "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"$ {command.text}\n{done.stdout}\nexit code {done.returncode}"
    assert not command.output or output_matches(command.output, done.stdout), (
        f"$ {command.text}\nprinted\n{done.stdout}\nbut the document shows\n{command.output}"
    )


def run_document(path: Path, folder: Path) -> None:
    """Run every executable block of a document, in order, in ``folder`` (which is the current directory).

    Raises
    ------
    ValueError
        The document has no executable block.
    """
    blocks = executable_blocks(path.read_text(encoding="utf-8"))
    if not blocks:
        raise ValueError(f"{path.name} has no console or python block: a document that is not run goes stale.")
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for block in blocks:
        if block.language == "console":
            for command in commands(block.text):
                run_command(command, folder)
        else:
            # blank lines in front make line numbers of a traceback those of the document
            code = compile("\n" * (block.line - 1) + block.text, str(path), "exec")
            exec(code, namespace)
