"""Names are the field's words, and everything public says what it is for."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from support.source import Function, decorator_names, source_modules

EMPTY_WORDS = re.compile(r"Manager|Helper|Handler|Impl(?![a-z])|Interface$|^_?(Base|Abstract)(?=[A-Z]|$)")
"""Class names that do not say what the class is."""

EMPTY_MODULES = {"base", "common", "core", "helpers", "impl", "misc", "util", "utils"}


def test_class_names_say_what_the_class_is() -> None:
    found = [
        f"{module.name}:{node.lineno} {node.name}"
        for module in source_modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef) and EMPTY_WORDS.search(node.name)
    ]
    assert found == []


def test_empty_words_are_recognised() -> None:
    assert all(map(EMPTY_WORDS.search, ["DatasetManager", "ReaderImpl", "BaseFormatter", "_AbstractStore", "IoHelper"]))
    assert not any(map(EMPTY_WORDS.search, ["ImplicitDimension", "Baseline", "AbstractionLevel", "Registry"]))


def test_module_names_say_what_the_module_holds() -> None:
    parts = {m.name: m.name.removesuffix(".py").split("/") for m in source_modules()}
    assert [name for name, words in parts.items() if EMPTY_MODULES & set(words)] == []


def test_modules_say_their_job_in_the_first_line() -> None:
    first_lines = {m.name: (ast.get_docstring(m.tree) or "").partition("\n")[0] for m in source_modules()}
    assert [name for name, line in first_lines.items() if len(line) < 20] == []


def _classes() -> dict[str, list[ast.ClassDef]]:
    known: dict[str, list[ast.ClassDef]] = {}
    for module in source_modules():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ClassDef):
                known.setdefault(node.name, []).append(node)
    return known


def _inherits_docstring(owner: ast.ClassDef, method: str, known: dict[str, list[ast.ClassDef]]) -> bool:
    """Whether a base class within the package documents ``method``."""
    bases = [ast.unparse(b).partition("[")[0].rpartition(".")[2] for b in owner.bases]
    parents = [c for b in bases if b != owner.name for c in known.get(b, [])]
    return any(
        any(isinstance(n, Function) and n.name == method and ast.get_docstring(n) for n in parent.body)
        or _inherits_docstring(parent, method, known)
        for parent in parents
    )


def _undocumented(
    node: ast.Module | ast.ClassDef, owner: ast.ClassDef | None, known: dict[str, list[ast.ClassDef]]
) -> Iterator[ast.ClassDef | Function]:
    for child in node.body:
        if not isinstance(child, ast.ClassDef | Function) or child.name.startswith("_"):
            continue
        repeated = decorator_names(child) & {"overload", "setter", "deleter"}
        if (
            not ast.get_docstring(child)
            and not repeated
            and not (owner is not None and _inherits_docstring(owner, child.name, known))
        ):
            yield child
        if isinstance(child, ast.ClassDef):
            yield from _undocumented(child, child, known)


def test_public_names_are_documented() -> None:
    known = _classes()
    found = [
        f"{module.name}:{node.lineno} {node.name}"
        for module in source_modules()
        for node in _undocumented(module.tree, None, known)
    ]
    assert found == [], "Public names without a docstring (an override may leave it to the method it overrides)."
