"""ObsCore: one row for each image of a repository, always as the registry is.  Knows neither queries nor the web."""

from .columns import FIELDS
from .relation import OBSCORE, ObsCoreRelation, obscore_addresses, obscore_table
from .settings import ObsCoreSettings, TypeSettings

__all__ = [
    "FIELDS",
    "OBSCORE",
    "ObsCoreRelation",
    "ObsCoreSettings",
    "TypeSettings",
    "obscore_addresses",
    "obscore_table",
]
