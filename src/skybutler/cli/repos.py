"""The subcommands below ``repos``: labels of repositories listed, entered, removed and tried."""

from __future__ import annotations

import os
import time
from typing import Any

import click

from skybutler.errors import ButlerError

from .command import ButlerCommand, refuse
from .options import as_json, many_arguments
from .output import show, table_of_rows

__all__ = ["repos"]

_AT_ONCE = 8

_index_option = click.option(
    "--index", metavar="FILE", help="Write to this file instead of the one that DAF_BUTLER_REPOSITORY_INDEX names."
)


@click.group("repos")
def repos() -> None:
    """Labels of repositories, from DAF_BUTLER_REPOSITORIES or the file that DAF_BUTLER_REPOSITORY_INDEX names."""


@repos.command("list", cls=ButlerCommand)
@as_json
def list_repositories(as_json: bool) -> None:
    """List labels and the places they stand for."""
    from skybutler.butler.labels import known_repositories

    if not show(table_of_rows(("label", "repository"), sorted(known_repositories().items())), as_json=as_json):
        click.echo(
            "There are no labels: set DAF_BUTLER_REPOSITORY_INDEX to a YAML file of labels and places, "
            "or make one with: butler repos add LABEL PLACE --index FILE",
            err=True,
        )


@repos.command("add", cls=ButlerCommand)
@click.argument("label")
@click.argument("place")
@_index_option
@click.option("--replace", is_flag=True, help="Give a label that there is another place.")
@click.option("--check/--no-check", default=True, help="Refuse a place without a repository (the default), or do not.")
def add(label: str, place: str, index: str | None, replace: bool, check: bool) -> None:
    """Enter LABEL for the repository at PLACE: a directory or a configuration file.

    The index is changed by one process at a time, as a whole or not at all; its comments stay.
    """
    from skybutler.butler.config import RepositoryConfig
    from skybutler.butler.label_index import add_label, index_to_change
    from skybutler.butler.labels import place_of

    file = index_to_change(index)
    if check:
        RepositoryConfig.read(place_of(place))
    whole = place if "://" in place else os.path.abspath(place)
    changed = add_label(file, label, whole, replace=replace)
    click.echo(f"{label} stands for {whole} in {file}{'' if changed else ', as before'}.")
    _tell_variable(file)


@repos.command("remove", cls=ButlerCommand)
@click.argument("label")
@_index_option
def remove(label: str, index: str | None) -> None:
    """Take LABEL out of the index.  Nothing happens to the repository."""
    from skybutler.butler.label_index import index_to_change, remove_label

    place = remove_label(index_to_change(index), label)
    click.echo(f"Removed label {label}. The repository stays at {place}.")


@repos.command("test", cls=ButlerCommand)
@many_arguments("label", metavar="[LABEL]...")
@click.option("--all", "everything", is_flag=True, help="Try all labels.")
@as_json
@click.pass_context
def try_repositories(context: click.Context, label: tuple[str, ...], everything: bool, as_json: bool) -> None:
    """Open the repositories of labels, and say which of them cannot be opened and why.  Exit status 1 if any."""
    from concurrent.futures import ThreadPoolExecutor

    from skybutler.butler.labels import Labels, known_repositories

    if bool(label) == everything:
        refuse("Name labels, or give --all.")
    known = known_repositories()
    names = sorted(known) if everything else list(label)
    places = {name: Labels.get_repo_uri(name) for name in names}
    if not names:
        click.echo("There are no labels to try.", err=True)
        return
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        rows = list(pool.map(_tried, places.items()))
    show(table_of_rows(("label", "repository", "ok", "ms", "collections", "what"), rows), as_json=as_json)
    if not all(row[2] for row in rows):
        context.exit(1)


def _tried(item: tuple[str, str]) -> tuple[Any, ...]:
    """One row: whether a repository opens and answers, and how fast."""
    from skybutler.butler import Butler
    from skybutler.butler.labels import place_of

    label, place = item
    began = time.monotonic()
    try:
        with Butler(place_of(place)) as butler:
            count = len(butler.collections.query())
            butler.datastore  # noqa: B018 - what is wrong with its configuration is said now
    except (ButlerError, OSError) as error:
        return label, place, False, round(1000 * (time.monotonic() - began)), None, str(error)
    return label, place, True, round(1000 * (time.monotonic() - began)), count, "opens"


def _tell_variable(file: str) -> None:
    """Say what has to be set for a file to be used."""
    from skybutler.butler.labels import INDEX, label_file

    named = label_file(os.environ.get(INDEX) or "")
    if named is None or os.path.abspath(named or ".") != file or not os.environ.get(INDEX):
        click.echo(f"It is used where {INDEX} is set:\n  export {INDEX}={file}")
