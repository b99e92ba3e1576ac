"""Subcommands that list, describe and remove collections."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import click

from skybutler.errors import OrphanedRecordError

from .answers import explain
from .command import command
from .options import as_json, confirm_option, many, many_arguments, repository
from .output import counted, show, table_of_rows

if TYPE_CHECKING:
    from skybutler.butler import Butler
    from skybutler.datasets import CollectionInfo

__all__ = ["collection_doc", "query_collections", "remove_collections"]

CHAINS = ("TREE", "TABLE", "FLATTEN", "INVERSE-TABLE", "INVERSE-TREE", "NO-CHILDREN")
"""How chains are shown."""

_UNSHOWN_TYPES = ("*_config", "*_log", "*_metadata", "packages")


@command("query-collections")
@repository
@many_arguments("glob", metavar="[NAME]...")
@click.option(
    "--chains",
    type=click.Choice(CHAINS, case_sensitive=False),
    default="TREE",
    show_default=True,
    help="Members of chains indented, in a column, in place of the chain, or not at all; INVERSE: chains of members.",
)
@many("--collection-type", metavar="KIND", help="Only RUN, TAGGED, CHAINED or CALIBRATION.")
@click.option("-t", "--show-dataset-types", is_flag=True, help="Show the dataset types that were ever in each.")
@many("--exclude-dataset-types", metavar="NAMES", help=f"Globs not shown by -t; by default {','.join(_UNSHOWN_TYPES)}.")
@click.option("--show-doc", is_flag=True, help="Show what each is for; see collection-doc.")
@as_json
def query_collections(
    repo: str,
    glob: tuple[str, ...],
    chains: str,
    collection_type: tuple[str, ...],
    show_dataset_types: bool,
    exclude_dataset_types: tuple[str, ...],
    show_doc: bool,
    as_json: bool,
) -> None:
    """List collections (names and globs; all by default), sorted by name."""
    from skybutler.butler import Butler
    from skybutler.datasets import CollectionType

    kinds = [CollectionType.from_name(k) for k in collection_type] or None
    chains = chains.upper()
    with Butler(repo) as butler:
        known = butler.collections
        names = sorted(known.query(list(glob) or "*", collection_types=kinds, flatten_chains=chains == "FLATTEN"))
        if as_json:
            show(table_of_rows(_FIELDS, map(_everything, known.query_info(names) if names else [])), as_json=True)
        elif names:
            unwanted = exclude_dataset_types or _UNSHOWN_TYPES
            shown = _Listing(butler, chains, unwanted if show_dataset_types else None, show_doc)
            show(table_of_rows(*shown.of(names)))
        empty = not names and not known.query("*")
    if not names:
        asked = ", ".join(map(repr, glob or ("*",)))
        of_kind = f" of type {' or '.join(str(k) for k in kinds)}" if kinds else ""
        explain(["There are no collections yet." if empty else f"No collection{of_kind} matches {asked}."])


_FIELDS = ("name", "type", "doc", "children", "parents", "dataset_types")


def _everything(info: CollectionInfo) -> tuple[Any, ...]:
    return (info.name, info.type.name, info.doc, list(info.children), list(info.parents), list(info.dataset_types))


class _Listing:
    """Rows of a listing; ``unwanted`` are globs of dataset types not to be shown, `None` where none are shown."""

    def __init__(self, butler: Butler, chains: str, unwanted: Sequence[str] | None, docs: bool) -> None:
        self._butler, self._unwanted, self._docs = butler, unwanted, docs
        self._inverse, self._form = chains.startswith("INVERSE"), chains.rpartition("-")[2]
        self._infos: dict[str, CollectionInfo] = {}

    def of(self, names: Sequence[str]) -> tuple[list[str], list[tuple[str, ...]]]:
        """Column names and rows."""
        self._look_up(names)
        columns = ["Name", "Type"]
        if self._form == "TABLE":
            columns.append("Parents" if self._inverse else "Children")
        columns += ["Dataset Types"] * (self._unwanted is not None) + ["Description"] * self._docs
        walked = [pair for n in names for pair in self._walk(n, 0)] if self._form == "TREE" else [(0, n) for n in names]
        return columns, [row for depth, name in walked for row in self._rows(depth, self._infos[name])]

    def _look_up(self, names: Sequence[str]) -> None:
        """Everything about collections and, for a tree, about those that are related to them: a step at a time."""
        while names:
            for info in self._butler.collections.query_info(
                names,
                include_parents=self._inverse,
                include_summary=self._unwanted is not None,
                include_doc=self._docs,
            ):
                self._infos[info.name] = info
            below = {other for name in names for other in self._related(self._infos[name])}
            names = sorted(below - self._infos.keys()) if self._form == "TREE" else ()

    def _related(self, info: CollectionInfo) -> tuple[str, ...]:
        return info.parents if self._inverse else info.children

    def _walk(self, name: str, depth: int) -> Iterator[tuple[int, str]]:
        yield depth, name
        for other in self._related(self._infos[name]):
            yield from self._walk(other, depth + 1)

    def _rows(self, depth: int, info: CollectionInfo) -> Iterator[tuple[str, ...]]:
        from skybutler.datasets.collection import match_names

        columns: list[Sequence[str]] = [["  " * depth + info.name], [info.type.name]]
        if self._form == "TABLE":
            columns.append(self._related(info))
        if self._unwanted is not None:
            unwanted = set(match_names(self._unwanted, info.dataset_types))
            columns.append([t for t in info.dataset_types if t not in unwanted])
        if self._docs:
            columns.append(info.doc.splitlines())
        yield from zip_longest(*columns, fillvalue="")


@command("collection-doc")
@repository
@click.argument("name")
@click.argument("text", required=False)
def collection_doc(repo: str, name: str, text: str | None) -> None:
    """Say what the collection NAME is for: replace its description by TEXT, or print it if there is no TEXT."""
    from skybutler.butler import Butler

    with Butler(repo, writeable=text is not None) as butler:
        if text is None:
            click.echo(butler.collections.get_info(name).doc)
        else:
            butler.collections.set_doc(name, text)


# --------------------------------------------------------------------- remove
@command("remove-collections")
@repository
@many_arguments("glob", required=True, metavar="NAME...")
@confirm_option
@click.option("--remove-from-parents", is_flag=True, help="Take them out of chains that hold them.")
def remove_collections(repo: str, glob: tuple[str, ...], confirm: bool, remove_from_parents: bool) -> None:
    """Remove collections (names and globs): all that are named, or none.  RUNs are left alone; see remove-runs."""
    from skybutler.butler import Butler
    from skybutler.datasets import CollectionType

    with Butler(repo, writeable=True) as butler:
        known = butler.registry.collections
        found = known.resolve(glob)
        runs = [c for c in found if c.type is CollectionType.RUN]
        gone = [c for c in found if c.type is not CollectionType.RUN]
        if runs:
            click.echo(f"RUNs are not removed by this command: {', '.join(c.name for c in runs)}.", err=True)
        if not gone:
            click.echo("Nothing to remove.")
            return
        show(table_of_rows(("Name", "Type"), [(c.name, c.type.name) for c in gone]))
        _check_parents(butler, [c.name for c in gone], remove_from_parents)
        if confirm:
            click.confirm("Remove these collections?", abort=True)
        with butler.transaction():
            for collection in gone:
                for parent in known.parents(collection.name):
                    butler.collections.remove_from_chain(parent, collection.name)
            for collection in gone:
                butler.collections.remove(collection.name)
    click.echo(f"Removed {counted(len(gone), 'collection')}.")


def _check_parents(butler: Butler, names: Sequence[str], allowed: bool) -> None:
    """Refuse before anything is asked or removed when chains that stay hold a collection."""
    for name in names:
        staying = [p for p in butler.registry.collections.parents(name) if p not in names]
        if staying and not allowed:
            raise OrphanedRecordError(
                f"'{name}' is a child of {', '.join(map(repr, staying))}; nothing was removed.",
                hint="Add --remove-from-parents to take it out of the chains.",
            )
