"""Questions about the sky against brute force: every region with every other, by sphgeom itself."""

from __future__ import annotations

import contextlib
import importlib.util
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from lsst.sphgeom import DISJOINT, ConvexPolygon, LonLat, UnitVector3d

from skybutler.datasets import CollectionType
from skybutler.dimensions import DimensionUniverse
from skybutler.errors import InvalidQueryError
from skybutler.expressions.analysis import elements_of
from skybutler.expressions.bind import bind
from skybutler.expressions.parser import parse
from skybutler.registry.ask import ask_data_ids, ask_datasets, ask_records
from skybutler.registry.registry import Registry
from skybutler.registry.spatial import Side, sides_of
from support.where_oracle import evaluate
from support.world import World

CAM: dict[str, Any] = {"instrument": "Cam"}
MAP: dict[str, Any] = {"skymap": "Map"}


def overlap(a: Any, b: Any) -> bool:
    return a is not None and b is not None and not a.relate(b) & DISJOINT


def data_ids(world: World, dimensions: Iterable[str], where: str = "", **data_id: Any) -> list[tuple[Any, ...]]:
    group = world.universe.conform(dimensions)
    results = ask_data_ids(world.registry, group, where=where, data_id=data_id)
    found = [d.required_values for d in results]
    assert len(found) == results.count()
    return sorted(found)


def regions(world: World, element: str, *keys: str) -> dict[tuple[Any, ...], Any]:
    """Regions by key values, of the instrument or sky map asked for everywhere here."""
    return {
        tuple(row[k] for k in keys): row.get("region")
        for row in world.rows[element]
        if row.get("instrument", "Cam") == "Cam" and row.get("skymap", "Map") == "Map"
    }


# ------------------------------------------------------------------------------------------- conditions on one region
places = st.sampled_from([(0.0, 0.0), (359.9, -0.3), (0.4, 0.3), (1.6, -0.7), (180.0, 89.6), (90.0, 0.0)])
sizes = st.sampled_from([0.05, 0.2, 0.5, 1.5, 100.0])
shapes = st.one_of(
    st.tuples(places, sizes).map(lambda p: f"CIRCLE({p[0][0]}, {p[0][1]}, {p[1]})"),
    st.tuples(st.sampled_from([(0.0, 0.0), (359.9, -0.3), (1.6, -0.7)]), st.sampled_from([0.11, 0.63, 2.07])).map(
        lambda p: f"BOX({p[0][0]}, {p[0][1]}, {p[1]}, {p[1]})"
    ),
    places.map(lambda p: f"POINT({p[0]}, {p[1]})"),
    st.sampled_from(["POLYGON(0, 0, 0.5, 0, 0.3, 0.6)", "POLYGON(359.5, -1, 1, -1, 1, 0.2, 359.5, 0.2)"]),
    st.just("REGION('CIRCLE 0.1 0.05 0.3')"),
)
touching = st.tuples(st.sampled_from(["visit", "visit_detector_region"]), shapes).map(
    lambda p: f"{p[0]}.region OVERLAPS {p[1]}"
)
others = st.sampled_from(
    ["visit = 13", "detector IN (0, 2)", "visit.region = NULL", "visit.seq_num > 10", "band = 'g'"]
)
conditions = st.recursive(
    st.one_of(touching, touching, others),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
        inner.map(lambda c: f"NOT ({c})"),
    ),
    max_leaves=4,
)


def without_boxes(where: str) -> str:
    """Boxes as polygons, which near the equator are the same: sphgeom only compares their bounding circles."""

    def corners(found: re.Match[str]) -> str:
        ra, dec, width, height = map(float, found[1].split(","))
        w, e, s, n = ra - width / 2, ra + width / 2, dec - height / 2, dec + height / 2
        return f"POLYGON({w % 360}, {s}, {e % 360}, {s}, {e % 360}, {n}, {w % 360}, {n})"

    return re.sub(r"BOX\(([^)]*)\)", corners, where)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(where=conditions)
def test_region_conditions_select_what_the_oracle_selects(shared_world: World, where: str) -> None:
    group = shared_world.universe.conform(["visit", "detector"])
    text = without_boxes(where)
    predicate = bind(parse(text), text=text, universe=shared_world.universe, group=group)
    also = elements_of(predicate) & {"visit_detector_region"}
    expected = {
        (row["instrument", "name"], row["detector", "id"], row["visit", "id"])
        for row in shared_world.joined(group.names, also)
        if row["instrument", "name"] == "Cam" and evaluate(predicate, row)
    }
    assert data_ids(shared_world, group.names, where, **CAM) == sorted(expected)


@pytest.mark.parametrize("shape", ["CIRCLE(0.1, 0.1, 0.4)", "BOX(0, 0, 2.23, 1.24)", "POINT(0.5, 0.5)"])
def test_tracts_and_patches_of_a_place(shared_world: World, shape: str) -> None:
    for element, keys in (("tract", ("skymap", "id")), ("patch", ("skymap", "tract", "id"))):
        where = f"{element}.region OVERLAPS {shape}"
        text = without_boxes(where)
        group = shared_world.universe.conform([element])
        predicate = bind(parse(text), text=text, universe=shared_world.universe, group=group)
        expected = [
            k for k, r in regions(shared_world, element, *keys).items() if evaluate(predicate, {(element, "region"): r})
        ]
        assert data_ids(shared_world, [element], where, **MAP) == sorted(expected)
        assert expected


# ------------------------------------------------------------------------------------------------------------- joins
def test_visits_and_tracts(shared_world: World) -> None:
    visits, tracts = regions(shared_world, "visit", "id"), regions(shared_world, "tract", "id")
    expected = sorted(("Cam", "Map", t, v) for (v,), a in visits.items() for (t,), b in tracts.items() if overlap(a, b))
    assert data_ids(shared_world, ["visit", "tract"], **CAM, **MAP) == expected
    by_hand = "visit.region OVERLAPS tract.region"
    assert data_ids(shared_world, ["visit", "tract"], by_hand, **CAM, **MAP) == expected
    assert data_ids(shared_world, ["visit", "tract"], f"NOT NOT ({by_hand})", **CAM, **MAP) == expected
    apart = [
        ("Cam", "Map", t, v)
        for (v,), a in visits.items()
        for (t,), b in tracts.items()
        if a is not None and not overlap(a, b)
    ]
    assert data_ids(shared_world, ["visit", "tract"], f"NOT ({by_hand})", **CAM, **MAP) == sorted(apart)
    either = f"{by_hand} OR visit = 13"
    assert data_ids(shared_world, ["visit", "tract"], either, **CAM, **MAP) == sorted(
        [*expected, *(("Cam", "Map", t, 13) for (t,) in tracts)]
    )


def test_a_join_by_hand_replaces_only_the_one_it_states(shared_world: World) -> None:
    where = "visit.region OVERLAPS htm7.region AND htm7 IN (131072..131080)"
    found = data_ids(shared_world, ["visit", "tract", "htm7"], where, **CAM, **MAP)
    pairs = {(t, v) for _, _, _, t, v in found}
    visits, tracts = regions(shared_world, "visit", "id"), regions(shared_world, "tract", "id")
    assert found
    assert all(overlap(visits[v,], tracts[t,]) for t, v in pairs)


def test_detectors_and_patches_use_the_most_precise_regions(shared_world: World) -> None:
    images = regions(shared_world, "visit_detector_region", "visit", "detector")
    patches = regions(shared_world, "patch", "tract", "id")
    expected = sorted(
        ("Cam", "Map", d, t, p, v) for (v, d), a in images.items() for (t, p), b in patches.items() if overlap(a, b)
    )
    group = shared_world.universe.conform(["visit", "detector", "patch"])
    assert group.required == ("instrument", "skymap", "detector", "tract", "patch", "visit")
    assert data_ids(shared_world, group.names, **CAM, **MAP) == expected
    one = [row for row in expected if row[3:5] == (3, 1)]
    assert data_ids(shared_world, group.names, "tract = 3 AND patch = 1", **CAM, **MAP) == one
    assert data_ids(shared_world, group.names, tract=3, patch=1, **CAM, **MAP) == one
    subset = [row for row in expected if row[5] in (10, 20) and row[2] == 1]
    assert data_ids(shared_world, group.names, "visit IN (10, 20) AND detector = 1", **CAM, **MAP) == subset


def test_exposures_reach_the_sky_through_their_visits(shared_world: World) -> None:
    images = regions(shared_world, "visit_detector_region", "visit", "detector")
    tracts = regions(shared_world, "tract", "id")
    links = [(r["exposure"], r["visit"]) for r in shared_world.rows["visit_definition"]]
    expected = {("Cam", d, e) for e, v in links for d in range(4) if overlap(images.get((v, d)), tracts[3,])}
    search = ask_datasets(
        shared_world.registry,
        [shared_world.registry.dataset_types.get("raw")],
        ["run/a"],
        where="tract = 3",
        data_id={**CAM, **MAP},
    )
    assert sorted(r.data_id.required_values for r in search) == sorted(expected)
    visits = regions(shared_world, "visit", "id")
    pairs = {("Cam", "Map", t, e) for e, v in links for (t,), b in tracts.items() if overlap(visits[v,], b)}
    assert data_ids(shared_world, ["exposure", "tract"], **CAM, **MAP) == sorted(pairs)


def test_exposures_without_a_way_to_the_sky_raise(database_url: str) -> None:
    definition = {
        "version": 1,
        "namespace": "own",
        "elements": {
            "camera": {"doc": "A camera.", "governor": True, "keys": [{"name": "name", "type": "string", "length": 8}]},
            "exposure": {"doc": "One.", "requires": ["camera"], "keys": [{"name": "id", "type": "int"}]},
            "tile": {"doc": "A piece of sky.", "keys": [{"name": "id", "type": "int"}]},
            "visit": {"doc": "One.", "requires": ["camera"], "keys": [{"name": "id", "type": "int"}]},
        },
        "topology": {"spatial": {"observation_regions": ["visit"], "tiles": ["tile"]}},
        "skypix": {"common": "htm7", "htm": {"max_level": 9}},
    }
    registry = Registry.create(database_url, DimensionUniverse.from_definition(definition))
    with contextlib.closing(registry), pytest.raises(InvalidQueryError, match="exposure"):
        list(ask_data_ids(registry, registry.universe.conform(["exposure", "tile"])))


def test_pixels(shared_world: World) -> None:
    pixelization = shared_world.universe["htm7"].pixelization  # type: ignore[attr-defined]
    for element, governor in (("tract", MAP), ("visit", CAM)):
        expected = []
        for (k,), region in regions(shared_world, element, "id").items():
            if region is None:
                continue
            for begin, end in pixelization.envelope(region):
                expected += [(k, i) for i in range(begin, end) if overlap(pixelization.pixel(i), region)]
        found = data_ids(shared_world, [element, "htm7"], **governor)
        assert sorted((row[-1], row[0]) for row in found) == sorted(expected)
        chosen = sorted({i for _, i in expected})[:2]
        where = f"htm7 IN ({chosen[0]}, {chosen[1]})"
        assert len(data_ids(shared_world, [element, "htm7"], where, **governor)) == sum(
            i in chosen for _, i in expected
        )


def test_pixels_by_themselves(shared_world: World) -> None:
    pixelization = shared_world.universe["htm7"].pixelization  # type: ignore[attr-defined]
    assert data_ids(shared_world, ["htm7"], "htm7 IN (131072, 131073, 5)") == [(131072,), (131073,)]
    assert data_ids(shared_world, ["htm7"], htm7=131072) == [(131072,)]
    where = "htm7.region OVERLAPS POLYGON(0, 0, 0.5, 0, 0.3, 0.6)"
    found = data_ids(shared_world, ["htm7"], where)
    predicate = bind(parse(where), text=where, universe=shared_world.universe)
    near = range(131072, 262144)
    expected = [(i,) for i in near if evaluate(predicate, {("htm7", "region"): pixelization.pixel(i)})]
    assert found == expected
    records = list(ask_records(shared_world.registry, "htm7", where="htm7 = 131072"))
    assert [r.id for r in records] == [131072]
    assert ask_records(shared_world.registry, "htm7", where="htm7 = 131072").to_arrow().num_rows == 1
    with pytest.raises(InvalidQueryError, match="which htm7"):
        data_ids(shared_world, ["htm7"])
    with pytest.raises(InvalidQueryError, match="healpix5"):
        data_ids(shared_world, ["htm7", "healpix5"])


def test_records_and_datasets_join_too(shared_world: World) -> None:
    images = regions(shared_world, "visit_detector_region", "visit", "detector")
    patches = regions(shared_world, "patch", "tract", "id")
    expected = sorted(k for k, r in patches.items() if overlap(r, images[11, 3]))
    records = ask_records(shared_world.registry, "patch", data_id={**CAM, **MAP, "visit": 11, "detector": 3})
    assert sorted((r.tract, r.id) for r in records) == expected
    assert expected
    calexps = ask_datasets(
        shared_world.registry,
        [shared_world.registry.dataset_types.get("calexp")],
        ["run/a"],
        where="tract = 2 AND patch IN (0..3)",
        data_id={**CAM, **MAP},
    )
    wanted = {("Cam", d, v) for (v, d), r in images.items() if any(overlap(r, patches[2, p]) for p in range(4))}
    held = set(shared_world.datasets["calexp", "run/a"])
    assert sorted(r.data_id.required_values for r in calexps) == sorted(wanted & held)


def test_sides_of_groups(shared_world: World) -> None:
    universe = shared_world.universe

    def of(*names: str) -> set[Side]:
        return set(sides_of(universe.conform(names), universe))

    assert of("visit", "detector", "tract") == {Side("visit_detector_region"), Side("tract")}
    assert of("visit", "patch", "htm7") == {Side("visit"), Side("patch"), Side("htm7")}
    assert of("exposure", "patch") == {Side("visit", "visit_definition"), Side("patch")}
    assert of("exposure", "detector", "tract") == {Side("visit_detector_region", "visit_definition"), Side("tract")}
    assert of("detector", "band") == set()


# ----------------------------------------------------------------------------------------- a survey, at some scale
def load_survey(shared: Path, visits: int) -> dict[str, Any]:
    spec = importlib.util.spec_from_file_location("workload", shared / "bench" / "workload.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    survey: dict[str, Any] = module.generate(visits)
    return survey


def vectors(corners: Any) -> Any:
    lon, lat = np.radians(corners[..., 0]), np.radians(corners[..., 1])
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], -1)


def polygons(corners: Any) -> list[ConvexPolygon]:
    return [ConvexPolygon([UnitVector3d(LonLat.fromDegrees(*c)) for c in shape]) for shape in corners.tolist()]


def fill(registry: Registry, w: dict[str, Any]) -> None:
    n, detectors = len(w["visit_id"]), len(w["det_id"])
    insert = registry.elements.insert
    cam = ["Cam"]
    ones = np.repeat(cam, n)
    with registry.transaction():
        insert("instrument", {"name": cam, "detector_max": [200]})
        insert("physical_filter", {"instrument": cam * 6, "name": w["filt_name"], "band": w["filt_band"]})
        insert("detector", {"instrument": cam * detectors, "id": w["det_id"], "full_name": w["det_name"]})
        days = np.unique(w["day_obs"])
        insert("day_obs", {"instrument": cam * len(days), "id": days})
        insert("group", {"instrument": ones, "name": w["obs_id"]})
        common = {
            "instrument": ones,
            "id": w["visit_id"],
            "physical_filter": w["filt_name"][w["filt_idx"]],
            "day_obs": w["day_obs"],
            "timespan_begin": w["t_begin"],
            "timespan_end": w["t_end"],
        }
        insert("exposure", {**common, "obs_id": w["obs_id"], "group": w["obs_id"]})
        insert("visit", {**common, "name": w["obs_id"], "region": vectors(w["visit_poly"])})
        insert("visit_definition", {"instrument": ones, "exposure": w["visit_id"], "visit": w["visit_id"]})
        insert(
            "visit_detector_region",
            {
                "instrument": cam * (n * detectors),
                "visit": np.repeat(w["visit_id"], detectors),
                "detector": np.tile(w["det_id"], n),
                "region": vectors(w["vd_poly"].reshape(-1, 4, 2)),
            },
        )
        insert("skymap", {"name": ["Map"], "hash": [b"x" * 20]})
        tracts = len(w["tract_id"])
        insert("tract", {"skymap": ["Map"] * tracts, "id": w["tract_id"], "region": vectors(w["tract_poly"])})
        patches = {"tract": w["patch_tract"], "id": w["patch_id"], "cell_x": w["patch_x"], "cell_y": w["patch_y"]}
        many = ["Map"] * len(w["patch_id"])
        insert("patch", {"skymap": many, **patches, "region": vectors(w["patch_poly"])})
    _add_datasets(registry, w)


def _add_datasets(registry: Registry, w: dict[str, Any]) -> None:
    from skybutler.datasets import DatasetType

    n, detectors = len(w["visit_id"]), len(w["det_id"])
    registry.collections.register("run", CollectionType.RUN)
    for name, dimension in (("raw", "exposure"), ("calexp", "visit")):
        group = registry.universe.conform(["instrument", "detector", dimension])
        registry.dataset_types.register(DatasetType(name, group, "StructuredDataDict"))
        columns = {
            "instrument": np.repeat(["Cam"], n * detectors),
            dimension: np.repeat(w["visit_id"], detectors),
            "detector": np.tile(w["det_id"], n),
        }
        registry.datasets.insert(name, "run", columns)


class BruteForce:
    """Every polygon of a survey against a few of the others."""

    def __init__(self, w: dict[str, Any]) -> None:
        self.w = w
        self.visits = w["visit_id"].tolist()
        self.detectors = w["det_id"].tolist()
        self.images = polygons(w["vd_poly"].reshape(-1, 4, 2))
        self.centers = vectors(w["vd_poly"]).mean(axis=2).reshape(-1, 3)
        self.centers /= np.linalg.norm(self.centers, axis=1, keepdims=True)
        self.tracts = dict(zip(w["tract_id"].tolist(), polygons(w["tract_poly"]), strict=True))
        places = zip(w["patch_tract"].tolist(), w["patch_id"].tolist(), strict=True)
        self.patches = dict(zip(places, polygons(w["patch_poly"]), strict=True))

    def images_on(self, region: ConvexPolygon, radius_deg: float = 3.0) -> list[tuple[int, int]]:
        """(detector, visit) whose image overlaps a region of at most this size."""
        center = region.getCentroid()
        near = self.centers @ np.array([center.x(), center.y(), center.z()]) > np.cos(np.radians(radius_deg))
        n = len(self.detectors)
        hits = [i for i in np.flatnonzero(near).tolist() if overlap(self.images[i], region)]
        return sorted((self.detectors[i % n], self.visits[i // n]) for i in hits)


def check_survey(registry: Registry, truth: BruteForce, tract: int, patch: int) -> None:
    """Compare the answers to the questions that people ask most with brute force."""
    given = {"instrument": "Cam", "skymap": "Map"}
    types = {name: registry.dataset_types.get(name) for name in ("raw", "calexp")}
    region, small = truth.tracts[tract], truth.patches[tract, patch]
    on_tract, on_patch = truth.images_on(region), truth.images_on(small)
    assert on_patch
    for name, last in (("raw", "exposure"), ("calexp", "visit")):
        for where, expected in ((f"tract = {tract}", on_tract), (f"tract = {tract} AND patch = {patch}", on_patch)):
            refs = ask_datasets(registry, [types[name]], ["run"], where=where, data_id=given)
            assert sorted((r.data_id["detector"], r.data_id[last]) for r in refs) == expected
    group = registry.universe.conform(["visit", "detector", "patch"])
    found = ask_data_ids(registry, group, data_id={**given, "tract": tract})
    wanted = [(p, d, v) for (t, p), shape in truth.patches.items() if t == tract for d, v in truth.images_on(shape)]
    assert sorted((d["patch"], d["detector"], d["visit"]) for d in found) == sorted(wanted)
    detector, visit = on_patch[0]
    image = truth.images[truth.visits.index(visit) * len(truth.detectors) + truth.detectors.index(detector)]
    records = ask_records(registry, "patch", data_id={**given, "visit": visit, "detector": detector})
    assert sorted((r.tract, r.id) for r in records) == sorted(k for k, p in truth.patches.items() if overlap(p, image))
    center = image.getCentroid()
    place = LonLat(center)
    ra, dec = place.getLon().asDegrees(), place.getLat().asDegrees()
    where = f"visit_detector_region.region OVERLAPS POINT({ra!r}, {dec!r})"
    at_point = ask_data_ids(registry, registry.universe.conform(["visit", "detector"]), where=where, data_id=given)
    n = len(truth.detectors)
    hits = [i for i, p in enumerate(truth.images) if p.contains(center)]
    assert sorted((d["detector"], d["visit"]) for d in at_point) == sorted(
        (truth.detectors[i % n], truth.visits[i // n]) for i in hits
    )


def test_a_small_survey(registry: Registry, shared: Path) -> None:
    w = load_survey(shared, 6)
    fill(registry, w)
    check_survey(registry, BruteForce(w), 3828, 24)


@pytest.mark.slow
def test_a_survey_of_a_hundred_visits(registry: Registry, shared: Path) -> None:
    w = load_survey(shared, 100)
    fill(registry, w)
    truth = BruteForce(w)
    for tract, patch in ((3828, 24), (3828, 0), (3829, 30), (4031, 8)):
        if truth.images_on(truth.patches[tract, patch]):
            check_survey(registry, truth, tract, patch)
