"""Sky maps as the YAML of their configuration; pickles of LSST software are read.  Knows no registry or datastore."""

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

_PICKLE = b"\x80"  # what a pickle begins with since 2003, and no text


class SkyMapFormatter(BytesFormatter):
    """A sky map; the file holds what defines it, not its tracts.

    Files of LSST software, which are pickles, are read through a list of the names that may stand in them.
    """

    extension = ".yaml"

    def read(
        self, source: Source, storage_class: StorageClass, component: str | None, parameters: Mapping[str, Any]
    ) -> object:
        no_component(component, storage_class)
        data = source.read_bytes()
        if source.extension.endswith((".pickle", ".pkl")) or data[:1] == _PICKLE:
            from .skymap_pickle import read_sky_map_pickle

            return read_sky_map_pickle(data, source.uri)
        found = load_yaml(data, source.uri)
        if not isinstance(found, dict):
            raise UnreadableFileError(f"{source.uri} holds no sky map configuration.")
        return SkyMap.from_config(found)

    def to_bytes(self, obj: Any, storage_class: StorageClass, provenance: Mapping[str, Any] | None) -> bytes:
        sky_map: SkyMap = obj
        return dump_yaml(sky_map.to_config())
