"""The subcommand that takes files listed in a table."""

from __future__ import annotations

import click

from .command import command
from .options import assignments, repository, track, transfer_option
from .output import counted

__all__ = ["ingest_files"]


@command("ingest-files")
@repository
@click.argument("dataset_type")
@click.argument("run")
@click.argument("table", type=click.Path(exists=True, dir_okay=False))
@click.option("--formatter", help="What reads the files; by default what is configured for the dataset type.")
@click.option(
    "--id-generation-mode",
    type=click.Choice(["UNIQUE", "DATAID_TYPE", "DATAID_TYPE_RUN"], case_sensitive=False),
    default="UNIQUE",
    show_default=True,
    help="New ids, or ids that follow from data ID and dataset type (and run).",
)
@assignments("--data-id", help="Value of a dimension for all files; wins over the table.")
@click.option("--prefix", metavar="DIR", help="Where relative paths begin; by default the current directory.")
@click.option("--skip-existing", is_flag=True, help="Pass over rows whose data ID the RUN has already.")
@transfer_option("auto")
@track
@click.option("--provenance", is_flag=True, help="Record what the headers of the files say of their making.")
def ingest_files(
    repo: str,
    dataset_type: str,
    run: str,
    table: str,
    formatter: str | None,
    id_generation_mode: str,
    data_id: dict[str, str],
    prefix: str | None,
    skip_existing: bool,
    transfer: str,
    track: bool,
    provenance: bool,
) -> None:
    """Take the files listed in TABLE as datasets of DATASET_TYPE into RUN: all of them, or none.

    The first column of TABLE (ECSV, CSV, FITS, Parquet, ...) holds paths, the others are dimensions.  Rows with the
    same path make one file of several datasets.
    """
    from skybutler.butler import Butler
    from skybutler.ingest.files import ingest_files

    with Butler(repo, writeable=True) as butler:
        count = ingest_files(
            butler,
            dataset_type,
            run,
            table,
            formatter=formatter,
            id_generation=id_generation_mode.upper(),
            data_id=data_id,
            prefix=prefix,
            transfer=transfer,
            skip_existing=skip_existing,
            track=track,
            provenance=provenance,
        )
    click.echo(f"Ingested {counted(count, 'dataset')} of type '{dataset_type}' into '{run}'.")
