"""The picture that people see names the packages that the import contract orders, and those that exist."""

from __future__ import annotations

import itertools
import re
import tomllib
from pathlib import Path

import pytest

from support.source import PACKAGE, ROOT


def _picture(document: Path) -> list[set[str]]:
    """Names on each line of the document's picture of layers, from the top."""
    text = next(
        b for b in re.findall(r"^```text\n(.*?)^```", document.read_text(encoding="utf-8"), re.M | re.S) if "cli/" in b
    )
    lines = (set(re.findall(r"(\w+)(?:/|\.py)", line)) for line in text.splitlines())
    return [names for names in lines if names]


def _contract() -> list[set[str]]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers = next(c["layers"] for c in settings["contracts"] if c["id"] == "layers")
    return [set(re.findall(r"\w+", layer)) for layer in layers]


@pytest.mark.parametrize("document", ["README.md", "docs/explanation/architecture.md"])
def test_picture_agrees_with_the_contract(document: str) -> None:
    rank = {name: i for i, layer in enumerate(_contract()) for name in layer}
    picture = _picture(ROOT / document)
    drawn = [[rank[name] for name in names] for names in picture]
    for above, below in itertools.pairwise(drawn):
        assert max(above) <= min(below), f"{document}: {picture}"


def test_every_package_is_drawn() -> None:
    existing = {p.name for p in PACKAGE.iterdir() if (p / "__init__.py").exists()}
    drawn = set.union(*_picture(ROOT / "docs" / "explanation" / "architecture.md"))
    assert existing - drawn == set()
