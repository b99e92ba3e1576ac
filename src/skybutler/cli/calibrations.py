"""The subcommands that give calibrations their validity ranges, take them away, show and export them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from skybutler.errors import InvalidError, NotFoundError

from .answers import explain
from .command import command
from .options import as_json, assignments, dataset_type_option, many_arguments, repository, transfer_option
from .output import Table, counted, show, table_of_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from skybutler.butler.calibrations import ValidityRange
    from skybutler.sky.timespan import Timespan

__all__ = ["certify_calibrations", "decertify_calibrations", "export_calibs", "query_calibrations"]


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

    span = _span(begin_date, end_date)
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
            added = butler.registry.calibrations.certify(output_collection, ids, span)
    known = f"; {len(ids) - added} were before" if added < len(ids) else ""
    click.echo(
        f"Certified {counted(added, 'dataset')} of type '{dataset_type}' in '{output_collection}' for {span}{known}."
    )


@command("decertify-calibrations")
@repository
@click.argument("collection")
@click.argument("dataset_type")
@click.option("--begin-date", metavar="DATE", help="First instant taken out, TAI, ISO 8601; unbounded by default.")
@click.option("--end-date", metavar="DATE", help="First instant after it, TAI, ISO 8601; unbounded by default.")
@assignments("--data-id", help="Only the calibrations of this data ID; can be repeated.")
def decertify_calibrations(
    repo: str, collection: str, dataset_type: str, begin_date: str | None, end_date: str | None, data_id: dict[str, str]
) -> None:
    """Take a time span out of the validity ranges of DATASET_TYPE in COLLECTION.

    Ranges that stick out are shortened or split.  The datasets themselves stay.
    """
    from skybutler.butler import Butler

    span = _span(begin_date, end_date)
    with Butler(repo, writeable=True) as butler:
        chosen = [_typed(butler.dimensions, data_id)] if data_id else None
        changed = butler.calibrations.decertify(collection, dataset_type, span, data_ids=chosen)
    click.echo(f"Took {span} out of {counted(changed, 'validity range')} of '{dataset_type}' in '{collection}'.")


@command("query-calibrations")
@repository
@many_arguments("glob", metavar="[COLLECTION]...")
@dataset_type_option()
@assignments("--data-id", help="Only calibrations with this value in their data ID; can be repeated.")
@click.option("--at", metavar="DATE", help="Only what is valid at this instant, TAI, ISO 8601.")
@click.option("--timeline", is_flag=True, help="Draw the ranges; data IDs with the same ranges share a line.")
@as_json
def query_calibrations(
    repo: str,
    glob: tuple[str, ...],
    dataset_types: tuple[str, ...],
    data_id: dict[str, str],
    at: str | None,
    timeline: bool,
    as_json: bool,
) -> None:
    """Show when calibrations are valid in the CALIBRATION collections COLLECTION (names and globs; all by default)."""
    from skybutler.butler import Butler
    from skybutler.sky.timespan import Timespan

    instant = None if at is None else Timespan.from_instant(_instant(at))
    with Butler(repo) as butler:
        wanted = _typed(butler.dimensions, data_id)
        found = [
            valid
            for valid in butler.calibrations.validity(list(glob) or "*", list(dataset_types) or "*")
            if all(valid.ref.data_id.get(name) == value for name, value in wanted.items())
            and (instant is None or valid.timespan.overlaps(instant))
        ]
    if timeline and not as_json:
        from .timeline import timeline_lines

        click.echo("\n".join(timeline_lines(found)))
    else:
        show(_tables(found, as_json), as_json=as_json)
    if not found:
        explain(["Calibrations get validity ranges from: butler certify-calibrations"])


@command("export-calibs")
@repository
@click.argument("directory", type=click.Path())
@many_arguments("collections", metavar="[COLLECTION]...")
@dataset_type_option()
@transfer_option("auto", ("auto", "copy", "link", "hardlink", "symlink", "relsymlink", "direct"))
@click.option(
    "--template",
    metavar="TEMPLATE",
    help="Names of the files in DIRECTORY, as '{run:/}/{datasetType}/{datasetType}_{detector:?}_{run}'; by default "
    "those that they have in the repository.",
)
@as_json
def export_calibs(
    repo: str,
    directory: str,
    collections: tuple[str, ...],
    dataset_types: tuple[str, ...],
    transfer: str,
    template: str | None,
    as_json: bool,
) -> None:
    """Write the calibrations in COLLECTIONs (names and globs; all by default) with their validity ranges to DIRECTORY.

    Of chains all members are looked through.  DIRECTORY must be new; `butler import` reads what is written.
    """
    from skybutler.butler import Butler
    from skybutler.transfer.calibrations import export_calibrations

    with Butler(repo) as butler:
        done = export_calibrations(
            butler,
            directory,
            list(collections) or "*",
            dataset_types=list(dataset_types) or "*",
            transfer=transfer,
            template=template,
        )
    dimensions = list(dict.fromkeys(d for ref in done.refs for d in ref.data_id.group.required))
    rows = [
        (ref.dataset_type.name, ref.run, *(dict(ref.data_id.required).get(d) for d in dimensions)) for ref in done.refs
    ]
    show(table_of_rows(("calibrationType", "run", *dimensions), rows), as_json=as_json)


def _span(begin: str | None, end: str | None) -> Timespan:
    from skybutler.sky.timespan import Timespan

    return Timespan(*(None if date is None else _instant(date) for date in (begin, end)))


def _instant(date: str) -> int:
    """TAI nanoseconds of an ISO 8601 text; a bare number, which could be a year or a Julian date, is refused."""
    from skybutler.sky.timespan import parse_time

    if "-" not in date.strip()[1:]:
        raise InvalidError(f"'{date}' is no date.", hint="Write it like 2026-01-31 or 2026-01-31T12:00:00, in TAI.")
    return parse_time(date, scale="tai")


def _typed(universe: Any, values: Mapping[str, str]) -> dict[str, Any]:
    """Values from the command line as the dimensions have them."""
    return {
        name: int(text) if universe[name].key.type == "int" and text.lstrip("-").isdecimal() else text
        for name, text in values.items()
    }


def _tables(found: list[ValidityRange], as_json: bool) -> Iterator[Table]:
    """One table per collection and dataset type."""
    from itertools import groupby

    from .answers import timespan_cell

    for (collection, kind), ranges in groupby(found, lambda valid: (valid.collection, valid.ref.dataset_type)):
        names = ("type", "collection", "run", *kind.dimensions.required, "valid", "id")
        rows = [
            (kind.name, collection, v.ref.run, *v.ref.data_id.required_values, timespan_cell(v.timespan, as_json),
             str(v.ref.id))
            for v in ranges
        ]  # fmt: skip
        yield table_of_rows(names, rows)
