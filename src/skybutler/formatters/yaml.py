"""YAML files of plain data.  Knows neither registry nor datastore."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .formatter import BytesFormatter, Source, no_component
from .plain_yaml import dump_yaml, load_yaml

if TYPE_CHECKING:
    from skybutler.datasets.storage_class import StorageClass

__all__ = ["YamlFormatter"]


class YamlFormatter(BytesFormatter):
    """Mappings, lists, texts and numbers as YAML; tags of foreign files are read as the plain data below them."""

    extension = ".yaml"

    def read(
        self, source: Source, storage_class: StorageClass, component: str | None, parameters: Mapping[str, Any]
    ) -> object:
        no_component(component, storage_class)
        return load_yaml(source.read_bytes(), source.uri)

    def to_bytes(self, obj: Any, storage_class: StorageClass, provenance: Mapping[str, Any] | None) -> bytes:
        return dump_yaml(obj)
