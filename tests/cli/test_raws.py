"""Ingesting raws."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click.testing
import pytest

Good = Callable[..., str]
Bad = Callable[..., str]
Run = Callable[..., click.testing.Result]
Rows = Callable[..., list[dict[str, Any]]]


def test_report(rows: Rows, good: Good, observatory: Path, raws: Path) -> None:
    shown = good("ingest-raws", "--transfer", "direct", observatory, raws).splitlines()
    assert shown[0].split()[:5] == ["files", "ingested", "skipped", "failed", "exposures"]
    assert shown[2].split()[:5] == ["4", "4", "0", "0", "2"]
    found = rows("query-datasets", observatory, "raw", "--show-uri")
    assert [r["detector"] for r in found] == [94, 94, 95, 95]
    assert all(r["uri"].startswith(f"file://{raws}") for r in found)
    assert {r["run"] for r in found} == {"LSSTCam-imSim/raw/all"}


def test_again(rows: Rows, run: Run, observatory: Path, raws: Path) -> None:
    rows("ingest-raws", observatory, raws, "-j", 2, "-t", "symlink")
    (again,) = rows("ingest-raws", observatory, raws)
    assert (again["files"], again["ingested"], again["skipped"], again["failures"]) == (4, 0, 4, [])
    result = run("ingest-raws", observatory, raws, "--no-skip-existing")
    assert result.exit_code == 1
    assert result.stderr.count("Failed: ") == 4


def test_cluster_that_is_not_there(bad: Bad, observatory: Path, raws: Path) -> None:
    assert "exclude each other" in bad("ingest-raws", observatory, raws, "-j", 2, "--dask", "tcp://x:1", status=2)
    assert "No Dask scheduler answers at 'x://y'" in bad("ingest-raws", observatory, raws, "--dask", "x://y")


def test_some_files_into_another_run(rows: Rows, observatory: Path, raws: Path) -> None:
    (report,) = rows(
        "ingest-raws", observatory, raws, "--regex", r".*_S11_\w\.fits", "--output-run", "u/raws", "-t", "copy"
    )
    assert report["ingested"] == 2
    assert {(r["run"], r["detector"]) for r in rows("query-datasets", observatory)} == {("u/raws", 94)}


def test_bad_files_are_named_and_good_ones_taken(
    run: Run, rows: Rows, observatory: Path, raws: Path, tmp_path: Path
) -> None:
    mixed = tmp_path / "mixed"
    shutil.copytree(raws, mixed)
    (mixed / "broken.fits").write_bytes(b"SIMPLE")
    result = run("ingest-raws", observatory, mixed, "-t", "direct")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[2].split()[:4] == ["5", "4", "0", "1"]
    assert result.stderr.startswith("Failed: ")
    assert "broken.fits" in result.stderr
    assert "Traceback" not in result.output
    (report,) = json.loads(run("ingest-raws", observatory, mixed, "--json").stdout)
    assert [Path(f["path"]).name for f in report["failures"]] == ["broken.fits"]
    assert len(rows("query-datasets", observatory, "raw")) == 4


def test_fail_fast(bad: Bad, observatory: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.fits").write_bytes(b"SIMPLE")
    assert "Without --fail-fast" in bad("ingest-raws", observatory, tmp_path / "broken.fits", "--fail-fast")


def test_unregistered_instrument(run: Run, good: Good, raws: Path, tmp_path: Path) -> None:
    good("create", tmp_path / "r")
    result = run("ingest-raws", tmp_path / "r", raws)
    assert result.exit_code == 1
    assert "butler register-instrument REPO LSSTCam-imSim" in result.stderr


def test_no_files(run: Run, observatory: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = run("ingest-raws", observatory, tmp_path / "empty")
    assert result.exit_code == 0
    assert result.stderr == "No files with names of FITS files were found.\n"


@pytest.mark.parametrize(
    "arguments, status, said",
    [
        ([], 2, "LOCATION"),
        (["x", "-j", "0"], 2, "0"),
        (["nowhere"], 1, "nowhere"),
        ([".", "--regex", "("], 1, "("),
    ],
)
def test_mistakes(arguments: list[str], status: int, said: str, bad: Bad, observatory: Path) -> None:
    assert said in bad("ingest-raws", observatory, *arguments, status=status)


def test_one_reason_for_many_files_is_not_repeated_for_each(run: Run, observatory: Path, tmp_path: Path) -> None:
    for i in range(15):
        (tmp_path / f"{i:02}.fits").write_bytes(b"SIMPLE  =                    T" + b" " * 50 + b"END" + b" " * 2797)
    lines = run("ingest-raws", observatory, tmp_path, "-t", "direct").stderr.splitlines()
    assert len(lines) == 11
    assert "09.fits" in lines[9]
    assert lines[10].startswith("Failed: 5 more files, for the same reason: no known instrument")


def test_like_reasons_are_not_all_repeated(run: Run, observatory: Path, raws: Path, tmp_path: Path) -> None:
    for i in range(12):
        (tmp_path / f"empty{i:02}.fits").touch()
        shutil.copytree(raws, tmp_path / str(i))
    lines = run("ingest-raws", observatory, tmp_path, "-t", "direct").stderr.splitlines()
    assert lines[9].endswith("empty09.fits: empty file.")
    assert lines[10].endswith("for the same reason: empty file.")
    assert len(lines) == 22
    assert lines[21].startswith("Failed: 34 more files, for like reasons: ")
    assert "which was taken" in lines[21]
