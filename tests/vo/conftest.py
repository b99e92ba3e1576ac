"""A repository of images without pixels, on both databases, that no test may change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from skybutler import Butler
from skybutler.vo.adql import TapTables
from skybutler.vo.answer import answer
from skybutler.vo.obscore import ObsCoreRelation, ObsCoreSettings, obscore_table
from support.observations import make_observations
from support.postgres import fresh_database
from support.world import Rows

URL = "https://data.example/api/datalink/links?ID=butler%3A//test/"
DID = "ivo://example/test?id="


@dataclass(frozen=True)
class Observations:
    """A repository and its records; calling it asks a query."""

    butler: Butler
    rows: Rows

    def __call__(
        self, adql: str, settings: ObsCoreSettings | None = None, limit: int | None = None
    ) -> list[dict[str, Any]]:
        relation = ObsCoreRelation(self.butler.registry, settings or ObsCoreSettings(), URL, DID)
        found = answer(self.butler.registry, relation, TapTables([obscore_table()]), adql, limit)
        return [row for batch in found.batches for row in batch.to_pylist()]


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def observations(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Observations]:
    place = tmp_path_factory.mktemp("observations")

    def opened(url: str) -> Observations:
        rows = make_observations(place / "repo", url)
        return Observations(Butler(place / "repo"), rows)

    if request.param == "sqlite":
        found = opened(f"sqlite:///{place / 'registry.sqlite3'}")
        yield found
        found.butler.close()
        return
    with fresh_database(request.getfixturevalue("postgres_server")) as url:
        found = opened(url)
        yield found
        found.butler.close()


Ask = Callable[..., list[dict[str, Any]]]
