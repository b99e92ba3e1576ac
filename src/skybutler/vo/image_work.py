"""What processes make of images of a repository: cut-outs and previews.  Knows neither processes nor HTTP.

Nothing of a server is imported here: that would take a new process longer than what it has to do.
"""

from __future__ import annotations

import uuid
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from skybutler.errors import DatasetNotFoundError

if TYPE_CHECKING:
    from .soda import CutoutStyle
    from .soda_files import Cutter

__all__ = ["cut_out", "cutter_of", "load", "preview", "write_cut_out"]

_IN_MEMORY = 8 << 20
"""Files up to this size need not go over the disk."""


def load() -> None:
    """Import what most of this needs."""
    for name in ("skybutler.butler", "skybutler.formatters.fits_image", "skybutler.vo.soda_files", "astropy.wcs"):
        import_module(name)
    import numpy as np

    np.linalg.inv(np.eye(2))  # OpenBLAS takes its buffer with the first one, and ends a process that cannot have it


@lru_cache(maxsize=32)
def cutter_of(place: str) -> Cutter:
    """What cuts out of the images of a repository, which stays open in this process."""
    from skybutler.butler import Butler

    from .soda_files import Cutter

    return Cutter(Butler(place))


def cut_out(place: str, dataset: uuid.UUID, shape: tuple[str, str], style: CutoutStyle, path: Path) -> bytes | None:
    """The bytes of a cut-out, `None` if it is large and left as a file.

    Parameters
    ----------
    place : `str`
        The repository.
    dataset, shape, style
        See `Cutter.write`, also for errors.
    path : path
        The file, which is not there.
    """
    cutter = cutter_of(place)
    if style.detail == "Image" or style.format.name == "png":
        made = cutter.image(dataset, shape, style)
        if len(made) <= _IN_MEMORY:
            return made
        path.write_bytes(made)
        return None
    cutter.write(dataset, shape, style, path)
    if path.stat().st_size > _IN_MEMORY:
        return None
    made = path.read_bytes()
    path.unlink()
    return made


def write_cut_out(place: str, dataset: uuid.UUID, shape: tuple[str, str], style: CutoutStyle, path: Path) -> None:
    """Leave a cut-out as a file; arguments and errors as for `cut_out`."""
    cutter_of(place).write(dataset, shape, style, path)


def preview(place: str, dataset: uuid.UUID, side: int) -> bytes:
    """A picture of a whole image, PNG.

    Parameters
    ----------
    place : `str`
        The repository.
    dataset : `uuid.UUID`
        The image.
    side : `int`
        Dots along the longer side.

    Raises
    ------
    DatasetNotFoundError
        There is no such dataset.
    """
    from skybutler.display.thumbnail import thumbnail

    butler = cutter_of(place).butler
    ref = butler.get_dataset(dataset)
    if ref is None:
        raise DatasetNotFoundError(f"There is no dataset {dataset} any more.")
    return thumbnail(butler.get(ref), side)
