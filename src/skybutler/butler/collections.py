"""``butler.collections``: what users do with collections.  Knows no datasets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from skybutler.datasets import CollectionInfo, CollectionType
from skybutler.errors import InvalidError
from skybutler.registry.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ButlerCollections"]


class ButlerCollections:
    """Collections of a repository.

    Parameters
    ----------
    registry : `Registry`
    defaults : `tuple` [`str`]
        Collections searched when a call names none.
    """

    def __init__(self, registry: Registry, defaults: tuple[str, ...]) -> None:
        self._registry, self._defaults = registry, defaults

    @property
    def defaults(self) -> tuple[str, ...]:
        """Collections searched when a call names none."""
        return self._defaults

    def __iter__(self) -> Iterator[str]:
        return iter(self._defaults)

    def __repr__(self) -> str:
        return f"ButlerCollections(defaults={self._defaults})"

    # -------------------------------------------------------------------- read
    def query(
        self,
        expression: str | Iterable[str] = "*",
        *,
        collection_types: CollectionType | Iterable[CollectionType] | None = None,
        flatten_chains: bool = False,
        include_chains: bool | None = None,
    ) -> list[str]:
        """Names that match names or globs.

        Parameters
        ----------
        expression : `str` or iterable of `str`
            Names and globs.
        collection_types : `CollectionType` or iterable, optional
            Kinds to give; all by default.
        flatten_chains : `bool`
            Give the members of chains.
        include_chains : `bool`, optional
            Give the chains too; by default unless they are flattened.
        """
        self._registry.refresh()
        collections = self._registry.collections
        found = collections.resolve(expression)
        if flatten_chains:
            chains = [c for c in found if c.type is CollectionType.CHAINED] if include_chains else []
            found = list(dict.fromkeys([*chains, *collections.flatten(found)]))
        elif include_chains is False:
            found = [c for c in found if c.type is not CollectionType.CHAINED]
        if collection_types is not None:
            kinds = {collection_types} if isinstance(collection_types, CollectionType) else set(collection_types)
            found = [c for c in found if c.type in kinds]
        return [c.name for c in found]

    def query_info(
        self,
        expression: str | Iterable[str] = "*",
        *,
        collection_types: CollectionType | Iterable[CollectionType] | None = None,
        flatten_chains: bool = False,
        include_chains: bool | None = None,
    ) -> list[CollectionInfo]:
        """Information about all collections that match; arguments as for `query`."""
        names = self.query(
            expression,
            collection_types=collection_types,
            flatten_chains=flatten_chains,
            include_chains=include_chains,
        )
        return [self._registry.collections.info(n) for n in names]

    def get_info(self, name: str) -> CollectionInfo:
        """Everything about one collection.

        Raises
        ------
        MissingCollectionError
            There is none of this name.
        """
        self._registry.refresh()
        return self._registry.collections.info(name)

    # ----------------------------------------------------------------- changes
    def register(self, name: str, type: CollectionType = CollectionType.RUN, doc: str | None = None) -> bool:
        """Make a collection unless it exists; tell whether it was made.

        Raises
        ------
        CollectionTypeError
            It exists as another kind; both are named.
        """
        self._registry.refresh()
        return self._registry.collections.register(name, type, doc)

    def redefine_chain(self, parent: str, children: str | Iterable[str], *, flatten: bool = False) -> None:
        """Replace the children of a chain.

        Raises
        ------
        CollectionCycleError
            A child is, or holds, the chain itself.
        """
        self._registry.refresh()
        self._registry.collections.set_chain(parent, _listed(children), flatten=flatten)

    def prepend_chain(self, parent: str, children: str | Iterable[str]) -> None:
        """Put children in front of a chain; ones already in it move."""
        with self._registry.transaction():
            new = _listed(children)
            self.redefine_chain(parent, [*new, *(c for c in self._children(parent) if c not in new)])

    def extend_chain(self, parent: str, children: str | Iterable[str]) -> None:
        """Put children at the end of a chain; ones already in it move."""
        with self._registry.transaction():
            new = _listed(children)
            self.redefine_chain(parent, [*(c for c in self._children(parent) if c not in new), *new])

    def remove_from_chain(self, parent: str, children: str | Iterable[str]) -> None:
        """Take children out of a chain; ones not in it are no error."""
        with self._registry.transaction():
            gone = set(_listed(children))
            self.redefine_chain(parent, [c for c in self._children(parent) if c not in gone])

    def _children(self, parent: str) -> list[str]:
        self._registry.refresh()
        self._registry.database.lock_table("collection_chain")
        chain = self._registry.collections.require(parent, CollectionType.CHAINED)
        return [c.name for c in self._registry.collections.children(chain)]

    def set_doc(self, name: str, doc: str) -> None:
        """Replace a collection's documentation."""
        self._registry.collections.set_doc(name, doc)

    def remove(self, name: str) -> None:
        """Remove a TAGGED, CHAINED or CALIBRATION collection, or an empty RUN.

        Raises
        ------
        OrphanedRecordError
            A chain holds it, or it is a RUN with datasets.
        """
        self._registry.refresh()
        self._registry.collections.remove(name)


def _listed(names: str | Iterable[str]) -> Sequence[str]:
    listed = [names] if isinstance(names, str) else list(names)
    if not all(isinstance(n, str) for n in listed):
        raise InvalidError(f"Collections are named by text, not {listed!r}.")
    return listed
