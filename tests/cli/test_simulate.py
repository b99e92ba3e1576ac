"""Simulating a survey from the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Good = Callable[..., str]
Bad = Callable[..., str]


def test_simulate_and_take_in(good: Good, tmp_path: Path) -> None:
    told = good("simulate", tmp_path / "s", "--visits", 4, "--years", 2, "--detectors", "R22_S11,90", "--scale", 32)
    lines = told.splitlines()
    assert lines[0].startswith(f"Simulated {tmp_path / 's'} in ")
    assert lines[1].split()[:6] == ["raw/", "8", "raws", "of", "4", "visits,"]
    assert lines[1].endswith("in y1-wfd, y2-wfd")
    assert lines[2].split(maxsplit=1)[1] == "2 bias, 2 dark, 8 flat, 8 sky"
    assert lines[3].split(maxsplit=1)[1] == "4 lists of defects"
    repo = tmp_path / "repo"
    good("create", repo)
    good("register-instrument", repo, "LSSTCam-imSim")
    raws = good("ingest-raws", "--transfer", "direct", repo, tmp_path / "s/raw/y1-wfd", tmp_path / "s/raw/y2-wfd")
    assert raws.splitlines()[2].split()[:4] == ["8", "8", "0", "0"]
    good("register-dataset-type", repo, "cal", "SimpleCatalog", "htm7")
    shards = len(list((tmp_path / "s/refcats/cal_ref_cat").iterdir()))
    table = tmp_path / "s/refcats/refcat.ecsv"
    assert f"Ingested {shards} datasets" in good("ingest-files", "-t", "direct", repo, "cal", "refcats", table)
    good(
        "register-dataset-type",
        repo,
        "flat",
        "ExposureF",
        "instrument",
        "detector",
        "physical_filter",
        "--is-calibration",
    )
    assert "Ingested 8 datasets" in good("ingest-files", repo, "flat", "flats", tmp_path / "s/calibrations/flat.ecsv")


def test_only_raws(good: Good, tmp_path: Path) -> None:
    told = good(
        "simulate", tmp_path, "--visits", 1, "--detectors", 1, "--scale", 32, "--seed", 7,
        "--no-calibrations", "--no-refcats", "--no-index-files",
    )  # fmt: skip
    assert [line.split()[0] for line in told.splitlines()[1:]] == ["raw/", "skymaps/"]
    assert [p.name for p in tmp_path.rglob("*.fits")] == ["lsst_a_250000_R22_S11_r.fits"]


@pytest.mark.parametrize(
    "arguments, status, said",
    [
        (["--detectors", "R22_S91"], 1, "Did you mean"),
        (["--detectors", "300"], 1, "has 189 detectors"),
        (["--detectors", ","], 1, "at least one detector"),
        (["--visits", "0"], 2, "--visits"),
        (["--scale", "x"], 2, "--scale"),
    ],
)
def test_mistakes(arguments: list[str], status: int, said: str, bad: Bad, tmp_path: Path) -> None:
    assert said in bad("simulate", tmp_path / "s", *arguments, status=status)
    assert not (tmp_path / "s").exists()


def test_a_full_disk_is_no_bug(bad: Bad, small_tmpfs: Callable[[int], Path]) -> None:
    disk = small_tmpfs(300 << 10)
    said = bad("simulate", disk, "--visits", 1, "--detectors", 3, "--scale", 32)
    assert "space" in said


def test_products_are_taken_in(good: Good, bad: Bad, tmp_path: Path) -> None:
    told = good(
        "simulate", tmp_path / "s", "--visits", 1, "--detectors", "R22_S11", "--scale", 16,
        "--no-calibrations", "--no-refcats", "--patch", "4431,17",
    )  # fmt: skip
    assert told.splitlines()[-1].split(maxsplit=1) == ["products/", "1 calexp, 1 src, 1 deepCoadd"]
    repo, products = tmp_path / "repo", tmp_path / "s/products"
    good("create", repo)
    good("register-instrument", repo, "LSSTCam-imSim")
    good("ingest-raws", "--transfer", "direct", repo, tmp_path / "s/raw")
    good("define-visits", repo, "LSSTCam-imSim")
    good("register-skymap", repo, "-C", tmp_path / "s/skymaps/DC2.py", "--tracts", 4431)
    detector, patch = ("instrument", "visit", "detector"), ("band", "skymap", "tract", "patch")
    for name, kind, dimensions in (
        ("calexp", "ExposureF", detector), ("src", "SourceCatalog", detector), ("deepCoadd", "ExposureF", patch),
    ):  # fmt: skip
        good("register-dataset-type", repo, name, kind, *dimensions)
        assert "Ingested 1 dataset" in good("ingest-files", repo, name, "runs/sim", products / f"{name}.ecsv")
    assert "calexp" in good("query-datasets", repo, "calexp", "--collections", "runs/sim")
    assert "no tract and patch" in bad("simulate", tmp_path / "x", "--patch", "4431")
