"""Astropy tables as ECSV text.  Knows neither registry nor datastore."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skybutler.errors import FormatError, UnreadableFileError

from .formatter import TABLE_PROVENANCE, Formatter, Source, no_component, old_provenance, with_provenance

if TYPE_CHECKING:
    from skybutler.datasets.storage_class import StorageClass

__all__ = ["AstropyTableFormatter"]

_FORMATS = {".ecsv": "ascii.ecsv", ".fits": "fits", ".vot": "votable", ".xml": "votable", ".csv": "ascii.csv"}


class AstropyTableFormatter(Formatter):
    """A table, with units, descriptions and metadata, as ECSV; FITS, VOTable and CSV files are read as well."""

    extension = ".ecsv"
    provenance = TABLE_PROVENANCE

    def read(
        self, source: Source, storage_class: StorageClass, component: str | None, parameters: Mapping[str, Any]
    ) -> object:
        from astropy.table import QTable, Table

        no_component(component, storage_class)
        form = _FORMATS.get(source.extension)
        if form is None:
            raise UnreadableFileError(
                f"{source.uri} has no extension of a known table format.", hint=f"Known: {', '.join(_FORMATS)}."
            )
        cls = QTable if storage_class.name == "AstropyQTable" else Table
        return _read(source, cls, form)

    def read_provenance(self, source: Source) -> Mapping[str, Any]:
        from astropy.table import Table

        if _FORMATS.get(source.extension) != "ascii.ecsv":
            return {}
        meta = _read(source, Table, "ascii.ecsv").meta
        return {name: meta[name] for name in old_provenance(meta)}

    def write(self, obj: Any, path: Path, storage_class: StorageClass, provenance: Mapping[str, Any] | None) -> None:
        table = with_provenance(obj, provenance)
        try:
            table.write(path, format="ascii.ecsv")
        except (TypeError, ValueError) as error:
            raise FormatError(f"The table cannot be written as ECSV: {error}") from error


def _read(source: Source, cls: Any, form: str) -> Any:
    with source.local_path() as path:
        try:
            return cls.read(path, format=form)
        except (OSError, ValueError, TypeError, KeyError, IndexError) as error:
            raise UnreadableFileError(f"{source.uri} is not readable as {form}: {error}") from error
