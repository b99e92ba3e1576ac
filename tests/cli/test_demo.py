"""The demonstration: it tells its story, its commands work, and it never removes what is not its own."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from skybutler import Butler

Good = Callable[..., str]
Bad = Callable[..., str]


def test_the_whole_story(good: Good, bad: Bad, tmp_path: Path) -> None:
    place = tmp_path / "a demo"
    told = good("demo", place, "--visits", 1)
    assert "Ingested 9 raws of 1 exposures in place" in told
    scatter = re.search(r"scatter ([\d.]+) -> ([\d.]+) counts", told)
    assert scatter is not None
    assert float(scatter[2]) < 0.9 * float(scatter[1])
    commands = [line.strip() for line in told.partition("Now try:\n")[2].splitlines()]
    assert len(commands) == 10
    for command in commands:
        name, *arguments = shlex.split(command)
        assert name == "butler"
        assert str(place) in arguments
        assert len(good(*arguments).splitlines()) >= 2

    with Butler(place, collections="u/demo") as butler:
        exposures = [d["exposure"] for d in butler.query_data_ids(["exposure"])]
        found = butler.get("raw_statistics", instrument="LSSTCam-imSim", exposure=exposures[0], detector=98)
        assert 0 < found["minimum"] < found["median"] < found["maximum"]
        flat = butler.get("flat", instrument="LSSTCam-imSim", exposure=exposures[0], detector=94)
        assert flat.image.array.mean() == pytest.approx(1.0, abs=0.01)
        shard = butler.query_datasets("cal_ref_cat", instrument="LSSTCam-imSim", visit=exposures[0])[0]
        assert len(butler.get(shard)) > 100
        calexp = butler.query_datasets("calexp", "2.2i/runs/DP0.2", instrument="LSSTCam-imSim", visit=exposures[0])[0]
        assert butler.get(calexp).psf.sigma() == pytest.approx(0.96, abs=0.05)
        objects = butler.query_datasets("objectTable", "2.2i/runs/DP0.2")[0]
        assert len(butler.get(objects)) > 50
        assert calexp.id in butler.lineage(objects).nodes
        raw = butler.get("raw", instrument="LSSTCam-imSim", exposure=exposures[0], detector=90)
        assert raw.image.array.shape[0] < 1000

    assert "obs_collection: LSST.DP02" in good("obscore", "configure", place, "--show")

    assert "--overwrite" in bad("demo", place)
    mine = place / "mine"
    (place / ".skybutler-demo").rename(mine)
    assert "is not empty" in bad("demo", place, "--overwrite")
    assert mine.exists()


def test_overwriting_and_not_keeping(good: Good, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "demo"
    place.mkdir()
    (place / ".skybutler-demo").write_text("")
    (place / "old").write_text("")
    told = good("demo", place, "--overwrite", "--no-keep", "--visits", 1)
    assert "was removed again" in told
    assert not place.exists()
    assert list(tmp_path.iterdir()) == []


def test_other_peoples_directories_are_safe(bad: Bad, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("precious")
    assert "is not empty" in bad("demo", tmp_path)
    assert "is not empty" in bad("demo", tmp_path, "--overwrite")
    assert "is a file" in bad("demo", tmp_path / "file", "--overwrite", status=2)
    assert (tmp_path / "file").read_text() == "precious"
