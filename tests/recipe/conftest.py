"""A small data centre: what a repository can be made of, and recipes that make it."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from skybutler.recipe import Recipe, read_recipe
from skybutler.sim import Archive, simulate_archive

SKY_MAP = "{kind: discrete, name: Small, ra_list: [55.0], dec_list: [-30.0], radius_list: [0.3]}"


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """Three visits of two detectors, with calibrations and a reference catalog."""
    return simulate_archive(
        tmp_path_factory.mktemp("centre") / "archive", visits=3, detectors=(93, 94), scale=64, years=2
    )


@pytest.fixture
def recipe(database_url: str, tmp_path: Path, archive: Archive) -> Callable[[str], Recipe]:
    """Reads a recipe whose steps are given, for a repository that the test has for itself, on both databases."""

    def read(steps: str) -> Recipe:
        text = f"repository:\n  root: {tmp_path}/repo\n  registry: {{db: '{database_url}'}}\nsteps:\n"
        (tmp_path / "recipe.yaml").write_text(text + textwrap.indent(textwrap.dedent(steps), "  "))
        return read_recipe(tmp_path / "recipe.yaml", {"TOP": str(archive.directory)})

    return read
