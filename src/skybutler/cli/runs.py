"""The subcommand that removes RUNs with everything in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from skybutler.errors import OrphanedRecordError

from .command import command
from .options import confirm_option, many_arguments, repository
from .output import counted, show, table_of_rows

if TYPE_CHECKING:
    from skybutler.butler import Butler

__all__ = ["remove_runs"]


@command("remove-runs")
@repository
@many_arguments("glob", required=True, metavar="NAME...")
@confirm_option
@click.option("--force", is_flag=True, help="Also remove RUNs that chains hold, taking them out.")
def remove_runs(repo: str, glob: tuple[str, ...], confirm: bool, force: bool) -> None:
    """Remove RUNs (names and globs) with all their datasets and files.  Other collections are left alone."""
    from skybutler.butler import Butler
    from skybutler.datasets import CollectionType

    with Butler(repo, writeable=True) as butler:
        names = [c.name for c in butler.registry.collections.resolve(glob) if c.type is CollectionType.RUN]
        if not names:
            click.echo("No RUN matches: nothing to remove.")
            return
        show(table_of_rows(("RUN", "Dataset Type", "Datasets"), _contents(butler, names)))
        held = _parents(butler, names)
        if held and not (force or confirm):
            raise OrphanedRecordError(
                f"Chains hold some of these RUNs: {held}; nothing was removed.", hint="Add --force to take them out."
            )
        if held:
            click.echo(f"They will be taken out of chains: {held}.")
        if confirm:
            click.confirm("Remove these RUNs with all their datasets and files?", abort=True)
        count = butler.remove_runs(names, unlink_from_chains=True)
    click.echo(f"Removed {counted(len(names), 'RUN')} with {counted(count, 'dataset')}.")


def _contents(butler: Butler, names: Sequence[str]) -> Iterator[tuple[str, str, int]]:
    """How many datasets of which type are in each run."""
    for name in names:
        types = butler.registry.collections.info(name).dataset_types
        for kind in types:
            yield name, kind, butler.query_datasets(kind, name, find_first=False).count()
        if not types:
            yield name, "", 0


def _parents(butler: Butler, names: Sequence[str]) -> str:
    pairs = [f"{name} in {p}" for name in names for p in butler.registry.collections.parents(name)]
    return ", ".join(pairs)
