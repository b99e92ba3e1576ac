"""Subcommands about dataset types."""

from __future__ import annotations

import click

from skybutler.errors import nearest

from .command import command
from .options import as_json, collections_option, many_arguments, repository, types_argument
from .output import show, table_of_rows

__all__ = ["query_dataset_types", "register_dataset_type", "remove_dataset_type"]


@command("register-dataset-type")
@repository
@click.argument("name")
@click.argument("storage_class")
@many_arguments("dimensions", metavar="[DIMENSION]...")
@click.option("--is-calibration", is_flag=True, help="Its datasets can be certified into CALIBRATION collections.")
def register_dataset_type(
    repo: str, name: str, storage_class: str, dimensions: tuple[str, ...], is_calibration: bool
) -> None:
    """Register the dataset type NAME, stored as STORAGE_CLASS, with DIMENSIONs.  Repeating is no error."""
    from skybutler.butler import Butler

    with Butler(repo, writeable=True) as butler:
        new = butler.register_dataset_type(name, dimensions, storage_class, is_calibration=is_calibration)
        registered = butler.get_dataset_type(name)
    click.echo(f"Registered {registered}." if new else f"Already registered, with the same definition: {registered}.")


@command("remove-dataset-type")
@repository
@many_arguments("names", required=True, metavar="TYPE...")
def remove_dataset_type(repo: str, names: tuple[str, ...]) -> None:
    """Remove dataset types (names and globs) that no dataset has: all of them, or none."""
    from skybutler.butler import Butler
    from skybutler.datasets.collection import match_names

    with Butler(repo, writeable=True) as butler:
        known = [t.name for t in butler.query_dataset_types()]
        gone = match_names(names, known)
        with butler.transaction():
            for name in gone:
                butler.registry.dataset_types.remove(name)
    for name in names:
        if not match_names([name], known):
            click.echo(f"There is no dataset type '{name}'. {nearest(name, known)}".rstrip(), err=True)
    click.echo(f"Removed {', '.join(gone)}." if gone else "Removed nothing.")


@command("query-dataset-types")
@repository
@types_argument()
@collections_option("Only types that were ever in these collections; globs.")
@click.option("-v", "--verbose", is_flag=True, help="Show dimensions and storage classes too.")
@as_json
def query_dataset_types(
    repo: str, glob: tuple[str, ...], collections: tuple[str, ...], verbose: bool, as_json: bool
) -> None:
    """List dataset types (names and globs; all by default)."""
    from skybutler.butler import Butler

    from .answers import dataset_types_in, explain

    with Butler(repo) as butler:
        found = butler.query_dataset_types(list(glob) or "*")
        if collections:
            present = set(dataset_types_in(butler, (), collections))
            found = [t for t in found if t.name in present]
        any_type = found or butler.query_dataset_types()
    verbose = verbose or as_json
    names = ("name", "dimensions", "storage_class", "is_calibration") if verbose else ("name",)
    rows = [
        (
            t.name,
            list(t.dimensions.names) if as_json else ", ".join(t.dimensions.names),
            t.storage_class,
            t.is_calibration,
        )
        for t in found
    ]
    if not show(table_of_rows(names, [row[: len(names)] for row in rows]), as_json=as_json):
        asked = ", ".join(map(repr, glob or ("*",)))
        within = f" in {', '.join(map(repr, collections))}" if collections else ""
        explain([f"No dataset type matches {asked}{within}." if any_type else "No dataset type is registered yet."])
