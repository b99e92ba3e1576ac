"""PSFs of PSFEx as rows of tables.  Knows no files.

The columns are those that software of the time documents; no file of it was at hand to compare with.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from skybutler.errors import FormatError, UnreadableFileError
from skybutler.images.psfs_psfex import PsfexPsf

from .archive import Archive, ArchiveWriter, Column, Rows
from .points import point_columns, point_row, read_point

__all__ = ["read_psfex_psf", "write_psfex_psf"]

_KIND, _MODULE = "PsfexPsf", "lsst.meas.extensions.psfex"
_SIZE_COLUMNS = (
    Column("ndim", "J", "", "Number of elements in group"),
    Column("ngroup", "J", "", "Number of elements in degree"),
    Column("ncoeff", "J", "", "Number of coefficients"),
    Column("_size_size", "J", "", "Size of _size array"),
    Column("_comp_size", "J", "", "Size of _comp array"),
    Column("_context_size", "J", "", "Size of _context array"),
    *point_columns("averagePosition", "D", "pixel", "average position of stars used to make the PSF"),
    Column("_pixstep", "E", "pixel", "oversampling"),
)


def read_psfex_psf(archive: Archive, number: int) -> PsfexPsf:
    """A PSF of PSFEx.

    Raises
    ------
    FormatError
        It depends on more than the position.
    """
    sizes, arrays = archive.pieces(number, 2)
    if sizes.one("ndim") != 2:
        raise FormatError(f"{archive.uri}: a {_KIND} depends on {sizes.one('ndim')} quantities; x and y are read.")
    width, height, *more = _values(arrays, "_size")
    n = more[0] if more else 1
    pixels = np.atleast_1d(arrays.one("_comp"))
    if pixels.size != width * height * n:
        raise UnreadableFileError(f"{archive.uri}: {n} components of {width} x {height} have {pixels.size} pixels.")
    x, y = _values(arrays, "group")
    offset, scale = (_values(arrays, f"_context_{name}") for name in ("first", "second"))
    return PsfexPsf(
        pixels.reshape(n, height, width), sizes.one("_pixstep"), (offset[0], offset[1]), (scale[0], scale[1]),
        read_point(sizes, "averagePosition"), tuple(_values(arrays, "degree")), (x, y),
    )  # fmt: skip


def _values(rows: Rows, name: str) -> list[Any]:
    found: list[Any] = np.atleast_1d(rows.one(name)).tolist()
    return found


def write_psfex_psf(writer: ArchiveWriter, number: int, psf: PsfexPsf) -> None:
    """A PSF of PSFEx; values of its polynomial that were left over from making it are 0."""
    n, height, width = psf.components.shape
    values: dict[str, tuple[str, str, Any]] = {
        "group": ("J", "Groups (of coefficients?)", psf.groups),
        "degree": ("J", "Degree in each group", psf.degrees),
        "basis": ("D", "Values of the basis functions", np.zeros(n)),
        "coeff": ("D", "Polynomial coefficients", np.zeros(n)),
        "_size": ("J", "PSF dimensions", (width, height, n)),
        "_comp": ("E", "Complete pixel data", psf.components.ravel()),
        "_context_first": ("D", "Offset to apply to context data", psf.offset),
        "_context_second": ("D", "Scale to apply to context data", psf.scale),
    }
    sizes = {
        "ndim": 2, "ngroup": len(psf.degrees), "ncoeff": n, "_size_size": 3, "_comp_size": psf.components.size,
        "_context_size": 2, **point_row("averagePosition", psf.average_position), "_pixstep": psf.pixel_step,
    }  # fmt: skip
    writer.add(number, writer.table(_SIZE_COLUMNS), _KIND, _MODULE, [sizes])
    columns = [Column(name, f"{len(array)}{form}", "", doc) for name, (form, doc, array) in values.items()]
    row = {name: array for name, (_, _, array) in values.items()}
    writer.add(number, writer.table(columns), _KIND, _MODULE, [row])
