"""The inputs of coadds as rows of tables.  Knows no files."""

from __future__ import annotations

from skybutler.images.coadd_inputs import CoaddInputs

from .archive import Archive, ArchiveWriter
from .exposure_rows import read_exposure_rows, write_exposure_rows

__all__ = ["read_coadd_inputs", "write_coadd_inputs"]


def read_coadd_inputs(archive: Archive, number: int) -> CoaddInputs:
    """What a coadd was made of."""
    visits, ccds = archive.pieces(number, 2)
    return CoaddInputs(read_exposure_rows(visits), read_exposure_rows(ccds))


def write_coadd_inputs(writer: ArchiveWriter, number: int, inputs: CoaddInputs) -> None:
    """What a coadd was made of."""
    for records in (inputs.visits, inputs.ccds):
        write_exposure_rows(writer, number, "CoaddInputs", "lsst.afw.image", records)
