"""File records of many datasets at once, column by column.  Knows neither registry nor datastore."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["FileColumns"]


@dataclass(frozen=True, slots=True)
class FileColumns:
    """Where many datasets are stored; every sequence has one entry per dataset.

    Parameters
    ----------
    path : sequence of `str`
        Relative to the datastore root, or an absolute URI for files that stay where they are.
    size : sequence of `int`
        Bytes; -1 where not recorded.
    formatter, storage_class : `str`
        The same for all.
    checksum : sequence of `bytes` or `None`, optional
        Digest of the content.
    """

    path: Sequence[str]
    size: Sequence[int]
    formatter: str
    storage_class: str
    checksum: Sequence[bytes | None] | None = None
