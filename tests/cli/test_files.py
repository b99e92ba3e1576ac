"""Ingesting files listed in tables."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from skybutler import Butler

Good = Callable[..., str]
Bad = Callable[..., str]
Rows = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Two files, and a table of them."""
    for detector in (1, 2):
        (tmp_path / f"{detector}.yaml").write_text(f"a: {detector}\n")
    path = tmp_path / "table.ecsv"
    rows = "".join(f"{detector}.yaml {detector}\n" for detector in (1, 2))
    kinds = "# datatype:\n# - {name: filename, datatype: string}\n# - {name: detector, datatype: int64}\n"
    path.write_text(f"# %ECSV 1.0\n# ---\n{kinds}filename detector\n{rows}")
    return path


def test_ingest(good: Good, rows: Rows, repo: Path, table: Path) -> None:
    options = ("ingest-files", "-t", "copy", repo, "numbers", "u/new", table, "--data-id", "instrument=Cam")
    assert good(*options, "--prefix", table.parent) == "Ingested 2 datasets of type 'numbers' into 'u/new'.\n"
    assert [r["detector"] for r in rows("query-datasets", repo, "--collections", "u/new")] == [1, 2]
    with Butler(repo, collections="u/new") as butler:
        assert butler.get("numbers", instrument="Cam", detector=2) == {"a": 2}


def test_ids_that_follow_from_the_data_id(good: Good, rows: Rows, repo: Path, table: Path) -> None:
    for run in ("u/a", "u/b"):
        good(
            "ingest-files", "-t", "direct", repo, "numbers", run, table, "--data-id", "instrument=Cam",
            "--prefix", table.parent, "--id-generation-mode", "dataid_type_run",
        )  # fmt: skip
    ids = [r["id"] for r in rows("query-datasets", repo, "--collections", "u/a,u/b")]
    assert len(set(ids)) == 4
    assert {i[14] for i in ids} == {"5"}


def test_again_takes_what_is_missing(good: Good, bad: Bad, repo: Path, table: Path) -> None:
    options: list[str | Path] = ["ingest-files", "-t", "copy", repo, "numbers", "u/new", table]
    options += ["--data-id", "instrument=Cam", "--prefix", table.parent]
    whole = table.read_text()
    table.write_text(whole.rpartition("2.yaml")[0])
    good(*options)
    table.write_text(whole)
    assert "--skip-existing" in bad(*options)
    assert good(*options, "--skip-existing") == "Ingested 1 dataset of type 'numbers' into 'u/new'.\n"


@pytest.mark.parametrize(
    "arguments, status, said",
    [
        (["nmbers", "u/x", "{}"], 1, "Did you mean 'numbers'"),
        (["numbers", "u/x", "{}", "--data-id", "instrumnt=Cam"], 1, "instrumnt"),
        (["numbers", "u/x", "{}", "--data-id", "instrument=Other"], 1, "Other"),
        (["numbers", "u/x", "{}", "--data-id", "instrument=Cam", "--prefix", "/nowhere"], 1, "/nowhere/1.yaml"),
        (["numbers", "both", "{}", "--data-id", "instrument=Cam"], 1, "both"),
        (["numbers", "u/one", "{}", "--data-id", "instrument=Cam"], 1, "already"),
        (["numbers", "u/x", "none.csv"], 2, "does not exist"),
        (["numbers", "u/x", "{}", "--id-generation-mode", "NEW"], 2, "unique"),
    ],
)
def test_mistakes_change_nothing(
    arguments: list[str], status: int, said: str, bad: Bad, rows: Rows, repo: Path, table: Path
) -> None:
    given = [a.format(table) for a in arguments]
    if "--prefix" not in given:
        given += ["--prefix", str(table.parent)]
    assert said in bad("ingest-files", repo, *given, status=status)
    assert len(rows("query-datasets", repo)) == 6


def test_tables_that_are_none(bad: Bad, repo: Path, tmp_path: Path) -> None:
    (tmp_path / "t.ecsv").write_bytes(b"\x00\x01\x02")
    assert "t.ecsv" in bad("ingest-files", repo, "numbers", "u/x", tmp_path / "t.ecsv")
