"""Modules and functions stay of a size that fits in one head."""

from __future__ import annotations

import ast

from support.source import Function, functions, source_modules

MODULE_LINES = 500
FUNCTION_LINES = 60

LONG_MODULES: dict[str, str] = {}
"""Module -> why it may be longer.  A line here goes when its module shrinks."""


def _body_lines(node: Function) -> int:
    documented = ast.get_docstring(node, clean=False)
    docstring_lines = documented.count("\n") + 1 if documented else 0
    return (node.end_lineno or node.lineno) - node.lineno + 1 - docstring_lines


def test_modules_are_short() -> None:
    lengths = {m.name: m.text.count("\n") for m in source_modules()}
    long = {name: n for name, n in lengths.items() if n > MODULE_LINES and name not in LONG_MODULES}
    assert long == {}, f"Modules of more than {MODULE_LINES} lines: divide them by what they do."


def test_listed_long_modules_are_long() -> None:
    lengths = {m.name: m.text.count("\n") for m in source_modules()}
    assert [name for name in LONG_MODULES if lengths.get(name, 0) <= MODULE_LINES] == []


def test_functions_are_short() -> None:
    long = {
        f"{module.name}:{node.lineno} {node.name}": _body_lines(node)
        for module in source_modules()
        for node in functions(module.tree)
        if _body_lines(node) > FUNCTION_LINES
    }
    assert long == {}, f"Functions of more than {FUNCTION_LINES} lines without their docstrings."
