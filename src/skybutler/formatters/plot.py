"""Figures as PNG files.  Knows neither registry nor datastore."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .formatter import TABLE_PROVENANCE, Formatter, Source, no_component

if TYPE_CHECKING:
    from skybutler.datasets.storage_class import StorageClass

__all__ = ["PlotFormatter", "Png"]


class Png(bytes):
    """Content of a PNG file, which a notebook shows as the picture."""

    def _repr_png_(self) -> bytes:
        return bytes(self)


class PlotFormatter(Formatter):
    """A matplotlib figure as PNG.  It reads back as `Png`: a picture does not turn into a figure again."""

    extension = ".png"
    provenance = TABLE_PROVENANCE

    def read(
        self, source: Source, storage_class: StorageClass, component: str | None, parameters: Mapping[str, Any]
    ) -> object:
        no_component(component, storage_class)
        return Png(source.read_bytes())

    def write(self, obj: Any, path: Path, storage_class: StorageClass, provenance: Mapping[str, Any] | None) -> None:
        if isinstance(obj, Png):
            path.write_bytes(obj)
            return
        metadata = {str(name): str(value) for name, value in (provenance or {}).items()}
        obj.savefig(path, format="png", metadata={**getattr(obj, "metadata", {}), **metadata})
