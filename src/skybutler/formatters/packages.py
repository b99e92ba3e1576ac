"""Names and versions of software packages.  Knows neither registry nor datastore."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from skybutler.errors import UnreadableFileError

from .formatter import BytesFormatter, Source, no_component
from .json import load_json
from .plain_yaml import dump_yaml, load_yaml

if TYPE_CHECKING:
    from skybutler.datasets.storage_class import StorageClass

__all__ = ["PackagesFormatter"]


class PackagesFormatter(BytesFormatter):
    """A mapping of package names to versions as YAML; JSON is read, pickles are refused."""

    extension = ".yaml"

    def read(
        self, source: Source, storage_class: StorageClass, component: str | None, parameters: Mapping[str, Any]
    ) -> object:
        no_component(component, storage_class)
        if source.extension in (".pickle", ".pkl"):
            raise UnreadableFileError(
                f"{source.uri} is a pickle, which could run any code when read.",
                hint="Write the packages as YAML or JSON where they were made.",
            )
        load = load_json if source.extension == ".json" else load_yaml
        found = load(source.read_bytes(), source.uri)
        if not isinstance(found, dict):
            raise UnreadableFileError(f"{source.uri} holds no mapping of package names to versions.")
        return {str(name): str(version) for name, version in found.items()}

    def to_bytes(self, obj: Any, storage_class: StorageClass, provenance: Mapping[str, Any] | None) -> bytes:
        return dump_yaml({str(name): str(version) for name, version in sorted(obj.items())})
