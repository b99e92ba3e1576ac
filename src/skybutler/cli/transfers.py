"""Subcommands that carry datasets from one repository to another."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Unpack

import click

from .answers import Datasets, explain
from .command import command
from .options import (
    Chosen,
    as_json,
    check_find_first,
    dataset_type_option,
    query_options,
    repository,
    transfer_option,
    types_argument,
)
from .output import counted
from .progress import progress_bar

if TYPE_CHECKING:
    from skybutler.transfer.datasets import Transferred

__all__ = ["ingest_zip", "transfer_datasets"]

_NAMED = 5
"""Datasets left out that are named in the summary."""


@command("transfer-datasets")
@click.argument("source")
@click.argument("dest")
@types_argument("types")
@dataset_type_option()
@query_options("Collections of SOURCE to search, in this order; globs; all by default.")
@transfer_option("auto", ("auto", "copy", "link", "hardlink", "symlink", "relsymlink"))
@click.option(
    "--register-dataset-types/--no-register-dataset-types",
    default=False,
    help="Register dataset types that DEST lacks; by default they are an error.",
)
@click.option(
    "--transfer-dimensions/--no-transfer-dimensions",
    default=True,
    help="Copy the dimension records that the datasets need (the default), or not.",
)
@click.option("--dry-run/--no-dry-run", default=False, help="Only say what would be copied.")
@as_json
def transfer_datasets(
    source: str,
    dest: str,
    types: tuple[str, ...],
    dataset_types: tuple[str, ...],
    transfer: str,
    register_dataset_types: bool,
    transfer_dimensions: bool,
    dry_run: bool,
    as_json: bool,
    **chosen: Unpack[Chosen],
) -> None:
    """Copy datasets of the repository SOURCE into the repository DEST, with their files, ids and RUNs.

    What is in DEST already is skipped; what contradicts it is refused before anything is written. An interrupted
    transfer goes on when it is started again.
    """
    from skybutler.butler import Butler
    from skybutler.transfer.datasets import packed, transfer_from

    check_find_first(chosen["find_first"], chosen["collections"])
    with Butler(source) as origin, Butler(dest, writeable=not dry_run) as target:
        found = Datasets(origin, (*types, *dataset_types), **chosen)
        with progress_bar("Copying", "datasets") as advance:
            done = transfer_from(
                target,
                origin,
                ids := packed(found),
                transfer=transfer,
                register_dataset_types=register_dataset_types,
                transfer_dimensions=transfer_dimensions,
                dry_run=dry_run,
                progress=advance,
            )
        if not ids and not as_json:
            explain(found.reasons())
    if as_json:
        content = {"transferred": len(done), "present": done.present, "missing": done.missing_count}
        click.echo(json.dumps({**content, "files_missing_of": done.missing, "dry_run": dry_run}))
    else:
        _summarize(done, dry_run)


def _summarize(done: Transferred, dry_run: bool) -> None:
    """Say what was done in a few lines."""
    click.echo(f"{'Would transfer' if dry_run else 'Transferred'} {counted(len(done), 'dataset')}.")
    if done.present:
        click.echo(f"Already there: {done.present}.")
    if done.missing_count:
        click.echo(f"Left out, as nothing is stored of them or their file is gone: {done.missing_count}.", err=True)
        for text in done.missing[:_NAMED]:
            click.echo(f"  {text}", err=True)


@command("ingest-zip")
@repository
@click.argument("zip_file", metavar="ZIP")
@transfer_option("auto")
@click.option(
    "--transfer-dimensions/--no-transfer-dimensions",
    default=False,
    help="Insert dimension records of the zip file that REPO lacks; by default they must be there.",
)
@click.option("--dry-run/--no-dry-run", default=False, help="Only check.")
def ingest_zip(repo: str, zip_file: str, transfer: str, transfer_dimensions: bool, dry_run: bool) -> None:
    """Take the datasets of ZIP, made by retrieve-artifacts --zip, with their ids and RUNs: all of them, or none.

    Dataset types and RUNs are made when needed. ZIP stays one file, whose members are read where they are.
    """
    from skybutler.butler import Butler

    with Butler(repo, writeable=not dry_run) as butler:
        count = butler.ingest_zip(
            zip_file, transfer, transfer_dimensions=transfer_dimensions, dry_run=dry_run, skip_existing=True
        )
    if not count:
        click.echo("All datasets of the zip file are there already; nothing was changed.")
    else:
        click.echo(f"{'Would ingest' if dry_run else 'Ingested'} {counted(count, 'dataset')}.")
