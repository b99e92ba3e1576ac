"""Catalogs in memory: columns, rows, fields, aliases, slots.  Knows nothing of files."""

from skybutler.tables.aliases import Aliases
from skybutler.tables.catalog import Catalog
from skybutler.tables.exposures import ExposureCatalog, ExposureCatalogRecord
from skybutler.tables.field import Field
from skybutler.tables.footprint import Footprint, HeavyFootprint
from skybutler.tables.objects import ObjectColumn
from skybutler.tables.peaks import PeakCatalog, PeakRecord
from skybutler.tables.record import Record
from skybutler.tables.schema import Schema
from skybutler.tables.slots import SLOTS
from skybutler.tables.sources import SimpleCatalog, SimpleRecord, SourceCatalog, SourceRecord

__all__ = [
    "SLOTS",
    "Aliases",
    "Catalog",
    "ExposureCatalog",
    "ExposureCatalogRecord",
    "Field",
    "Footprint",
    "HeavyFootprint",
    "ObjectColumn",
    "PeakCatalog",
    "PeakRecord",
    "Record",
    "Schema",
    "SimpleCatalog",
    "SimpleRecord",
    "SourceCatalog",
    "SourceRecord",
]
