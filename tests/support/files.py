"""Files written through a formatter and read back through it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from skybutler.datasets.storage_class import StorageClasses
from skybutler.formatters import Formatter, Source, load
from skybutler.storage import LocalStorage


class Files:
    """A directory, a formatter and a storage class."""

    def __init__(self, directory: Path, formatter: str, storage_class: str) -> None:
        self.storage = LocalStorage(directory)
        self.formatter: Formatter = load(formatter)
        self.storage_class = StorageClasses.default()[storage_class]
        self.path = "d/x" + self.formatter.extension

    def write(self, obj: Any, provenance: Mapping[str, Any] | None = None) -> None:
        self.storage.write(
            self.path, lambda path: self.formatter.write(obj, path, self.storage_class, provenance), overwrite=True
        )

    def read(self, component: str | None = None, **parameters: Any) -> Any:
        return self.formatter.read(Source(self.storage, self.path), self.storage_class, component, parameters)

    def round_trip(self, obj: Any) -> Any:
        self.write(obj)
        return self.read()

    def read_bytes(self, content: bytes, name: str | None = None) -> Any:
        """What is read of a file made by others."""
        self.path = name or self.path
        self.storage.write(self.path, content, overwrite=True)
        return self.read()
