"""Reading a table of files into columns of plain values.  Knows nothing of datasets."""

from __future__ import annotations

import os
from typing import Any

from skybutler.errors import MissingFileError, UnreadableFileError

__all__ = ["read_columns"]

_FORMATS = {
    ".ecsv": "ascii.ecsv",
    ".csv": "ascii.csv",
    ".fits": "fits",
    ".fit": "fits",
    ".vot": "votable",
    ".xml": "votable",
}
"""Formats by extension; of another file astropy guesses the format."""


def read_columns(path: str | os.PathLike[str]) -> dict[str, list[Any]]:
    """Columns of a table by name, in order; masked values are `None`.

    Parameters
    ----------
    path : path
        ECSV, CSV, FITS, VOTable, Parquet, or what astropy recognises.

    Raises
    ------
    MissingFileError
        There is no such file.
    UnreadableFileError
        It is no table.
    """
    name = os.fspath(path)
    extension = os.path.splitext(name)[1].lower()
    if not os.path.exists(name):
        raise MissingFileError(f"There is no table {name}.")
    try:
        return _parquet(name) if extension in (".parquet", ".parq") else _astropy(name, _FORMATS.get(extension))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnreadableFileError(f"{name} cannot be read as a table: {' '.join(str(error).split())[:300]}") from error


def _parquet(name: str) -> dict[str, list[Any]]:
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(name)
    return {column: table[column].to_pylist() for column in table.column_names}


def _astropy(name: str, form: str | None) -> dict[str, list[Any]]:
    from astropy.table import Table

    table = Table.read(name, format=form)
    table.convert_bytestring_to_unicode()
    # FITS pads text with blanks
    return {c: [v.strip() if isinstance(v, str) else v for v in table[c].tolist()] for c in table.colnames}
