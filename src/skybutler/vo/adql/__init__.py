"""ADQL, the query language of the Virtual Observatory, as SQL of SQLite or PostgreSQL.  Knows no connection."""

from .tables import RegionColumn, TapTable, TapTables
from .translate import SpatialCondition, Translation, translate

__all__ = ["RegionColumn", "SpatialCondition", "TapTable", "TapTables", "Translation", "translate"]
