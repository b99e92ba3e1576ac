"""Scripts under ``python -m skybutler.compat``."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from skybutler import Butler, CollectionType
from skybutler.compat.__main__ import main
from support.seeds import python_blocks

TECHNOTE = "seeds/004_creating_dp02_repo.txt"


def _compat(*arguments: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "skybutler.compat", *map(str, arguments)]
    return subprocess.run(
        command, cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("by_argument", [True, False])
def test_the_script_of_the_technote_makes_the_chain(shared: Path, tmp_path: Path, by_argument: bool) -> None:
    (script,) = [b for b in python_blocks(shared / TECHNOTE) if "lsst.daf.butler" in b]
    (tmp_path / "make_chain.py").write_text(script)
    root = tmp_path / "repo"
    Butler.create(root)
    children = ("LSSTCam-imSim/raw/all", "2.2i/calib", "skymaps", "refcats")
    kinds = dict.fromkeys(children, CollectionType.RUN) | {"2.2i/calib": CollectionType.CALIBRATION}
    with Butler(root, writeable=True) as butler:
        for name, kind in kinds.items():
            butler.collections.register(name, kind)
    for _ in range(2):  # running it again changes nothing
        if by_argument:
            done = _compat("make_chain.py", root, cwd=tmp_path, REPO="nowhere")
        else:
            done = _compat("make_chain.py", cwd=tmp_path, REPO=str(root))
        assert done.returncode == 0, done.stderr
        with Butler(root) as butler:
            info = butler.collections.get_info("2.2i/defaults")
            assert (info.type, info.children) == (CollectionType.CHAINED, children)


def test_script_sees_its_arguments_its_folder_and_its_name(tmp_path: Path) -> None:
    (tmp_path / "neighbour.py").write_text("word = 'beside'")
    (tmp_path / "script.py").write_text(
        "import sys, neighbour\nfrom lsst.geom import degrees\nprint(sys.argv[1:], __name__, neighbour.word, degrees)"
    )
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = _compat("../script.py", "-x", "1", cwd=elsewhere)
    assert (done.returncode, done.stdout, done.stderr) == (0, "['-x', '1'] __main__ beside degrees\n", "")


def test_module_is_run(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text("import sys\nimport lsst.geom\nprint(sys.argv[1:], __name__)")
    done = _compat("-m", "module", "a", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "['a'] __main__\n"), done.stderr


def test_status_of_the_script_is_that_of_the_process(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text("raise SystemExit(7)")
    assert _compat("script.py", cwd=tmp_path).returncode == 7


def test_failures_show_the_script(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text("from lsst.afw.image import Calib")
    done = _compat("script.py", cwd=tmp_path)
    assert done.returncode == 1
    assert "lsst.afw.image.Calib is not served" in done.stderr
    assert 'script.py", line 1' in done.stderr


def test_missing_script_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "none.py")]) == 2
    assert "there is no script" in capsys.readouterr().err


@pytest.mark.parametrize("arguments, status", [([], 2), (["-m"], 2), (["--help"], 0)])
def test_usage(arguments: list[str], status: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == status
    out, err = capsys.readouterr()
    assert "usage: python -m skybutler.compat" in (out if status == 0 else err)
