"""The index of files taken out: written and read, and everything that can be wrong with one."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from skybutler import Butler
from skybutler.errors import DimensionNameError, FormatError, SchemaVersionError
from skybutler.transfer.artifact_index import INDEX_NAME, described_type, read_index, zip_name
from support.exchange import fill


@pytest.fixture
def text(local_pair: tuple[Butler, Butler], tmp_path: Path) -> dict[str, Any]:
    """An index as parsed JSON."""
    local_pair[0].retrieve_artifacts(fill(local_pair[0]), tmp_path / "out")
    found: dict[str, Any] = json.loads((tmp_path / "out" / INDEX_NAME).read_text())
    return found


def test_read_is_the_inverse_of_write(text: dict[str, Any], local_pair: tuple[Butler, Butler]) -> None:
    index = read_index(json.dumps(text).encode(), "it")
    assert json.loads(index.text()) == text
    kind = described_type(index, "bias", local_pair[0].dimensions)
    assert kind == local_pair[0].get_dataset_type("bias")
    index.dataset_types["bias"]["dimensions"] = ["pixie"]
    with pytest.raises(DimensionNameError, match="pixie"):
        described_type(index, "bias", local_pair[0].dimensions)


def test_names_follow_from_members() -> None:
    assert zip_name(["b", "a"]) == zip_name(["a", "b"]) != zip_name(["a"])


def test_names_are_those_of_the_peer() -> None:
    members = [f"01a22cf9-plain_Cam_R0_S{i}_run_a.yaml" for i in range(3)]
    assert zip_name(members) == "66a0898b-7b94-52b3-a3d8-957130c7a737.zip"  # written by lsst.daf.butler


def test_other_versions_are_refused(text: dict[str, Any]) -> None:
    for place in ("index_version", "container_version"):
        changed = copy.deepcopy(text)
        (changed if place in changed else changed["refs"])[place] = "V2"
        with pytest.raises(SchemaVersionError, match="'V2'"):
            read_index(json.dumps(changed).encode(), "it")


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"7", b"\xff\xfe", b"{}", b'{"index_version": "V1"}', b"null"])
def test_what_is_no_index_is_told(data: bytes) -> None:
    with pytest.raises(FormatError, match="it is"):
        read_index(data, "it")


@pytest.mark.parametrize("path", [
    ("refs",), ("artifact_map",), ("refs", "compact_refs"), ("refs", "dataset_types"), ("refs", "universe_version"),
])  # fmt: skip
@pytest.mark.parametrize("value", [None, 7, "x", [1]])
def test_wrong_content_is_told(text: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    place = text
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    if path == ("refs", "universe_version") and value == 7:
        return
    with pytest.raises(FormatError, match="it is not an index"):
        read_index(json.dumps(text).encode(), "it")


def test_ids_and_types_must_be_described(text: dict[str, Any]) -> None:
    changed = copy.deepcopy(text)
    changed["refs"]["dataset_types"].pop("bias")
    with pytest.raises(FormatError, match="'bias' is not described"):
        read_index(json.dumps(changed).encode(), "it")
    identifier = next(iter(text["refs"]["compact_refs"]))
    text["refs"]["compact_refs"].pop(identifier)
    with pytest.raises(FormatError, match=identifier):
        read_index(json.dumps(text).encode(), "it")


def test_foreign_checksums_are_left_alone(text: dict[str, Any]) -> None:
    entry = next(iter(text["artifact_map"].values()))
    entry["info"]["checksum"] = "ab" * 64
    index = read_index(json.dumps(text).encode(), "it")
    assert next(iter(index.artifacts.values())).record.checksum is None
