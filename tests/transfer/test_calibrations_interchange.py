"""``export-calibs`` for the real lsst.daf.butler, and its own for us: same ids, validity, chains and files."""

from __future__ import annotations

from pathlib import Path

import pytest

from skybutler import Butler
from skybutler.transfer.calibrations import export_calibrations
from support.peer import Peer


def ranges(butler: Butler) -> list[tuple[object, ...]]:
    return [(v.collection, v.ref.id, v.ref.run, v.timespan) for v in butler.calibrations.validity("*")]


@pytest.mark.parametrize("template", [None, "{run:/}/{datasetType}/{datasetType}_{instrument}_{detector:?}_{run}"])
def test_through_the_peer_and_back(
    stored: Butler, target: Butler, peer: Peer, tmp_path: Path, template: str | None
) -> None:
    export_calibrations(stored, tmp_path / "ours", template=template)
    peer.butler("create", tmp_path / "theirs")
    peer.butler("import", "--export-file", "export.yaml", "-t", "copy", tmp_path / "theirs", tmp_path / "ours")
    assert ["tag/x", "run/a", "calib"] in peer.content(tmp_path / "theirs")["collections"]["all"]
    said = peer.butler("export-calibs", tmp_path / "theirs", tmp_path / "back", "all")
    assert said.split()[:2] == ["calibrationType", "run"]
    target.import_(directory=tmp_path / "back", filename="export.yaml", transfer="copy")
    assert ranges(target) == ranges(stored)
    assert target.collections.get_info("all").children == ("calib",)  # it leaves other members of chains out
    for detector in range(4):
        assert target.get("bias", detector=detector, collections="calib") == {"bias": detector}
