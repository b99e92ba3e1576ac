"""Gaussian point-spread functions as rows of tables.  Knows no files."""

from __future__ import annotations

from skybutler.images.psf import GaussianPsf

from .archive import Archive, ArchiveWriter, Column
from .points import point_columns, point_row, read_stamp

__all__ = ["read_gaussian_psf", "write_gaussian_psf"]

_KIND = "GaussianPsf"
_COLUMNS = (
    *point_columns("dimensions", "J", "pixel", "width/height of realization of Psf"),
    Column("sigma", "D", "pixel", "radius of Gaussian"),
)


def read_gaussian_psf(archive: Archive, number: int) -> GaussianPsf:
    """A Gaussian."""
    (rows,) = archive.pieces(number, 1)
    return GaussianPsf(*read_stamp(rows), rows.one("sigma"))


def write_gaussian_psf(writer: ArchiveWriter, number: int, psf: GaussianPsf) -> None:
    """A Gaussian."""
    row = {**point_row("dimensions", (psf.width, psf.height)), "sigma": psf.sigma()}
    writer.add(number, writer.table(_COLUMNS), _KIND, "lsst.afw.detection", [row])
