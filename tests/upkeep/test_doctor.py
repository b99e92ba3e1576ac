"""The whole examination, of a repository and of none."""

from __future__ import annotations

from pathlib import Path

from skybutler import Butler
from skybutler.upkeep.doctor import examine
from support.world import World


def test_a_repository(world: World, butler: Butler) -> None:
    found = list(examine(butler.config.root, write=True, full=True))
    assert [f for f in found if f.level == "error"] == []
    assert {"python", "configuration", "database", "schema", "datastore", "half-written files"} <= {
        f.check for f in found
    }


def test_no_repository(tmp_path: Path) -> None:
    assert "database" not in {f.check for f in examine()}
    found = {f.check: f for f in examine(str(tmp_path / "none"))}
    assert found["configuration"].level == "error"
    assert "database" not in found
