"""Pickled sky maps of LSST software are the maps they were, and run nothing."""

from __future__ import annotations

import json
import math
import pickle
from pathlib import Path
from typing import Any

import pytest

from skybutler.errors import UnreadableFileError
from skybutler.formatters.skymap_pickle import read_sky_map_pickle
from skybutler.skymap import SkyMap
from support.skymaps import CONFIGURATIONS
from support.stack_pickles import saved_text, sky_map_pickle, state_pickle

URI = "file:///repo/deepCoadd/skyMap.pickle"
DC2 = {
    "patchInnerDimensions": [4000, 4000],
    "patchBorder": 100,
    "tractOverlap": 1 / 60,
    "pixelScale": 0.2,
    "projection": "TAN",
    "rotation": 0.0,
    "numRings": 120,
    "raStart": 0.0,
}
LEGACY = [name for name, options in CONFIGURATIONS.items() if options.get("tractBuilder") != "cells"]


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("name", LEGACY)
def test_every_kind_under_every_protocol(name: str, protocol: int) -> None:
    options = dict(CONFIGURATIONS[name])
    expected = SkyMap.from_config(options)
    data = sky_map_pickle(str(options.pop("kind")), options, protocol=protocol)
    found = read_sky_map_pickle(data, URI)
    assert found == expected
    assert found.to_config() == expected.to_config()


def test_dc2_has_the_hash_that_repositories_recorded() -> None:
    found = read_sky_map_pickle(sky_map_pickle("rings", DC2), URI)
    assert found.sha1.hex() == "1e5fa85fe242606426528f5f7b8dbf01cbaaff9e"
    assert found.find_tract(55.7467, -32.2862).tract_id == 4431


def test_hsc_has_the_hash_that_repositories_recorded(shared: Path) -> None:
    expected = json.loads((shared / "expect/skymap_hsc_rings_v1.json").read_text())["records"]["skymap"][0]
    found = read_sky_map_pickle(sky_map_pickle("rings", {**DC2, "pixelScale": 0.168}), URI)
    assert found.sha1.hex() == expected["hash"]
    assert len(found) == expected["tract_max"]


@pytest.mark.parametrize("root", ["config", "root"])
@pytest.mark.parametrize("version", [0, 1])
def test_configurations_of_all_years(root: str, version: int) -> None:
    text = saved_text("rings", DC2, root=root, old=True)
    for as_bytes, protocol in ((True, 4), (False, 0)):  # Python 2 had texts for bytes
        data = sky_map_pickle("rings", {}, version=version, text=text, as_bytes=as_bytes, protocol=protocol)
        found = read_sky_map_pickle(data, URI)
        assert found.version == version
        assert found == SkyMap.from_config({"kind": "rings", "version": version, **DC2})


def test_maps_of_before_there_were_configurations() -> None:
    state = {
        "version": (1, 0),
        "patchInnerDimensions": (4000, 4000),
        "patchBorder": 250,
        "tractOverlap": math.radians(3.5),
        "pixelScale": math.radians(5.0 / 3600),
        "projection": "STG",
        "withTractsOnPoles": True,
    }
    found = read_sky_map_pickle(state_pickle("dodeca", state), URI)
    assert found.kind == "dodeca"
    config = found.to_config()
    assert (config["withTractsOnPoles"], config["patchBorder"]) == (True, 250)
    assert config["tractOverlap"] == pytest.approx(3.5)
    assert config["pixelScale"] == pytest.approx(5.0)
    assert len(found) == 12


MARK = "import os\nos.system('touch {mark}')\n"


def test_a_configuration_is_not_executed(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    for text in (MARK.format(mark=mark), f"config.numRings=__import__('os').system('touch {mark}')"):
        with pytest.raises(UnreadableFileError, match="Line") as caught:
            read_sky_map_pickle(sky_map_pickle("rings", {}, text=text), URI)
        assert URI in str(caught.value)
    assert not mark.exists()


class Evil:
    def __reduce__(self) -> Any:
        return print, ("run",)


@pytest.mark.parametrize(
    "data, message",
    [
        (pickle.dumps(Evil()), "asks for builtins.print"),
        (pickle.dumps({"numRings": 120}), "holds no sky map, but a dict"),
        (pickle.dumps([Evil()], 0), "asks for __builtin__.print"),
        (sky_map_pickle("rings", DC2)[:-20], "may be cut off"),
        (sky_map_pickle("rings", DC2, version=2), "version 2 of a rings sky map"),
        (sky_map_pickle("rings", DC2, version="1"), "version '1'"),
        (sky_map_pickle("rings", {"numRing": 3}), "no option 'numRing'"),
        (sky_map_pickle("rings", {}), "needs numRings"),
        (sky_map_pickle("rings", {"numRings": 0}), "numRings = 0 is wrong"),
        (sky_map_pickle("rings", {}, text="\xff"), "damaged"),
        (state_pickle("dodeca", {"version": (2, 0)}), r"version \(2, 0\)"),
        (state_pickle("dodeca", {"version": (1, 0)}), "without tractOverlap"),
        (state_pickle("dodeca", {"version": (1, 0), "config": None}), "another configuration"),
        (state_pickle("equat", [1]), "list for state"),
        (b"clsst.skymap.ringsSkyMap\nRingsSkyMap\n.", "holds no sky map, but a type"),
        (b"clsst.skymap.ringsSkyMap\nBaseSkyMap\n.", "lsst.skymap.ringsSkyMap.RingsSkyMap'"),
        (b"clsst.pex.config.config\nunreduceConfig\n(S'a'\nS'b'\ntR.", "unknown class"),
        (b"", "damaged"),
    ],
)
def test_everything_else_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(UnreadableFileError, match=message) as caught:
        read_sky_map_pickle(data, URI)
    assert URI in str(caught.value)


def test_one_class_does_not_take_the_configuration_of_another() -> None:
    text = "config.numTracts = 4"
    data = sky_map_pickle("equat", {}, text=text).replace(b"EquatSkyMapConfig", b"RingsSkyMapConfig")
    with pytest.raises(UnreadableFileError, match="asks for lsst.skymap.equatSkyMap.RingsSkyMapConfig"):
        read_sky_map_pickle(data, URI)
