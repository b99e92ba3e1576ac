"""The names of ``lsst.afw.table``."""

from __future__ import annotations

from .catalogs import Catalog as BaseCatalog
from .catalogs import ExposureCatalog, PeakCatalog, SimpleCatalog, SimpleTable, SourceCatalog, SourceTable
from .catalogs import Table as BaseTable
from .missing import missing
from .records import ExposureRecord, PeakRecord, SimpleRecord, SourceRecord
from .records import Record as BaseRecord
from .schema import AliasMap, Field, Key, Schema, SchemaItem

__all__ = [
    "AliasMap",
    "BaseCatalog",
    "BaseRecord",
    "BaseTable",
    "ExposureCatalog",
    "ExposureRecord",
    "Field",
    "Key",
    "PeakCatalog",
    "PeakRecord",
    "Schema",
    "SchemaItem",
    "SimpleCatalog",
    "SimpleRecord",
    "SimpleTable",
    "SourceCatalog",
    "SourceRecord",
    "SourceTable",
]

__getattr__ = missing(
    "lsst.afw.table",
    __all__,
    {
        "SchemaMapper": "Choose and rename columns: catalog.plain[['id', 'x']], skybutler.tables.Schema.",
        "matchRaDec": "astropy.coordinates.match_coordinates_sky matches positions.",
        "matchXy": "scipy.spatial.KDTree matches pixels.",
        "PointKey": "Read both columns: catalog['base_SdssCentroid_x'].",
        "Point2DKey": "Read both columns: catalog['base_SdssCentroid_x'].",
        "CoordKey": "Read both columns: catalog['coord_ra'], or record.getCoord().",
    },
)
