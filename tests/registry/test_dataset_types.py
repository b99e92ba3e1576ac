"""Dataset types and their key tables."""

from __future__ import annotations

import pytest

from skybutler.datasets import DatasetType
from skybutler.errors import (
    ConflictingDefinitionError,
    DatasetTypeError,
    MissingDatasetTypeError,
    OrphanedRecordError,
)
from skybutler.registry.registry import Registry
from support.world import World


def make(registry: Registry, name: str, *dimensions: str, **options: bool) -> DatasetType:
    return DatasetType(name, registry.universe.conform(dimensions), "StructuredDataDict", **options)


def test_registering_is_idempotent_and_definitions_do_not_change(registry: Registry) -> None:
    types = registry.dataset_types
    assert types.register(make(registry, "t", "detector")) is True
    assert types.register(make(registry, "t", "detector")) is False
    for other in (make(registry, "t", "visit"), make(registry, "t", "detector", is_calibration=True)):
        with pytest.raises(ConflictingDefinitionError, match="'t' is registered as DatasetType"):
            types.register(other)
    with pytest.raises(DatasetTypeError, match="component 'wcs' of 'calexp'"):
        types.register(make(registry, "calexp.wcs", "visit"))
    with pytest.raises(MissingDatasetTypeError, match="'u' does not exist"):
        types.get("u")


def test_equal_dimensions_share_a_key_table(registry: Registry) -> None:
    types = registry.dataset_types
    for name, dimensions in (("a", ["exposure", "detector"]), ("b", ["detector", "exposure"]), ("c", ["visit"]),
                             ("d", []), ("e", ["visit", "detector"]), ("f", ["exposure", "htm7"])):  # fmt: skip
        types.register(make(registry, name, *dimensions))
    tables = [types.get(name).key_table for name in "abcdef"]
    assert tables[0] == tables[1]
    assert tables[0].startswith("data_id_")
    assert tables[2:5] == ["visit", "", "visit_detector_region"]
    assert tables[5] not in tables[:5]
    assert types.find_key_table(registry.universe.conform(["tract", "visit"])) is None
    assert {t for t in tables if t} <= registry.database.table_names()


def test_globs(world: World) -> None:
    def names(*patterns: str) -> list[str]:
        return [r.dataset_type.name for r in world.registry.dataset_types.resolve(patterns)]

    assert names("c*") == ["calexp", "coadd"]
    assert names("raw", "r*", "bias") == ["raw", "bias"]
    assert names("nothing*") == []
    assert names("*") == sorted(names("*"))
    with pytest.raises(MissingDatasetTypeError, match="Did you mean 'raw'"):
        names("rwa")


def test_types_with_datasets_stay(world: World) -> None:
    types = world.registry.dataset_types
    with pytest.raises(OrphanedRecordError, match="'raw' still has datasets"):
        types.remove("raw")
    types.remove("never")
    with pytest.raises(MissingDatasetTypeError):
        types.get("never")
    ids = [i for (name, _), held in world.datasets.items() if name == "raw" for i in held.values()]
    world.registry.datasets.remove(ids)
    types.remove("raw")
    types.register(make(world.registry, "raw", "visit"))
    assert "raw" not in world.registry.collections.info("run/a").dataset_types
