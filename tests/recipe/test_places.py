from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.errors import ConfigError, MissingFileError
from skybutler.recipe.places import braces, existing, files_of, placed


@pytest.mark.parametrize(
    "text, expected",
    [
        ("y{1..3}-wfd", ["y1-wfd", "y2-wfd", "y3-wfd"]),
        ("{08..11}", ["08", "09", "10", "11"]),
        ("{3..1}", ["3", "2", "1"]),
        ("{a,b}{1..2}", ["a1", "a2", "b1", "b2"]),
        ("{a,b{1..2}}", ["a", "b1", "b2"]),
        ("{,x}y", ["y", "xy"]),
        ("{htm7}.fits", ["{htm7}.fits"]),
        ("plain", ["plain"]),
        ("{a..c}", ["{a..c}"]),
    ],
)
def test_braces(text: str, expected: list[str]) -> None:
    assert sorted(braces(text)) == sorted(expected)


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@given(parts=st.lists(st.sampled_from(["a", "{1..3}", "{07..10}", "{x,y}", "-", "{5..3}", "{p,q{1..2}}"]), max_size=4))
def test_braces_are_those_of_a_shell(parts: list[str]) -> None:
    text = "z" + "".join(parts)
    said = subprocess.run(["bash", "-c", f"echo {text}"], capture_output=True, text=True, check=True).stdout.split()
    assert sorted(braces(text)) == sorted(said)


def test_braces_cannot_stand_for_everything() -> None:
    with pytest.raises(ConfigError, match="more than 10000"):
        braces("{1..100}{1..100}{1..100}")


def test_relative_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/users/me")
    assert placed("a/../b", "/top") == "/top/b"
    assert placed("/a", "/top") == "/a"
    assert placed("~/a", "/top") == "/users/me/a"
    assert placed("s3://bucket/a", "/top") == "s3://bucket/a"


def test_places_that_exist(tmp_path: Path) -> None:
    for name in ("y1", "y2", "z"):
        (tmp_path / name).mkdir()
    found = existing(["y{1..2}", "*", "s3://b/x"], str(tmp_path))
    assert [os.path.basename(place) for place in found] == ["y1", "y2", "z", "x"]
    with pytest.raises(MissingFileError, match=r"/y3 \(y\{2\.\.3\}\)"):
        existing(["y{2..3}"], str(tmp_path))
    with pytest.raises(MissingFileError, match="Nothing is at"):
        existing(["q*"], str(tmp_path))


def test_names_tell_data_ids(tmp_path: Path) -> None:
    for name in ("g/R12.fits", "g/R3.fits", "r/R12.fits", "r/R.fits", "r/x.txt", "R5.fits", "g/deep/R1.fits"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = files_of(str(tmp_path), "{band}/R{detector}.fits")
    assert [os.path.relpath(path, tmp_path) for path in found.paths] == ["g/R12.fits", "g/R3.fits", "r/R12.fits"]
    assert found.columns == {"band": ["g", "g", "r"], "detector": ["12", "3", "12"]}
    assert found.others == 2
    assert files_of(str(tmp_path), "{band}/R*.{kind}").columns["kind"] == ["fits"] * 4


@pytest.mark.parametrize(
    "pattern, error, said",
    [
        ("{htm7}.fits", MissingFileError, "No file in"),
        ("{a}/{a}.fits", ConfigError, "names a dimension twice"),
    ],
)
def test_forms_that_cannot_be(tmp_path: Path, pattern: str, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        files_of(str(tmp_path), pattern)
    with pytest.raises(MissingFileError, match="no folder"):
        files_of(str(tmp_path / "none"), "{a}")
