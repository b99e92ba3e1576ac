"""The subcommands below ``obscore``: what a repository tells the Virtual Observatory of its images."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .command import ButlerCommand
from .options import repository
from .output import counted
from .progress import progress_bar

if TYPE_CHECKING:
    from skybutler.butler import Butler
    from skybutler.vo.obscore import ObsCoreSettings

__all__ = ["obscore"]

_ENDINGS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".parq": "parquet",
    ".vot": "votable",
    ".xml": "votable",
}


@click.group("obscore")
def obscore() -> None:
    """What the table ivoa.ObsCore says of the images of a repository."""


@obscore.command("configure", cls=ButlerCommand)
@repository
@click.option("--file", type=click.Path(exists=True, dir_okay=False), help="YAML with settings, as --show prints them.")
@click.option("--obs-collection", help="Name of the collection of data.")
@click.option("--facility-name", help="Name of the observatory.")
@click.option("--show", is_flag=True, help="Only print the settings as they are.")
def configure(repo: str, file: str | None, obs_collection: str | None, facility_name: str | None, show: bool) -> None:
    """Say what ObsCore tells of REPO: levels, names and titles by dataset type, collections, wavelengths of bands.

    Without settings, all images of known dataset types are told of.
    """
    import dataclasses

    import yaml

    from skybutler.butler import Butler
    from skybutler.vo.obscore.files import read_settings, write_settings

    with Butler(repo) as butler:
        root = butler.config.root
        settings = read_settings(file or root)
        given = {"obs_collection": obs_collection, "facility_name": facility_name}
        settings = dataclasses.replace(settings, **{k: v for k, v in given.items() if v is not None})  # type: ignore[arg-type]
        rows = _count(butler, settings)
        if show:
            click.echo(yaml.safe_dump(settings.to_mapping(), sort_keys=False), nl=False)
        else:
            click.echo(f"{write_settings(root, settings)}: ObsCore has {counted(rows, 'row')}.")


def _count(butler: Butler, settings: ObsCoreSettings) -> int:
    """How many images are told of; templates that do not fit the dataset types are found here."""
    from skybutler.vo.obscore import ObsCoreRelation

    relation = ObsCoreRelation(butler.registry, settings, "", "")
    ((n,),) = butler.registry.database.query(f"SELECT count(*) FROM ({relation.sql()}) o")
    return int(n)


@obscore.command("export", cls=ButlerCommand)
@repository
@click.argument("output", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))
@click.option(
    "--format", "name", help="csv, tsv, parquet, arrow, votable, fits or json; by default what OUTPUT ends in."
)
@click.option("--root-url", default="", help="Address of the server that access_url leads to.")
@click.option("--label", default="repo", show_default=True, help="Name of the repository in identifiers.")
@click.option("--where", default="", help="Condition in ADQL, such as \"lsst_band = 'r' AND calib_level = 2\".")
def export(repo: str, output: Path, name: str | None, root_url: str, label: str, where: str) -> None:
    """Write the table ivoa.ObsCore of REPO to OUTPUT, or to the standard output if that is a dash."""
    from skybutler.butler import Butler

    chosen = name or _ENDINGS.get(output.suffix.lower(), "csv")
    with Butler(repo) as butler:
        pieces = _pieces(butler, chosen, root_url, label, where)
        if str(output) == "-":
            for piece in pieces:
                sys.stdout.buffer.write(piece)
            return
        scratch = output.with_name(f".{output.name}.part")
        try:
            with scratch.open("wb") as stream, progress_bar("Writing", "bytes") as advance:
                for piece in pieces:
                    stream.write(piece)
                    advance(stream.tell(), None)
            scratch.replace(output)
        finally:
            scratch.unlink(missing_ok=True)
    click.echo(f"Wrote {output} ({output.stat().st_size:,} bytes).", err=True)


@obscore.command("snapshot", cls=ButlerCommand)
@repository
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), help="Where, if not in REPO.")
def snapshot(repo: str, folder: Path | None) -> None:
    """Make a copy of the table ivoa.ObsCore of REPO that answers long questions, until something in REPO changes.

    Servers take it by themselves: for counts, groups, searches without place and downloads. Older copies are removed.
    """
    from skybutler.butler import Butler
    from skybutler.vo.obscore.files import read_settings
    from skybutler.vo.snapshot import FOLDER, SnapshotFolder, make_snapshot

    with Butler(repo) as butler, progress_bar("Reading", "rows") as advance:
        root = butler.config.root
        place = SnapshotFolder(folder or Path(root) / FOLDER)
        made = make_snapshot(butler.registry, read_settings(root), place, lambda n: advance(n, None))
    done = "Wrote" if made.is_new else "There is already"
    click.echo(f"{done} {made.file} ({counted(made.rows, 'row')}, {made.file.stat().st_size:,} bytes).")


def _pieces(butler: Butler, name: str, root_url: str, label: str, where: str) -> Iterator[bytes]:
    """The table in a format, piece by piece."""
    from skybutler.vo.adql import TapTables
    from skybutler.vo.answer import answer
    from skybutler.vo.formats import find_format
    from skybutler.vo.obscore import ObsCoreRelation, obscore_addresses, obscore_table
    from skybutler.vo.obscore.files import read_settings

    settings = read_settings(butler.config.root)
    relation = ObsCoreRelation(butler.registry, settings, *obscore_addresses(root_url, label))
    condition = f" WHERE {where}" if where else ""
    found = answer(butler.registry, relation, TapTables([obscore_table()]), f"SELECT * FROM ivoa.ObsCore{condition}")
    return find_format(name).write(found.fields, found.batches, None)
