"""The subcommand that registers sky maps."""

from __future__ import annotations

import re

import click

from skybutler.errors import ParameterError

from .command import command
from .options import many, repository
from .output import counted
from .progress import progress_bar

__all__ = ["register_skymap", "tract_numbers"]

_TRACTS = re.compile(r"(\d+)(?:-(\d+))?")


@command("register-skymap")
@repository
@click.option("-C", "--config-file", type=click.Path(exists=True, dir_okay=False), help="Configuration of the map.")
@click.option(
    "-c",
    "--config",
    multiple=True,
    metavar="NAME=VALUE",
    help="One setting, e.g. name=DC2 or skyMap[rings].numRings=120.",
)
@many("--tracts", metavar="NUMBERS", help="Only these tracts, e.g. 4430,4431 or 4400-4450; more can be added later.")
def register_skymap(repo: str, config_file: str | None, config: tuple[str, ...], tracts: tuple[str, ...]) -> None:
    """Register a sky map with its tracts and patches.  Repeating is no error.

    Configuration files are read, never executed: lines such as config.skyMap['rings'].numRings = 120, or YAML.  The
    skyMap.pickle of another repository will do too; give its name with -c name=NAME.
    """
    from skybutler.butler import Butler
    from skybutler.ingest.skymaps import load_sky_map_config, register_sky_map
    from skybutler.skymap import SkyMapConfig

    chosen = load_sky_map_config(config_file) if config_file else SkyMapConfig()
    for setting in config:
        chosen.apply_override(setting)
    only = tract_numbers(tracts)
    with Butler(repo, writeable=True) as butler, progress_bar("Registering", "tracts") as advance:
        done = register_sky_map(butler, chosen, tracts=only, progress=advance)
    if done.is_new or done.tracts:
        parts = f"{counted(done.tracts, 'tract')}, {counted(done.patches, 'patch')}"
        click.echo(f"Registered sky map '{done.name}' with {parts}.")
    else:
        click.echo(f"Sky map '{done.name}' is registered already.")


def tract_numbers(texts: tuple[str, ...]) -> list[int] | None:
    """The tracts meant by numbers and ranges (both ends included), `None` when nothing is given.

    Raises
    ------
    ParameterError
        A text is neither.
    """
    if not texts:
        return None
    numbers: list[int] = []
    for text in texts:
        match = _TRACTS.fullmatch(text)
        if match is None:
            raise ParameterError(f"'{text}' is no tract.", hint="Write numbers and ranges: --tracts 4430,4440-4450")
        numbers += range(int(match[1]), int(match[2] or match[1]) + 1)
    return numbers
