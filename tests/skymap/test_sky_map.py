from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from skybutler.errors import OutsideSkyMapError, SkyMapError
from skybutler.sky.vectors import unit_vectors
from skybutler.skymap import SkyMap, SkyMapConfig
from support.skymaps import CONFIGURATIONS, polygon_vertices, random_points, small_sky_map

TOLERANCE = 1e-13


def _expected(shared: Path, name: str) -> Any:
    return json.loads((shared / "expect" / name).read_text())


# ---------------------------------------------------------------------------------------------- values from outside
def test_dc2_hash_and_size(dc2: SkyMap) -> None:
    assert dc2.sha1.hex() == "1e5fa85fe242606426528f5f7b8dbf01cbaaff9e"
    assert dc2.record() == {"hash": dc2.sha1, "tract_max": 18938, "patch_nx_max": 7, "patch_ny_max": 7}
    assert sum(len(tract) for tract in dc2) == 927_962


def test_dc2_point_and_patches_of_the_seeds(dc2: SkyMap, shared: Path) -> None:
    expected = _expected(shared, "skymap_DC2.json")
    point = expected["point"]
    tract = dc2.find_tract(point["ra_deg"], point["dec_deg"])
    assert (tract.tract_id, len(tract)) == (point["tract"], expected["patches_per_tract"])
    assert tract.find_patch(point["ra_deg"], point["dec_deg"]).sequential_index == point["patch"]
    for record in expected["patches_printed"]:
        patch = dc2[record["tract"]][record["patch"]]
        assert tuple(patch.index) == (record["cell_x"], record["cell_y"])
        found = polygon_vertices(patch.outer_sky_polygon)
        np.testing.assert_allclose(found, record["vertices"], rtol=0, atol=TOLERANCE)


def test_region_of_the_gen2_notebook_belongs_to_tract_4434(dc2: SkyMap) -> None:
    corners = [(60, -32), (60, -33), (61, -33), (61, -32)]
    found = {
        tract.tract_id: [p.sequential_index for p in patches] for tract, patches in dc2.find_tract_patch_list(corners)
    }
    assert set(found) == {4229, 4230, 4433, 4434}
    assert [len(found[tract]) for tract in (4229, 4230, 4433, 4434)] == [8, 2, 4, 20]
    closest = dc2.find_closest_tract_patch_list([(60, -32), (61, -32)])
    assert [tract.tract_id for tract, _ in closest] == [4434]


def test_hsc_ring_map_equals_a_real_export(shared: Path) -> None:
    expected = _expected(shared, "skymap_hsc_rings_v1.json")
    options = {"numRings": 120, "projection": "TAN", "tractOverlap": 1.0 / 60, "pixelScale": 0.168}
    sky_map, records = SkyMap.from_config({"kind": "rings", **options}), expected["records"]
    record = sky_map.record()
    assert {**record, "name": "hsc_rings_v1", "hash": record["hash"].hex()} == records["skymap"][0]
    (columns,) = sky_map.record_columns([record["tract"] for record in records["tracts"]])
    tract = records["tracts"][0]
    np.testing.assert_allclose(columns["tract"]["region"][0], tract["vertices"], rtol=0, atol=TOLERANCE)
    for patch in records["patches"]:
        row = patch["patch"]
        assert (columns["patch"]["cell_x"][row], columns["patch"]["cell_y"][row]) == (patch["cell_x"], patch["cell_y"])
        np.testing.assert_allclose(columns["patch"]["region"][row], patch["vertices"], rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("name, kind", [("rings3", "rings"), ("discrete_two", "discrete")])
def test_small_maps_equal_the_original_code(shared: Path, name: str, kind: str) -> None:
    expected = _expected(shared, "skymaps_small.json")["skymaps"][name]
    sky_map = SkyMap.from_config({"kind": kind, **expected["config"]})
    assert (len(sky_map), sky_map.sha1.hex()) == (expected["n_tracts"], expected["sha1"])
    for record in expected["tracts"]:
        tract = sky_map[record["tract"]]
        box = tract.bbox
        assert [box.x.start, box.y.start, box.x.stop - 1, box.y.stop - 1] == record["bbox"]
        assert list(tract.num_patches) == record["num_patches"]
        np.testing.assert_allclose(tract.center, record["center_deg"], rtol=0, atol=1e-12)
        np.testing.assert_allclose(tract.vertex_list, record["vertices_deg"], rtol=0, atol=1e-11)
        found = polygon_vertices(tract.outer_sky_polygon)
        np.testing.assert_allclose(found, record["outer_vertices"], rtol=0, atol=TOLERANCE)
        for values in record["patches"]:
            patch = tract.patch_info(values["patch"])
            assert list(patch.index) == values["cell"]
            for box, name in ((patch.inner_bbox, "inner_bbox"), (patch.outer_bbox, "outer_bbox")):
                assert [box.x.start, box.y.start, box.x.stop - 1, box.y.stop - 1] == values[name]
            found = polygon_vertices(patch.outer_sky_polygon)
            np.testing.assert_allclose(found, values["outer_vertices"], rtol=0, atol=TOLERANCE)
    for ra, dec, tract_id, patch_id in expected["points"]:
        if tract_id is not None:
            ids = sky_map.find_tract_patch_ids(ra, dec)
            assert (int(ids[0]), int(ids[1])) == (tract_id, -1 if patch_id is None else patch_id)


# ------------------------------------------------------------------------------------------------------------ searches
@pytest.mark.parametrize("name", ["rings", "rings-cells", "dodeca", "dodeca-poles", "healpix", "healpix-nest"])
def test_every_point_has_a_tract_and_a_patch(name: str) -> None:
    sky_map = small_sky_map(name)
    ra, dec = random_points(5000, seed=1)
    tracts, patches = sky_map.find_tract_patch_ids(ra, dec)
    np.testing.assert_array_equal(tracts, sky_map.find_tract_ids(ra, dec))
    assert (patches >= 0).all()
    for i in range(0, 5000, 250):
        tract = sky_map.find_tract(ra[i], dec[i])
        patch = tract.find_patch(ra[i], dec[i])
        assert (tract.tract_id, patch.sequential_index) == (tracts[i], patches[i])
        assert tract.contains(ra[i], dec[i])
        assert patch.inner_bbox.contains(tract.wcs.sky_to_pixel(ra[i], dec[i]))
        assert tract in sky_map.find_all_tracts(ra[i], dec[i])


@given(ra=st.floats(-720.0, 720.0), dec=st.floats(-90.0, 90.0))
def test_points_are_inside_the_regions_of_their_ring_tract(dc2: SkyMap, ra: float, dec: float) -> None:
    from lsst.sphgeom import LonLat, UnitVector3d

    tract = dc2.find_tract(ra, dec)
    point = UnitVector3d(LonLat.fromDegrees(ra, dec))
    assert tract.inner_sky_polygon.contains(point)
    assert tract.outer_sky_polygon.contains(point)
    owned: Any = tract.inner_sky_region
    assert owned.dilatedBy(_tiny()).contains(point)
    assert tract.find_patch(ra, dec).outer_sky_polygon.contains(point)


def _tiny() -> Any:
    from lsst.sphgeom import Angle

    return Angle.fromDegrees(1e-9)  # a point on the edge belongs to one of two regions


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_all_tracts_are_those_that_contain_the_point(name: str) -> None:
    sky_map = small_sky_map(name)
    for ra, dec in zip(*random_points(12, seed=2), strict=True):
        assert sky_map.find_all_tracts(ra, dec) == [tract for tract in sky_map if tract.contains(ra, dec)]


@pytest.mark.parametrize("name", [name for name in CONFIGURATIONS if not name.startswith("rings")])
@pytest.mark.parametrize("size", [0.01, 1.0, 20.0])
def test_tract_patch_list_looks_at_all_tracts(name: str, size: float) -> None:
    sky_map = small_sky_map(name)
    for ra, dec in zip(*random_points(4, seed=3), strict=True):
        corners = [(ra, dec), (ra + size, dec), (ra, dec - size if dec > 0 else dec + size)]
        expected = [(tract, patches) for tract in sky_map if (patches := tract.find_patch_list(corners))]
        assert sky_map.find_tract_patch_list(corners) == expected


def test_ring_maps_list_tracts_that_hold_a_corner() -> None:
    sky_map = small_sky_map("rings")
    corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
    found = [tract for tract, _ in sky_map.find_tract_patch_list(corners)]
    assert found == [tract for tract in sky_map if any(tract.contains(corner) for corner in corners)]
    assert sky_map.find_tract_patch_list([]) == []
    assert sky_map.find_closest_tract_patch_list([]) == []


def test_maps_that_do_not_cover_the_sky_give_the_nearest_tract() -> None:
    sky_map = small_sky_map("discrete")
    assert sky_map.find_tract(100.0, 0.0).tract_id == 0
    assert [int(value) for value in sky_map.find_tract_patch_ids(100.0, 0.0)] == [0, -1]
    with pytest.raises(OutsideSkyMapError, match="not in tract 0"):
        sky_map.find_tract(100.0, 0.0).find_patch(100.0, 0.0)


def test_arrays_keep_their_shape_and_may_be_large(dc2: SkyMap) -> None:
    ra, dec = random_points(300_000, seed=4)
    found = dc2.find_tract_ids(ra.reshape(3, -1), dec.reshape(3, -1))
    assert found.shape == (3, 100_000)
    tracts, patches = dc2.find_tract_patch_ids(ra, dec)
    np.testing.assert_array_equal(found.ravel(), tracts)
    assert patches.min() >= 0
    assert patches.max() == 48
    assert dc2.find_tract_ids([], []).shape == (0,)
    assert dc2.find_tract_ids(10.0, [0.0, 1.0]).shape == (2,)


# ------------------------------------------------------------------------------------------------------------- records
@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_record_columns_equal_the_objects(name: str) -> None:
    sky_map = small_sky_map(name)
    random = np.random.default_rng(5)
    for tract_id in {0, len(sky_map) - 1, *random.integers(0, len(sky_map), 2).tolist()}:
        tract, seen = sky_map[tract_id], 0
        for columns in sky_map.record_columns([tract_id], chunk=50):
            patches = columns["patch"]
            assert len(patches["id"]) <= 50
            assert set(patches["tract"].tolist()) == {tract_id}
            for row in range(0, len(patches["id"]), 7):
                patch = tract[int(patches["id"][row])]
                assert patch.index == (patches["cell_x"][row], patches["cell_y"][row])
                # The vertices of sphgeom's own hull, in its order.
                oracle = polygon_vertices(patch.outer_sky_polygon)
                np.testing.assert_allclose(patches["region"][row], oracle, rtol=0, atol=1e-15)
            for whole in columns["tract"]["region"]:
                assert seen == 0
                oracle = polygon_vertices(tract.outer_sky_polygon)
                np.testing.assert_allclose(whole, oracle, rtol=0, atol=1e-15)
            np.testing.assert_array_equal(patches["id"], np.arange(seen, seen + len(patches["id"])))
            seen += len(patches["id"])
        assert seen == len(tract)


@pytest.mark.parametrize("chunk", [1000, 65_536])
def test_whole_dc2_map_is_made_in_bounded_pieces(dc2: SkyMap, chunk: int) -> None:
    tracts, patches = [], 0
    for columns in dc2.record_columns(chunk=chunk):
        region = columns["patch"]["region"]
        assert region.shape == (len(columns["patch"]["id"]), 4, 3)
        assert len(region) <= chunk
        assert np.abs((region * region).sum(axis=-1) - 1.0).max() < 1e-14
        tracts.append(columns["tract"]["id"])
        assert set(columns["tract"]["id"].tolist()) <= set(columns["patch"]["tract"].tolist())
        patches += len(region)
    np.testing.assert_array_equal(np.concatenate(tracts), np.arange(18938))
    assert patches == 927_962


def test_records_of_chosen_tracts(dc2: SkyMap) -> None:
    columns = list(dc2.record_columns(iter([4434, 0, 18937])))
    assert columns[0]["tract"]["id"].tolist() == [4434, 0, 18937]
    assert sorted(set(columns[0]["patch"]["tract"].tolist())) == [0, 4434, 18937]
    assert list(dc2.record_columns([])) == []
    with pytest.raises(OutsideSkyMapError, match="no tract 18938: tracts are 0 to 18937"):
        list(dc2.record_columns([1, 18938]))
    with pytest.raises(SkyMapError, match="whole numbers"):
        list(dc2.record_columns([1.5]))  # type: ignore[list-item]
    with pytest.raises(SkyMapError, match="chunk = 0"):
        list(dc2.record_columns(chunk=0))


# ------------------------------------------------------------------------------------------------------------ identity
@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_maps_survive_yaml(name: str) -> None:
    sky_map = small_sky_map(name)
    again = SkyMap.from_config(yaml.safe_load(yaml.safe_dump(sky_map.to_config())))
    assert again == sky_map
    assert hash(again) == hash(sky_map)
    assert again.to_config() == sky_map.to_config()


def test_maps_differ_by_options_and_version() -> None:
    maps = [
        SkyMap(SkyMapConfig("rings", numRings=3)),
        SkyMap(SkyMapConfig("rings", numRings=3, version=0)),
        SkyMap(SkyMapConfig("rings", numRings=3, tractBuilder="cells")),
        SkyMap(SkyMapConfig("rings", numRings=4)),
        SkyMap(SkyMapConfig("dodeca")),
        SkyMap(SkyMapConfig("healpix")),
    ]
    assert all((a == b) == (a is b) for a in maps for b in maps)
    assert maps[0] != "rings"
    assert maps[0].sha1 == maps[1].sha1  # the version is not in the hash


def test_a_map_does_not_follow_later_changes_of_its_configuration() -> None:
    config = SkyMapConfig("rings", numRings=3)
    sky_map = SkyMap(config)
    config.set_option("numRings", 4)
    assert sky_map.to_config()["numRings"] == 3


def test_sequence(dc2: SkyMap) -> None:
    assert dc2[-1].tract_id == 18937
    assert dc2[np.int64(5)].tract_id == 5
    assert [tract.tract_id for tract in small_sky_map("dodeca")] == list(range(12))
    assert "18938" in repr(dc2)
    for wrong in (18938, -18939):
        with pytest.raises(IndexError, match=f"no tract {wrong}: tracts are 0 to 18937"):
            dc2[wrong]
    with pytest.raises(IndexError, match="has no tract 1000000000000000000000000"):
        dc2[10**24]
    for no_number in (1.5, "3", None):
        with pytest.raises(SkyMapError, match="is no tract"):
            dc2[no_number]  # type: ignore[index]


# ----------------------------------------------------------------------------------------------------------- bad input
@pytest.mark.parametrize(
    "options, message",
    [
        ({"kind": "rings"}, "needs numRings"),
        ({"kind": "rings", "numRings": 0}, "numRings = 0 is wrong"),
        ({"kind": "rings", "numRings": 3, "pixelScale": 0.0}, "above 0"),
        ({"kind": "rings", "numRings": 3, "pixelScale": float("nan")}, "pixelScale = nan is wrong"),
        ({"kind": "rings", "numRings": 3, "projection": "TAM"}, "one of"),
        ({"kind": "discrete"}, "three lists of one length"),
        ({"kind": "discrete", "raList": [1.0], "decList": [1.0]}, "radiusList has 0"),
        ({"kind": "equat", "decRange": [1.0, -1.0]}, "increasing"),
        ({"kind": "rings", "numRings": 3, "tractBuilder": "cells", "cellInnerDimensions": [3, 4]}, "square"),
    ],
)
def test_degenerate_configurations(options: dict[str, Any], message: str) -> None:
    with pytest.raises(SkyMapError, match=message):
        SkyMap.from_config(options)


@pytest.mark.parametrize(
    "options, message",
    [
        (
            {"kind": "rings", "numRings": 1, "projection": "TAN", "tractOverlap": 60.0},
            "too large for the projection TAN",
        ),
        ({"kind": "equat", "numTracts": 1, "projection": "TAN"}, "too large for the projection TAN"),
        ({"kind": "rings", "numRings": 3, "pixelScale": 1e-9}, "pixels wide"),
        ({"kind": "rings", "numRings": 3, "pixelScale": 1e-3, "patchInnerDimensions": [1, 1]}, "patches"),
    ],
)
def test_impossible_tracts(options: dict[str, Any], message: str) -> None:
    sky_map = SkyMap.from_config(options)
    with pytest.raises(SkyMapError, match=message):
        sky_map[0]
    with pytest.raises(SkyMapError, match=message):
        next(iter(sky_map.record_columns()))


def test_tracts_around_the_whole_sky_are_refused() -> None:
    sky_map = SkyMap.from_config({"kind": "equat", "numTracts": 1})
    with pytest.raises(SkyMapError, match="polygon"):
        next(iter(sky_map.record_columns()))


@pytest.mark.parametrize("ra, dec", [(float("nan"), 0.0), (float("inf"), 0.0), (0.0, float("nan")), (0.0, 90.1)])
def test_points_that_are_not_on_the_sky(dc2: SkyMap, ra: float, dec: float) -> None:
    for search in (dc2.find_tract, dc2.find_all_tracts, dc2.find_tract_ids, dc2.find_tract_patch_ids, dc2[0].contains):
        with pytest.raises(SkyMapError, match=r"\(ra, dec\) = "):
            search(ra, dec)
    for list_search in (dc2.find_tract_patch_list, dc2.find_closest_tract_patch_list, dc2[0].find_patch_list):
        with pytest.raises(SkyMapError, match=r"\(ra, dec\) = "):
            list_search([(0.0, 0.0), (ra, dec)])


def test_wrong_element_of_an_array_is_named(dc2: SkyMap) -> None:
    dec = np.zeros(1_000_000)
    dec[123_456] = np.nan
    with pytest.raises(SkyMapError, match="1 of 1000000 points are not on the sky; the first is number 123456"):
        dc2.find_tract_ids(0.0, dec)


def test_tract_regions_overlap_their_neighbours(dc2: SkyMap) -> None:
    centers = unit_vectors(*np.array([tract.center for tract in dc2]).T)
    near = np.argsort(-(centers @ centers[4431]))[1:5]
    assert all(dc2[int(i)].outer_sky_polygon.overlaps(dc2[4431].outer_sky_polygon) for i in near)
