"""Subcommands that find datasets: listing, tagging, copying out."""

from __future__ import annotations

from typing import Unpack

import click

from skybutler.errors import ParameterError

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
from .output import counted, show, table_of_rows

__all__ = ["associate", "query_datasets", "retrieve_artifacts"]


@command("query-datasets")
@repository
@types_argument()
@query_options("Collections to search, in this order; globs; all by default.")
@click.option("--show-uri", is_flag=True, help="Show where the files are.")
@as_json
def query_datasets(
    repo: str,
    glob: tuple[str, ...],
    show_uri: bool,
    as_json: bool,
    **chosen: Unpack[Chosen],
) -> None:
    """List datasets of the dataset types TYPE (names and globs; all by default), sorted by data ID.

    Without --collections everything in the repository is listed.
    """
    from skybutler.butler import Butler

    check_find_first(chosen["find_first"], chosen["collections"])
    with Butler(repo) as butler:
        found = Datasets(butler, glob, **chosen)
        found.show(as_json=as_json, uris=show_uri)


@command("associate")
@repository
@click.argument("collection")
@dataset_type_option()
@query_options("Collections to take datasets from; globs; all by default.", order=False)
def associate(
    repo: str,
    collection: str,
    dataset_types: tuple[str, ...],
    **chosen: Unpack[Chosen],
) -> None:
    """Put datasets into the TAGGED collection COLLECTION, which is made when needed."""
    from skybutler.butler import Butler
    from skybutler.datasets import CollectionType
    from skybutler.datasets.packed_ids import PackedIds

    check_find_first(chosen["find_first"], chosen["collections"])
    with Butler(repo, writeable=True) as butler:
        found = Datasets(butler, dataset_types, **chosen)
        with butler.transaction():
            butler.collections.register(collection, CollectionType.TAGGED)
            ids = PackedIds(ref.id.bytes for ref in found.refs())
            butler.registry.datasets.associate(collection, ids)
        if not ids:
            explain(found.reasons())
    click.echo(f"Associated {counted(len(ids), 'dataset')} with '{collection}'.")


@command("retrieve-artifacts")
@repository
@click.argument("destination", type=click.Path(file_okay=False))
@dataset_type_option()
@query_options("Collections to search, in this order; globs; all by default.")
@transfer_option("auto", ("auto", "copy", "link", "hardlink", "symlink", "relsymlink"))
@click.option("--preserve-path/--no-preserve-path", default=True, help="Keep directories (the default), or not.")
@click.option("--clobber/--no-clobber", default=False, help="Replace files that exist.")
@click.option("--zip/--no-zip", "zipped", default=False, help="Write one zip file, which ingest-zip takes back.")
@click.option("-v", "--verbose", is_flag=True, help="List the files.")
@as_json
def retrieve_artifacts(
    repo: str,
    destination: str,
    dataset_types: tuple[str, ...],
    transfer: str,
    preserve_path: bool,
    clobber: bool,
    zipped: bool,
    verbose: bool,
    as_json: bool,
    **chosen: Unpack[Chosen],
) -> None:
    """Copy the files of datasets into the directory DESTINATION: all of them, or none.

    An index is written beside them. Files that are there already with the same content are kept.
    """
    from skybutler.butler import Butler

    if not (dataset_types or chosen["collections"] or chosen["where"]):
        raise ParameterError("Which datasets?", hint="Give --dataset-type, --collections or --where; '*' means all.")
    check_find_first(chosen["find_first"], chosen["collections"])
    with Butler(repo) as butler:
        found = Datasets(butler, dataset_types, **chosen)
        if zipped:
            files = [butler.retrieve_artifacts_zip(found, destination, overwrite=clobber)] if found.count() else []
        else:
            files = butler.retrieve_artifacts(
                found, destination, transfer=transfer, preserve_path=preserve_path, overwrite=clobber
            )
        if not files:
            explain(found.reasons())
    if as_json or verbose:
        show(table_of_rows(("uri",), [(f,) for f in files]), as_json=as_json)
    if zipped and files and not as_json:
        click.echo(f"Zip file written to {files[0]}.")
    elif not as_json:
        click.echo(f"Retrieved {counted(len(files), 'file')} into {destination}.")
