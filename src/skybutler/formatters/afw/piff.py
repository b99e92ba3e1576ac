"""PSFs of Piff: pickles in tables, read through a list of what they may name.  Knows no files."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import numpy as np

from skybutler.errors import UnreadableFileError
from skybutler.formatters.plain_arrays import PLAIN_ARRAYS
from skybutler.formatters.safe_pickle import Allowed, Uncalled, load_pickle
from skybutler.images.psfs_piff import PiffPsf, require_piff

from .archive import Archive, ArchiveWriter, Column

__all__ = ["PIFF_CLASSES", "read_piff_psf", "write_piff_psf"]

_KIND, _MODULE = "PiffPsf", "lsst.meas.extensions.piff.piffPsf"
_COLUMNS = (Column("bytes", "QB", "", "an opaque bytestring representation of a Storable"),)


class _Cached:
    """Stands for what Piff has calculated and will calculate again; nothing of it is kept."""

    def __setstate__(self, state: Any) -> None:
        pass


_NAMES = {
    "galsim.bounds": ("BoundsD", "BoundsI"),
    "galsim.gsparams": ("GSParams",),
    "galsim.image": ("Image",),
    "galsim.interpolant": ("Lanczos",),
    "galsim.position": ("PositionD",),
    "galsim.wcs": ("AffineTransform", "JacobianWCS", "OffsetWCS", "PixelScale"),
    "piff.basis_interp": ("BasisPolynomial",),
    "piff.outliers": ("ChisqOutliers",),
    "piff.pixelgrid": ("PixelGrid",),
    "piff.simplepsf": ("SimplePSF",),
    "piff.star": ("Star", "StarData", "StarFit"),
}
PIFF_CLASSES: Allowed = MappingProxyType({
    **PLAIN_ARRAYS,
    **{("numpy", kind.__name__): kind for kind in (np.float32, np.float64, np.int16, np.int32, np.uint16, np.uint32)},
    **{(module, name): Uncalled(f"{module}:{name}") for module, names in _NAMES.items() for name in names},
    ("galsim.interpolatedimage", "InterpolatedImage"): _Cached,
    ("galsim.interpolant", "Quintic"): _Cached,
})  # fmt: skip
"""What the pickle of a Piff PSF may name: pixel grids, interpolated by polynomials."""


def read_piff_psf(archive: Archive, number: int) -> PiffPsf:
    """A PSF of Piff.

    Raises
    ------
    MissingExtraError
        Piff is not installed.
    UnreadableFileError
        The pickle names anything that is not in `PIFF_CLASSES`, or is not of a Piff PSF.
    """
    piff = require_piff()
    (rows,) = archive.pieces(number, 1)
    data: bytes = rows.one("bytes")
    uri = f"the Piff PSF of {archive.uri}"
    found = load_pickle(data, PIFF_CLASSES, uri)
    if not (isinstance(found, tuple) and len(found) == 3 and isinstance(found[2], piff.SimplePSF)):
        raise UnreadableFileError(f"The pickle of {uri} is of something else.")
    width, height, model = found
    _check(model, uri)
    for name in [name for name, value in vars(model.model).items() if isinstance(value, _Cached)]:
        delattr(model.model, name)
    return PiffPsf(int(width), int(height), model, data)


def _check(model: Any, uri: str) -> None:
    """Refuse a model that lacks what drawing needs."""
    needed = {"model": model, "interp": model, "wcs": model, "stars": model}
    missing = [name for name, owner in needed.items() if not hasattr(owner, name)]
    if missing:
        raise UnreadableFileError(f"The pickle of {uri} has no {' and no '.join(missing)}.")


def write_piff_psf(writer: ArchiveWriter, number: int, psf: PiffPsf) -> None:
    """A PSF of Piff, byte for byte as it was read."""
    writer.add(number, writer.table(_COLUMNS), _KIND, _MODULE, [{"bytes": psf.pickled}])
