"""Images and catalogs in files named by path or URL, as classes of lsst.afw read and write them.  Knows no spellings.

Whatever our storages reach is read: local paths, ``file:``, ``s3:``, ``http:`` and ``https:``.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from skybutler.datasets.storage_class import StorageClasses
from skybutler.errors import MissingFileError
from skybutler.formatters.catalog import DEFAULTS, load
from skybutler.formatters.formatter import Source
from skybutler.storage import LocalStorage, locate
from skybutler.storage.web import fetched, is_web_url

__all__ = ["read_file", "write_file"]


def read_file(place: str | os.PathLike[str], storage_class: str, **parameters: Any) -> Any:
    """Our object in a file.

    Parameters
    ----------
    place : `str` or path
        A local path, or a URL.
    storage_class : `str`
        As what to read it.
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
            return _read(Source(LocalStorage(path.parent), path.name), storage_class, parameters)
    if "://" in text or text.startswith("file:"):
        return _read(Source(*locate(text)), storage_class, parameters)
    path = Path(text).absolute()
    if not path.is_file():
        raise MissingFileError(f"There is no file {text}.")
    return _read(Source(LocalStorage(path.parent), path.name), storage_class, parameters)


def _read(source: Source, storage_class: str, parameters: dict[str, Any]) -> Any:
    given = {name: value for name, value in parameters.items() if value is not None}
    return load(DEFAULTS[storage_class]).read(source, StorageClasses.default()[storage_class], None, given)


def write_file(plain: Any, place: str | os.PathLike[str], storage_class: str) -> None:
    """Write one of our objects to a local path; a file that is there is replaced."""
    load(DEFAULTS[storage_class]).write(plain, Path(place), StorageClasses.default()[storage_class], None)
