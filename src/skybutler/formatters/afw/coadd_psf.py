"""PSFs of coadds as rows of tables.  Knows no files.

The columns are those that other software documents; no file of it was at hand to compare with.
"""

from __future__ import annotations

from skybutler.errors import UnreadableFileError
from skybutler.images.psfs_coadd import CoaddPsf
from skybutler.images.wcs import SkyWcs

from .archive import Archive, ArchiveWriter, Column
from .exposure_rows import read_exposure_rows, write_exposure_rows
from .points import point_columns, point_row, read_point

__all__ = ["read_coadd_psf", "write_coadd_psf"]

_KIND, _MODULE = "CoaddPsf", "lsst.meas.algorithms"
_COLUMNS = (
    Column("coaddwcs", "J", "", "archive ID of the coadd's WCS"),
    Column("cachesize", "J", "", "size of the warping cache"),
    *point_columns("avgpos", "D", "pixel", "PSF accessors default position"),
    Column("warpingkernelname", "32A", "", "warping kernel name"),
)


def read_coadd_psf(archive: Archive, number: int) -> CoaddPsf:
    """The PSF of a coadd; the PSFs of its inputs are read when they are needed."""
    whole, inputs = archive.pieces(number, 2)
    wcs = archive.get(whole.one("coaddwcs"), SkyWcs)
    if wcs is None:
        raise UnreadableFileError(f"{archive.uri}: the PSF of a coadd has no WCS.")
    name = whole.one("warpingkernelname").strip()
    return CoaddPsf(read_exposure_rows(inputs), wcs, read_point(whole, "avgpos"), name, whole.one("cachesize"))


def write_coadd_psf(writer: ArchiveWriter, number: int, psf: CoaddPsf) -> None:
    """The PSF of a coadd, and its inputs with all they have."""
    table = writer.table(_COLUMNS)
    row = {
        "coaddwcs": writer.put(psf.wcs), "cachesize": psf.cache_size, "warpingkernelname": psf.warping,
        **point_row("avgpos", psf.average_position),
    }  # fmt: skip
    writer.add(number, table, _KIND, _MODULE, [row])
    write_exposure_rows(writer, number, _KIND, _MODULE, psf.inputs)
