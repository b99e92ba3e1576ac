"""Dataset types of products: names, dimensions and storage classes of data preview 0.2."""

from __future__ import annotations

from skybutler.datasets.storage_class import StorageClasses
from skybutler.dimensions import DimensionUniverse
from skybutler.sim.dataset_types import CONFIGURATIONS, TASKS, TYPES, settings_of


def test_all_can_be_registered() -> None:
    universe, classes = DimensionUniverse.load(), StorageClasses.default()
    names = [kind.name for kind in TYPES]
    assert len(names) == len(set(names))
    for kind in TYPES:
        assert kind.storage_class in classes
        assert set(kind.dimensions) <= set(universe.conform(kind.dimensions).names)


def test_types_that_the_data_preview_has() -> None:
    by_name = {kind.name: kind for kind in TYPES}
    assert by_name["calexp"].dimensions == ("instrument", "visit", "detector")
    assert by_name["calexp"].storage_class == by_name["deepCoadd_calexp"].storage_class == "ExposureF"
    assert by_name["deepCoadd_forced_src"].dimensions == ("band", "skymap", "tract", "patch")
    assert by_name["isr_metadata"].dimensions == ("instrument", "exposure", "detector")
    assert by_name["characterizeImage_metadata"].storage_class == "PropertySet"
    assert by_name["objectTable_tract"].storage_class == "DataFrame"
    assert all(f"{task}_metadata" in by_name and f"{task}_config" in by_name for task in TASKS)


def test_settings() -> None:
    for task in CONFIGURATIONS:
        assert settings_of(task, 8, 3).items() >= {"scale": 8, "seed": 3}.items()
    assert settings_of("assembleCoadd", 8, 3)["warpingKernelName"] == "lanczos3"
