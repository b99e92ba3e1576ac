"""The subcommand about local copies of remote files."""

from __future__ import annotations

import click

from skybutler.errors import NotFoundError

from .command import command
from .options import as_json, repository
from .output import counted, show, table_of_rows

__all__ = ["cache"]


@command("cache")
@repository
@click.option("--clear", is_flag=True, help="Delete all copies; those in use go when they are no longer used.")
@as_json
def cache(repo: str, clear: bool, as_json: bool) -> None:
    """Show where local copies of the files of REPO are kept, how many, and how much is allowed."""
    from skybutler.butler.config import RepositoryConfig
    from skybutler.butler.labels import resolve_label

    caching = RepositoryConfig.read(resolve_label(repo)).open_datastore().caching
    if caching is None:
        raise NotFoundError(
            f"{repo} has no cache.",
            hint="Write 'cached: {}' below 'datastore' in butler.yaml, or set DAF_BUTLER_CACHE_DIRECTORY.",
        )
    kept = caching.cache
    if clear:
        files, size = kept.clear()
        click.echo(f"Deleted {counted(files, 'file')}, {size} bytes, from {kept.directory}.")
        return
    names = ("directory", "files", "bytes", "limit")
    show(table_of_rows(names, [(kept.directory, *kept.content(), str(kept.limit))]), as_json=as_json)
