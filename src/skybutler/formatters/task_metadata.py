"""Metadata of tasks in the JSON of LSST pipelines.  Knows neither registry nor datastore."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from skybutler.datasets.property_set import TaskMetadata
from skybutler.errors import FormatError, InvalidError, UnreadableFileError

from .formatter import BytesFormatter, Source, no_component
from .json import dump_json, load_json
from .property_set import PropertySetFormatter

if TYPE_CHECKING:
    from skybutler.datasets.storage_class import StorageClass

__all__ = ["TaskMetadataFormatter"]


class TaskMetadataFormatter(BytesFormatter):
    """Task metadata as JSON; YAML files of older pipelines, which were property sets, are read as well."""

    extension = ".json"

    def read(
        self, source: Source, storage_class: StorageClass, component: str | None, parameters: Mapping[str, Any]
    ) -> object:
        if source.extension.endswith((".yaml", ".yml")):
            older: Any = PropertySetFormatter().read(source, storage_class, component, parameters)
            return TaskMetadata(older)
        no_component(component, storage_class)
        try:
            return TaskMetadata.from_plain(load_json(source.read_bytes(), source.uri))
        except (FormatError, InvalidError) as error:
            raise UnreadableFileError(f"{source.uri}: {error}") from error

    def to_bytes(self, obj: Any, storage_class: StorageClass, provenance: Mapping[str, Any] | None) -> bytes:
        metadata: TaskMetadata = obj
        return dump_json(metadata.to_plain())
