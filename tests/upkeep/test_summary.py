"""What `summarize` says of the small world, on both engines."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from skybutler import Butler
from skybutler.errors import MissingCollectionError
from skybutler.upkeep.summary import band_key, summarize
from support.world import World


def test_everything(world: World, butler: Butler) -> None:
    found = summarize(butler)
    assert found.place == butler.config.root
    assert found.universe == "daf_butler 8"
    assert found.datasets == sum(map(len, world.datasets.values()))
    assert {t.name: t.datasets for t in found.dataset_types} == {
        t.name: sum(len(ids) for (name, _), ids in world.datasets.items() if name == t.name)
        for t in butler.query_dataset_types()
    }
    assert all(t.missing == t.datasets for t in found.dataset_types)
    assert [c.name for c in found.collections] == sorted(butler.collections.query())
    assert [i.name for i in found.instruments] == ["Cam", "Other"]
    cam = found.instruments[0]
    exposures = [row for row in world.rows["exposure"] if row["instrument"] == "Cam"]
    assert (cam.detectors, cam.exposures) == (4, len(exposures))
    assert cam.nights == len({row["day_obs"] for row in exposures})
    assert cam.filters == {"r_1": "r", "r_2": "r", "g_1": "g", "dark": None}
    assert sum(found.bands.values()) == len(world.rows["exposure"])
    assert [(m.name, m.tracts, m.patches) for m in found.sky_maps] == [("Dots", 1, 1), ("Map", 6, 24)]
    (certified,) = found.calibrations
    assert (certified.collection, certified.datasets, certified.validity) == ("calib/one", 7, "(-∞, ∞)")


def test_collections_with_their_contents(world: World, butler: Butler) -> None:
    butler.collections.set_doc("run/a", "First try")
    found = {c.name: c for c in summarize(butler).collections}
    assert found["run/a"].doc == "First try"
    assert found["chain/main"].children == ("tag/x", "chain/inner", "run/a")
    assert found["chain/main"].datasets == sum(found[n].datasets for n in ("tag/x", "run/a", "run/b", "run/c"))
    assert found["tag/x"].dataset_types == {"calexp": 2}
    assert found["chain/empty"].datasets == 0


def test_only_some_collections(world: World, butler: Butler) -> None:
    found = summarize(butler, "chain/inner")
    assert [c.name for c in found.collections] == ["chain/inner", "run/b", "run/c"]
    assert {t.name: t.datasets for t in found.dataset_types} == {"calexp": 9, "raw": 1}
    assert found.sky_maps == ()
    assert [i.name for i in summarize(butler, ["sky/*"]).instruments] == []
    with pytest.raises(MissingCollectionError, match="run/q"):
        summarize(butler, "run/q")


def test_an_empty_repository(butler: Butler) -> None:
    found = summarize(butler)
    assert (found.datasets, found.bytes, found.begin, found.coverage) == (0, 0, None, None)
    assert (found.collections, found.instruments, found.bands) == ((), (), {})


def test_bytes_are_those_of_files(butler: Butler) -> None:
    butler.insert_dimension_data("instrument", {"name": "Cam"})
    butler.register_dataset_type("note", ["instrument"], "StructuredDataDict")
    butler.put({"a": 1}, "note", run="u/x", instrument="Cam")
    found = summarize(butler)
    size = sum(f.stat().st_size for f in Path(butler.config.root, "u").rglob("*") if f.is_file())
    assert found.bytes == size > 0
    assert found.dataset_types[0].missing == 0


def test_json_has_everything(world: World, butler: Butler) -> None:
    found = json.loads(json.dumps(summarize(butler).to_mapping()))
    assert found["sky"]["footprints"] > 0
    assert found["sky"]["area_deg2"] <= sum(found["sky"]["bands_deg2"].values())
    assert Counter(n["instrument"] for n in found["nights"])["Cam"] > 0
    assert summarize(butler, sky=False).to_mapping()["sky"] is None


def test_bands_stand_by_wavelength() -> None:
    assert sorted(["y", "", "N921", "g", "u", "VR"], key=band_key) == ["u", "g", "y", "N921", "VR", ""]


def test_no_picture_no_matplotlib() -> None:
    code = "import sys, skybutler.upkeep.summary; assert not {'matplotlib', 'numpy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=100)
