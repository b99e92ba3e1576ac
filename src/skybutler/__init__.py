"""skybutler: a data butler for astronomical images.  Loads nothing heavy before it is used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .butler import Butler
    from .datasets import CollectionType, DatasetRef, DatasetType, FileDataset
    from .datasets.provenance import DatasetProvenance
    from .dimensions import DataId, DimensionUniverse
    from .sky.timespan import Timespan

from .version import __version__

__all__ = [
    "Butler",
    "CollectionType",
    "DataId",
    "DatasetProvenance",
    "DatasetRef",
    "DatasetType",
    "DimensionUniverse",
    "FileDataset",
    "Timespan",
    "__version__",
]

_HOMES = {
    "Butler": "butler",
    "CollectionType": "datasets",
    "DataId": "dimensions",
    "DatasetProvenance": "datasets.provenance",
    "DatasetRef": "datasets",
    "DatasetType": "datasets",
    "DimensionUniverse": "dimensions",
    "FileDataset": "datasets",
    "Timespan": "sky.timespan",
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module 'skybutler' has no attribute '{name}'")
    return getattr(import_module(f"skybutler.{_HOMES[name]}"), name)
