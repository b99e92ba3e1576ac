"""The nouns that registry and datastore share: dataset types, refs, collections, file records.  Knows neither."""

from .collection import CollectionInfo, CollectionType
from .dataset_type import DatasetType
from .file_record import FileRecord
from .ref import DatasetExistence, DatasetRef, FileDataset

__all__ = [
    "CollectionInfo",
    "CollectionType",
    "DatasetExistence",
    "DatasetRef",
    "DatasetType",
    "FileDataset",
    "FileRecord",
]
