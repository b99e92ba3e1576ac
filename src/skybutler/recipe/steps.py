"""What every step of a recipe can do: look at its inputs, foresee, and be carried out.  Knows no kind of step."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from skybutler.errors import MissingFileError
from skybutler.storage.places import is_absolute

from .places import placed
from .settings import Settings

if TYPE_CHECKING:
    from skybutler.butler import Butler

__all__ = ["BYTES_PER_SECOND", "Forecast", "Outcome", "Progress", "Step", "copied_bytes", "total_bytes"]

Progress = Callable[[int, int | None], None]
"""Called with how many are done and, when that is known, of how many."""

Kind = TypeVar("Kind", bound=Settings)

BYTES_PER_SECOND = 200e6
"""What copies of files are reckoned with; disks and networks differ."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step did: how many of what were new, how many were there before, and what else is to be said."""

    new: int
    existing: int
    unit: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a step would do.

    Parameters
    ----------
    new, existing : `int`
        How many would be made, and how many are there already; ``new`` is -1 where that cannot be known before the
        steps above are done.
    unit : `str`
        Of what.
    bytes : `int`
        Bytes of files that would be copied.
    seconds : `float`
        A rough estimate, from rates on a machine with two cores.
    note : `str`
    """

    new: int
    existing: int
    unit: str
    bytes: int = 0
    seconds: float = 0.0
    note: str = ""


class Step(ABC, Generic[Kind]):
    """One step of a recipe.

    Parameters
    ----------
    settings : `Settings`
        What it is to do.
    folder : `str`
        Where relative places begin.
    """

    rate: ClassVar[float] = 1000.0
    """Things per second, roughly, for forecasts."""

    def __init__(self, settings: Kind, folder: str) -> None:
        self.settings, self.folder = settings, folder

    @property
    @abstractmethod
    def subject(self) -> str:
        """What it is about, in a few words."""

    def check(self) -> None:
        """See that its inputs are there; cheap, before any step is carried out.

        Raises
        ------
        MissingFileError, NotFoundError, ConfigError
            Something is not there, or not what it should be.
        """

    @abstractmethod
    def foresee(self, butler: Butler | None) -> Forecast:
        """What it would do in a repository, or in one that is still to be made."""

    @abstractmethod
    def run(self, butler: Butler, progress: Progress) -> Outcome:
        """Do it; what is done already is left alone."""

    # ---------------------------------------------------------------- for steps
    def place(self, text: str) -> str:
        """An absolute path or URI of a place in the recipe."""
        return placed(text, self.folder)

    def require(self, text: str) -> str:
        """The place of something that must exist."""
        place = self.place(text)
        if "://" not in place and not os.path.exists(place):
            raise MissingFileError(f"There is no {place}.")
        return place

    def forecast(self, new: int, existing: int, unit: str, *, bytes: int = 0, note: str = "") -> Forecast:
        """A forecast with the time that follows from rates."""
        seconds = max(new, 0) / self.rate + bytes / BYTES_PER_SECOND
        return Forecast(new, existing, unit, bytes, seconds, note)


def total_bytes(paths: Iterable[str]) -> int:
    """Bytes of local files; those elsewhere, or gone, count nothing."""
    total = 0
    for path in paths:
        if is_absolute(path) and "://" not in path:
            try:
                total += os.stat(path).st_size
            except FileNotFoundError:
                continue
    return total


def copied_bytes(paths: Iterable[str], transfer: str) -> int:
    """Bytes that a transfer mode copies."""
    return total_bytes(paths) if transfer in ("copy", "auto") else 0
