"""``butler.collections`` with the spellings of today's lsst.daf.butler, where it is a sequence of names too."""

from __future__ import annotations

from typing import overload

from skybutler.butler.collections import ButlerCollections as PlainCollections

__all__ = ["ButlerCollections"]


class ButlerCollections(PlainCollections):
    """Collections of a repository, and a sequence of the default ones."""

    def __len__(self) -> int:
        return len(self.defaults)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[str, ...]: ...
    def __getitem__(self, index: int | slice) -> str | tuple[str, ...]:
        return self.defaults[index]

    def __contains__(self, name: object) -> bool:
        return name in self.defaults

    def x_remove(self, name: str) -> None:
        """Remove a collection that is no RUN with datasets, and that no chain holds."""
        self.remove(name)
