"""ADQL, the query language of the Virtual Observatory, as SQL of SQLite or PostgreSQL.  Knows no connection."""

from .tables import ForeignKey, RegionColumn, TapTable, TapTables
from .translate import RelationUse, SpatialCondition, Translation, translate

__all__ = [
    "ForeignKey",
    "RegionColumn",
    "RelationUse",
    "SpatialCondition",
    "TapTable",
    "TapTables",
    "Translation",
    "translate",
]
