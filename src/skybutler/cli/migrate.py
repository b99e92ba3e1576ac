"""The subcommand that brings a repository up to date."""

from __future__ import annotations

import click

from .command import command
from .options import repository

__all__ = ["migrate"]


@command("migrate")
@repository
@click.option("--dry-run", is_flag=True, help="Only tell what would be done.")
@click.option(
    "--backup/--no-backup",
    default=True,
    help="Copy an SQLite registry into a file beside it first (the default); for PostgreSQL, tell how, and do nothing.",
)
def migrate(repo: str, dry_run: bool, backup: bool) -> None:
    """Bring a repository of an older skybutler up to date, step by step.

    Each step is a transaction.  Stop other processes that use the repository: an older skybutler does not know the new
    tables.
    """
    from skybutler.butler.config import RepositoryConfig
    from skybutler.butler.labels import resolve_label
    from skybutler.registry.migrations import Step
    from skybutler.upkeep.migrate import migrate_repository

    def announce(step: Step) -> None:
        click.echo(f"Schema {step.version - 1} -> {step.version}: {step.what}.")

    config = RepositoryConfig.read(resolve_label(repo))
    done = migrate_repository(config, backup=backup, dry_run=dry_run, announce=announce)
    if not done.steps:
        click.echo("Nothing to do: the repository is up to date.")
        return
    if dry_run:
        for step in done.steps:
            announce(step)
    if done.backup is not None:
        copied = "The registry would be copied" if dry_run else "Before, the registry was copied"
        click.echo(f"{copied} to {done.backup}.")
    if dry_run:
        click.echo("Nothing was changed.")
