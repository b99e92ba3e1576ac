"""Collections: runs, tags, chains and calibrations, their search order and documentation.  Knows no datasets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from skybutler.datasets.collection import CollectionInfo, CollectionType, match_names
from skybutler.errors import (
    CollectionCycleError,
    CollectionError,
    CollectionTypeError,
    MissingCollectionError,
    OrphanedRecordError,
    nearest,
)

from .database import Database, Row
from .revision import Revision

__all__ = ["Collection", "Collections"]


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection as the registry refers to it."""

    k: int
    name: str
    type: CollectionType


class Collections:
    """The collections of one repository, looked up by name and cached.

    Parameters
    ----------
    database : `Database`
        Where the tables are.
    revision : `Revision`
        Tells when the cache is stale.
    """

    def __init__(self, database: Database, revision: Revision) -> None:
        self._database, self._revision = database, revision
        self._by_name: dict[str, Collection] = {}
        self._children: dict[int, tuple[Collection, ...]] = {}
        revision.on_change.append(self._forget)

    def _forget(self) -> None:
        self._by_name.clear()
        self._children.clear()

    # ------------------------------------------------------------------ lookup
    def find(self, name: str) -> Collection | None:
        """The collection of this name, or `None`."""
        found = self._by_name.get(name)
        if found is None:
            row = self._database.query_one("SELECT k, name, kind FROM collection WHERE name = ?", (name,))
            if row is not None:
                found = self._by_name[name] = Collection(int(row[0]), row[1], CollectionType(row[2]))
        return found

    def get(self, name: str) -> Collection:
        """The collection of this name.

        Raises
        ------
        MissingCollectionError
            There is none; the nearest names are offered.
        """
        found = self.find(name)
        if found is None:
            if not isinstance(name, str):
                raise CollectionError(f"A collection name must be text, not {name!r}.")
            known = self.names()
            hint = nearest(name, known) or (
                "List them with: butler query-collections REPO" if known else "There are none yet."
            )
            raise MissingCollectionError(f"No collection with name '{name}' found.", hint=hint)
        return found

    def require(self, name: str, kind: CollectionType) -> Collection:
        """The collection of this name, which must be of a kind.

        Raises
        ------
        CollectionTypeError
            It is of another kind.
        MissingCollectionError
            There is none.
        """
        found = self.get(name)
        if found.type is not kind:
            raise CollectionTypeError(f"Collection '{name}' is a {found.type.name}, not a {kind.name} collection.")
        return found

    def names(self) -> list[str]:
        """All names, sorted."""
        return [str(r[0]) for r in self._database.query("SELECT name FROM collection ORDER BY name")]

    def all(self) -> list[Collection]:
        """All collections, sorted by name."""
        rows = self._database.query("SELECT k, name, kind FROM collection ORDER BY name")
        return [Collection(int(k), name, CollectionType(kind)) for k, name, kind in rows]

    def docs(self) -> dict[str, str]:
        """Documentation of all collections that have one, by name."""
        return dict(self._database.query("SELECT name, doc FROM collection WHERE doc <> ''"))

    def children(self, parent: Collection) -> tuple[Collection, ...]:
        """Children of a chain in search order; empty for other kinds."""
        if parent.type is not CollectionType.CHAINED:
            return ()
        found = self._children.get(parent.k)
        if found is None:
            rows = self._database.query(
                "SELECT c.k, c.name, c.kind FROM collection_chain h JOIN collection c ON c.k = h.child "
                "WHERE h.parent = ? ORDER BY h.position",
                (parent.k,),
            )
            found = tuple(Collection(int(k), name, CollectionType(kind)) for k, name, kind in rows)
            self._children[parent.k] = found
        return found

    def parents(self, name: str) -> list[str]:
        """Names of the chains that hold this collection directly, sorted."""
        sql = (
            "SELECT DISTINCT p.name FROM collection_chain h JOIN collection p ON p.k = h.parent "
            "WHERE h.child = ? ORDER BY 1"
        )
        return [str(r[0]) for r in self._database.query(sql, (self.get(name).k,))]

    def flatten(self, collections: Iterable[Collection]) -> list[Collection]:
        """The runs, tags and calibrations reached, each once, in search order."""
        seen: dict[int, Collection] = {}

        def walk(items: Iterable[Collection]) -> None:
            for item in items:
                if item.type is CollectionType.CHAINED:
                    walk(self.children(item))
                else:
                    seen.setdefault(item.k, item)

        walk(collections)
        return list(seen.values())

    def resolve(self, expression: str | Iterable[str]) -> list[Collection]:
        """Collections named by names and globs (``*`` is all), in order, chains kept.

        Raises
        ------
        MissingCollectionError
            A plain name is unknown; a glob that matches nothing is no error.
        """
        patterns = [expression] if isinstance(expression, str) else list(expression)
        found: dict[int, Collection] = {}
        for pattern in patterns:
            if any(c in pattern for c in "*?["):
                known = {c.name: c for c in self.all()}
                chosen: Sequence[Collection] = [known[n] for n in match_names([pattern], list(known))]
            else:
                chosen = [self.get(pattern)]
            for item in chosen:
                found.setdefault(item.k, item)
        return list(found.values())

    def info(self, name: str) -> CollectionInfo:
        """Everything about one collection."""
        return self.infos([self.get(name)])[0]

    def infos(
        self, items: Sequence[Collection], *, parents: bool = True, summary: bool = True, doc: bool = True
    ) -> list[CollectionInfo]:
        """What is known of many collections, by a few statements for some hundred at a time.

        Parameters
        ----------
        items : sequence of `Collection`
        parents, summary, doc : `bool`
            Whether to look up the chains that hold them, the dataset types that they hold, and their documentation.
        """
        self._fill_children(items)
        keys = [c.k for c in items]
        docs = {k: [text] for k, text in self._by_key("k, doc", "collection", "k", keys if doc else [])}
        holding = self._lists("h.child, p.name", _PARENTS, "h.child", keys if parents else [], "ORDER BY p.name")
        flat = {c.k: [m.k for m in self.flatten([c])] for c in items} if summary else {}
        members = sorted({m for found in flat.values() for m in found})
        types = self._lists("s.collection, t.name", _SUMMARIES, "s.collection", members)
        return [
            CollectionInfo(
                name=c.name,
                type=c.type,
                doc=docs.get(c.k, [""])[0],
                children=tuple(child.name for child in self.children(c)),
                parents=tuple(dict.fromkeys(holding.get(c.k, ()))),
                dataset_types=tuple(sorted({name for m in flat.get(c.k, ()) for name in types.get(m, ())})),
            )
            for c in items
        ]

    def _fill_children(self, items: Sequence[Collection]) -> None:
        """Look up the children of many chains together."""
        chains = [c.k for c in items if c.type is CollectionType.CHAINED and c.k not in self._children]
        found: dict[int, list[Collection]] = {k: [] for k in chains}
        source = "collection_chain h JOIN collection c ON c.k = h.child"
        for parent, k, name, kind in self._by_key(
            "h.parent, c.k, c.name, c.kind", source, "h.parent", chains, "ORDER BY h.parent, h.position"
        ):
            found[int(parent)].append(Collection(int(k), name, CollectionType(kind)))
        self._children.update({k: tuple(members) for k, members in found.items()})

    def _by_key(self, columns: str, source: str, key: str, keys: Sequence[int], order: str = "") -> Iterator[Row]:
        return self._database.query_many(f"SELECT {columns} FROM {source}", key, "int", keys, order)

    def _lists(self, columns: str, source: str, key: str, keys: Sequence[int], order: str = "") -> dict[int, list[str]]:
        found: dict[int, list[str]] = {}
        for k, text in self._by_key(columns, source, key, keys, order):
            found.setdefault(int(k), []).append(str(text))
        return found

    def dataset_type_names(self, collections: Sequence[Collection]) -> list[str]:
        """Dataset types that were ever in any of the collections, sorted."""
        if not collections:
            return []
        marks = ", ".join("?" * len(collections))
        rows = self._database.query(
            "SELECT DISTINCT t.name FROM collection_summary s JOIN dataset_type t ON t.k = s.dataset_type "
            f"WHERE s.collection IN ({marks}) ORDER BY 1",
            [c.k for c in collections],
        )
        return [str(r[0]) for r in rows]

    # ----------------------------------------------------------------- changes
    def register(self, name: str, type: CollectionType, doc: str | None = None) -> bool:
        """Make a collection unless it exists; tell whether it was made.

        Raises
        ------
        CollectionTypeError
            It exists as another kind.
        """
        _check_name(name)
        found = self.find(name)
        if found is not None:
            if found.type is not type:
                raise CollectionTypeError(
                    f"Collection '{name}' is a {found.type.name} collection and cannot be registered as {type.name}.",
                    hint="Choose another name, or remove it first with: butler remove-collections REPO NAME",
                )
            if doc is not None:
                self.set_doc(name, doc)
            return False
        with self._database.transaction():
            made = self._database.execute(
                "INSERT INTO collection (name, kind, doc) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                (name, int(type), doc or ""),
            )
            self._database.note("register-collection", name, made, type=type.name)
            self._revision.bump()
        if not made:  # another process was faster
            self._forget()
            return self.register(name, type, doc)
        return True

    def wait_for_turn(self, name: str) -> None:
        """Wait until no other transaction has its turn with a collection, and have it to the end of this one."""
        if lock := self._database.order_lock:
            self._database.query(f"SELECT 1 FROM collection WHERE k = ?{lock}", (self.get(name).k,))
            self._revision.check()  # of what happened while we waited

    def set_doc(self, name: str, doc: str) -> None:
        """Replace the documentation text."""
        with self._database.transaction():
            item = self.get(name)
            self._database.execute("UPDATE collection SET doc = ? WHERE k = ?", (doc, item.k))
            self._database.note("set-doc", name)

    def set_chain(self, parent: str, children: Sequence[str], *, flatten: bool = False) -> None:
        """Replace the children of a chain.

        Raises
        ------
        CollectionTypeError
            ``parent`` is no chain.
        CollectionCycleError
            A child is, or holds, the parent; the path is named.
        MissingCollectionError
            Parent or a child does not exist.
        """
        with self._database.transaction():
            chain = self.require(parent, CollectionType.CHAINED)
            members = list(dict.fromkeys(self.get(c) for c in children))
            self._database.lock_table("collection_chain")  # two writers could each close half a cycle
            self._children.clear()
            self._hold([chain, *members])
            for member in members:
                if path := self._path_to(member, chain):
                    shown = " -> ".join([parent, *(c.name for c in path)])
                    raise CollectionCycleError(f"Cycle in collection chaining when defining '{parent}': {shown}.")
            if flatten:
                members = self.flatten(members)
            self._database.execute("DELETE FROM collection_chain WHERE parent = ?", (chain.k,))
            for position, member in enumerate(members):
                self._database.execute(
                    "INSERT INTO collection_chain (parent, position, child) VALUES (?, ?, ?)",
                    (chain.k, position, member.k),
                )
            self._children.clear()
            self._database.note("set-chain", parent, children=[m.name for m in members[:_MOST_NOTED]])
            self._revision.bump()

    def change_chain(self, parent: str, change: Callable[[list[str]], Sequence[str]]) -> None:
        """Give a chain the children that follow from those it has; nobody else changes any chain meanwhile.

        Parameters
        ----------
        parent : `str`
            A CHAINED collection.
        change : callable
            Names of the present children to those of the new ones; errors are as for `set_chain`.
        """
        with self._database.transaction():
            chain = self.require(parent, CollectionType.CHAINED)
            self._database.lock_table("collection_chain")
            self._children.clear()  # what they were before others were waited for
            self.set_chain(parent, change([c.name for c in self.children(chain)]))

    def seize(self, collections: Sequence[Collection]) -> None:
        """Keep other transactions from using these collections (inside a transaction, before they are removed)."""
        for item in sorted(collections, key=lambda c: c.k):
            self._database.query(f"SELECT 1 FROM collection WHERE k = ?{self._database.row_lock}", (item.k,))

    def _hold(self, collections: Sequence[Collection]) -> None:
        """Keep other transactions from removing these collections."""
        if lock := self._database.shared_lock:
            marks = ", ".join("?" * len(collections))
            sql = f"SELECT k FROM collection WHERE k IN ({marks}){lock}"
            there = {int(r[0]) for r in self._database.query(sql, [c.k for c in collections])}
            for gone in (c for c in collections if c.k not in there):
                raise MissingCollectionError(f"Collection '{gone.name}' was removed by another process.")

    def _path_to(self, start: Collection, goal: Collection) -> list[Collection] | None:
        """The way from ``start`` down to ``goal``, or `None`."""
        if start.k == goal.k:
            return [start]
        for child in self.children(start):
            if (path := self._path_to(child, goal)) is not None:
                return [start, *path]
        return None

    def remove(self, name: str) -> None:
        """Remove a collection that no chain holds; datasets of a RUN must be gone.

        Raises
        ------
        OrphanedRecordError
            A chain still holds it (named), or the run still has datasets.
        """
        with self._database.transaction():
            item = self.get(name)
            self._database.query(f"SELECT 1 FROM collection WHERE k = ?{self._database.row_lock}", (item.k,))
            if parents := self.parents(name):
                raise OrphanedRecordError(
                    f"Collection '{name}' is a child of {', '.join(map(repr, parents))} and cannot be removed.",
                    hint=f"Take it out first: butler collection-chain REPO --mode remove {parents[0]} {name}",
                )
            if item.type is CollectionType.RUN and self._database.query_one(
                "SELECT 1 FROM dataset WHERE run = ? LIMIT 1", (item.k,)
            ):
                raise OrphanedRecordError(
                    f"RUN '{name}' still holds datasets.", hint=f"Remove it with them: butler remove-runs REPO {name}"
                )
            for table, column in _OWNED:
                self._database.execute(f"DELETE FROM {table} WHERE {column} = ?", (item.k,))
            self._database.execute("DELETE FROM collection WHERE k = ?", (item.k,))
            self._database.note("remove-collection", name, type=item.type.name)
            self._forget()
            self._revision.bump()


_PARENTS = "collection_chain h JOIN collection p ON p.k = h.parent"
_SUMMARIES = "collection_summary s JOIN dataset_type t ON t.k = s.dataset_type"

_MOST_NOTED = 50
"""The journal holds so many children of a chain."""

_OWNED = (
    ("collection_chain", "parent"),
    ("tag", "collection"),
    ("calibration", "collection"),
    ("collection_summary", "collection"),
    ("collection_governor", "collection"),
)


def _check_name(name: str) -> None:
    if not name.strip() or any(c in name for c in "*?[]\0\n,"):
        raise CollectionError(
            f"{name!r} cannot be a collection name.", hint="Use letters, digits and / _ - . without globs or commas."
        )
