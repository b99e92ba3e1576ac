"""The subcommand that writes a part of an image as a FITS file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from skybutler.errors import FileExistsInStoreError, InvalidError, StorageClassError

from .command import command
from .options import collections_option, repository

if TYPE_CHECKING:
    from skybutler.images import Exposure, Image, Mask, MaskedImage

__all__ = ["cutout"]


def _numbers(context: click.Context, parameter: click.Parameter, text: str | None) -> list[float] | None:
    if text is None:
        return None
    try:
        return [float(word) for word in text.replace(",", " ").split()]
    except ValueError:
        raise click.BadParameter(f"'{text}' is not RA and Dec of corners.", context, parameter) from None


@command("cutout")
@repository
@click.argument("dataset_type")
@click.argument("data_id", nargs=-1, metavar="NAME=VALUE...")
@collections_option()
@click.option("--circle", nargs=3, type=float, metavar="RA DEC RADIUS", help="A circle, in ICRS degrees.")
@click.option(
    "--polygon",
    callback=_numbers,
    metavar="'RA DEC RA DEC ...'",
    help="Corners of a polygon, in ICRS degrees, in quotes.",
)
@click.option(
    "--box", nargs=4, type=float, metavar="RA DEC WIDTH HEIGHT", help="Rows and columns around a place; see --unit."
)
@click.option(
    "--unit",
    type=click.Choice(["deg", "arcmin", "arcsec", "pixel"]),
    default="deg",
    show_default=True,
    help="Of the width and height of --box.",
)
@click.option("--pos", metavar="TEXT", help="A region as VO services write it: CIRCLE, RANGE or POLYGON.")
@click.option("--bbox", nargs=4, type=int, metavar="X0 Y0 NX NY", help="Pixels, counted as the image counts them.")
@click.option("--pad", is_flag=True, help="Keep the size at the edge of the image: pixels that are not there are NaN.")
@click.option("--mask-outside", is_flag=True, help="Set mask plane OUTSIDE_STENCIL outside of the shape.")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="File to write.")
@click.option("--overwrite", is_flag=True, help="Replace the file if it is there.")
def cutout(
    repo: str,
    dataset_type: str,
    data_id: tuple[str, ...],
    collections: tuple[str, ...],
    circle: tuple[float, ...] | None,
    polygon: list[float] | None,
    box: tuple[float, ...] | None,
    unit: str,
    pos: str | None,
    bbox: tuple[int, ...] | None,
    pad: bool,
    mask_outside: bool,
    out: Path,
    overwrite: bool,
) -> None:
    """Write the part of an image in a circle, polygon or box as a FITS file.

    The image is the dataset of DATASET_TYPE (or a component of it, such as calexp.image) with the data ID NAME=VALUE.
    Only the bytes that are needed are read.  The file has the layout of the whole: image, mask, variance, and
    everything else.
    """
    from skybutler.butler import Butler

    parameters: dict[str, Any] = {"circle": circle, "polygon": polygon, "box": (*box, unit) if box else None}
    parameters["bbox"] = _pixels(bbox) if bbox else None
    if pos is not None:
        from skybutler.sky.region import region_from_pos

        parameters["region"] = region_from_pos(pos)
    given = {name: value for name, value in parameters.items() if value is not None}
    if len(given) != 1:
        raise click.UsageError("Give one of --circle, --polygon, --box, --pos and --bbox.")
    given |= {name: True for name, wanted in (("pad", pad), ("mask_outside", mask_outside)) if wanted}
    if out.exists() and not overwrite:
        raise FileExistsInStoreError(f"There is already a file {out}.", hint="Replace it with --overwrite.")
    with Butler(repo, collections=list(collections) or None) as butler:
        found = butler.get(dataset_type, _data_id(data_id), parameters=given)
    _write(found, out, overwrite)
    click.echo(f"Wrote {found.dimensions[0]} x {found.dimensions[1]} pixels of {dataset_type} to {out}.")


def _pixels(bbox: tuple[int, ...]) -> Any:
    from skybutler.images import Box

    x0, y0, nx, ny = bbox
    if nx < 1 or ny < 1:
        raise InvalidError(f"--bbox {x0} {y0} {nx} {ny} has no pixels.", hint="It is X0 Y0 NX NY.")
    return Box((y0, y0 + ny), (x0, x0 + nx))


def _data_id(pairs: tuple[str, ...]) -> dict[str, str]:
    made = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign or not name.strip():
            raise click.UsageError(f"'{pair}' must have the form NAME=VALUE.")
        made[name.strip()] = value.strip()
    return made


def _write(found: Exposure | MaskedImage | Image | Mask, out: Path, overwrite: bool) -> None:
    """A file that is whole or not there."""
    from skybutler.datasets.storage_class import StorageClasses
    from skybutler.formatters import load
    from skybutler.images import Exposure, Image, Mask, MaskedImage
    from skybutler.storage import LocalStorage

    if not isinstance(found, Exposure | MaskedImage | Image | Mask):
        raise StorageClassError(f"A {type(found).__name__} is no image, and cannot be written as one.")
    formatter, storage_class = load("fits-image"), StorageClasses.default()[type(found).__name__]
    directory = Path(os.path.abspath(out)).parent
    LocalStorage(directory).write(
        out.name, lambda path: formatter.write(found, path, storage_class, None), overwrite=overwrite
    )
