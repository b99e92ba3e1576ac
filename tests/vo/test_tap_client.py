from __future__ import annotations

from pathlib import Path

import pytest

from skybutler.vo.client import get_tap_service
from skybutler.vo.tap_client import TapService
from skybutler.vo.tokens import TokenStore
from support.observations import make_observations
from support.server import serve

# pyvo leaves answers half read, and their connections to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def test_the_token_goes_along_with_tables_and_examples(tmp_path: Path) -> None:
    make_observations(tmp_path / "repo", f"sqlite:///{tmp_path / 'registry.sqlite3'}")
    store = TokenStore(tmp_path / "tokens.json")
    with serve({"test": str(tmp_path / "repo")}, anonymous=False, token_file=store.file) as address:
        service = get_tap_service(url=address, token=store.create("ada")[0])
        assert isinstance(service, TapService)
        with service._session:
            columns = service.tables["ivoa.ObsCore"].columns  # of a request of its own
            assert "s_region" in [column.name for column in columns]
            assert {table.name for table in service.tables} >= {"butler.visit", "tap_schema.columns"}
            assert all(len(query.execute()) > 0 for query in service.examples[:2])
