"""The package's own source as syntax trees, for the tests that hold house rules."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "skybutler"

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class SourceModule:
    """One file of the package."""

    path: Path
    name: str
    """Path below the package, ``registry/schema.py``."""
    text: str
    tree: ast.Module


@cache
def source_modules() -> tuple[SourceModule, ...]:
    """Every module of skybutler, sorted by name."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        found.append(SourceModule(path, path.relative_to(PACKAGE).as_posix(), text, ast.parse(text)))
    return tuple(found)


def functions(tree: ast.AST) -> Iterator[Function]:
    """Every function and method, nested ones too."""
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def decorator_names(node: Function | ast.ClassDef) -> set[str]:
    """Last names of the decorators: ``functools.cache`` gives ``cache``."""
    return {ast.unparse(d).partition("(")[0].rpartition(".")[2] for d in node.decorator_list}
