"""Dataset types of what is made of a simulated survey, as data preview 0.2 has them.  Knows no datasets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["CONFIGURATIONS", "TASKS", "TYPES", "TypeOfDataset", "settings_of"]


@dataclass(frozen=True)
class TypeOfDataset:
    """Name, dimensions and storage class."""

    name: str
    dimensions: tuple[str, ...]
    storage_class: str


_DETECTOR = ("instrument", "visit", "detector")
_PATCH = ("skymap", "tract", "patch")
_BAND = ("band", *_PATCH)

TASKS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "isr": (("instrument", "exposure", "detector"), "PropertySet"),
    "characterizeImage": (_DETECTOR, "PropertySet"),
    "calibrate": (_DETECTOR, "PropertySet"),
    "makeCcdVisitTable": (("instrument",), "TaskMetadata"),
    "makeVisitTable": (("instrument",), "TaskMetadata"),
    "assembleCoadd": (_BAND, "PropertySet"),
    "detection": (_BAND, "PropertySet"),
    "mergeDetections": (_PATCH, "PropertySet"),
    "measure": (_BAND, "PropertySet"),
    "mergeMeasurements": (_PATCH, "PropertySet"),
    "forcedPhotCoadd": (_BAND, "PropertySet"),
    "transformObjectTable": (_PATCH, "TaskMetadata"),
    "consolidateObjectTable": (("skymap", "tract"), "TaskMetadata"),
}
"""Tasks: dimensions and storage class of their metadata."""

CONFIGURATIONS = tuple(TASKS)
"""Tasks that have a dataset with their configuration."""

TYPES: tuple[TypeOfDataset, ...] = (
    TypeOfDataset("calexp", _DETECTOR, "ExposureF"),
    TypeOfDataset("src", _DETECTOR, "SourceCatalog"),
    TypeOfDataset("src_schema", (), "SourceCatalog"),
    TypeOfDataset("sourceTable", _DETECTOR, "DataFrame"),
    TypeOfDataset("sourceTable_visit", ("instrument", "visit"), "DataFrame"),
    TypeOfDataset("visitSummary", ("instrument", "visit"), "ExposureCatalog"),
    TypeOfDataset("visitTable", ("instrument",), "DataFrame"),
    TypeOfDataset("ccdVisitTable", ("instrument",), "DataFrame"),
    TypeOfDataset("deepCoadd", _BAND, "ExposureF"),
    TypeOfDataset("deepCoadd_calexp", _BAND, "ExposureF"),
    TypeOfDataset("deepCoadd_mergeDet", _PATCH, "SourceCatalog"),
    TypeOfDataset("deepCoadd_meas", _BAND, "SourceCatalog"),
    TypeOfDataset("deepCoadd_ref", _PATCH, "SourceCatalog"),
    TypeOfDataset("deepCoadd_forced_src", _BAND, "SourceCatalog"),
    TypeOfDataset("objectTable", _PATCH, "DataFrame"),
    TypeOfDataset("objectTable_tract", ("skymap", "tract"), "DataFrame"),
    TypeOfDataset("forcedSourceTable", _PATCH, "DataFrame"),
    TypeOfDataset("packages", (), "Packages"),
    *(TypeOfDataset(f"{task}_metadata", dimensions, kind) for task, (dimensions, kind) in TASKS.items()),
    *(TypeOfDataset(f"{task}_config", (), "Config") for task in CONFIGURATIONS),
)
"""All of them."""


def settings_of(task: str, scale: int, seed: int) -> Mapping[str, Any]:
    """What the configuration of a task says."""
    settings: dict[str, Any] = {"scale": scale, "seed": seed}
    match task:
        case "isr":
            settings |= {"doBias": True, "doDark": True, "doFlat": True, "overscan.fitType": "MEDIAN_PER_ROW"}
        case "characterizeImage" | "calibrate" | "detection":
            settings |= {"detection.thresholdValue": 5.0, "detection.nSigmaToGrow": 2.4}
        case "assembleCoadd":
            settings |= {"warpingKernelName": "lanczos3", "badMaskPlanes": ["BAD", "EDGE", "NO_DATA", "STREAK"]}
        case "mergeDetections" | "mergeMeasurements":
            settings |= {"priorityList": list("irzygu")}
    return settings
