"""What an import did, by kind.  Knows no repository."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["ImportReport", "Tally"]


@dataclass
class Tally:
    """How many of something were new, and how many were there already."""

    new: int = 0
    existing: int = 0

    def add(self, new: int, existing: int = 0) -> None:
        """Count more of them."""
        self.new += new
        self.existing += existing


@dataclass
class ImportReport:
    """What an import did.

    Parameters
    ----------
    file : `str`
        The export file.
    dataset_types, collections, datasets, tagged, certified : `Tally`
        Of each kind; ``tagged`` and ``certified`` are memberships.
    records : `dict` [`str`, `Tally`]
        Dimension records by element.
    files : `int`
        Files that were brought in, or recorded where they are.
    unknown_children : `list` [`tuple` [`str`, `str`]]
        Chains and those of their children that exist nowhere, and were left out.
    """

    file: str
    dataset_types: Tally = field(default_factory=Tally)
    collections: Tally = field(default_factory=Tally)
    datasets: Tally = field(default_factory=Tally)
    tagged: Tally = field(default_factory=Tally)
    certified: Tally = field(default_factory=Tally)
    records: dict[str, Tally] = field(default_factory=dict)
    files: int = 0
    unknown_children: list[tuple[str, str]] = field(default_factory=list)

    @property
    def is_change(self) -> bool:
        """Whether anything was new."""
        return bool(self.files) or any(tally.new for _, tally in self.rows())

    def rows(self) -> Iterator[tuple[str, Tally]]:
        """Every kind of which the file has some, with its count, in the order of writing."""
        named = [
            ("dataset types", self.dataset_types),
            ("collections", self.collections),
            *((f"{element} records", tally) for element, tally in self.records.items()),
            ("datasets", self.datasets),
            ("tagged", self.tagged),
            ("certified", self.certified),
        ]
        return ((name, tally) for name, tally in named if tally.new or tally.existing)
