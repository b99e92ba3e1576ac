"""Entering and removing labels: the content is right for every text, comments stay, and writers wait for each other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from skybutler.butler.config import load_yaml
from skybutler.butler.label_index import add_label, index_to_change, remove_label
from skybutler.errors import ConfigError, ConflictError, InvalidError, NotFoundError, ReadOnlyError

_labels = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,6}", fullmatch=True).filter(
    lambda text: not text.endswith((".yaml", ".yml"))
)
_places = st.one_of(
    st.sampled_from(["/repo/main", "s3://bucket/x", "/a: b", "/a #b", "null", "yes", "12", "{x}", "'q", '"q"', "- a"]),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Cn", "Co")), min_size=1),
)


@given(st.lists(st.tuples(_labels, _places, st.booleans()), max_size=8), st.sampled_from(["a.yaml", "a.json"]))
def test_an_index_is_a_dictionary(steps: list[tuple[str, str, bool]], name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        index, model = os.path.join(folder, name), {}
        for label, place, add in steps:
            if add:
                add_label(index, label, place, replace=True)
                model[label] = place
            elif label in model:
                assert remove_label(index, label) == model.pop(label)
            if os.path.exists(index):
                text = Path(index).read_text(encoding="utf-8")
                read = json.loads(text) if name.endswith("json") else yaml.safe_load(text) or {}
                assert {str(k): v for k, v in read.items()} == model


def test_comments_stay(tmp_path: Path) -> None:
    index = tmp_path / "index.yaml"
    index.write_text("# Our repositories\nmain: /repo/main  # the one\n\n# old ones\n'dp01': /repo/dp01")
    add_label(str(index), "dp02", "/repo/dp02")
    add_label(str(index), "dp01", "/new/dp01", replace=True)
    assert index.read_text() == (
        "# Our repositories\nmain: /repo/main  # the one\n\n# old ones\ndp01: /new/dp01\ndp02: /repo/dp02\n"
    )
    remove_label(str(index), "main")
    assert index.read_text() == "# Our repositories\n\n# old ones\ndp01: /new/dp01\ndp02: /repo/dp02\n"


@pytest.mark.parametrize(
    "text", ["{main: /repo/main}\n", "main:\n  /repo/main\n", "---\nmain: >-\n  /repo/main\n...\n"]
)
def test_other_ways_to_write_yaml(tmp_path: Path, text: str) -> None:
    index = tmp_path / "index.yaml"
    index.write_text(text)
    add_label(str(index), "dp02", "/repo/dp02")
    assert yaml.safe_load(index.read_text()) == {"main": "/repo/main", "dp02": "/repo/dp02"}
    remove_label(str(index), "main")
    assert yaml.safe_load(index.read_text()) == {"dp02": "/repo/dp02"}


def test_known_labels(tmp_path: Path) -> None:
    index = str(tmp_path / "new" / "index.yaml")
    assert add_label(index, "main", "/repo/main")
    assert not add_label(index, "main", "/repo/main")
    with pytest.raises(ConflictError, match=r"'main' already stands for /repo/main.*--replace"):
        add_label(index, "main", "/repo/other")
    with pytest.raises(NotFoundError, match="Did you mean 'main'"):
        remove_label(index, "mian")
    for wrong in ("a/b", "", "a b", ".a", "x.yaml", "a:b"):
        with pytest.raises(InvalidError, match="cannot be a label"):
            add_label(index, wrong, "/repo/main")


@pytest.mark.parametrize("name", ["a.yaml", "a.json"])
def test_places_that_no_index_can_hold(tmp_path: Path, name: str) -> None:
    add_label(str(tmp_path / name), "a", "/repo/𐀀")
    with suppress(InvalidError):
        add_label(str(tmp_path / name), "b", "/repo/\x80\ufffe\x00")
    add_label(str(tmp_path / name), "c", "/repo/c")
    assert load_yaml(tmp_path / name)["a"] == "/repo/𐀀"


def test_a_malformed_index_stays(tmp_path: Path) -> None:
    index = tmp_path / "index.yaml"
    index.write_text("main: [/repo")
    with pytest.raises(ConfigError, match="not valid YAML"):
        add_label(str(index), "dp02", "/repo/dp02")
    assert index.read_text() == "main: [/repo"
    assert os.listdir(tmp_path) == ["index.yaml"]


def test_links_and_permissions_stay(tmp_path: Path) -> None:
    real, index = tmp_path / "real.yaml", tmp_path / "index.yaml"
    real.write_text("main: /repo/main\n")
    real.chmod(0o640)
    index.symlink_to(real)
    add_label(str(index), "dp02", "/repo/dp02")
    assert index.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert "dp02" in real.read_text()


def _try_to_add(index: str) -> str:
    try:
        add_label(index, "dp02", "/repo/dp02")
    except ReadOnlyError as error:
        return str(error)
    return ""


def test_a_read_only_index(tmp_path: Path, unprivileged: Callable[..., Any]) -> None:
    index = tmp_path / "index.yaml"
    index.write_text("main: /repo/main\n")
    tmp_path.chmod(0o555)
    assert "cannot be written: Permission denied" in unprivileged(_try_to_add, str(index))
    assert index.read_text() == "main: /repo/main\n"


_ADD_MANY = """
import sys
from skybutler.butler.config import load_yaml
from skybutler.butler.label_index import add_label
for i in range(20):
    add_label(sys.argv[1], f"w{sys.argv[2]}_{i}", "/repo/x")
"""


def test_writers_at_the_same_time(tmp_path: Path) -> None:
    index = tmp_path / "index.yaml"
    workers = [subprocess.Popen([sys.executable, "-c", _ADD_MANY, str(index), str(n)]) for n in range(3)]
    assert [worker.wait(60) for worker in workers] == [0, 0, 0]
    assert len(yaml.safe_load(index.read_text())) == 60
    assert os.listdir(tmp_path) == ["index.yaml"]


def test_which_index_is_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAF_BUTLER_REPOSITORIES", raising=False)
    monkeypatch.delenv("DAF_BUTLER_REPOSITORY_INDEX", raising=False)
    with pytest.raises(ConfigError, match=r"DAF_BUTLER_REPOSITORY_INDEX is not set.*--index"):
        index_to_change(None)
    monkeypatch.setenv("DAF_BUTLER_REPOSITORY_INDEX", (tmp_path / "a b.yaml").as_uri())
    assert index_to_change(None) == str(tmp_path / "a b.yaml")
    assert index_to_change(str(tmp_path / "c.yaml")) == str(tmp_path / "c.yaml")
    monkeypatch.setenv("DAF_BUTLER_REPOSITORY_INDEX", "s3://bucket/index.yaml")
    with pytest.raises(ConfigError, match="not a local file"):
        index_to_change(None)
    monkeypatch.setenv("DAF_BUTLER_REPOSITORIES", "{}")
    with pytest.raises(ConfigError, match="no command can change"):
        index_to_change(None)
