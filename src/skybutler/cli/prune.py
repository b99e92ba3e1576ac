"""The subcommand that takes datasets out of collections, deletes their files, or removes them altogether."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import click

from skybutler.errors import CollectionTypeError

from .answers import Datasets, explain
from .command import command, refuse
from .options import confirm_option, dataset_type_option, many, many_arguments, repository, where
from .output import Table, counted, show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from skybutler.butler import Butler
    from skybutler.datasets import DatasetRef
    from skybutler.datasets.packed_ids import PackedIds

__all__ = ["prune_datasets"]

_SHOWN_AT_ONCE = 10_000


@command("prune-datasets")
@repository
@many_arguments("collections", metavar="[COLLECTION]...")
@dataset_type_option()
@where
@click.option("--find-all", is_flag=True, help="All datasets of each type and data ID, not only the first.")
@many("--disassociate", metavar="TAG", help="Take them out of these TAGGED collections.")
@click.option("--unstore", is_flag=True, help="Delete their files, but remember that they were.")
@click.option("--purge", metavar="RUN", help="Remove those in this RUN altogether.")
@click.option("--dry-run", is_flag=True, help="Only show what would be concerned.")
@confirm_option
@click.option("--quiet", is_flag=True, help="Say nothing; implies --no-confirm.")
def prune_datasets(
    repo: str,
    collections: tuple[str, ...],
    dataset_types: tuple[str, ...],
    where: str,
    find_all: bool,
    disassociate: tuple[str, ...],
    unstore: bool,
    purge: str | None,
    dry_run: bool,
    confirm: bool,
    quiet: bool,
) -> None:
    """Find datasets in COLLECTIONs (by default in those to be changed), show them, ask, and prune them.

    One of --disassociate, --unstore (they go together) and --purge says how.
    """
    from skybutler.butler import Butler
    from skybutler.butler.files import prune_ids

    _check(purge, disassociate, unstore, dry_run=dry_run, quiet=quiet)
    searched = collections or disassociate or ((purge,) if purge else ())
    if not searched:
        refuse("Name the COLLECTIONs to search.")
    with Butler(repo, writeable=not dry_run) as butler:
        if purge:
            _require_run(butler, purge)
        found = Datasets(butler, dataset_types, searched, where=where, find_first=not find_all)
        refs = (ref for ref in found.refs() if purge is None or ref.run == purge)
        ids = _listed(refs, quiet)
        if not ids:
            explain(found.reasons(), "No datasets to prune.")
            return
        if dry_run:
            click.echo(f"Would prune {counted(len(ids), 'dataset')}.")
            return
        if confirm and not quiet:
            click.confirm(_question(len(ids), purge, disassociate, unstore), abort=True)
        prune_ids(
            butler,
            ids,
            disassociate=bool(disassociate or purge),
            unstore=unstore or purge is not None,
            tags=disassociate,
            purge=purge is not None,
        )
    if not quiet:
        click.echo(f"Pruned {counted(len(ids), 'dataset')}.")


def _check(purge: str | None, disassociate: tuple[str, ...], unstore: bool, *, dry_run: bool, quiet: bool) -> None:
    if purge and disassociate:
        refuse("--purge and --disassociate do not go together: what is purged leaves all collections.")
    if not (purge or disassociate or unstore):
        refuse("Say what to do: --disassociate TAG, --unstore or --purge RUN.")
    if quiet and dry_run:
        refuse("--quiet and --dry-run do not go together: nothing would happen, and nothing be said.")


def _require_run(butler: Butler, name: str) -> None:
    from skybutler.datasets import CollectionType

    found = butler.registry.collections.get(name)
    if found.type is not CollectionType.RUN:
        raise CollectionTypeError(f"--purge needs a RUN; '{name}' is a {found.type.name} collection.")


def _listed(refs: Iterator[DatasetRef], quiet: bool) -> PackedIds:
    """Ids of the datasets, which are shown on the way unless all is to be quiet."""
    from skybutler.datasets.packed_ids import PackedIds

    ids = PackedIds()

    def batches() -> Iterator[list[list[str]]]:
        while part := list(islice(refs, _SHOWN_AT_ONCE)):
            for ref in part:
                ids.add(ref.id.bytes)
            rows = [(r.dataset_type.name, r.run, str(r.id), str(r.data_id)) for r in part]
            yield [list(column) for column in zip(*rows, strict=True)]

    if quiet:
        for _ in batches():
            pass
    else:
        show(Table(("type", "run", "id", "data_id"), batches()))
    return ids


def _question(count: int, purge: str | None, disassociate: tuple[str, ...], unstore: bool) -> str:
    if purge:
        return f"Remove {counted(count, 'dataset')} from '{purge}' altogether, with files?"
    parts = [f"take them out of {', '.join(disassociate)}"] if disassociate else []
    parts += ["delete their files"] if unstore else []
    return f"{counted(count, 'dataset')}: {' and '.join(parts)}?"
