"""Sky maps are kept as what defines them."""

from __future__ import annotations

import pickle
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from skybutler import Butler
from skybutler.datasets import DatasetRef, FileDataset
from skybutler.dimensions import DataId
from skybutler.errors import ButlerError, UnreadableFileError
from skybutler.skymap import SkyMap
from support.files import Files
from support.stack_pickles import sky_map_pickle

DC2 = {"kind": "rings", "numRings": 120, "tractOverlap": 1 / 60, "pixelScale": 0.2, "projection": "TAN"}


def test_a_map_comes_back(files: Callable[[str, str], Files]) -> None:
    sky_map = SkyMap.from_config(DC2)
    found = files("skymap", "SkyMap").round_trip(sky_map)
    assert found == sky_map
    assert found.sha1 == sky_map.sha1
    assert len(found) == len(sky_map)


@pytest.mark.parametrize("name", ["skyMap.pickle", "skyMap_v1.2_skymaps.pickle", "skyMap_DC2_skymaps"])
def test_pickles_of_lsst_software_are_read(files: Callable[[str, str], Files], name: str) -> None:
    options = {option: value for option, value in DC2.items() if option != "kind"}
    found = files("skymap", "SkyMap").read_bytes(sky_map_pickle("rings", options), name)
    assert found == SkyMap.from_config(DC2)


def test_other_pickles_are_refused(files: Callable[[str, str], Files]) -> None:
    with pytest.raises(UnreadableFileError, match=r"skyMap\.pickle holds no sky map"):
        files("skymap", "SkyMap").read_bytes(pickle.dumps({}), "skyMap.pickle")


@pytest.mark.parametrize("content", [b"[]", b"kind: square\n", b"a: {"])
def test_what_is_no_map_is_named(files: Callable[[str, str], Files], content: bytes) -> None:
    with pytest.raises(ButlerError):
        files("skymap", "SkyMap").read_bytes(content)


def test_the_map_of_a_repository_of_lsst_software(tmp_path: Path) -> None:
    options = {option: value for option, value in DC2.items() if option != "kind"}
    file = tmp_path / "skyMap_DC2_skymaps.pickle"
    file.write_bytes(sky_map_pickle("rings", options))
    sky_map = SkyMap.from_config(DC2)
    Butler.create(tmp_path / "repo")
    with Butler(tmp_path / "repo", writeable=True) as butler:
        butler.registry.elements.insert("skymap", {k: [v] for k, v in {"name": "DC2", **sky_map.record()}.items()})
        butler.register_dataset_type("skyMap", ("skymap",), "SkyMap")
        kind = butler.get_dataset_type("skyMap")
        ref = DatasetRef(kind, DataId.standardize({"skymap": "DC2"}, group=kind.dimensions), "skymaps", uuid.uuid4())
        recorded = "lsst.daf.butler.formatters.pickle.PickleFormatter"
        butler.ingest(FileDataset(str(file), [ref], formatter=recorded), transfer="copy")
        found = butler.get("skyMap", skymap="DC2", collections="skymaps")
    assert found == sky_map
    assert found[4431].find_patch(55.7467, -32.2862).sequential_index == 17
