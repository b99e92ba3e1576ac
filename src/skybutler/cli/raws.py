"""The subcommand that takes raw exposures in."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from .command import command, refuse
from .options import as_json, many_arguments, repository, track, transfer_option
from .output import Table, show, table_of_rows
from .progress import progress_bar

if TYPE_CHECKING:
    from skybutler.ingest.executor import Executor
    from skybutler.ingest.report import RawFailure, RawIngestReport

__all__ = ["ingest_raws", "report_table"]

_NAMED = 10
"""So many files that failed for alike reasons are named; ``--json`` names all."""

_PARTICULARS = re.compile(r"\S*[\d/'\"]\S*")
"""Words that make reasons of one kind differ: numbers, paths, quoted values."""


@command("ingest-raws")
@repository
@many_arguments("locations", required=True, metavar="LOCATION...")
@transfer_option("auto")
@click.option(
    "-j", "--processes", type=click.IntRange(min=1), default=1, show_default=True, help="Processes that read headers."
)
@click.option(
    "--dask",
    metavar="ADDRESS",
    help="Scheduler of a Dask cluster that reads headers, as tcp://host:8786, instead of -j.",
)
@click.option("--regex", metavar="REGEX", help="Names of the files to take from folders; FITS by default.")
@click.option("--output-run", metavar="RUN", help="RUN to write to; INSTRUMENT/raw/all by default.")
@click.option("--fail-fast", is_flag=True, help="Stop at the first bad file, instead of going on with the others.")
@click.option("--update-records", is_flag=True, help="Overwrite exposure records that have other values.")
@click.option(
    "--skip-existing/--no-skip-existing", default=True, help="Pass over files that are in the RUN (the default)."
)
@click.option(
    "--search-indexes/--no-search-indexes", default=True, help="Believe index files found in folders (the default)."
)
@track
@as_json
@click.pass_context
def ingest_raws(
    context: click.Context,
    repo: str,
    locations: tuple[str, ...],
    transfer: str,
    processes: int,
    dask: str | None,
    regex: str | None,
    output_run: str | None,
    fail_fast: bool,
    update_records: bool,
    skip_existing: bool,
    search_indexes: bool,
    track: bool,
    as_json: bool,
) -> None:
    """Take raw files from LOCATIONs: folders, files, index files.

    Files that cannot be used are named at the end, and the exit status is 1; all others are taken.  Repeating it, also
    after an interruption, takes what is missing.
    """
    from skybutler.butler import Butler
    from skybutler.ingest.raw_search import DEFAULT_REGEX
    from skybutler.ingest.raws import ingest_raws

    if dask is not None and processes > 1:
        refuse("--dask and -j exclude each other.")
    with (
        _executor(dask) as executor,
        Butler(repo, writeable=True) as butler,
        progress_bar("Ingesting", "files") as advance,
    ):
        report = ingest_raws(
            butler,
            [os.path.expanduser(place) for place in locations],
            run=output_run,
            transfer=transfer,
            processes=processes,
            executor=executor,
            regex=regex or DEFAULT_REGEX,
            fail_fast=fail_fast,
            update_records=update_records,
            skip_existing=skip_existing,
            track=track,
            search_indexes=search_indexes,
            progress=lambda r: advance(r.ingested + r.skipped + len(r.failures), max(r.files, 1)),
        )
    show(report_table(report, with_failures=as_json), as_json=as_json)
    if not as_json:
        _say_rest(report, regex)
    if report.failures:
        context.exit(1)


@contextmanager
def _executor(dask: str | None) -> Iterator[Executor | None]:
    """The cluster that is asked for."""
    if dask is None:
        yield None
        return
    from skybutler.ingest.cluster import open_cluster

    with open_cluster(dask) as executor:
        yield executor


def report_table(report: RawIngestReport, *, with_failures: bool = False) -> Table:
    """One row about an ingest."""
    done = report.ingested + report.skipped
    row: dict[str, object] = {
        "files": report.files,
        "ingested": report.ingested,
        "skipped": report.skipped,
        "failed": len(report.failures),
        "exposures": report.exposures,
        "updated": len(report.updated_exposures),
        "seconds": round(report.seconds, 2),
        "files/s": round(done / report.seconds) if report.seconds else 0,
    }
    if with_failures:
        row["failures"] = [{"path": f.path, "reason": f.reason} for f in report.failures]
    return table_of_rows(tuple(row), [tuple(row.values())])


def _say_rest(report: RawIngestReport, regex: str | None) -> None:
    if not report.files and not report.failures:
        click.echo(f"No files {f'that match {regex}' if regex else 'with names of FITS files'} were found.", err=True)
    alike: dict[str, list[RawFailure]] = {}
    for failure in report.failures:
        alike.setdefault(_PARTICULARS.sub("...", failure.reason), []).append(failure)
    for failures in alike.values():
        for failure in failures[:_NAMED]:
            click.echo(f"Failed: {failure}", err=True)
        if more := failures[_NAMED:]:
            same = len({failure.reason for failure in failures}) == 1
            reason = f"the same reason: {more[0].reason}" if same else f"like reasons: {more[0]}"
            click.echo(f"Failed: {len(more)} more files, for {reason}", err=True)
