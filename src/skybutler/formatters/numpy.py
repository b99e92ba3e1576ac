"""Numpy arrays as .npy files, never with pickled objects.  Knows neither registry nor datastore."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from skybutler.errors import FormatError, UnreadableFileError

from .formatter import Formatter, Source, no_component

if TYPE_CHECKING:
    from skybutler.datasets.storage_class import StorageClass

__all__ = ["NumpyFormatter"]


class NumpyFormatter(Formatter):
    """An array of numbers, texts or records of them."""

    extension = ".npy"

    def read(
        self, source: Source, storage_class: StorageClass, component: str | None, parameters: Mapping[str, Any]
    ) -> object:
        no_component(component, storage_class)
        with source.open() as stream:
            try:
                return np.lib.format.read_array(stream, allow_pickle=False)
            except (ValueError, EOFError) as error:
                raise UnreadableFileError(
                    f"{source.uri} is not readable as a .npy file: {error}", hint="Pickled arrays are not read."
                ) from error

    def write(self, obj: Any, path: Path, storage_class: StorageClass, provenance: Mapping[str, Any] | None) -> None:
        if isinstance(obj, np.ma.MaskedArray):
            raise FormatError("A .npy file cannot keep the mask of an array.", hint="Fill it, or store a table.")
        if obj.dtype.hasobject:
            raise FormatError(f"An array of dtype {obj.dtype} holds Python objects, which a .npy file may not.")
        version = None if repr(obj.dtype.descr).isascii() else (3, 0)  # names of fields in UTF-8
        with path.open("wb") as out:
            np.lib.format.write_array(out, np.asarray(obj), version=version, allow_pickle=False)
