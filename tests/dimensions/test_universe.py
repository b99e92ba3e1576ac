from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.dimensions import Column, DimensionElement, DimensionUniverse, SkyPixDimension
from skybutler.errors import DimensionNameError, InconsistentUniverseError

VERSIONS = range(9)


def _column_text(column: Column, *, key: bool) -> str:
    length = str(column.length) if column.length else ""
    return f"{column.name}:{column.type}{length}{'' if key or column.nullable else '!'}"


def _described(element: DimensionElement) -> dict[str, Any]:
    keys = (*([element.key] if element.key else []), *element.alternate_keys)
    found = {
        "required": list(element.required),
        "implied": list(element.implied),
        "fields": list(element.fields),
        "keys": [_column_text(c, key=True) for c in keys],
        "metadata": [_column_text(c, key=False) for c in element.metadata],
        "spatial": element.spatial_family,
        "temporal": element.temporal_family,
        "view_of": element.view_of,
        "populated_by": element.populated_by,
        "always_join": element.always_join,
        "governor": element.is_governor,
    }
    return {name: value for name, value in found.items() if value}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_is_as_the_peer_has_it(version: int, facts: Any) -> None:
    universe = DimensionUniverse.load(version)
    assert (universe.version, universe.namespace, universe.common_skypix) == (version, "daf_butler", "htm7")
    assert [e.name for e in universe.elements] == facts["order"][version]
    for name, runs in facts["elements"].items():
        expected = [run for run in runs if version in run["versions"]]
        if not expected:
            assert name not in universe
            continue
        assert _described(universe[name]) == {k: v for k, v in expected[0].items() if k != "versions"}, name


@pytest.mark.parametrize("version", VERSIONS)
def test_sky_pixels_of_every_version(version: int, facts: Any) -> None:
    universe = DimensionUniverse.load(version)
    for system in ("htm", "healpix"):
        highest = facts["highest_levels"][version].get(system, -1)
        assert all(f"{system}{level}" in universe for level in range(highest + 1))
        assert f"{system}{highest + 1}" not in universe
    for name in ("htm07", "htm-1", "htm", "Htm7", "mq3c3", "htm7 "):
        assert name not in universe
    assert universe["htm9"] is universe["htm9"]


def test_default_is_the_newest(universe: DimensionUniverse) -> None:
    assert universe is DimensionUniverse.load() is DimensionUniverse.load(8)
    with pytest.raises(InconsistentUniverseError, match="no dimension universe version 9; known are 0 to 8"):
        DimensionUniverse.load(9)


def test_names_are_looked_up(universe: DimensionUniverse) -> None:
    assert universe.governors == ("instrument", "skymap")
    assert {d.name for d in universe.dimensions} == {e.name for e in universe.elements if e.key is not None}
    assert list(universe) == list(universe.elements)
    assert 7 not in universe
    assert "packers" not in universe
    assert set(universe.packers) == {"visit_detector", "exposure_detector", "tract_patch", "tract_patch_band"}
    assert universe.packers["tract_patch_band"] == {
        "fixed": ["skymap"],
        "dimensions": ["skymap", "tract", "patch", "band"],
    }
    with pytest.raises(DimensionNameError, match=r"'detectr' is not a dimension .*Did you mean 'detector'"):
        universe["detectr"]
    with pytest.raises(DimensionNameError, match="Known are: band"):
        universe["qqq"]


def test_names_are_sorted(universe: DimensionUniverse) -> None:
    shuffled = ["visit", "htm10", "instrument", "htm9", "band", "visit_detector_region", "healpix3", "day_obs"]
    expected = ("band", "healpix3", "htm9", "htm10", "instrument", "day_obs", "visit", "visit_detector_region")
    assert universe.sorted(shuffled) == expected
    with pytest.raises(DimensionNameError):
        universe.sorted(["visit", "nothing"])


@given(st.permutations(["visit", "tract", "patch", "htm7", "band", "exposure", "skymap", "subfilter"]))
def test_order_does_not_depend_on_the_order_given(names: list[str]) -> None:
    universe = DimensionUniverse.load()
    assert universe.sorted(names) == universe.sorted(reversed(names))
    assert universe.conform(names) is universe.conform(reversed(names))


@pytest.mark.parametrize("version", VERSIONS)
def test_json_comes_back(version: int) -> None:
    universe = DimensionUniverse.load(version)
    again = DimensionUniverse.from_json(universe.to_json())
    assert again == universe
    assert hash(again) == hash(universe)
    assert again is DimensionUniverse.from_json(universe.to_json())
    assert [_described(e) for e in again.elements] == [_described(e) for e in universe.elements]
    assert again.topology == universe.topology


def test_versions_differ() -> None:
    assert len({DimensionUniverse.load(v).to_json() for v in VERSIONS}) == 9
    assert DimensionUniverse.load(3) != DimensionUniverse.load(4)
    assert DimensionUniverse.load(3) != "daf_butler"


def test_definition_order_does_not_matter(universe: DimensionUniverse) -> None:
    definition = json.loads(universe.to_json())
    definition["elements"] = dict(reversed(definition["elements"].items()))
    turned = DimensionUniverse.from_definition(definition)
    assert [_described(e) for e in turned.elements] == [_described(e) for e in universe.elements]


def test_pickles_are_small_and_equal(universe: DimensionUniverse) -> None:
    elements = [universe["visit"], universe["htm7"], universe["visit_detector_region"]]
    again = pickle.loads(pickle.dumps((universe, elements)))
    assert again[0] == universe
    assert again[1] == [again[0]["visit"], again[0]["htm7"], again[0]["visit_detector_region"]]
    assert isinstance(again[1][1], SkyPixDimension)
    assert copy.deepcopy(universe) == universe
    groups = [universe.conform([name]) for name in ("visit", "patch", "exposure")] * 100
    assert len(pickle.dumps(groups)) < 2 * len(universe.to_json())


def test_groups_of_another_universe_are_translated(universe: DimensionUniverse) -> None:
    old = DimensionUniverse.load(1).conform(["visit"])
    assert old.implied == ("band", "physical_filter", "visit_system")
    assert universe.conform(old).universe is universe
    assert "visit_system" in universe.conform(old).required
    assert universe.conform(universe.conform(["visit"])) is universe.conform("visit")


def test_text(universe: DimensionUniverse) -> None:
    assert repr(universe) == "DimensionUniverse(version=8, namespace='daf_butler')"
