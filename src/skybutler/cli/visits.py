"""The subcommand that defines visits."""

from __future__ import annotations

import click

from .command import command
from .options import collections_option, repository, where
from .progress import progress_bar

__all__ = ["define_visits"]


@command("define-visits")
@repository
@click.argument("instrument")
@collections_option("Only exposures that have raws in these collections.")
@where
@click.option("--update-records", is_flag=True, help="Overwrite visits that are defined differently.")
@click.option("--incremental", is_flag=True, help="Exposures are still arriving: complete visits begun before.")
@click.option("--skip-conflicting", is_flag=True, help="Leave visits alone that are defined differently.")
def define_visits(
    repo: str,
    instrument: str,
    collections: tuple[str, ...],
    where: str,
    update_records: bool,
    incremental: bool,
    skip_conflicting: bool,
) -> None:
    """Define the visits of INSTRUMENT, with the regions of its detectors, from exposures.  Repeating is no error."""
    from skybutler.butler import Butler
    from skybutler.ingest.visits import define_visits

    with Butler(repo, writeable=True) as butler, progress_bar("Defining", "visits") as advance:
        done = define_visits(
            butler,
            instrument,
            collections=collections or None,
            where=where,
            update_records=update_records,
            incremental=incremental,
            skip_conflicting=skip_conflicting,
            progress=advance,
        )
    click.echo(f"{done}.")
