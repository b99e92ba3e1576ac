"""Making repositories from recipes on the command line."""

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
def recipe(tmp_path: Path, raws: Path) -> Path:
    """A recipe with two steps; the raws are those of the simulator."""
    (tmp_path / "recipe.yaml").write_text(
        "variables: {REPO: nowhere}\nrepository: $REPO\nsteps:\n"
        f"  - register-instrument: LSSTCam-imSim\n  - ingest-raws: {{locations: {raws}, transfer: copy}}\n"
    )
    return tmp_path / "recipe.yaml"


def test_once_and_again(good: Good, recipe: Path, tmp_path: Path) -> None:
    arguments = ("init-from", recipe, "--set", f"REPO={tmp_path}/made")
    lines = good(*arguments).splitlines()
    assert lines[0].startswith(f"0/2 create {tmp_path}/made: 1 repository in ")
    assert lines[1].startswith("1/2 register-instrument LSSTCam-imSim: 196 records in ")
    assert "4 raws (2 new exposures) in " in lines[2]
    assert lines[4].split() == ["step", "kind", "what", "new", "before", "of", "seconds", "per", "second"]
    assert lines[-1].startswith("3 of 3 steps had something to do; ")
    lines = good(*arguments).splitlines()
    assert "nothing to do, 4 there before in " in lines[2]
    assert lines[-1].startswith("Nothing to do: all was there; ")
    with Butler(tmp_path / "made", collections="LSSTCam-imSim/raw/all") as butler:
        assert butler.query_datasets("raw").count() == 4


def test_dry_run(good: Good, rows: Rows, recipe: Path, raws: Path, tmp_path: Path) -> None:
    arguments = ("init-from", recipe, "--set", f"REPO={tmp_path}/made", "--dry-run")
    shown = good(*arguments)
    assert "Nothing was done. In all about " in shown
    assert not (tmp_path / "made").exists()
    found = rows(*arguments)
    assert [(r["step"], r["kind"], r["new"], r["existing"]) for r in found] == [
        (0, "create", 1, 0),
        (1, "register-instrument", 196, 0),
        (2, "ingest-raws", 4, 0),
    ]
    assert found[2]["bytes"] == sum(path.stat().st_size for path in raws.rglob("*.fits"))


def test_json(rows: Rows, recipe: Path, tmp_path: Path) -> None:
    found = rows("init-from", recipe, "--set", f"REPO={tmp_path}/made")
    assert [(r["kind"], r["new"], r["unit"]) for r in found][1:] == [
        ("register-instrument", 196, "records"),
        ("ingest-raws", 4, "raws"),
    ]


def test_mistakes_are_told_with_their_place(bad: Bad, recipe: Path, tmp_path: Path) -> None:
    text = recipe.read_text()
    recipe.write_text(text.replace("transfer: copy", "tranfser: copy"))
    assert f"{recipe}:5:" in bad("init-from", recipe)
    assert "Did you mean 'transfer'?" in bad("init-from", recipe)
    recipe.write_text(text.replace("LSSTCam-imSim", "LSSTCam-imSom"))
    said = bad("init-from", recipe, "--set", f"REPO={tmp_path}/made")
    assert said.splitlines()[-1] == f"In {recipe}:4:5, step register-instrument."
    assert "NAME=VALUE" in bad("init-from", recipe, "--set", "REPO", status=2)
    assert not (tmp_path / "made").exists()
