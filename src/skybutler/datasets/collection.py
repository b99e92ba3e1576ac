"""Kinds of collections, what is known of one, and name patterns.  Knows no database."""

from __future__ import annotations

import enum
import fnmatch
import re
from collections.abc import Iterable
from dataclasses import dataclass

from skybutler.errors import CollectionTypeError, nearest

__all__ = ["CollectionInfo", "CollectionType", "match_names"]


class CollectionType(enum.IntEnum):
    """The four kinds of collections."""

    RUN = 1
    """Where datasets are born; a dataset never leaves its run."""
    TAGGED = 2
    """Datasets picked by hand, one per type and data ID."""
    CHAINED = 3
    """An ordered search list of other collections."""
    CALIBRATION = 4
    """Datasets with validity ranges."""

    @classmethod
    def from_name(cls, name: str) -> CollectionType:
        """The kind with this name, whatever its case.

        Raises
        ------
        CollectionTypeError
            There is none; the nearest is offered.
        """
        found = cls.__members__.get(name.upper())
        if found is None:
            hint = nearest(name.upper(), cls.__members__) or f"Kinds are {', '.join(cls.__members__)}."
            raise CollectionTypeError(f"'{name}' is no kind of collection.", hint=hint)
        return found

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class CollectionInfo:
    """Everything about one collection.

    Parameters
    ----------
    name : `str`
    type : `CollectionType`
    doc : `str`
    children : `tuple` [`str`]
        Search order of a chain; empty for other kinds.
    parents : `tuple` [`str`]
        Chains that hold it directly.
    dataset_types : `tuple` [`str`]
        Types that are, or once were, in it.
    """

    name: str
    type: CollectionType
    doc: str = ""
    children: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    dataset_types: tuple[str, ...] = ()

    def _repr_html_(self) -> str:
        from skybutler.notebook import facts

        names = {"children": self.children, "parents": self.parents, "dataset types": self.dataset_types}
        listed = [(what, ", ".join(found) or None) for what, found in names.items()]
        return facts([("type", self.type), ("doc", self.doc or None), *listed], self.name)


def match_names(patterns: Iterable[str], names: Iterable[str]) -> list[str]:
    """Names that match any of the patterns (``*``, ``?``, ``[...]``, minding case), in their own order."""
    tests = [re.compile(fnmatch.translate(p)) for p in patterns]
    return [name for name in names if any(t.match(name) for t in tests)]
