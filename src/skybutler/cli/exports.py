"""Subcommands that bring datasets, with all that belongs to them, out of a repository and into another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .answers import dataset_types_in, explain
from .command import command, refuse
from .options import (
    as_json,
    check_find_first,
    collections_option,
    find_first,
    many,
    repository,
    track,
    transfer_option,
    types_argument,
    where,
)
from .output import counted, show, table_of_rows

if TYPE_CHECKING:
    from skybutler.butler import Butler
    from skybutler.registry.results import DatasetResults
    from skybutler.transfer.report import ImportReport

__all__ = ["export", "import_"]


@command("import")
@repository
@click.argument("directory")
@click.option(
    "--export-file",
    default="export.yaml",
    show_default=True,
    metavar="FILE",
    help="The export file; a relative one is looked for here and in DIRECTORY, which wins.",
)
@transfer_option("auto")
@many("-s", "--skip-dimensions", help="Dimensions whose records are not imported.", metavar="NAMES")
@track
@click.option("--without-datastore", is_flag=True, help="Import what the registry knows, and no files.")
@click.option("--files", metavar="PLACE", help="Where the data files of a bundle without files are: the old root.")
@as_json
def import_(
    repo: str,
    directory: str,
    export_file: str,
    transfer: str,
    skip_dimensions: tuple[str, ...],
    track: bool,
    without_datastore: bool,
    files: str | None,
    as_json: bool,
) -> None:
    """Take what was exported to DIRECTORY into a repository: all of it, or nothing.

    What is there already is left alone, so repeating it is no change.  A bundle (a directory or zip file with a
    manifest, see `butler export --format bundle`) is recognised.
    """
    from skybutler.butler import Butler
    from skybutler.transfer.bundle_in import is_bundle

    with Butler(repo, writeable=True) as butler:
        if is_bundle(directory, butler.datastore.storage):
            if skip_dimensions:
                refuse("--skip-dimensions does not go with a bundle.")
            done = butler.import_bundle(
                directory, directory=files, transfer=transfer, without_datastore=without_datastore
            )
            _show_report(done, as_json=as_json)
            return
        report = butler.import_(
            directory=directory,
            filename=export_file,
            transfer=transfer,
            skip_dimensions=skip_dimensions,
            record_validation_info=track,
            without_datastore=without_datastore,
        )
    _show_report(report, as_json=as_json)


def _show_report(report: ImportReport, *, as_json: bool) -> None:
    rows = [(kind, tally.new, tally.existing) for kind, tally in report.rows()]
    if report.files:
        rows.append(("files", report.files, 0))
    if rows:
        show(table_of_rows(("kind", "new", "existing"), rows), as_json=as_json)
    elif as_json:
        click.echo("[]")
    if not as_json:
        what = f"Imported {counted(report.datasets.new, 'dataset')} from" if report.is_change else "Nothing new in"
        click.echo(f"{what} {report.file}.")


@command("export")
@repository
@click.argument("directory", type=click.Path())
@types_argument()
@collections_option("Collections to take datasets from, in this order; globs; all by default.")
@where
@find_first
@many(
    "--collection",
    "also",
    help="Collections to export themselves: chains with their children, tags and calibrations with their members.",
    metavar="NAMES",
)
@click.option("--export-file", default="export.yaml", show_default=True, metavar="FILE", help="Name in DIRECTORY.")
@transfer_option("auto", ("auto", "copy", "link", "hardlink", "symlink", "relsymlink", "direct", "none"))
@click.option(
    "--format",
    type=click.Choice(["yaml", "bundle"]),
    default="yaml",
    show_default=True,
    help="yaml, or Parquet tables with a manifest for large sets: a new DIRECTORY, or a new file *.zip; all of the "
    "repository when nothing is named.",
)
@as_json
def export(
    repo: str,
    directory: str,
    glob: tuple[str, ...],
    collections: tuple[str, ...],
    where: str,
    find_first: bool,
    also: tuple[str, ...],
    export_file: str,
    transfer: str,
    format: str,
    as_json: bool,
) -> None:
    """Write datasets of the dataset types TYPE (names and globs) to DIRECTORY, with all that belongs to them.

    Files go beside the export file, which `butler import` reads, here and of lsst.daf.butler.  With --transfer direct
    or none they stay where they are: paths are absolute, or relative to the datastore's root.
    """
    from skybutler.butler import Butler

    check_find_first(find_first, collections)
    with Butler(repo) as butler:
        searched = list(collections) or ["*"]
        names = dataset_types_in(butler, glob, searched) if glob or collections or where else []
        mode = None if transfer == "none" else transfer
        found = butler.query_datasets(names, searched, where=where, find_first=find_first) if names else None
        count = found.count() if found is not None else 0
        if found is not None and not count:
            explain(found.explain())
        if format == "bundle":
            if transfer == "direct":
                refuse("--transfer direct does not go with a bundle; none leaves the files where they are.")
            count = _export_bundle(butler, directory, found, also, mode)
            _say_exported(directory, count, as_json=as_json)
            return
        with butler.export(directory=directory, filename=export_file, transfer=mode) as context:
            for name in _with_children(butler, also):
                context.save_collection(name)
            if found is not None:
                context.save_datasets(found)
    _say_exported(directory, count, f"{directory.rstrip('/')}/{export_file}", as_json=as_json)


def _say_exported(directory: str, count: int, file: str = "", *, as_json: bool) -> None:
    if as_json:
        show(table_of_rows(("file", "datasets"), [(file or directory, count)]), as_json=True)
    else:
        click.echo(f"Exported {counted(count, 'dataset')} to {directory}.")


def _export_bundle(
    butler: Butler, directory: str, found: DatasetResults | None, also: tuple[str, ...], transfer: str | None
) -> int:
    """Write a bundle of what was found, or of everything when nothing was asked for; tell how many datasets."""
    refs = found if found is not None else () if also else None
    manifest = butler.export_bundle(directory, refs, collections=_with_children(butler, also), transfer=transfer)
    count: int = manifest.rows("datasets")
    return count


def _with_children(butler: Butler, names: tuple[str, ...]) -> list[str]:
    """Collections, and all that chains among them hold."""
    collections = butler.registry.collections
    waiting = list(collections.resolve(names))
    found: dict[str, None] = {}
    while waiting:
        item = waiting.pop()
        if item.name not in found:
            found[item.name] = None
            waiting += collections.children(item)
    return list(found)
