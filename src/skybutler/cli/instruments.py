"""The subcommand that registers instruments."""

from __future__ import annotations

import click

from .command import command
from .options import many_arguments, repository

__all__ = ["register_instrument"]


@command("register-instrument")
@repository
@many_arguments("instruments", required=True, metavar="INSTRUMENT...")
@click.option("--update", is_flag=True, help="Overwrite records that have other values.")
def register_instrument(repo: str, instruments: tuple[str, ...], update: bool) -> None:
    """Register INSTRUMENTs with their detectors and filters.  Repeating is no error.

    INSTRUMENT is a name (LSSTCam-imSim), the class that other software has for it (lsst.obs.lsst.LsstCamImSim) or a
    YAML description.
    """
    from skybutler.butler import Butler
    from skybutler.ingest.instruments import register_instrument

    with Butler(repo, writeable=True) as butler:
        for name in instruments:
            done = register_instrument(butler, name, update=update)
            made = [f"{n} new {element} records" for element, n in done.inserted.items()]
            made += [f"{n} {element} records overwritten" for element, n in done.updated.items()]
            click.echo(f"{done.instrument.name}: {', '.join(made) or 'registered already'}.")
