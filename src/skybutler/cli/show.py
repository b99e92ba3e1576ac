"""The subcommand ``show``: pictures of images, focal planes, sky maps, and of where datasets are on the sky."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from .command import command, refuse
from .options import collections_option, many, repository, where
from .output import counted
from .progress import progress_bar

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from skybutler.butler import Butler
    from skybutler.datasets import DatasetType
    from skybutler.display.scaling import Scaling
    from skybutler.upkeep.dataset_pictures import Part

__all__ = ["show"]

_PICTURES = (".png", ".pdf", ".svg")
_SCALES = ("asinh", "linear", "sqrt", "log")


@command("show")
@repository
@click.argument("dataset_type", metavar="TYPE")
@click.argument("data_id", nargs=-1, metavar="[NAME=VALUE]...")
@collections_option("Collections to search, in this order; globs; all by default.")
@click.option("--out", metavar="FILE", help="Where to: a .png, .pdf or .svg file; by default TYPE and data ID .png.")
@click.option("--scale", type=click.Choice(_SCALES), default="asinh", show_default=True, help="Values to brightness.")
@click.option(
    "--limits",
    default="zscale",
    show_default=True,
    metavar="LIMITS",
    help="Darkest and brightest value: zscale, minmax, two numbers LOW,HIGH, or two shares of the pixels 1%,99%.",
)
@many("--planes", help="Mask planes to show; all by default, 'none' for none.", metavar="NAMES")
@click.option(
    "--transparency", type=click.FloatRange(0, 100), default=60, show_default=True, help="Of mask planes, per cent."
)
@click.option("--grid/--no-grid", default=True, help="Draw lines of right ascension and declination (the default).")
@click.option("--sexagesimal", is_flag=True, help="Label them in hours and degrees, minutes, seconds.")
@click.option("--bbox", metavar="X0:X1,Y0:Y1", help="Only these pixels of the parent frame, ends excluded.")
@click.option("--circle", metavar="RA,DEC,RADIUS", help="Only around a place: ICRS degrees; radius also as 30\" or 2'.")
@click.option("--catalog", metavar="TYPE", help="Mark the rows of this catalog of the same data ID.")
@click.option("--own-scale", is_flag=True, help="Images side by side have limits of their own, not those of the first.")
@click.option("--rgb", metavar="R,G,B", help="In colours: three bands of the data ID, the longest wavelength first.")
@click.option("--mosaic", is_flag=True, help="All detectors of a visit or exposure in the focal plane.")
@click.option("--level", is_flag=True, help="Take the median of each detector off; for --mosaic.")
@click.option("--on-sky", is_flag=True, help="A map of where datasets of TYPE are, instead of the images.")
@where
@click.option("--size", type=click.FloatRange(1, 100), default=7.0, show_default=True, help="Width, inches.")
@click.option("--dpi", type=click.IntRange(20, 2400), default=120, show_default=True, help="Dots per inch.")
def show(repo: str, dataset_type: str, data_id: tuple[str, ...], **chosen: Any) -> None:
    """Draw datasets of the dataset type TYPE into a file.

    A name that is given again begins another data ID, which takes the other values over: ``visit=1 detector=2
    detector=3`` are two images, drawn side by side.  A sky map is drawn with all its tracts; ``skymap=DC2 tract=4431``
    is one with its patches, and several tracts are drawn together.
    """
    from skybutler.butler import Butler

    data_ids = read_data_ids(data_id)
    if sum(map(bool, (chosen["rgb"], chosen["mosaic"], chosen["on_sky"]))) > 1:
        refuse("--rgb, --mosaic and --on-sky are different pictures: choose one.")
    if chosen["where"] and not chosen["on_sky"]:
        refuse("--where goes with --on-sky; name a data ID instead.")
    out = chosen["out"] or _file_name(dataset_type, data_ids)
    if not out.lower().endswith(_PICTURES):
        refuse(f"--out takes a file named {', '.join('*' + p for p in _PICTURES)}, not '{out}'.")
    with Butler(repo) as butler:
        kind = butler.get_dataset_type(dataset_type)
        found = _searched(butler, chosen["collections"])
        if chosen["on_sky"]:
            from skybutler.upkeep.dataset_coverage import draw_dataset_coverage

            figure = draw_dataset_coverage(butler, kind, found, _condition(data_ids, chosen["where"]))
        else:
            figure = _draw(butler, kind, data_ids, found, chosen)
        figure.savefig(out, dpi=chosen["dpi"], bbox_inches="tight", pad_inches=0.12)
    click.echo(f"Picture: {out}")


def _draw(
    butler: Butler,
    kind: DatasetType,
    data_ids: list[dict[str, str]],
    collections: Sequence[str],
    chosen: dict[str, Any],
) -> Figure:
    from skybutler.upkeep.dataset_pictures import Looks, check_is_image, draw_datasets, draw_rgb

    if kind.storage_class == "SkyMap":
        return _draw_sky_map(butler, kind, data_ids, collections)
    check_is_image(butler, kind)
    scaling = read_scaling(chosen["scale"], chosen["limits"])
    if chosen["mosaic"]:
        if len(data_ids) != 1:
            refuse("--mosaic draws one visit or exposure.")
        from skybutler.upkeep.visit_mosaic import draw_mosaic

        with progress_bar("Detectors") as advance:
            return draw_mosaic(
                butler, kind, data_ids[0], collections=collections, scaling=scaling, level=chosen["level"],
                size=max(chosen["size"], 4.0), advance=advance,
            )  # fmt: skip
    if chosen["rgb"]:
        bands = [b.strip() for b in chosen["rgb"].split(",")]
        if len(bands) != 3 or len(data_ids) != 1:
            refuse("--rgb takes three bands, such as i,r,g, of one data ID.")
        data_ids = [{**data_ids[0], "band": band} for band in bands]
    refs = [_located(butler, kind, values, collections) for values in data_ids]
    planes = chosen["planes"]
    looks = Looks(
        scaling=scaling,
        planes=None if not planes else [p for p in planes if p != "none"],
        transparency=chosen["transparency"],
        grid=chosen["grid"],
        labels="sexagesimal" if chosen["sexagesimal"] else "degrees",
        catalog=chosen["catalog"],
        collections=collections,
        size=chosen["size"],
        same_scale=not chosen["own_scale"],
    )
    part = read_part(chosen["bbox"], chosen["circle"])
    return draw_rgb(butler, refs, part, looks) if chosen["rgb"] else draw_datasets(butler, refs, part, looks)


def _draw_sky_map(
    butler: Butler, kind: DatasetType, data_ids: list[dict[str, str]], collections: Sequence[str]
) -> Figure:
    """All tracts on the whole sky, several with their patches, or one with the numbers of its patches."""
    from skybutler.display.sky_map_plot import plot_all_sky, plot_patches, plot_tracts

    texts = [values["tract"] for values in data_ids if "tract" in values]
    if wrong := [text for text in texts if not text.isdecimal()]:
        refuse(f"'{wrong[0]}' is no tract: tracts have whole numbers.")
    ref = _located(butler, kind, {n: v for n, v in data_ids[0].items() if n != "tract"}, collections)
    sky_map: Any = butler.get(ref)
    tracts = [sky_map[int(text)] for text in texts]
    if len(tracts) == 1:
        axes = plot_patches(tracts[0]).axes
    else:
        axes = plot_tracts(tracts, patches=True).axes if tracts else plot_all_sky(sky_map)
    figure: Any = axes.get_figure(root=True)
    return figure  # type: ignore[no-any-return]


def _searched(butler: Butler, collections: Sequence[str]) -> list[str]:
    """Names of collections: those given, those that the butler searches by itself, else all runs."""
    from skybutler.datasets import CollectionType

    if collections:
        return butler.collections.query(collections)
    return list(butler.collections.defaults) or butler.collections.query("*", collection_types=CollectionType.RUN)


def _located(butler: Butler, kind: DatasetType, values: dict[str, str], collections: Sequence[str]) -> Any:
    from skybutler.errors import DatasetNotFoundError

    found = butler.find_dataset(kind, values, collections=collections)
    if found is None:
        given = ", ".join(f"{k}={v}" for k, v in values.items())
        raise DatasetNotFoundError(
            f"There is no {kind.name} of {given} in {_some(collections)}.",
            hint=f"See what there is with: butler query-datasets REPO {kind.name}",
        )
    return found


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {counted(len(names) - 3, 'other collection')}" if len(names) > 3 else "")


# --------------------------------------------------------------------- words
def read_data_ids(words: Sequence[str]) -> list[dict[str, str]]:
    """Data IDs of words ``name=value``, several between commas; a name given again begins the next data ID."""
    made: list[dict[str, str]] = [{}]
    given: set[str] = set()
    for word in (part for text in words for part in text.split(",") if part.strip()):
        name, sign, value = (p.strip() for p in word.partition("="))
        if not sign or not name or not value:
            refuse(f"'{word}' must have the form NAME=VALUE.")
        if name in given:
            made.append(dict(made[-1]))
            given = set()
        made[-1][name] = value
        given.add(name)
    return made


def read_scaling(scale: str, limits: str) -> Scaling:
    """What ``--scale`` and ``--limits`` say."""
    from skybutler.display.scaling import Scaling

    if limits in ("zscale", "minmax"):
        return Scaling(scale, limits)  # type: ignore[arg-type]
    low, comma, high = limits.partition(",")
    unit = "percent" if low.strip().endswith("%") and high.strip().endswith("%") else "absolute"
    try:
        numbers = [float(text.strip().rstrip("%" if unit == "percent" else "")) for text in (low, high)]
    except ValueError:
        numbers = []
    if not comma or len(numbers) != 2:
        refuse(f"--limits takes zscale, minmax, LOW,HIGH or 1%,99%, not '{limits}'.")
    return Scaling(scale, numbers[0], numbers[1], unit)


def read_part(bbox: str | None, circle: str | None) -> Part:
    """What ``--bbox`` and ``--circle`` say."""
    from skybutler.images import Box
    from skybutler.upkeep.dataset_pictures import Part

    if bbox and circle:
        refuse("--bbox and --circle are two parts of an image: give one.")
    if bbox:
        match = re.fullmatch(r"\s*(-?\d+):(-?\d+)\s*,\s*(-?\d+):(-?\d+)\s*", bbox)
        if match is None:
            refuse(f"--bbox takes X0:X1,Y0:Y1, not '{bbox}'.")
        x0, x1, y0, y1 = (int(g) for g in match.groups())
        return Part(box=Box((y0, y1), (x0, x1)))
    if circle:
        parts = [p.strip() for p in circle.split(",")]
        unit = {"'": 60.0, '"': 3600.0}.get(parts[-1][-1:], 1.0)
        try:
            ra, dec, radius = (float(p.rstrip("'\"")) for p in parts)
        except ValueError:
            refuse(f"--circle takes RA,DEC,RADIUS in degrees, not '{circle}'.")
        return Part(circle=(ra % 360.0, dec, radius / unit))
    return Part()


def _condition(data_ids: list[dict[str, str]], condition: str) -> str:
    """A condition that holds for any of the data IDs, and for what else is asked."""

    def quoted(value: str) -> str:
        return value if re.fullmatch(r"-?\d+", value) else "'" + value.replace("'", "''") + "'"

    each = [" AND ".join(f"{k} = {quoted(v)}" for k, v in values.items()) for values in data_ids if values]
    parts = ([f"({' OR '.join(f'({e})' for e in each)})"] if each else []) + ([f"({condition})"] if condition else [])
    return " AND ".join(parts)


def _file_name(dataset_type: str, data_ids: list[dict[str, str]]) -> str:
    """A name of a file made of what is shown."""
    parts = [dataset_type, *(f"{k}_{v}" for k, v in data_ids[0].items())]
    more = f"_and_{counted(len(data_ids) - 1, 'other')}" if len(data_ids) > 1 else ""
    return re.sub(r"[^\w.+-]+", "_", "_".join(parts) + more) + ".png"
