"""Datasets in files named by path or URL, read and written without a repository.  Knows nothing of butlers.

Whatever our storages reach is read: local paths, ``file:``, ``s3:``, ``http:`` and ``https:``.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skybutler.datasets.storage_class import StorageClasses
from skybutler.errors import MissingFileError
from skybutler.storage import LocalStorage, locate
from skybutler.storage.web import fetched, is_web_url

from .catalog import DEFAULTS, FormatterChoice, load, make
from .formatter import Source

if TYPE_CHECKING:
    from skybutler.images import Exposure

__all__ = ["read_exposure", "read_file", "write_exposure", "write_file"]


def read_exposure(place: str | os.PathLike[str], component: str | None = None, **parameters: Any) -> Any:
    """An exposure in a FITS file, a cut-out of it, or one component.

    Parameters
    ----------
    place : `str` or path
        A local path, or a URL.
    component : `str`, optional
        Such as ``wcs``, ``psf`` or ``photoCalib``; no pixels are read for these.
    **parameters
        Read parameters such as ``bbox``; see `skybutler.formatters.fits_image.FitsImageFormatter.read`.

    Returns
    -------
    exposure : `skybutler.images.Exposure`
        Or the component.

    Raises
    ------
    MissingFileError
        There is no such file.
    UnreadableFileError
        It is no FITS file, holds no image, or is cut short.
    """
    return read_file(place, "Exposure", component, **parameters)


def write_exposure(exposure: Exposure, path: str | os.PathLike[str], **settings: Any) -> None:
    """Write an exposure to a FITS file; one that is there is replaced.

    Parameters
    ----------
    exposure : `skybutler.images.Exposure`
    path : `str` or path
        A local path.
    **settings
        Of `skybutler.formatters.fits_image.FitsImageFormatter`: ``compress``, ``tile``, ``quantize``.

    Raises
    ------
    FormatError
        A part of it cannot be written.
    """
    formatter = make(FormatterChoice(DEFAULTS["Exposure"], settings))
    formatter.write(exposure, Path(path), StorageClasses.default()["Exposure"], None)


def read_file(
    place: str | os.PathLike[str], storage_class: str, component: str | None = None, **parameters: Any
) -> Any:
    """Our object in a file.

    Parameters
    ----------
    place : `str` or path
        A local path, or a URL.
    storage_class : `str`
        As what to read it.
    component : `str`, optional
        Only one of its components.
    **parameters
        Read parameters; those that are `None` are left out.

    Raises
    ------
    MissingFileError
        There is no such file.
    UnreadableFileError
        It is nothing of this kind.
    """
    text = os.fspath(place)
    if is_web_url(text):
        with fetched(text) as path:
            return _read(Source(LocalStorage(path.parent), path.name), storage_class, component, parameters)
    if "://" in text or text.startswith("file:"):
        return _read(Source(*locate(text)), storage_class, component, parameters)
    path = Path(text).absolute()
    if not path.is_file():
        raise MissingFileError(f"There is no file {text}.")
    return _read(Source(LocalStorage(path.parent), path.name), storage_class, component, parameters)


def _read(source: Source, storage_class: str, component: str | None, parameters: dict[str, Any]) -> Any:
    given = {name: value for name, value in parameters.items() if value is not None}
    return load(DEFAULTS[storage_class]).read(source, StorageClasses.default()[storage_class], component, given)


def write_file(plain: Any, place: str | os.PathLike[str], storage_class: str) -> None:
    """Write one of our objects to a local path; a file that is there is replaced."""
    load(DEFAULTS[storage_class]).write(plain, Path(place), StorageClasses.default()[storage_class], None)
