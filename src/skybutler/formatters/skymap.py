"""Sky maps as the YAML of their configuration.  Knows neither registry nor datastore."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from skybutler.errors import UnreadableFileError
from skybutler.skymap import SkyMap

from .formatter import BytesFormatter, Source, no_component
from .plain_yaml import dump_yaml, load_yaml

if TYPE_CHECKING:
    from skybutler.datasets.storage_class import StorageClass

__all__ = ["SkyMapFormatter"]


class SkyMapFormatter(BytesFormatter):
    """A sky map; the file holds what defines it, not its tracts."""

    extension = ".yaml"

    def read(
        self, source: Source, storage_class: StorageClass, component: str | None, parameters: Mapping[str, Any]
    ) -> object:
        no_component(component, storage_class)
        if source.extension in (".pickle", ".pkl"):
            raise UnreadableFileError(
                f"{source.uri} is a pickle, which could run any code when read.",
                hint="Register the sky map from its configuration: butler register-skymap REPO -C FILE",
            )
        found = load_yaml(source.read_bytes(), source.uri)
        if not isinstance(found, dict):
            raise UnreadableFileError(f"{source.uri} holds no sky map configuration.")
        return SkyMap.from_config(found)

    def to_bytes(self, obj: Any, storage_class: StorageClass, provenance: Mapping[str, Any] | None) -> bytes:
        sky_map: SkyMap = obj
        return dump_yaml(sky_map.to_config())
