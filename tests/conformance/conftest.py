"""Servers that validators look at: of the demonstration's repository, and of one in PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.observations import make_observations
from support.postgres import fresh_database
from support.server import serve
from support.source import ROOT

DEMO = ROOT / "demo-repo"


@pytest.fixture(scope="session", params=["demo", pytest.param("postgresql", marks=pytest.mark.postgres)])
def address(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server, without a slash at the end."""
    if shutil.which("stilts") is None:
        pytest.fail("STILTS is missing: apt-get install stilts")
    if request.param == "demo":
        if not DEMO.exists():
            pytest.fail("There is no repository of the demonstration: make demo")
        with serve({"demo": str(DEMO)}) as served:
            yield served
        return
    place: Path = tmp_path_factory.mktemp("conformance") / "repo"
    with fresh_database(request.getfixturevalue("postgres_server")) as url:
        make_observations(place, url)
        with serve({"test": str(place)}) as served:
            yield served
