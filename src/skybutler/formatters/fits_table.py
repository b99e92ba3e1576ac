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
    from astropy.table import Table

    from skybutler.datasets.storage_class import StorageClass

__all__ = ["FitsTableFormatter"]


class FitsTableFormatter(Formatter):
    """The first table of a FITS file.

    Of catalogs written by LSST's afw, the packed flags become one logical column each, in place of the bit column,
    and field documentation becomes column descriptions.
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
            return _as_written_by_afw(Table.read(hdu), hdu.header)

    def read_provenance(self, source: Source) -> Mapping[str, Any]:
        return provenance_cards(source)

    def write(self, obj: Any, path: Path, storage_class: StorageClass, provenance: Mapping[str, Any] | None) -> None:
        from astropy.io import fits

        with without_verification():  # names of metadata may be long
            hdu = fits.table_to_hdu(with_provenance(obj, None), character_as_bytes=False)
        for card in fits_header((provenance or {}).items()).cards:
            hdu.header.append(card, end=True)
        fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(path)


def _as_written_by_afw(table: Table, header: Any) -> Table:
    for i, name in enumerate(list(table.colnames), start=1):
        if text := header.get(f"TDOC{i}"):
            table[name].description = text
    place = header.get("FLAGCOL")
    if place is None:
        return table
    column = header.get(f"TTYPE{place}", "flags").strip()
    bits = table[column]
    for bit in range(bits.shape[1]):
        name = header.get(f"TFLAG{bit + 1}", f"flag_{bit + 1}").strip()
        table.add_column(bits[:, bit], name=name, index=place - 1 + bit)
        table[name].description = header.get(f"TFDOC{bit + 1}")
    table.remove_column(column)
    return table
