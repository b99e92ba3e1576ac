"""The export files of real LSST packages: in, out again with the same content, and what is said of missing files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from skybutler import Butler
from skybutler.errors import MissingFileError
from skybutler.transfer.yaml_values import ExportLoader
from support.transfer import content_of, save_everything

IMSIM, CFHT, LSSTCAM = "ap_verify_testdata-imsim-export.yaml", "jointcal-cfht-exports.yaml", "lsstcam-subset.yaml"
Parsed = dict[str, Any]


@pytest.fixture
def files(shared: Path) -> Path:
    return shared / "data" / "exports"


def parsed(path: Path) -> Parsed:
    """An export file in the form of universe 8, the order of what has none taken away."""
    content: Parsed = yaml.load(path.read_text(), ExportLoader)
    old = content.get("universe_version", 0) < 6
    blocks = []
    for block in content["data"]:
        if block["type"] == "dataset":
            block["records"].sort(key=lambda r: str(r["data_id"]))
        if block["type"] == "dataset_type":
            block["dimensions"] = upgraded(set(block["dimensions"]), old=old)
        if block["type"] == "dimension":
            blocks += [(block["element"], [record(block["element"], r, old=old) for r in block["records"]])]
        else:
            blocks.append(block)
    return {"head": content["description"], "blocks": blocks}


def upgraded(dimensions: set[str], *, old: bool) -> set[str]:
    if old and "visit" in dimensions:
        return (dimensions - {"visit_system"}) | {"day_obs"}
    return dimensions


def record(element: str, fields: Parsed, *, old: bool) -> Parsed:
    dropped = {"visit_system"} if old and element == "visit" else set()
    return {name: value for name, value in fields.items() if name not in dropped and value is not None}


def elements(content: Parsed) -> dict[str, Any]:
    return dict(b for b in content["blocks"] if isinstance(b, tuple))


def others(content: Parsed) -> list[Any]:
    return [b for b in content["blocks"] if not isinstance(b, tuple)]


def placeholder(block: Parsed) -> bool:
    """Whether this is the collection that had to be made first."""
    return block.get("name") == "refcats" and block.get("collection_type") == "RUN"


def export_all(butler: Butler, path: Path) -> Path:
    with butler.export(filename=path) as export:
        save_everything(butler, export)
    return path


@pytest.mark.parametrize("name", [IMSIM, CFHT, LSSTCAM])
def test_the_same_comes_out_again_without_files(target: Butler, files: Path, tmp_path: Path, name: str) -> None:
    if name == CFHT:
        target.collections.register("refcats")  # which a chain of the file has as a child, and the file has not
    report = target.import_(filename=files / name, without_datastore=True)
    assert report.is_change
    assert not target.import_(filename=files / name, without_datastore=True).is_change
    first, second = parsed(files / name), parsed(export_all(target, tmp_path / "x.yaml"))
    expected = others(first)
    for block in expected:
        for r in block.get("records", ()):  # nothing is stored, so nothing can be said of it
            del r["path"], r["formatter"]
    assert [b for b in others(second) if not placeholder(b)] == expected
    brought = elements(second)
    assert {e: brought[e] for e in elements(first)} == elements(first)
    more = set(brought) - set(elements(first))
    assert more == ({"day_obs", "visit_system_membership"} if name == CFHT else set())


@pytest.mark.parametrize("name", [IMSIM, CFHT])
def test_paths_and_formatters_come_out_again_too(target: Butler, files: Path, tmp_path: Path, name: str) -> None:
    root = Path(target.datastore.storage.local_root or "")
    paths = [r["path"] for b in parsed(files / name)["blocks"] if isinstance(b, dict) for r in b.get("records", ())]
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("not the real one")
    if name == CFHT:
        target.collections.register("refcats")
    report = target.import_(filename=files / name, transfer=None)
    assert report.files == len(paths)
    again = others(parsed(export_all(target, tmp_path / "x.yaml")))
    assert [b for b in again if not placeholder(b)] == others(parsed(files / name))


def test_lsstcam_comes_out_byte_by_byte(make: Callable[..., Butler], files: Path, tmp_path: Path) -> None:
    target = make(dimensions=7)
    target.import_(filename=files / LSSTCAM)
    assert export_all(target, tmp_path / "x.yaml").read_bytes() == (files / LSSTCAM).read_bytes()


@pytest.mark.parametrize("name", [IMSIM, CFHT])
def test_missing_files_are_named_and_nothing_changes(target: Butler, files: Path, tmp_path: Path, name: str) -> None:
    before = content_of(target)
    with pytest.raises(
        MissingFileError, match=r"files that do not exist: .* and \d+ more. Nothing was imported"
    ) as caught:
        target.import_(directory=tmp_path, filename=files / name, transfer="copy")
    assert "--without-datastore" in caught.value.hint
    assert content_of(target) == before
