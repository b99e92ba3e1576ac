"""``write-curated-calibrations``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from click.testing import Result

from skybutler.instruments import Instrument
from skybutler.sim.curated import simulate_defects

Good = Callable[..., str]
Bad = Callable[..., str]
Run = Callable[..., Result]
IMSIM = Instrument.load("LSSTCam-imSim")


def test_without_text_calibrations(run: Run, good: Good, observatory: Path) -> None:
    result = run("write-curated-calibrations", observatory, "LSSTCam-imSim")
    assert result.exit_code == 0
    assert result.stdout == "camera: 1 written.\nCertified 1 validity range in 'LSSTCam-imSim/calib'.\n"
    assert "No text calibrations were given: pass --data DIR" in result.stderr
    assert "Nothing is new" in good("write-curated-calibrations", observatory, "LSSTCam-imSim")


def test_with_them(good: Good, bad: Bad, run: Run, rows: Callable[..., list[dict[str, Any]]], observatory: Path,
                   tmp_path: Path) -> None:  # fmt: skip
    (path, *_) = simulate_defects(tmp_path / "tree", IMSIM, [IMSIM.detector(94)], scale=32)
    (tmp_path / "tree/notes").mkdir()
    options = ("write-curated-calibrations", observatory, "LSSTCam-imSim", "a,b", "--label", "c", "--prefix", "p",
               "--data", tmp_path / "tree")  # fmt: skip
    result = run(*options)
    assert result.exit_code == 0, result.output
    assert "defects: " in result.stdout
    assert "'p/calib/a/b/c'" in result.stdout
    assert result.stderr == f"Passed over in {tmp_path / 'tree'}: notes.\n"
    assert {r["type"] for r in rows("query-calibrations", observatory)} == {"camera", "defects"}
    path.write_text(path.read_text() + "5 5 1 1\n")
    assert "with another content" in bad(*options)


def test_mistakes(bad: Bad, observatory: Path, tmp_path: Path) -> None:
    assert "Did you mean 'LSSTCam-imSim'" in bad("write-curated-calibrations", observatory, "LSSTCam-imsm")
    assert "nowhere" in bad(
        "write-curated-calibrations", observatory, "LSSTCam-imSim", "--data", tmp_path / "nowhere", status=2
    )
    assert "expected as TYPE" in bad("write-curated-calibrations", observatory, "LSSTCam-imSim", "--data", tmp_path)
