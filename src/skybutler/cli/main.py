"""The ``butler`` command: its subcommands by name, each loaded when it is called, and the global options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import click

from skybutler import __version__
from skybutler.errors import nearest

from .command import Settings, errors_shown

__all__ = ["SUBCOMMANDS", "main"]

SUBCOMMANDS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "Repositories": {
        "config-dump": ("repositories:config_dump", "Print the configuration, defaults included."),
        "config-validate": ("repositories:config_validate", "Check that every dataset type can be stored."),
        "create": ("repositories:create", "Make a repository."),
        "demo": ("demo:demo", "Simulate a survey and show the whole way from raws to queries."),
        "doctor": ("doctor:doctor", "Find out what keeps a repository from working."),
        "init-from": ("recipes:init_from", "Make a whole repository as a recipe says."),
        "obscore": ("obscore:obscore", "What the table ivoa.ObsCore says of the images of a repository."),
        "repos": ("repos:repos", "Labels of repositories."),
        "serve": ("serve:serve", "Serve repositories to TAP, DataLink, SODA and SIAv2 clients."),
        "simulate": ("simulate:simulate", "Write a simulated survey: raws, calibrations, reference catalog."),
        "token": ("token:token", "Tokens by which a server knows who asks."),
    },
    "Looking after it": {
        "cache": ("cache:cache", "Show or empty the local copies of files of an object store."),
        "diff": ("diff:diff", "Tell what one repository has and another has not, or has otherwise."),
        "log": ("journal:log", "Show who changed what, and when."),
        "migrate": ("migrate:migrate", "Bring a repository of an older skybutler up to date."),
        "verify": ("verify:verify", "Tell whether rows and files are whole and agree; mend them."),
    },
    "Taking data in": {
        "define-visits": ("visits:define_visits", "Make visits, with their regions, of exposures."),
        "import": ("exports:import_", "Take what was exported from a repository."),
        "ingest-files": ("files:ingest_files", "Take files listed in a table."),
        "ingest-raws": ("raws:ingest_raws", "Take raw exposures."),
        "ingest-zip": ("transfers:ingest_zip", "Take a zip file of datasets."),
        "register-instrument": ("instruments:register_instrument", "Add instruments with detectors and filters."),
        "register-skymap": ("skymaps:register_skymap", "Add a sky map with tracts and patches."),
        "transfer-datasets": ("transfers:transfer_datasets", "Copy datasets from another repository."),
        "write-curated-calibrations": (
            "curated:write_curated_calibrations",
            "Write an instrument's camera and text calibrations.",
        ),
    },
    "Looking": {
        "cutout": ("cutout:cutout", "Write a part of an image as a FITS file."),
        "lineage": ("lineage:lineage", "Show what a dataset was made from, or what was made from it."),
        "query-calibrations": ("calibrations:query_calibrations", "Show when calibrations are valid."),
        "query-collections": ("collections:query_collections", "List collections."),
        "query-data-ids": ("data_ids:query_data_ids", "List data IDs."),
        "query-dataset-types": ("dataset_types:query_dataset_types", "List dataset types."),
        "query-datasets": ("datasets:query_datasets", "List datasets."),
        "query-dimension-records": ("data_ids:query_dimension_records", "List what is known of visits, detectors, ..."),
        "retrieve-artifacts": ("datasets:retrieve_artifacts", "Copy files out of a repository."),
        "show": ("show:show", "Draw images, focal planes, and where datasets are on the sky."),
        "summary": ("summary:summary", "Say what is in a repository, and draw it."),
    },
    "Organising": {
        "associate": ("datasets:associate", "Put datasets into a TAGGED collection."),
        "certify-calibrations": ("calibrations:certify_calibrations", "Make calibrations valid over a time span."),
        "collection-doc": ("collections:collection_doc", "Say what a collection is for."),
        "collection-chain": ("chains:collection_chain", "Make or change a CHAINED collection."),
        "decertify-calibrations": ("calibrations:decertify_calibrations", "Take time out of validity ranges."),
        "export-calibs": ("calibrations:export_calibs", "Write calibrations, with their validity, for another one."),
        "export": ("exports:export", "Write datasets, with all that belongs to them, for another repository."),
        "prune-datasets": ("prune:prune_datasets", "Take datasets out of collections, or delete them."),
        "register-dataset-type": ("dataset_types:register_dataset_type", "Add a dataset type."),
        "remove-collections": ("collections:remove_collections", "Remove collections other than RUNs."),
        "remove-dataset-type": ("dataset_types:remove_dataset_type", "Remove dataset types without datasets."),
        "remove-runs": ("runs:remove_runs", "Remove RUNs with all their datasets and files."),
    },
}
"""Section of the help text -> subcommand -> module and function, and what it does in one line."""

_PLACES = {name: place for section in SUBCOMMANDS.values() for name, (place, _) in section.items()}


class Subcommands(click.Group):
    """The subcommands, each loaded when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, sorted."""
        return sorted(_PLACES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The subcommand of a name."""
        if cmd_name not in _PLACES:
            return None
        module, _, attribute = _PLACES[cmd_name].partition(":")
        found: click.Command = getattr(import_module(f"skybutler.cli.{module}"), attribute)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The subcommand that is called; for a misspelt one the nearest are offered."""
        name = args[0]
        if name not in _PLACES and not name.startswith("-") and not ctx.resilient_parsing:
            raise click.UsageError(f"No such command '{name}'. {nearest(name, _PLACES)}".rstrip(), ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the subcommands by section, without loading them."""
        width = max(map(len, _PLACES))
        for title, commands in SUBCOMMANDS.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), text) for name, (_, text) in commands.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand; what goes wrong becomes one message and an exit status."""
        with errors_shown(ctx):
            return super().invoke(ctx)


@click.group(
    "butler",
    cls=Subcommands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
    epilog="REPO is a directory, a configuration file or a label. Completion for bash: "
    'eval "$(_BUTLER_COMPLETE=bash_source butler)"; zsh and fish likewise.',
)
@click.version_option(__version__, prog_name="skybutler")
@click.option("-v", "--verbose", count=True, help="Say more; twice for what only developers want to know.")
@click.option("-q", "--quiet", is_flag=True, help="Log errors only.")
@click.option(
    "--log-level",
    multiple=True,
    metavar="[NAME=]LEVEL",
    help="CRITICAL, ERROR, WARNING, INFO, VERBOSE, DEBUG or TRACE; of one logger with its name in front.",
)
@click.option(
    "--log-file", multiple=True, type=click.Path(dir_okay=False), help="Also log to this file; as JSON if named *.json."
)
@click.option("--log-tty/--no-log-tty", default=True, help="Log to the terminal (the default).")
@click.option("--long-log", is_flag=True, help="Log time and logger too.")
@click.option("--progress/--no-progress", default=True, help="Show progress bars on a terminal (the default).")
@click.option("--traceback", is_flag=True, help="When something fails, show where in the code.")
@click.pass_context
def main(
    context: click.Context,
    verbose: int,
    quiet: bool,
    log_level: Sequence[str],
    log_file: Sequence[str],
    log_tty: bool,
    long_log: bool,
    progress: bool,
    traceback: bool,
) -> None:
    """Make, fill and search repositories of astronomical data."""
    from .logs import start_logging

    usual = "ERROR" if quiet else ("WARNING", "INFO", "DEBUG")[min(verbose, 2)]
    logs: dict[str, Any] = {
        "usual": usual,
        "levels": log_level,
        "files": log_file,
        "terminal": log_tty,
        "long": long_log,
    }
    context.obj = Settings(progress=progress and not quiet, traceback=traceback, logs=logs)
    start_logging(**logs)
