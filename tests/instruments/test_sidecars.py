"""Index and sidecar files, real and broken."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from skybutler.errors import UnreadableFileError
from skybutler.instruments import Instrument
from skybutler.instruments.properties import PROPERTIES
from skybutler.instruments.sidecars import read_index, read_sidecar, sidecar_of
from skybutler.instruments.translate import from_translated, needed_cards, translate
from support.instruments import RAW, simple

NAME = "00204595-R11-S20-det042.fits"


@pytest.fixture(scope="session")
def sidecars(shared: Path) -> Path:
    return shared / "data/ingest_sidecars"


def test_index_of_header_cards(sidecars: Path, imsim: Instrument, truth: dict[str, Any]) -> None:
    index = read_index(sidecars / "index_files/imsim_204595_R11_metadata/_index.json")
    assert index.content == "metadata"
    observations = translate(index.header_table([NAME], needed_cards([imsim])), imsim)
    assert {name: simple(observations, name) for name in PROPERTIES} == truth[RAW]["observation_info"]


def test_index_of_translated_properties(sidecars: Path, imsim: Instrument, truth: dict[str, Any]) -> None:
    index = read_index(sidecars / "index_files/imsim_204595_R11_translated/_index.json")
    assert index.content == "translated"
    observations = from_translated([NAME], [index.full(NAME)], imsim)
    assert {name: simple(observations, name) for name in PROPERTIES} == truth[RAW]["observation_info"]


def test_files_are_relative_to_the_index(sidecars: Path) -> None:
    index = read_index(sidecars / "indexed_data/translated_subdir/_index.json")
    folder = sidecars / "indexed_data"
    assert index.locate() == {str(folder / name): f"../{name}" for name in ("dataset_1.yaml", "dataset_2.yaml")}
    assert [index.full(name)["exposure_id"] for name in index.files] == [100, 200]
    table = index.header_table(list(index.files), ["physical_filter", "absent"])
    assert table.cards == {"physical_filter": ["dummy_u", "dummy_g"], "absent": [None, None]}


@pytest.mark.parametrize("folder", ["bad_index", "bad_implied"])
def test_real_bad_index(sidecars: Path, folder: str) -> None:
    with pytest.raises(UnreadableFileError, match="not JSON"):
        read_index(sidecars / "indexed_data" / folder / "_index.json")


@pytest.mark.parametrize(
    "content, message",
    [
        ([1, 2], "holds list, not a mapping"),
        ({"__CONTENT__": "metadata", "a.fits": {}}, "it has no '__COMMON__'"),
        ({"__CONTENT__": "metadata", "__COMMON__": 3}, "must hold a mapping under '__COMMON__'"),
        ({"__CONTENT__": "metadata", "__COMMON__": {}, "a.fits": 3}, "entry of 'a.fits' is int"),
        ({"__CONTENT__": "poetry", "__COMMON__": {}}, "neither 'metadata' nor 'translated'"),
    ],
)
def test_mistakes_in_an_index_are_named(tmp_path: Path, content: object, message: str) -> None:
    path = tmp_path / "_index.json"
    path.write_text(json.dumps(content))
    with pytest.raises(UnreadableFileError, match=message):
        read_index(path)


def test_missing_index_and_deep_nesting(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="No such file"):
        read_index(tmp_path / "_index.json")
    deep = tmp_path / "deep.json"
    deep.write_text("[" * 200_000)
    with pytest.raises(UnreadableFileError, match="not JSON"):
        read_index(deep)


def test_real_sidecars(sidecars: Path) -> None:
    content, entries = read_sidecar(sidecars / "lsstcam/MC_C_20240918_000013_R42_S11.json")
    assert (content, entries["INSTRUME"]) == ("metadata", "lsstCam")
    content, entries = read_sidecar(sidecars / "sidecar_data/dataset_1.json")
    assert (content, entries["exposure_id"]) == ("translated", 100)
    assert simple(from_translated(["x"], [entries]), "altaz_begin") == {"az_deg": 157.95888945, "alt_deg": 68.80710558}
    with pytest.raises(UnreadableFileError, match="an index file where the sidecar"):
        read_sidecar(sidecars / "indexed_data/_index.json")


def test_sidecar_without_content_is_taken_as_cards(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"OBSID": 1}')
    with caplog.at_level(logging.WARNING):
        assert read_sidecar(path) == ("metadata", {"OBSID": 1})
    assert "taken to hold header cards" in caplog.text


@pytest.mark.parametrize("name", ["a.fits", "a.fits.gz", "a.fits.fz"])
def test_name_of_the_sidecar(name: str) -> None:
    assert sidecar_of(f"/data/{name}") == Path("/data/a.json")
