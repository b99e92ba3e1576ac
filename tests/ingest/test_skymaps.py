"""Registering sky maps: all records with exact regions, once; conflicts name both; parts can follow."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from lsst.sphgeom import UnitVector3d

from skybutler import Butler
from skybutler.errors import ConflictingDefinitionError, OutsideSkyMapError, SkyMapError
from skybutler.ingest import register_sky_map
from skybutler.ingest.skymaps import load_sky_map_config
from skybutler.skymap import SkyMap, SkyMapConfig
from support.skymaps import CONFIGURATIONS, polygon_vertices, small_sky_map
from support.stack_pickles import sky_map_pickle


@pytest.fixture
def dc2(repository_root: Path) -> Path:
    return repository_root / "examples" / "DC2.py"


def test_cut_of_dc2(empty_butler: Butler, dc2: Path, shared: Path) -> None:
    seen: list[tuple[int, int]] = []
    cut = range(4200, 4460)
    done = register_sky_map(empty_butler, dc2, tracts=cut, progress=lambda *p: seen.append(p))
    assert (done.name, done.is_new, done.tracts, done.patches) == ("DC2", True, 260, 260 * 49)
    assert seen[-1] == (260, 260)
    (record,) = empty_butler.query_dimension_records("skymap")
    assert (record.get("tract_max"), record.get("patch_nx_max"), record.get("patch_ny_max")) == (18_938, 7, 7)
    (patch,) = empty_butler.query_dimension_records("patch", where="tract=4431 AND patch=17", skymap="DC2")
    assert (patch.get("cell_x"), patch.get("cell_y")) == (3, 2)


def test_regions_are_those_printed_in_the_documents(empty_butler: Butler, dc2: Path, shared: Path) -> None:
    expected = json.loads((shared / "expect" / "skymap_DC2.json").read_text())
    printed = expected["patches_printed"]
    register_sky_map(empty_butler, dc2, tracts=[p["tract"] for p in printed])
    for patch in printed:
        where = f"tract = {patch['tract']} AND patch = {patch['patch']}"
        (record,) = empty_butler.query_dimension_records("patch", where=where, skymap="DC2")
        assert (record.get("cell_x"), record.get("cell_y")) == (patch["cell_x"], patch["cell_y"])
        vertices = polygon_vertices(record.region)[: len(patch["vertices"])]
        assert np.abs(vertices - patch["vertices"]).max() < expected["tolerance"]


def test_map_is_put_and_read_back(empty_butler: Butler, dc2: Path) -> None:
    done = register_sky_map(empty_butler, dc2, tracts=[4431])
    found = empty_butler.get("skyMap", skymap="DC2", collections="skymaps")
    assert isinstance(found, SkyMap)
    assert found == done.sky_map
    assert len(found) == 18_938


def test_repeating_is_no_change_and_missing_tracts_follow(empty_butler: Butler) -> None:
    sky_map = small_sky_map("rings")
    first = register_sky_map(empty_butler, sky_map, name="small", tracts=[3, 1, 1])
    assert (first.is_new, first.tracts) == (True, 2)
    again = register_sky_map(empty_butler, sky_map, name="small", tracts=[1])
    assert (again.is_new, again.tracts, again.patches) == (False, 0, 0)
    rest = register_sky_map(empty_butler, sky_map, name="small")
    assert (rest.is_new, rest.tracts) == (False, len(sky_map) - 2)
    ids = empty_butler.query_data_ids("tract").to_arrow()["tract"].to_pylist()
    assert sorted(ids) == list(range(len(sky_map)))
    patches = sum(tract.num_patches[0] * tract.num_patches[1] for tract in sky_map)
    assert empty_butler.query_data_ids("patch").count() == patches
    assert empty_butler.query_datasets("skyMap", "skymaps").count() == 1


def test_every_kind_of_argument(empty_butler: Butler, tmp_path: Path) -> None:
    options = {"kind": "discrete", "raList": [10.0], "decList": [0.0], "radiusList": [0.2], "pixelScale": 2.0}
    assert register_sky_map(empty_butler, {"name": "a", **options}).is_new
    file = tmp_path / "b.py"
    file.write_text(
        "config.name = 'b'\nconfig.skyMap = 'discrete'\nconfig.skyMap['discrete'].raList = [20.0]\n"
        "config.skyMap.active.decList = [0.0]\nconfig.skyMap.active.radiusList = [0.2]\n"
    )
    assert register_sky_map(empty_butler, str(file)).name == "b"
    made = register_sky_map(
        empty_butler, SkyMapConfig("discrete", name="c", raList=[1.0], decList=[1.0], radiusList=[1.0])
    )
    assert made.name == "c"


def test_conflicts_say_which(empty_butler: Butler) -> None:
    register_sky_map(empty_butler, small_sky_map("rings"), name="small")
    with pytest.raises(ConflictingDefinitionError, match="is registered already, as 'small', not as 'other'"):
        register_sky_map(empty_butler, small_sky_map("rings"), name="other")
    with pytest.raises(ConflictingDefinitionError, match="'small' is another sky map: its hash is"):
        register_sky_map(empty_butler, small_sky_map("dodeca"), name="small")
    assert empty_butler.query_data_ids("skymap").count() == 1


def test_files_of_every_form_say_the_same(tmp_path: Path, dc2: Path) -> None:
    sky_map = SkyMap(load_sky_map_config(dc2))
    options = {
        name: value for name, value in sky_map.to_config().items() if name not in ("kind", "version", "tractBuilder")
    }
    (tmp_path / "skyMap.pickle").write_bytes(sky_map_pickle("rings", options, version=0))
    (tmp_path / "map.yaml").write_text(json.dumps(sky_map.to_config()))
    assert SkyMap(load_sky_map_config(tmp_path / "map.yaml")) == sky_map
    found = SkyMap(load_sky_map_config(tmp_path / "skyMap.pickle"))
    assert (found.sha1, found.version) == (sky_map.sha1, 0)
    with pytest.raises(SkyMapError, match="Cannot read the sky map"):
        load_sky_map_config(tmp_path / "none.pickle")


def test_name_is_needed_and_tracts_exist(empty_butler: Butler) -> None:
    with pytest.raises(SkyMapError, match="needs a name"):
        register_sky_map(empty_butler, small_sky_map("rings"))
    with pytest.raises(OutsideSkyMapError, match="tracts are 0 to"):
        register_sky_map(empty_butler, small_sky_map("rings"), name="small", tracts=[10**6])
    assert empty_butler.query_data_ids("skymap").count() == 0  # all or nothing


@pytest.mark.parametrize("kind", ["dodeca", "equat", "healpix"])
def test_point_is_found_in_its_patch(empty_butler: Butler, kind: str) -> None:
    sky_map = SkyMap.from_config(CONFIGURATIONS[kind])
    tract = sky_map[1]
    register_sky_map(empty_butler, sky_map, name=kind, tracts=[0, 1, 2])
    ra, dec = tract.center
    found = empty_butler.query_data_ids(
        "tract", where=f"tract.region OVERLAPS POINT({ra % 360.0!r}, {dec!r})", skymap=kind
    )
    owners = [
        t.tract_id for t in (sky_map[0], sky_map[1], sky_map[2]) if t.outer_sky_polygon.contains(_vector(ra, dec))
    ]
    assert sorted(d["tract"] for d in found) == owners
    assert 1 in owners


def _vector(ra: float, dec: float) -> UnitVector3d:
    lon, lat = np.radians(ra), np.radians(dec)
    return UnitVector3d(np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat))
