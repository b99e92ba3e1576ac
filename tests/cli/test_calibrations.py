"""Certifying calibrations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from skybutler import Butler

Good = Callable[..., str]
Bad = Callable[..., str]
Rows = Callable[..., list[dict[str, Any]]]


def test_certify(good: Good, bad: Bad, repo: Path) -> None:
    options = ("certify-calibrations", repo, "u/flats", "calib", "flat")
    said = good(*options, "--begin-date", "2026-01-01", "--end-date", "2026-02-01T12:00:00")
    assert said == ("Certified 1 dataset of type 'flat' in 'calib' for [2026-01-01T00:00:00, 2026-02-01T12:00:00).\n")
    with Butler(repo) as butler:
        ((_, _, span),) = butler.registry.calibrations.ranges("calib", "flat")
        assert str(span) == "[2026-01-01T00:00:00, 2026-02-01T12:00:00)"
    assert "overlap" in bad(*options, "--begin-date", "2026-01-15").lower()
    good(*options, "--begin-date", "2026-02-01T12:00:00")


def test_chains_are_searched_as_asked(good: Good, bad: Bad, repo: Path) -> None:
    good("collection-chain", repo, "ins", "u/one", "u/flats")
    assert "in 'u/one'" in bad("certify-calibrations", repo, "ins", "calib", "flat")
    good("certify-calibrations", repo, "ins", "calib", "flat", "--search-all-inputs")


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["u/flat", "calib", "flat"], "Did you mean 'u/flats'"),
        (["u/flats", "calib", "flt"], "Did you mean 'flat'"),
        (["u/one", "calib", "numbers"], "not a calibration dataset type"),
        (["u/flats", "u/one", "flat"], "u/one"),
        (["u/two", "calib", "flat"], "Nothing to certify"),
        (["u/flats", "calib", "flat", "--begin-date", "yesterday"], "yesterday"),
        (["u/flats", "calib", "flat", "--begin-date", "2026"], "like 2026-01-31"),
        (["u/flats", "calib", "flat", "--end-date", "2300-01-01"], "1678 to 2261"),
        (["u/flats", "calib", "flat", "--begin-date", "2026-02-01", "--end-date", "2026-01-01"], "empty"),
    ],
)
def test_mistakes_change_nothing(arguments: list[str], said: str, bad: Bad, repo: Path) -> None:
    assert said in bad("certify-calibrations", repo, *arguments)
    with Butler(repo) as butler:
        assert "calib" not in butler.collections.query()


def test_certifying_again_says_so(good: Good, repo: Path) -> None:
    options = ("certify-calibrations", repo, "u/flats", "calib", "flat")
    good(*options)
    assert good(*options) == "Certified 0 datasets of type 'flat' in 'calib' for (-∞, ∞); 1 were before.\n"


def test_the_way_out_of_a_conflict_works(good: Good, bad: Bad, repo: Path) -> None:
    options = ("certify-calibrations", repo, "u/flats", "calib", "flat")
    good(*options, "--begin-date", "2026-01-01", "--end-date", "2026-03-01")
    said = bad(*options, "--begin-date", "2026-02-01", "--end-date", "2026-04-01")
    command = said[said.index("butler decertify-calibrations") :].split()[1:]
    assert "1 validity range of" in good(*(str(repo) if word == "REPO" else word for word in command))
    good(*options, "--begin-date", "2026-02-01", "--end-date", "2026-04-01")


def test_decertify(good: Good, bad: Bad, rows: Rows, repo: Path) -> None:
    good("certify-calibrations", repo, "u/flats", "calib", "flat")
    options = (
        "decertify-calibrations",
        repo,
        "calib",
        "flat",
        "--begin-date",
        "2026-01-01",
        "--end-date",
        "2026-02-01",
    )
    assert "0 validity ranges" in good(*options, "--data-id", "instrument=Cam", "--data-id", "detector=1")
    assert good(*options, "--data-id", "detector=R0") == (
        "Took [2026-01-01T00:00:00, 2026-02-01T00:00:00) out of 1 validity range of 'flat' in 'calib'.\n"
    )
    assert [r["valid"] for r in rows("query-calibrations", repo)] == [
        [None, "2026-01-01T00:00:00.000000000"], ["2026-02-01T00:00:00.000000000", None],
    ]  # fmt: skip
    assert "empty" in bad(
        "decertify-calibrations", repo, "calib", "flat", "--begin-date", "2026-01-01", "--end-date", "2025-01-01"
    )
    assert "'flat'" in bad("decertify-calibrations", repo, "calib", "flt")
    assert "u/flats" in bad("decertify-calibrations", repo, "u/flats", "flat")


def test_validity_is_shown(good: Good, bad: Bad, run: Callable[..., Result], rows: Rows, repo: Path) -> None:
    assert "certify-calibrations" in run("query-calibrations", repo).stderr
    good("certify-calibrations", repo, "u/flats", "calib", "flat", "--end-date", "2026-02-01")
    (row,) = rows("query-calibrations", repo, "cal*", "-d", "fl*", "--data-id", "detector=0", "--at", "2025-01-01")
    assert row["type"] == "flat"
    assert (row["collection"], row["run"], row["detector"]) == ("calib", "u/flats", 0)
    assert row["valid"] == [None, "2026-02-01T00:00:00.000000000"]
    assert rows("query-calibrations", repo, "--at", "2027-01-01") == []
    assert rows("query-calibrations", repo, "--data-id", "detector=2") == []
    assert "(-∞, 2026-02-01T00:00:00)" in good("query-calibrations", repo)
    assert "flat  detector=0  <====" in good("query-calibrations", repo, "--timeline")
    assert "Did you mean 'calib'" in bad("query-calibrations", repo, "calub")
    assert "Did you mean 'detector'" in bad("query-calibrations", repo, "--data-id", "detectr=1")


def test_export(good: Good, bad: Bad, rows: Rows, repo: Path, tmp_path: Path) -> None:
    assert "certify-calibrations" in bad("export-calibs", repo, tmp_path / "out")
    good("certify-calibrations", repo, "u/flats", "calib", "flat")
    template = "{run:/}/{datasetType}_{instrument}_{detector}"
    said = good("export-calibs", repo, tmp_path / "out", "cal*", "-d", "flat", "-t", "copy", "--template", template)
    assert said.split() == [
        "calibrationType", "run", "instrument", "detector", "---------------", "-------", "----------", "--------",
        "flat", "u/flats", "Cam", "0",
    ]  # fmt: skip
    assert (tmp_path / "out/u/flats/flat_Cam_0.yaml").is_file()
    assert "is there already" in bad("export-calibs", repo, tmp_path / "out")
    assert "Did you mean 'calib'" in bad("export-calibs", repo, tmp_path / "new", "calub")
    (row,) = rows("export-calibs", repo, tmp_path / "json")
    assert row == {"calibrationType": "flat", "run": "u/flats", "instrument": "Cam", "detector": 0}
    good("create", tmp_path / "second")
    good("import", tmp_path / "second", tmp_path / "out", "-t", "copy")
    assert rows("query-calibrations", tmp_path / "second") == rows("query-calibrations", repo)
