"""The table that live ObsCore is compared with answers the same, and is gone afterwards."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

import vo_table
from support.postgres import fresh_database
from vo_survey import images, make_repository


@pytest.mark.parametrize("backend", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_both_answer_the_same(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if backend == "sqlite":
        make_repository(tmp_path / "repo", "", visits=2, tracts=1)
        found = vo_table.compare(tmp_path / "repo", "", bulk=500)
        with sqlite3.connect(next((tmp_path / "repo").glob("*.sqlite3"))) as left:
            assert left.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (vo_table.TABLE,)).fetchall() == []
        left.close()
    else:
        with fresh_database(request.getfixturevalue("postgres_server")) as url:
            make_repository(tmp_path / "repo", url, visits=2, tracts=1)
            found = vo_table.compare(tmp_path / "repo", url, bulk=500)
    assert found["rows"] == images(2, 1)
    assert found["table"] > 100 * found["rows"]
    rows = {name: both["kept"]["rows"] for name, both in found["questions"].items()}
    assert rows["point, six coadds"] == 6
    assert rows["tract, patch, band"] == 1
    assert rows[vo_table.BULK.format(500)] == 500
