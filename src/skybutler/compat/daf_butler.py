"""The names of ``lsst.daf.butler`` and ``lsst.daf.butler.registry``: our things, or adapters with its spellings."""

from __future__ import annotations

import uuid

from skybutler.datasets import CollectionInfo, CollectionType, DatasetExistence, FileDataset
from skybutler.dimensions import DimensionElement, DimensionGroup, SkyPixDimension
from skybutler.errors import (
    AmbiguousCalibrationError,
    ButlerError,
    CollectionCycleError,
    CollectionError,
    CollectionTypeError,
    ConfigError,
    ConflictingDefinitionError,
    DataIdError,
    DataIdValueError,
    DatasetNotFoundError,
    DatasetTypeError,
    DimensionNameError,
    DimensionValueError,
    EmptyQueryResultError,
    ExpressionError,
    InconsistentDataIdError,
    InconsistentUniverseError,
    InvalidError,
    InvalidQueryError,
    MissingCollectionError,
    MissingDatasetTypeError,
    NoDefaultCollectionError,
    OrphanedRecordError,
    SchemaVersionError,
    StorageClassError,
    TemplateError,
    UnknownComponentError,
)

from .butler import Butler, DatasetRefURIs
from .collections import ButlerCollections
from .data_ids import DataCoordinate, DimensionRecord
from .dataset_types import DatasetRef, DatasetType, StorageClass
from .deferred import DeferredDatasetHandle
from .provenance import DatasetProvenance
from .registry import CollectionSummary, DatasetAssociation, Registry, RegistryDefaults
from .timespans import Timespan
from .universe import DimensionUniverse

__all__ = [
    "ArgumentError",
    "Butler",
    "ButlerCollections",
    "ButlerUserError",
    "CalibrationLookupError",
    "CollectionCycleError",
    "CollectionError",
    "CollectionExpressionError",
    "CollectionInfo",
    "CollectionSummary",
    "CollectionType",
    "CollectionTypeError",
    "ConflictingDefinitionError",
    "DataCoordinate",
    "DataId",
    "DataIdError",
    "DataIdValueError",
    "DatabaseConflictError",
    "DatasetAssociation",
    "DatasetExistence",
    "DatasetId",
    "DatasetNotFoundError",
    "DatasetProvenance",
    "DatasetRef",
    "DatasetRefURIs",
    "DatasetType",
    "DatasetTypeError",
    "DatasetTypeExpressionError",
    "DatasetTypeNotSupportedError",
    "DeferredDatasetHandle",
    "Dimension",
    "DimensionElement",
    "DimensionGraph",
    "DimensionGroup",
    "DimensionNameError",
    "DimensionRecord",
    "DimensionUniverse",
    "DimensionValueError",
    "EmptyQueryResultError",
    "FileDataset",
    "FileTemplateValidationError",
    "IncompatibleVersionError",
    "InconsistentDataIdError",
    "InconsistentUniverseError",
    "InvalidQueryError",
    "MissingCollectionError",
    "MissingDatasetTypeError",
    "NoDefaultCollectionError",
    "OrphanedRecordError",
    "Registry",
    "RegistryConsistencyError",
    "RegistryDefaults",
    "RegistryError",
    "SkyPixDimension",
    "StorageClass",
    "Timespan",
    "UnimplementedQueryError",
    "UnknownComponentError",
    "UserExpressionError",
    "UserExpressionSyntaxError",
    "ValidationError",
]

# Nouns that have another name there.
DataId = DataCoordinate
DatasetId = uuid.UUID
Dimension = DimensionElement
DimensionGraph = DimensionGroup

# Errors: ours that are raised where theirs would be, so that `except` clauses of scripts work.
ArgumentError = InvalidError
ButlerUserError = RegistryError = ButlerError
CalibrationLookupError = AmbiguousCalibrationError
CollectionExpressionError = CollectionError
DatabaseConflictError = ConflictingDefinitionError
DatasetTypeExpressionError = DatasetTypeError
DatasetTypeNotSupportedError = StorageClassError
FileTemplateValidationError = TemplateError
IncompatibleVersionError = RegistryConsistencyError = SchemaVersionError
UnimplementedQueryError = InvalidQueryError
UserExpressionError = UserExpressionSyntaxError = ExpressionError
ValidationError = ConfigError
