"""Cameras in FITS files, as LSST's afw keeps them.  Knows neither registry nor datastore."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skybutler.images.camera import Camera

from .afw.archive import Archive, ArchiveWriter
from .fits_header import open_fits, reading
from .formatter import Formatter, Source, no_component

if TYPE_CHECKING:
    from skybutler.datasets.storage_class import StorageClass

__all__ = ["CameraFormatter"]

_HDUS = 8
"""Primary, index and six tables."""


class CameraFormatter(Formatter):
    """A camera: detectors, amplifiers and transforms, in the tables of an archive of persisted objects."""

    extension = ".fits"

    def read(
        self, source: Source, storage_class: StorageClass, component: str | None, parameters: Mapping[str, Any]
    ) -> object:
        no_component(component, storage_class)
        with source.open() as stream, open_fits(stream, source.uri, _HDUS) as hdus, reading(source.uri):
            return Archive(hdus, source.uri).get(1, Camera)

    def write(self, obj: Any, path: Path, storage_class: StorageClass, provenance: Mapping[str, Any] | None) -> None:
        archive = ArchiveWriter()
        archive.put(obj)
        hdus = archive.file()
        for name, value in (provenance or {}).items():
            hdus[0].header[f"HIERARCH {name}"] = value
        hdus.writeto(path)
