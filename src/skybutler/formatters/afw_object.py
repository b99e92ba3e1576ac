"""Files of one persisted object of LSST's afw: a WCS, a PSF, a calibration, a camera.  Knows no classes of objects."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skybutler.errors import FormatError

from .afw import Archive, ArchiveWriter
from .afw.unknown import StoredObject
from .fits_header import open_fits, provenance_cards, reading
from .formatter import FITS_PROVENANCE, Formatter, Source, no_component

if TYPE_CHECKING:
    from skybutler.datasets.storage_class import StorageClass

__all__ = ["AfwObjectFormatter"]


class AfwObjectFormatter(Formatter):
    """Any object of `skybutler.formatters.afw.classes`, in the tables of an archive where it is number 1."""

    extension = ".fits"
    provenance = FITS_PROVENANCE

    def read(
        self, source: Source, storage_class: StorageClass, component: str | None, parameters: Mapping[str, Any]
    ) -> object:
        no_component(component, storage_class)
        with source.open() as stream, open_fits(stream, source.uri, 2) as hdus, reading(source.uri):
            found = Archive(hdus, source.uri).get(1)
        if isinstance(found, StoredObject):
            raise FormatError(f"{source.uri} holds a {found.kind}, which skybutler does not know.")
        return found

    def read_provenance(self, source: Source) -> Mapping[str, Any]:
        return provenance_cards(source)

    def write(self, obj: Any, path: Path, storage_class: StorageClass, provenance: Mapping[str, Any] | None) -> None:
        archive = ArchiveWriter()
        archive.put(obj)
        hdus = archive.file()
        for name, value in (provenance or {}).items():
            hdus[0].header[f"HIERARCH {name}"] = value
        hdus.writeto(path)
