"""``butler summary``: words, JSON, a picture, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from skybutler.cli.summary import size_text

Good = Callable[..., str]


def test_words(good: Good, repo: Path) -> None:
    shown = good("summary", repo)
    assert "6 in 4 collections" in shown
    assert "Cam: 3 detectors, 0 filters" in shown
    tree = [line.split()[0] for line in shown.partition("Collection")[2].splitlines()[2:7] if line.strip()]
    assert tree == ["both", "u/two", "u/one", "u/flats"]


def test_json(good: Good, repo: Path) -> None:
    found = json.loads(good("summary", repo, "--json"))
    assert found["datasets"] == 6
    assert {t["name"]: t["datasets"] for t in found["dataset_types"]} == {"flat": 1, "note": 1, "numbers": 4}
    assert found["sky"] is None


def test_some_collections(good: Good, bad: Good, repo: Path) -> None:
    found = json.loads(good("summary", repo, "--collections", "u/two", "--json"))
    assert [c["name"] for c in found["collections"]] == ["u/two"]
    assert found["datasets"] == 1
    assert "u/three" in bad("summary", repo, "--collections", "u/three")


def test_a_picture(good: Good, bad: Good, repo: Path, tmp_path: Path) -> None:
    assert "Picture" in good("summary", repo, "--plot", tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert "*.png" in bad("summary", repo, "--plot", tmp_path / "a.gif", status=2)
    assert "sky" in bad("summary", repo, "--plot", tmp_path / "b.png", "--no-sky", status=2)
    assert "No such file" in bad("summary", repo, "--plot", tmp_path / "none" / "a.png")


def test_an_observatory_without_data(good: Good, observatory: Path) -> None:
    shown = good("summary", observatory)
    assert "189 detectors" in shown
    assert "0 in 0 collections" in shown


def test_no_repository(bad: Good, tmp_path: Path) -> None:
    assert "not a repository" in bad("summary", tmp_path)


@pytest.mark.parametrize(
    "size, text", [(0, "0 B"), (999, "999 B"), (51_557_760, "51.6 MB"), (999_960, "1 MB"), (2.5e15, "2.5 PB")]
)
def test_sizes(size: int, text: str) -> None:
    assert size_text(int(size)) == text
