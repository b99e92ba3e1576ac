"""What a datastore remembers of one stored file.  Knows neither registry nor datastore."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["FileRecord"]


@dataclass(frozen=True, slots=True)
class FileRecord:
    """Where and how a dataset, or one of its components, is stored.

    Parameters
    ----------
    path : `str`
        Relative to the datastore root, or an absolute URI (with a scheme) for a file that stays where it is.
    formatter : `str`
        Name of the formatter that reads it.
    storage_class : `str`
        What was written.
    size : `int`
        Bytes; -1 when not recorded.
    checksum : `bytes` or `None`
        Digest of the content.
    component : `str`
        Component name; empty for a whole dataset.
    """

    path: str
    formatter: str
    storage_class: str
    size: int = -1
    checksum: bytes | None = None
    component: str = ""
