"""Objects as LSST's afw keeps them in tables of FITS files.  Knows neither registry nor datastore."""

from .archive import Archive, ArchiveWriter, Column, Rows

__all__ = ["Archive", "ArchiveWriter", "Column", "Rows"]
