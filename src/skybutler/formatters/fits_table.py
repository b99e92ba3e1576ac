"""Tables in FITS files as astropy tables.  Knows neither registry nor datastore."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skybutler.errors import UnreadableFileError

from .catalog import load
from .fits_header import fits_header, open_fits, provenance_cards, reading, without_verification
from .formatter import FITS_PROVENANCE, Formatter, Source, no_component, with_provenance

if TYPE_CHECKING:
    from skybutler.datasets.storage_class import StorageClass

__all__ = ["FitsTableFormatter"]


class FitsTableFormatter(Formatter):
    """The first table of a FITS file.

    Catalogs that were stored as such are read as what they are, see `skybutler.formatters.afw_catalog`.
    """

    extension = ".fits"
    provenance = FITS_PROVENANCE

    def read(
        self, source: Source, storage_class: StorageClass, component: str | None, parameters: Mapping[str, Any]
    ) -> object:
        from astropy.io import fits
        from astropy.table import Table

        if storage_class.pytype.startswith("skybutler.tables."):  # catalogs were kept as tables once
            return load("afw-catalog").read(source, storage_class, component, parameters)
        no_component(component, storage_class)
        with source.open() as stream, open_fits(stream, source.uri, 2) as hdus, reading(source.uri):
            hdu = next((hdu for hdu in hdus if isinstance(hdu, fits.BinTableHDU | fits.TableHDU)), None)
            if hdu is None:
                raise UnreadableFileError(f"{source.uri} has no table among its HDUs.")
            return Table.read(hdu)

    def read_provenance(self, source: Source) -> Mapping[str, Any]:
        return provenance_cards(source)

    def write(self, obj: Any, path: Path, storage_class: StorageClass, provenance: Mapping[str, Any] | None) -> None:
        from astropy.io import fits

        with without_verification():  # names of metadata may be long
            hdu = fits.table_to_hdu(with_provenance(obj, None), character_as_bytes=False)
        for card in fits_header((provenance or {}).items()).cards:
            hdu.header.append(card, end=True)
        fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(path)
