from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from skybutler.dimensions import DimensionUniverse
from skybutler.errors import InconsistentUniverseError


def _definition() -> Any:
    return json.loads(DimensionUniverse.load().to_json())


def _set(*path: Any, to: Any) -> Callable[[Any], None]:
    def change(definition: Any) -> None:
        for key in path[:-1]:
            definition = definition[key]
        definition[path[-1]] = to

    return change


def _drop(*path: Any) -> Callable[[Any], None]:
    def change(definition: Any) -> None:
        for key in path[:-1]:
            definition = definition[key]
        del definition[path[-1]]

    return change


FIELD = {"name": "x", "type": "int"}
WRONG = [
    (_set("versoin", to=8), "universe: unknown key 'versoin'. Did you mean 'version'"),
    (_drop("version"), "universe: no 'version' given"),
    (_set("version", to="8"), "version: '8' is no integer"),
    (_set("version", to=True), "version: True is no integer"),
    (_set("elements", to=[]), "elements: a mapping is needed"),
    (_set("elements", "Visit", to={}), "elements: 'Visit' is no name"),
    (_set("elements", "visit", to=None), r"elements\.visit: a mapping is needed"),
    (_set("elements", "visit", "key", to=[]), r"elements\.visit: unknown key 'key'. Did you mean 'keys'"),
    (_set("elements", "visit", "requires", to=["instrment"]), "'instrment' is not defined. Did you mean 'instrument'"),
    (_set("elements", "visit", "requires", to="instrument"), r"visit\.requires: a list of names is needed"),
    (_set("elements", "instrument", "requires", to=["visit"]), "circle: .*visit"),
    (_set("elements", "band", "implies", to=["band"]), "circle: band -> band"),
    (_set("elements", "subfilter", "requires", to=["visit_definition"]), "'visit_definition' is no dimension"),
    (_set("elements", "htm5", to={"keys": [FIELD]}), "name of a sky pixel dimension"),
    (_set("elements", "lonely", to={"requires": ["band"]}), "joins two or more dimensions"),
    (_set("elements", "visit", "keys", to={}), r"visit\.keys: a list of fields"),
    (_set("elements", "visit", "keys", 0, "type", to="float"), "'id' must be of type string or int"),
    (_set("elements", "visit", "metadata", 0, "type", to="itn"), "type 'itn' is none of .*Did you mean 'int'"),
    (_set("elements", "visit", "metadata", 0, "name", to="Seq Num"), "'Seq Num' is no name"),
    (_set("elements", "visit", "metadata", 0, "lenght", to=3), "unknown key 'lenght'. Did you mean 'length'"),
    (_set("elements", "visit", "metadata", 0, "length", to="3"), r"seq_num\.length: '3' is no integer"),
    (_drop("elements", "visit", "metadata", 0, "type"), r"visit\.metadata: no 'type' given"),
    (_set("elements", "visit", "metadata", 0, "name", to="name"), "two fields have one name"),
    (_set("elements", "visit", "metadata", 0, "name", to="region"), "two fields have one name"),
    (_set("elements", "visit_definition", "populated_by", to="viist"), "'viist' is not defined. Did you mean 'visit'"),
    (_set("elements", "band", "view_of", to="visit"), "'visit' does not imply it"),
    (_set("elements", "band", "view_of", to="nothing"), "'nothing' does not imply it"),
    (_set("topology", "spacial", to={}), "'spacial' is neither spatial nor temporal"),
    (_set("topology", "spatial", "more", to=["visti"]), r"spatial\.more: 'visti' is not defined"),
    (_set("topology", "spatial", "more", to=["visit"]), "an element is in two families"),
    (_set("topology", "spatial", to=["visit"]), r"topology\.spatial: a mapping is needed"),
    (_set("skypix", "mq3c", to={"max_level": 3}), "'mq3c' is none of htm, healpix"),
    (_set("skypix", "htm", "max_level", to=25), "levels are 0 to 24"),
    (_drop("skypix", "htm", "max_level"), "None is no integer"),
    (_set("skypix", "common", to="htm99"), "'htm99' is no pixelization of this universe"),
    (_drop("skypix", "common"), "None is no pixelization"),
    (_set("packers", "visit_detector", "fixed", to=["camera"]), r"packers\.visit_detector\.fixed: 'camera'"),
    (_drop("packers", "visit_detector", "dimensions"), "no 'dimensions' given"),
    (_set("elements", "visit", "doc", to=dt.date(2026, 10, 13)), "holds what JSON cannot"),
]


@pytest.mark.parametrize("change, message", WRONG)
def test_wrong_definitions_name_the_key(change: Callable[[Any], None], message: str) -> None:
    definition = _definition()
    change(definition)
    with pytest.raises(InconsistentUniverseError, match=message):
        DimensionUniverse.from_definition(definition)


@pytest.mark.parametrize("definition", [None, [], "version: 8", 8])
def test_other_things_are_no_definition(definition: Any) -> None:
    with pytest.raises(InconsistentUniverseError, match="universe: a mapping is needed"):
        DimensionUniverse.from_definition(definition)


# A custom universe in the words of lsst.daf.butler, storage classes and all.
CUSTOM = """
version: 3
namespace: observatory
skypix: {common: healpix5, healpix: {class: lsst.sphgeom.HealpixPixelization, min_level: 1, max_level: 9}}
elements:
  site:
    doc: |
      Where it
      stands.
    keys: [{name: name, type: string, length: 8}]
    governor: true
    storage: {cls: lsst.daf.butler.registry.dimensions.governor.BasicGovernorDimensionRecordStorage}
  tile: {keys: [{name: id, type: int}], requires: [site], is_cached: true}
  colour:
    keys: [{name: name, type: string, length: 8}]
    storage:
      cls: lsst.daf.butler.registry.dimensions.caching.CachingDimensionRecordStorage
      nested: {cls: lsst.daf.butler.registry.dimensions.query.QueryDimensionRecordStorage, view_of: glass}
  shade:
    keys: [{name: name, type: string, length: 8}]
    implied_union_target: glass
  tint:
    keys: [{name: name, type: string, length: 8}]
    storage: {cls: x, view_of: glass}
  glass: {keys: [{name: name, type: string, length: 8}], requires: [site], implies: [colour, shade, tint]}
  night: {keys: [{name: id, type: int}], requires: [site]}
  shot: {keys: [{name: id, type: int}], requires: [tile], implies: [glass, night]}
topology:
  spatial: {pointings: [shot, tile]}
  temporal: {times: [night, shot]}
"""


def test_custom_universe_in_the_peers_words() -> None:
    universe = DimensionUniverse.from_definition(yaml.safe_load(CUSTOM))
    assert (universe.namespace, universe.version) == ("observatory", 3)
    assert universe["site"].doc == "Where it stands."
    assert [universe[n].view_of for n in ("colour", "shade", "tint", "glass")] == ["glass", "glass", "glass", None]
    assert not universe["colour"].has_table
    assert "htm7" not in universe
    assert universe["healpix9"].has_region
    shot = universe.conform(["shot"])
    assert shot.required == ("site", "tile", "shot")
    assert shot.governors == ("site",)
    # The topology says what is more precise, not the names.
    assert [e.name for e in shot.spatial_elements()] == ["shot"]
    assert [e.name for e in shot.temporal_elements()] == ["night"]
    assert DimensionUniverse.from_json(universe.to_json()) == universe
    assert universe.packers == {}
