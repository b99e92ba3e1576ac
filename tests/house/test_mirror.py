"""Tests mirror the source: whoever looks for the tests of a module knows where they are."""

from __future__ import annotations

from support.source import ROOT, source_modules

WITHOUT_TESTS: dict[str, str] = {}
"""Module -> where it is tested instead, and why there.  A line here goes when the module gets a file of its own."""


def _has_tests(name: str) -> bool:
    folder, _, stem = name.removesuffix(".py").rpartition("/")
    tests = ROOT / "tests" / folder
    return (tests / f"test_{stem}.py").exists() or any(tests.glob(f"test_{stem}_*.py"))


def test_every_module_has_a_test_file() -> None:
    names = [m.name for m in source_modules() if not m.name.endswith("__init__.py")]
    without = {name for name in names if not _has_tests(name)}
    assert sorted(without - WITHOUT_TESTS.keys()) == [], "Expected tests/<folder>/test_<module>.py"
    assert sorted(WITHOUT_TESTS.keys() - without) == [], "These have tests now: take them off the list."
