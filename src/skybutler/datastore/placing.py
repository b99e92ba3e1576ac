"""What happens when a file is already in the place of a new one.  Knows neither datasets nor formats."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from skybutler.errors import FileExistsInStoreError

__all__ = ["InUse", "in_use_always", "place"]

InUse = Callable[[str], bool]
"""Whether some dataset owns the file of a path; asked only about paths where there is a file."""

_Result = TypeVar("_Result")


def in_use_always(path: str) -> bool:
    """The cautious answer: every file is somebody's."""
    return True


def place(path: str, in_use: InUse, write: Callable[[bool], _Result]) -> _Result:
    """Write without overwriting; a file in the place that no dataset owns is replaced.

    Such a file was left by a process that died between writing it and committing its row.

    Parameters
    ----------
    path : `str`
        Where.
    in_use : callable
        Tells whether a dataset owns the file that is there.
    write : callable
        Does the writing; its argument tells whether to overwrite.

    Raises
    ------
    skybutler.errors.FileExistsInStoreError
        If there is a file that is in use.
    """
    try:
        return write(False)
    except FileExistsInStoreError as error:
        if in_use(path):
            error.hint = "Another dataset has the same path: the file template must tell them apart."
            raise
    return write(True)
