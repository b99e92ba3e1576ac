"""``butler.collections``: what users do with collections.  Knows no datasets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from skybutler.datasets import CollectionInfo, CollectionType
from skybutler.datasets.collection import match_names
from skybutler.errors import InvalidError, ParameterError
from skybutler.registry.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from skybutler.datasets import DatasetType

__all__ = ["ButlerCollections"]

_SHOWN = 50
"""Collections that a notebook shows."""


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

    def _repr_html_(self) -> str:
        from skybutler.notebook import table

        found = self.query_info("*")
        rows = [(c.name, c.type, ", ".join(c.children), c.doc) for c in found[:_SHOWN]]
        note = f"The first {_SHOWN} of {len(found)}." if len(found) > _SHOWN else ""
        return table(("collection", "type", "children", "doc"), rows, note=note)

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
        include_parents: bool = True,
        include_summary: bool = True,
        include_doc: bool = True,
        summary_datasets: Iterable[str | DatasetType] | None = None,
    ) -> list[CollectionInfo]:
        """Information about all collections that match, by a few statements however many there are.

        Parameters
        ----------
        expression, collection_types, flatten_chains, include_chains
            As for `query`.
        include_parents, include_summary, include_doc : `bool`
            Look up the chains that hold them, their dataset types, and their documentation; else these are empty.
        summary_datasets : iterable of `str` or `DatasetType`, optional
            Of the dataset types, only these (names and globs).
        """
        names = self.query(
            expression,
            collection_types=collection_types,
            flatten_chains=flatten_chains,
            include_chains=include_chains,
        )
        known = self._registry.collections
        found = known.infos(
            [known.get(n) for n in names], parents=include_parents, summary=include_summary, doc=include_doc
        )
        if summary_datasets is None:
            return found
        wanted = [kind if isinstance(kind, str) else kind.name for kind in summary_datasets]
        return [replace(info, dataset_types=tuple(match_names(wanted, info.dataset_types))) for info in found]

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

    def prepend_chain(self, parent: str, children: str | Iterable[str], *, flatten: bool = False) -> None:
        """Put children (with ``flatten``, members of chains in their place) in front; ones already in the chain move.

        Errors are those of `redefine_chain`, of the following methods too.  Changes that are made at the same time, by
        whomever, take turns: each begins with what the one before it has left.
        """
        new = self._listed(children, flatten)
        self._change(parent, lambda before: [*new, *(c for c in before if c not in new)])

    def extend_chain(self, parent: str, children: str | Iterable[str], *, flatten: bool = False) -> None:
        """Put children (with ``flatten``, members of chains in their place) at the end; ones already in it move."""
        new = self._listed(children, flatten)
        self._change(parent, lambda before: [*(c for c in before if c not in new), *new])

    def remove_from_chain(self, parent: str, children: str | Iterable[str]) -> None:
        """Take children (names and globs) out of a chain; ones not in it are no error, but unknown names are."""
        names = _listed(children)
        gone = set(self.query(names) if names else ())
        self._change(parent, lambda before: [c for c in before if c not in gone])

    def pop_chain(self, parent: str, *positions: int) -> list[str]:
        """Take out the children at positions (0 for the first, -1 for the last; the first by default); give them.

        Raises
        ------
        ParameterError
            There is no such position.
        """
        popped: list[str] = []

        def without(before: list[str]) -> list[str]:
            gone = {_position(before, p) for p in positions or (0,)}
            popped.extend(before[i] for i in sorted(gone))
            return [name for i, name in enumerate(before) if i not in gone]

        self._change(parent, without)
        return popped

    def _change(self, parent: str, change: Callable[[list[str]], list[str]]) -> None:
        self._registry.refresh()
        self._registry.collections.change_chain(parent, change)

    def _listed(self, children: str | Iterable[str], flatten: bool) -> Sequence[str]:
        names = _listed(children)
        return self.query(names, flatten_chains=True) if flatten and names else names

    def refresh_summaries(self) -> int:
        """Forget dataset types that collections once held and hold no more; tell how many such entries there were.

        Searches are right without this; it makes listings of collections shorter after much was removed.

        Raises
        ------
        UnavailableError
            Others are writing.
        """
        self._registry.refresh()
        return self._registry.datasets.summaries.refresh()

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


def _position(before: Sequence[str], position: int) -> int:
    try:
        return range(len(before))[position]
    except IndexError:
        raise ParameterError(f"There is no position {position} in a chain of {len(before)} collections.") from None
