"""The subcommand that writes a simulated survey, for rehearsals and tests."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import click

from .command import command
from .output import counted
from .progress import progress_bar

if TYPE_CHECKING:
    from skybutler.sim import Archive

__all__ = ["simulate"]


@command("simulate")
@click.argument("directory", type=click.Path(file_okay=False))
@click.option("--visits", type=click.IntRange(1), default=20, show_default=True, help="Number of visits.")
@click.option(
    "--detectors",
    default="9",
    show_default=True,
    help="How many detectors, from the centre of the camera on; or which: names or ids, divided by commas.",
)
@click.option("--scale", type=click.IntRange(1), default=8, show_default=True, help="1 for pixels of real size.")
@click.option("--seed", type=click.IntRange(0), default=42, show_default=True, help="The same seed, the same files.")
@click.option("--years", type=click.IntRange(1), default=5, show_default=True, help="Years over which they are spread.")
@click.option("-j", "--processes", type=click.IntRange(1), default=1, show_default=True, help="Processes that work.")
@click.option("--calibrations/--no-calibrations", default=True, help="Write biases, darks, flats, sky and defects.")
@click.option("--refcats/--no-refcats", default=True, help="Write a reference catalog.")
@click.option("--products/--no-products", default=False, help="Write calibrated exposures and catalogs of sources too.")
@click.option(
    "--patch",
    "patches",
    multiple=True,
    metavar="TRACT,PATCH",
    help="Write coadds of a patch of the sky map too, such as 4431,17; may be given several times.",
)
@click.option("--index-files/--no-index-files", default=True, help="Write an _index.json for each visit.")
@click.option("--hsc", is_flag=True, help="Make a repository with two processed visits of Hyper Suprime-Cam instead.")
def simulate(
    directory: str,
    visits: int,
    detectors: str,
    scale: int,
    seed: int,
    years: int,
    processes: int,
    calibrations: bool,
    refcats: bool,
    products: bool,
    patches: tuple[str, ...],
    index_files: bool,
    hsc: bool,
) -> None:
    """Write what a repository can be made of into DIRECTORY: raws, calibrations, a reference catalog, a sky map.

    The files are those of LSSTCam-imSim, in the folders raw, calibrations, curated, refcats, skymaps and products.
    Files of an earlier simulation in DIRECTORY are written anew; nothing is removed.

    With --hsc, DIRECTORY/DATA becomes a repository with calibrated exposures and source catalogs of detectors 22 and 25
    in the run shared/ci_hsc_output; only --scale and --seed matter then.
    """
    if hsc:
        _simulate_hsc(directory, scale, seed)
        return
    from skybutler.sim import simulate_archive

    began = time.monotonic()
    with progress_bar("Simulating", "files") as advance:
        archive = simulate_archive(
            directory,
            visits=visits,
            detectors=_chosen(detectors),
            scale=scale,
            seed=seed,
            years=years,
            calibrations=calibrations,
            references=refcats,
            products=products,
            patches=[_patch(text) for text in patches],
            index=index_files,
            processes=processes,
            progress=advance,
        )
    _tell(archive, time.monotonic() - began)


def _simulate_hsc(directory: str, scale: int, seed: int) -> None:
    from skybutler.sim.hsc import COLLECTION, simulate_hsc_repository

    with progress_bar("Simulating", "exposures") as advance:
        made = simulate_hsc_repository(directory, scale=scale, seed=seed, progress=advance)
    n = sum(made.sources.values())
    click.echo(f"Made repository {made.repository} with run {COLLECTION}:")
    click.echo(f"  {counted(len(made.sources), 'exposure')} with {counted(n, 'source')}.")


def _chosen(text: str) -> list[int | str]:
    """Detectors of the option: a number of them, or a list."""
    from skybutler.errors import InvalidError
    from skybutler.sim.archive import central_detectors

    words = [word.strip() for word in text.split(",") if word.strip()]
    if not words:
        raise InvalidError("A simulation needs at least one detector.", hint="Try --detectors 9, or R22_S11,R22_S12.")
    if len(words) == 1 and words[0].isdecimal():
        return list(central_detectors(int(words[0])))
    return [int(word) if word.isdecimal() else word for word in words]


def _patch(text: str) -> tuple[int, int]:
    """Tract and patch of the option."""
    from skybutler.errors import InvalidError

    words = text.replace(" ", "").split(",")
    if len(words) != 2 or not all(word.isdecimal() for word in words):
        raise InvalidError(f"'{text}' is no tract and patch.", hint="Give two numbers, such as --patch 4431,17.")
    return int(words[0]), int(words[1])


def _tell(archive: Archive, seconds: float) -> None:
    """What was written, and where."""
    survey = archive.survey
    size = sum(os.path.getsize(file) for file in survey.files) / 1e6
    years = sorted({visit.year for visit in survey.visits})
    folders = ", ".join(f"y{year}-wfd" for year in years)
    raws = f"{counted(len(survey.files), 'raw')} of {counted(len(survey.visits), 'visit')}, {size:.0f} MB, in {folders}"
    lines = [("raw", raws)]
    if archive.calibrations:
        made = ", ".join(f"{len(p.files)} {p.product.name}" for p in archive.calibrations)
        lines += [("calibrations", made), ("curated", f"{counted(len(archive.defects), 'list')} of defects")]
    if archive.references is not None:
        lines.append(("refcats", f"{counted(len(archive.references.shards), 'shard')}, listed in refcat.ecsv"))
    lines.append(("skymaps", archive.sky_map.name))
    if archive.products is not None:
        made = ", ".join(f"{len(files)} {name}" for name, files in archive.products.files.items())
        lines.append(("products", made))
    click.echo(f"Simulated {archive.directory} in {seconds:.1f} s:")
    for folder, text in lines:
        click.echo(f"  {folder + '/':<14} {text}")
