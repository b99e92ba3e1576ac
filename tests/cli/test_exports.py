"""``butler export`` and ``butler import``: what they say, and where the export file is looked for."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from skybutler import Butler, CollectionType

Good = Callable[..., str]
Bad = Callable[..., str]
Rows = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """A repository with two datasets, a tag and a chain."""
    Butler.create(tmp_path / "filled")
    with Butler(tmp_path / "filled", run="u/run") as butler:
        butler.insert_dimension_data("instrument", {"name": "Cam"})
        butler.insert_dimension_data(
            "detector", *({"instrument": "Cam", "id": i, "full_name": f"S{i}"} for i in range(2))
        )
        butler.register_dataset_type("plain", ["detector"])
        refs = [butler.put({"n": i}, "plain", instrument="Cam", detector=i) for i in range(2)]
        butler.collections.register("best", CollectionType.TAGGED)
        butler.registry.datasets.associate("best", [refs[0].id.bytes])
        butler.collections.register("all", CollectionType.CHAINED)
        butler.collections.redefine_chain("all", ["best", "u/run"])
    return tmp_path / "filled"


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    Butler.create(tmp_path / "empty")
    return tmp_path / "empty"


def test_there_and_back(good: Good, filled: Path, empty: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert good("export", filled, out, "plain", "--collection", "all") == f"Exported 2 datasets to {out}.\n"
    said = good("import", "-t", "copy", empty, out)
    lines = {line.split("  ")[0].strip(): line.split()[-2:] for line in said.splitlines()}
    assert lines["datasets"] == ["2", "0"]
    assert lines["collections"] == ["3", "0"]
    assert lines["tagged"] == ["1", "0"]
    assert lines["detector records"] == ["2", "0"]
    assert said.endswith(f"Imported 2 datasets from {out / 'export.yaml'}.\n")
    with Butler(empty, collections="all") as butler:
        assert butler.get("plain", detector=1) == {"n": 1}
    assert good("import", empty, out).endswith(f"Nothing new in {out / 'export.yaml'}.\n")


def test_json(good: Good, filled: Path, empty: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert json.loads(good("export", filled, out, "plain", "--json")) == [
        {"file": f"{out}/export.yaml", "datasets": 2}
    ]  # fmt: skip
    rows = {row["kind"]: (row["new"], row["existing"]) for row in json.loads(good("import", empty, out, "--json"))}
    assert rows["datasets"] == (2, 0)
    assert rows["files"] == (2, 0)


def test_some_datasets_and_no_files(good: Good, filled: Path, empty: Path, tmp_path: Path) -> None:
    good("export", filled, tmp_path, "--where", "detector = 1", "-t", "none", "--export-file", "some.yaml")
    assert "path: u/run/plain" in (tmp_path / "some.yaml").read_text()
    good("import", "--export-file", "some.yaml", "--without-datastore", empty, tmp_path)
    with Butler(empty) as butler:
        (ref,) = butler.query_datasets("plain", "u/run")
        assert ref.data_id["detector"] == 1
        assert not butler.exists(ref)


def test_collections_alone(good: Good, filled: Path, tmp_path: Path) -> None:
    assert good("export", filled, tmp_path / "out", "--collection", "all").startswith("Exported 0 datasets")
    text = (tmp_path / "out" / "export.yaml").read_text()
    assert "type: dataset\n" not in text
    assert text.count("type: collection") == 3


def test_skipped_dimensions_and_the_file_here(
    good: Good, bad: Callable[..., str], filled: Path, empty: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good("export", filled, tmp_path / "out", "plain")
    (tmp_path / "here").mkdir()
    (tmp_path / "out" / "export.yaml").rename(tmp_path / "here" / "export.yaml")
    monkeypatch.chdir(tmp_path / "here")
    assert "Register it with" in bad("import", empty, tmp_path / "out", "-s", "instrument,detector")
    good("import", empty, tmp_path / "out")


def test_what_is_wrong_is_said_in_words(bad: Callable[..., str], empty: Path, tmp_path: Path) -> None:
    assert "There is no export file" in bad("import", empty, tmp_path / "nowhere")
    (tmp_path / "export.yaml").write_text("version: 1.9.0\ndata: []\n")
    assert "version 1.9.0" in bad("import", empty, tmp_path)
    (tmp_path / "export.yaml").write_text("version: 1.0.2\ndata:\n- type: walk\n")
    assert "line 3: unknown block type 'walk'" in bad("import", empty, tmp_path)


# --------------------------------------------------------------------- bundles
@pytest.mark.parametrize("name", ["bundle", "bundle.zip"])
def test_bundles_go_out_and_come_back(good: Good, rows: Rows, repo: Path, tmp_path: Path, name: str) -> None:
    place = tmp_path / name
    assert good("export", repo, place, "--format", "bundle") == f"Exported 6 datasets to {place}.\n"
    good("create", tmp_path / "new")
    assert good("import", tmp_path / "new", place).endswith(f"Imported 6 datasets from {place}.\n")
    assert good("import", tmp_path / "new", place).endswith(f"Nothing new in {place}.\n")
    before, after = (rows("query-datasets", r) for r in (repo, tmp_path / "new"))
    assert after == before
    assert rows("query-collections", tmp_path / "new") == rows("query-collections", repo)


def test_a_part_of_a_repository_as_a_bundle(good: Good, rows: Rows, repo: Path, tmp_path: Path) -> None:
    options = ("--format", "bundle", "--json", "-t", "none")
    assert rows("export", repo, tmp_path / "a", "numbers", "--collection", "both", *options[:2])[0]["datasets"] == 4
    assert rows("export", repo, tmp_path / "b", "--collection", "both", *options[:2])[0]["datasets"] == 0
    good("export", repo, tmp_path / "c", "numbers", *options)
    good("create", tmp_path / "new")
    good("import", tmp_path / "new", tmp_path / "c", "--files", repo)
    assert len(rows("query-datasets", tmp_path / "new", "--show-uri")) == 4


def test_mistakes_with_bundles(bad: Bad, good: Good, repo: Path, tmp_path: Path) -> None:
    good("export", repo, tmp_path / "b", "--format", "bundle", "-t", "none")
    assert "exists" in bad("export", repo, tmp_path / "b", "--format", "bundle")
    assert "direct" in bad("export", repo, tmp_path / "c", "--format", "bundle", "-t", "direct", status=2)
    good("create", tmp_path / "new")
    assert "--directory" in bad("import", tmp_path / "new", tmp_path / "b")
    assert "skip-dimensions" in bad("import", tmp_path / "new", tmp_path / "b", "-s", "detector", status=2)
