"""The subcommand that gives calibrations their validity ranges."""

from __future__ import annotations

import click

from skybutler.errors import NotFoundError

from .command import command
from .options import repository
from .output import counted

__all__ = ["certify_calibrations"]


@command("certify-calibrations")
@repository
@click.argument("input_collection")
@click.argument("output_collection")
@click.argument("dataset_type")
@click.option("--begin-date", metavar="DATE", help="First instant of validity, TAI, ISO 8601; unbounded by default.")
@click.option("--end-date", metavar="DATE", help="First instant after it, TAI, ISO 8601; unbounded by default.")
@click.option("--search-all-inputs", is_flag=True, help="Search all members of a chain, not only its first.")
def certify_calibrations(
    repo: str,
    input_collection: str,
    output_collection: str,
    dataset_type: str,
    begin_date: str | None,
    end_date: str | None,
    search_all_inputs: bool,
) -> None:
    """Make the datasets of DATASET_TYPE in INPUT_COLLECTION valid in OUTPUT_COLLECTION over a time span.

    OUTPUT_COLLECTION is made a CALIBRATION collection when it is new.
    """
    from skybutler.butler import Butler
    from skybutler.datasets import CollectionType
    from skybutler.datasets.packed_ids import PackedIds
    from skybutler.sky.timespan import Timespan, parse_time

    span = Timespan(
        None if begin_date is None else parse_time(begin_date, scale="tai"),
        None if end_date is None else parse_time(end_date, scale="tai"),
    )
    with Butler(repo, writeable=True) as butler:
        source = butler.collections.get_info(input_collection)
        searched = source.name
        if source.children and not search_all_inputs:
            searched = source.children[0]
        refs = butler.query_datasets(dataset_type, searched)
        ids = PackedIds(ref.id.bytes for ref in refs)
        if not ids:
            raise NotFoundError(
                f"Nothing to certify: no '{dataset_type}' in '{searched}'.", hint=" ".join(refs.explain())
            )
        with butler.transaction():
            butler.collections.register(output_collection, CollectionType.CALIBRATION)
            butler.registry.calibrations.certify(output_collection, ids, span)
    click.echo(
        f"Certified {counted(len(ids), 'dataset')} of type '{dataset_type}' in '{output_collection}' for {span}."
    )
