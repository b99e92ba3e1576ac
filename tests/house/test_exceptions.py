"""No error is swallowed: whoever catches everything either raises again or stands at the edge of a process."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from support.source import SourceModule, source_modules

MAY_CATCH_EVERYTHING = {
    "cli/main.py": "turns what nobody foresaw into one line and an exit code",
    "ingest/processes.py": "what a call raises in a worker process is raised where it was asked for",
    "web/job_runner.py": "a failing job must become a job in phase ERROR",
    "web/workers.py": "what a call raises in a worker process is raised where it was asked for",
    "web/streams.py": "what is raised in the thread that makes an answer is raised where the answer is waited for",
}

EVERYTHING = {"Exception", "BaseException"}


def _catches_everything(module: SourceModule) -> Iterator[int]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ExceptHandler):
            caught = {n.id for n in ast.walk(node.type) if isinstance(n, ast.Name)} if node.type else EVERYTHING
            raises_again = isinstance(node.body[-1], ast.Raise)
            if caught & EVERYTHING and not raises_again:
                yield node.lineno
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("suppress"):
            suppressed = {ast.unparse(a) for a in node.args}
            if suppressed & EVERYTHING:
                yield node.lineno


def test_nothing_catches_everything() -> None:
    found = [
        f"{m.name}:{n}" for m in source_modules() if m.name not in MAY_CATCH_EVERYTHING for n in _catches_everything(m)
    ]
    assert found == [], "Catch the errors that can happen here, or raise again at the end of the handler."


def test_swallowing_is_recognised() -> None:
    text = "try: f()\nexcept Exception: pass\ntry: f()\nexcept: x = 1\nwith suppress(Exception): f()\n"
    text += "try: f()\nexcept (KeyError, BaseException):\n    g()\n    raise\n"
    module = SourceModule(source_modules()[0].path, "x.py", text, ast.parse(text))
    assert list(_catches_everything(module)) == [2, 4, 5]
