"""VOTables as astropy writes them, to be sent to services."""

from __future__ import annotations

import io
import warnings
from typing import Any

import numpy as np
from astropy.io.votable import writeto
from astropy.io.votable.exceptions import W03, W39
from astropy.table import MaskedColumn, Table

__all__ = ["EVERY_TYPE", "votable_bytes"]

EVERY_TYPE = Table(
    {
        "flag": MaskedColumn([True, False, True], mask=[0, 0, 1]),
        "tiny": MaskedColumn(np.array([0, 255, 7], "u1"), mask=[0, 0, 1]),
        "small": MaskedColumn(np.array([-32768, 32767, 7], "i2"), mask=[0, 0, 1]),
        "plain": MaskedColumn(np.array([-(2**31), 2**31 - 1, 7], "i4"), mask=[0, 0, 1]),
        "big": MaskedColumn(np.array([-(2**62), 2**62 + 1, 7], "i8"), mask=[0, 0, 1]),
        "single": MaskedColumn(np.array([1.5, -2.25e30, np.nan], "f4"), mask=[0, 0, 1]),
        "precise": MaskedColumn(np.array([1 / 3, -1e300, np.nan]), mask=[0, 0, 1]),
        "text": np.array(["a'b", "", "x?y%z"]),
        "wide": np.array(["α Ori", "β", "𝛾"], dtype=object),
        "order": np.arange(3),
        "[Fe/H] & more": np.array([0.1, 0.2, 0.3]),
        "vector": np.arange(6.0).reshape(3, 2),
        "pixels": np.arange(12, dtype="i4").reshape(3, 2, 2),
        "wave": np.array([1 + 2j, 3 + 4j, 5 + 6j]),
    }
)
"""Columns of every type that a VOTable can have, with nulls in the last row, and names that are no easy ones."""


def votable_bytes(table: Table, serialization: str = "tabledata", **options: Any) -> bytes:
    """A document with a table."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", W03)  # names that are no XML identifiers
        warnings.simplefilter("ignore", W39)
        writeto(table, buffer, tabledata_format=serialization, **options)
    return buffer.getvalue()
