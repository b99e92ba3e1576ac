"""A part of `RESULTS.md`.  Knows no figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Section"]


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Parameters
    ----------
    title : `str`
        Its heading.
    lines : sequence of `str`
        Paragraphs before the table.
    header : sequence of `str`
        The table's columns; none, no table.
    rows : sequence of sequences of `str`
        The table.
    after : sequence of `str`
        Lines after it.
    level : `int`
        Of the heading.
    """

    title: str
    lines: Sequence[str] = ()
    header: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    after: Sequence[str] = ()
    level: int = 2

    def text(self) -> str:
        """As Markdown."""
        parts = [f"{'#' * self.level} {self.title}", *self.lines]
        if self.header:
            rule = ["---"] * len(self.header)
            parts.append("\n".join("| " + " | ".join(cells) + " |" for cells in (self.header, rule, *self.rows)))
        if self.after:
            parts.append("\n".join(self.after))
        return "\n\n".join(parts) + "\n"
