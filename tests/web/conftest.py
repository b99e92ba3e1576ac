"""A server in this process over a repository of images without pixels, on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from skybutler.web import ServerSettings, create_app
from support.observations import make_observations
from support.postgres import fresh_database


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def observed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Place of the repository; no test may change it."""
    place = tmp_path_factory.mktemp("served")
    if request.param == "sqlite":
        make_observations(place / "repo", f"sqlite:///{place / 'registry.sqlite3'}")
        yield str(place / "repo")
        return
    with fresh_database(request.getfixturevalue("postgres_server")) as url:
        make_observations(place / "repo", url)
        yield str(place / "repo")


@pytest.fixture
def client(observed: str) -> Iterator[TestClient]:
    """A client of a server with that repository as ``test``."""
    with TestClient(create_app(ServerSettings(repositories={"test": observed}))) as client:
        yield client
