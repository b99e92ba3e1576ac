"""ADQL, the query language of the Virtual Observatory, as SQL of SQLite or PostgreSQL.  Knows no connection."""

from .geometry import SpatialCondition
from .pairs import ROW, RegionPairs
from .tables import Cone, ForeignKey, RegionColumn, RowSource, TapTable, TapTables
from .translate import translate
from .translation import RelationUse, Translation

__all__ = [
    "ROW",
    "Cone",
    "ForeignKey",
    "RegionColumn",
    "RegionPairs",
    "RelationUse",
    "RowSource",
    "SpatialCondition",
    "TapTable",
    "TapTables",
    "Translation",
    "translate",
]
