"""ADQL, the query language of the Virtual Observatory, as SQL of SQLite or PostgreSQL.  Knows no connection."""

from .tables import RegionColumn, TapTable, TapTables
from .translate import RelationUse, SpatialCondition, Translation, translate

__all__ = ["RegionColumn", "RelationUse", "SpatialCondition", "TapTable", "TapTables", "Translation", "translate"]
