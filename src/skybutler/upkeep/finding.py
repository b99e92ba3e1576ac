"""What an examination finds: a level, what it means, and the command that mends it.  Examines nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Finding", "Level"]

Level = Literal["ok", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    Parameters
    ----------
    check : `str`
        What was looked at, in a word or two.
    level : {"ok", "warning", "error"}
        An error keeps the repository from working; a warning may.
    says : `str`
        What was found.
    means : `str`
        What follows from it.
    fix : `str`
        A command, or what else to do.
    """

    check: str
    level: Level
    says: str
    means: str = ""
    fix: str = ""
