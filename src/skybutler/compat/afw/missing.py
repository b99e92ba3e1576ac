"""What is said of names of lsst.afw that are not served: which ours does the same.  Knows no such names itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NoReturn

from skybutler.errors import MissingExtraError, nearest

__all__ = ["missing"]


def missing(module: str, served: list[str], instead: Mapping[str, str]) -> Callable[[str], NoReturn]:
    """A module's ``__getattr__`` that tells what to use.

    Names in ``instead`` raise `MissingExtraError`, whose text ``from ... import`` shows too; any other is an
    `AttributeError`, as of every module.

    Parameters
    ----------
    module : `str`
        Foreign name of the module.
    served : `list` [`str`]
        Names that it has.
    instead : mapping
        For names that are asked for often: what does the same here.
    """

    def get(name: str) -> NoReturn:
        if name in instead:
            raise MissingExtraError(f"{module}.{name} is not served by skybutler.compat.", hint=instead[name])
        raise AttributeError(f"module '{module}' has no attribute '{name}'. {nearest(name, served)}".strip())

    return get
