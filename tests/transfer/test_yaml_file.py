"""The head of export files, and files of any layout."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from skybutler.errors import FormatError, SchemaVersionError, UnreadableFileError
from skybutler.transfer.yaml_file import WholeFile

HEAD = "description: Butler Data Repository Export\nversion: 1.0.2\n"


def test_what_it_says_of_itself() -> None:
    file = WholeFile("x.yaml", HEAD + "universe_version: 7\nuniverse_namespace: mine\ndata: []\n")
    assert (file.version, file.universe_version, file.universe_namespace) == ("1.0.2", 7, "mine")
    old = WholeFile("x.yaml", "version: 0\ndata: []\n")
    assert (old.version, old.universe_version, old.universe_namespace) == ("1.0.0", 0, "daf_butler")


@pytest.mark.parametrize(
    "version, error, says",
    [
        ("1.1.0", SchemaVersionError, "reads 1.0 to 1.0.*upgrade"),
        ("2.0.0", SchemaVersionError, "2.0.0"),
        ("0.9.0", SchemaVersionError, "0.9.0"),
        ("newest", FormatError, "no export file"),
        ("false", FormatError, "no export file"),
    ],
)
def test_versions_that_cannot_be_read(version: str, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        WholeFile("x.yaml", f"version: {version}\ndata: []\n")


@pytest.mark.parametrize("version", ["1.0.0", "1.0.1", "1.0.99"])
def test_versions_that_can_be_read(version: str) -> None:
    assert WholeFile("x.yaml", f"version: {version}\ndata: []\n").version == version


@pytest.mark.parametrize(
    "text, error, says",
    [
        ("", FormatError, "holds no mapping"),
        ("- a\n", FormatError, "holds no mapping"),
        ("a: 1\n", FormatError, "no version"),
        (HEAD, FormatError, "no 'data'.*end is missing"),
        (HEAD + "data: 5\n", FormatError, "list of blocks"),
        (HEAD + "universe_version: x\ndata: []\n", FormatError, "whole number"),
        (HEAD + "data:\n- type: run\n  name: 'r\n", UnreadableFileError, "line"),
        (HEAD + "data: [{type: run, name: !!python/name:os.system x}]\n", UnreadableFileError, "python/name"),
        (HEAD + "data: " + "[" * 2000, FormatError, "x.yaml"),
        (HEAD + "data:\n- type: run\n  name: r\n- type: walk\n", FormatError, "line 6: unknown block type 'walk'"),
    ],
)
def test_what_is_no_export_file(text: str, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        WholeFile("x.yaml", text)


def test_any_layout_is_read() -> None:
    flow = "{version: 1.0.2, data: [{type: run, name: a}, &x {type: dimension, element: skymap, records: []}, *x]}"
    file = WholeFile("x.yaml", flow)
    assert [(b.type, b.key, b.line) for b in file.blocks()] == [
        ("run", "", 1), ("dimension", "skymap", 1), ("dimension", "skymap", 1),
    ]  # fmt: skip
    assert [len(list(file.rows(b))) for b in file.blocks()] == [1, 0, 0]


@pytest.mark.parametrize(
    "name, types",
    [
        ("ap_verify_testdata-imsim-export.yaml", {"dimension": 6, "collection": 12, "dataset": 8, "associations": 1}),
        ("jointcal-cfht-exports.yaml", {"dimension": 9, "collection": 5, "dataset": 5}),
        ("lsstcam-subset.yaml", {"dimension": 11}),
    ],
)
def test_real_files(shared: Path, name: str, types: dict[str, int]) -> None:
    file = WholeFile(name, (shared / "data" / "exports" / name).read_bytes())
    found: dict[str, int] = {}
    for block in file.blocks():
        found[block.type] = found.get(block.type, 0) + 1
        rows: list[Any] = list(file.rows(block))
        assert rows
    assert {kind: found.get(kind, 0) for kind in types} == types
