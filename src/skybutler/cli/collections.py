"""Subcommands that list and remove collections."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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
    from skybutler.registry.collections import Collection

__all__ = ["query_collections", "remove_collections"]

CHAINS = ("TREE", "TABLE", "FLATTEN", "INVERSE-TABLE", "INVERSE-TREE", "NO-CHILDREN")
"""How chains are shown."""

_UNSHOWN_TYPES = ("*_config", "*_log", "*_metadata", "packages")

Related = Callable[["Collection"], Sequence["Collection"]]


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
@as_json
def query_collections(
    repo: str,
    glob: tuple[str, ...],
    chains: str,
    collection_type: tuple[str, ...],
    show_dataset_types: bool,
    exclude_dataset_types: tuple[str, ...],
    as_json: bool,
) -> None:
    """List collections (names and globs; all by default), sorted by name."""
    from skybutler.butler import Butler
    from skybutler.datasets import CollectionType

    kinds = [CollectionType.from_name(k) for k in collection_type] or None
    chains = chains.upper()
    with Butler(repo) as butler:
        names = butler.collections.query(
            list(glob) or "*", collection_types=kinds, flatten_chains=chains == "FLATTEN", include_chains=None
        )
        found = [butler.registry.collections.get(n) for n in sorted(names)]
        if as_json:
            columns = ("name", "type", "doc", "children", "parents", "dataset_types")
            show(table_of_rows(columns, (_everything(butler, c.name) for c in found)), as_json=True)
        elif found:
            types = _TypesOf(butler, exclude_dataset_types or _UNSHOWN_TYPES) if show_dataset_types else None
            show(table_of_rows(*_listing(butler, found, chains, types)))
        empty = not found and not butler.collections.query("*")
    if not found:
        asked = ", ".join(map(repr, glob or ("*",)))
        of_kind = f" of type {' or '.join(str(k) for k in kinds)}" if kinds else ""
        explain(["There are no collections yet." if empty else f"No collection{of_kind} matches {asked}."])


def _everything(butler: Butler, name: str) -> tuple[Any, ...]:
    info = butler.registry.collections.info(name)
    return (info.name, info.type.name, info.doc, list(info.children), list(info.parents), list(info.dataset_types))


class _TypesOf:
    """Names of the dataset types that were ever in a collection, without some."""

    def __init__(self, butler: Butler, excluded: Sequence[str]) -> None:
        self._butler, self._excluded = butler, excluded

    def __call__(self, collection: Collection) -> list[str]:
        from skybutler.datasets.collection import match_names

        names = self._butler.registry.collections.dataset_type_names([collection])
        unwanted = set(match_names(self._excluded, names))
        return [n for n in names if n not in unwanted]


def _listing(
    butler: Butler, found: Sequence[Collection], chains: str, types: _TypesOf | None
) -> tuple[list[str], list[tuple[str, ...]]]:
    """Column names and rows."""
    registered = butler.registry.collections

    def parents(collection: Collection) -> list[Collection]:
        return [registered.get(n) for n in registered.parents(collection.name)]

    related: Related = parents if chains.startswith("INVERSE") else registered.children
    names = ["Name", "Type"]
    if chains.endswith("TABLE"):
        names.append("Parents" if chains.startswith("INVERSE") else "Children")
    if types is not None:
        names.append("Dataset Types")
    if chains.endswith("TREE"):
        walked = [pair for c in found for pair in _walk(c, related, 0)]
    else:
        walked = [("", c) for c in found]
    rows: list[tuple[str, ...]] = []
    for indent, collection in walked:
        columns = [[indent + collection.name], [collection.type.name]]
        if chains.endswith("TABLE"):
            columns.append([c.name for c in related(collection)])
        if types is not None:
            columns.append(types(collection))
        rows += zip_longest(*columns, fillvalue="")
    return names, rows


def _walk(collection: Collection, related: Related, depth: int) -> Iterator[tuple[str, Collection]]:
    yield "  " * depth, collection
    for other in related(collection):
        yield from _walk(other, related, depth + 1)


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
