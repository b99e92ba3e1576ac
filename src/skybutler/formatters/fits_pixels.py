"""Planes of an exposure file as images and masks, and cut-outs of them.  Knows no archive and no other components."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy.typing as npt

from skybutler.errors import (
    FormatError,
    InvalidError,
    SchemaVersionError,
    UnknownComponentError,
    UnreadableFileError,
)
from skybutler.images import Box, Image, Mask, MaskedImage, SkyWcs

from . import fits_layout as layout
from .cutout_parameters import Request
from .fits_header import reading
from .fits_planes import PLANES, PlaneFile, read_planes
from .fits_scan import HeldFile

__all__ = ["absent_plane", "assembled", "check_layout", "header_wcs", "made_plane", "parts_of", "read_cut_out"]

_NEWEST = 2  # of EXPINFO_V
ARCHIVED_WCS = ("SKYWCS_ID", "WCS_ID")
"""Cards of the primary header that tell of a WCS in the archive, 0 if there is none."""


def read_cut_out(
    held: HeldFile, wanted: Sequence[str], request: Request, rest: bool, wcs: Callable[[], SkyWcs | None]
) -> tuple[dict[str, Image | Mask], Box, SkyWcs | None, PlaneFile] | None:
    """Read the pixels that are asked for, and no others.

    Parameters
    ----------
    held : `HeldFile`
        The file.
    wanted : sequence of `str`
        Of `PLANES`.
    request : `Request`
        What is asked for.
    rest : `bool`
        Hold all else of the file too, if that is not much.
    wcs : callable
        Finds the sky coordinates if the headers do not have them; called only if they are needed.

    Returns
    -------
    planes, bbox, wcs, file
        Images and mask by name of plane; the pixels of the whole image; its sky coordinates, `None` if they were not
        needed; what is known of the file.  `None` in place of all if the file has to be read with astropy.
    """
    found: dict[str, Any] = {}
    source = held.source

    def choose(file: PlaneFile) -> Box:
        header = next(iter(file.planes.values())).header
        check_layout(file.primary, [*file.planes], source.uri, wanted)
        found["bbox"] = bbox = Box.from_shape(file.shape, layout.pixel_origin(header))
        found["wcs"] = _wcs(file, bbox, wcs, source.uri) if request.needs_wcs else None
        found["box"] = box = request.box(bbox, found["wcs"], source.uri)
        return box.shifted(-bbox.x.start, -bbox.y.start)

    read = read_planes(held, wanted, choose, rest and not source.is_local)
    if read is None:
        return None
    file, pixels = read
    planes: dict[str, Image | Mask] = {}
    for name in wanted:
        if name in pixels:
            planes[name] = made_plane(name, pixels[name], file.planes[name].header, found["box"].xy0, source.uri)
        else:
            planes[name] = absent_plane(name, found["box"], parts_of(file.primary), file.planes, source.uri)
    return planes, found["bbox"], found["wcs"], file


def _wcs(file: PlaneFile, bbox: Box, wcs: Callable[[], SkyWcs | None], uri: str) -> SkyWcs | None:
    """Sky coordinates of a file, found once: those of the header unless there are better ones."""
    if "wcs" not in file.notes:
        header = next(iter(file.planes.values())).header
        archived = any(file.primary.get(card) for card in ARCHIVED_WCS) and layout.WCS_CARDS not in file.primary
        file.notes["wcs"] = wcs() if archived else header_wcs(header, bbox.xy0, uri)
    found: SkyWcs | None = file.notes["wcs"]
    return found


def header_wcs(header: Mapping[str, Any], xy0: tuple[int, int], uri: str) -> SkyWcs | None:
    """Celestial WCS of the cards of a plane whose first pixel is ``xy0``, if there are any.

    Raises
    ------
    UnreadableFileError
        Raised if they cannot be evaluated.
    """
    try:
        with reading(uri):
            if not (header.get("CTYPE1") and header.get("CTYPE2")):
                return None
            cards = SkyWcs.from_fits_header(header, xy0).to_fits_header()
            for axis in "12":
                cards[f"CRPIX{axis}"] = header.get(f"SB_CRPX{axis}", cards[f"CRPIX{axis}"])
            return SkyWcs.from_fits_header(cards)
    except FormatError as error:
        raise UnreadableFileError(f"{uri}: {error.message}", hint=error.hint) from error


def assembled(wanted: Sequence[str], planes: Mapping[str, Image | Mask]) -> MaskedImage | Image | Mask:
    """The only plane that is wanted, or a `MaskedImage` of all."""
    if len(wanted) == 1:
        return planes[wanted[0]]
    image, mask, variance = (planes[name] for name in PLANES)
    assert isinstance(image, Image)
    assert isinstance(mask, Mask)
    assert isinstance(variance, Image)
    return MaskedImage(image, mask, variance)


# --------------------------------------------------------------------------------------------------------------- layout
def parts_of(primary: Mapping[str, Any]) -> list[str] | None:
    """What the file says it has, `None` if other software wrote it."""
    return str(primary[layout.PARTS]).split(",") if layout.PARTS in primary else None


def check_layout(primary: Mapping[str, Any], places: Iterable[str], uri: str, wanted: Sequence[str] = PLANES) -> None:
    """Refuse a file of a layout that is not known, or without planes it should have.

    Raises
    ------
    SchemaVersionError
        Raised if it is of a later version.
    UnreadableFileError
        Raised if it is of another data model, or a plane is missing.
    """
    if "DATAMODL" in primary:
        raise UnreadableFileError(f"{uri} is of data model {primary['DATAMODL']}, which is not read yet.")
    version = primary.get("EXPINFO_V", 0)
    if isinstance(version, int) and version > _NEWEST:
        raise SchemaVersionError(
            f"{uri} is an exposure of version {version}; versions up to {_NEWEST} are known.",
            hint="Update skybutler.",
        )
    places = list(places)
    parts = [part.upper() for part in parts_of(primary) or ()]
    missing = [part.lower() for part in parts if part in wanted and part not in places]
    if missing or not places:
        raise UnreadableFileError(f"{uri} has no {' or '.join(missing) or 'image'} HDU; is it cut short?")


def made_plane(
    name: str, pixels: npt.NDArray[Any], header: Mapping[str, Any], xy0: tuple[int, int], uri: str
) -> Image | Mask:
    """An image, or a mask with its planes, of pixels.

    Raises
    ------
    UnreadableFileError
        Raised if it cannot be one.
    """
    try:
        with reading(uri):
            if name == "MASK":
                return Mask(pixels, layout.mask_planes(header), xy0)
            return Image(pixels, xy0, header.get("BUNIT") or None)
    except InvalidError as error:
        raise UnreadableFileError(f"{uri} has a {name.lower()} that cannot be used: {error}") from error


def absent_plane(name: str, box: Box, parts: list[str] | None, places: Iterable[str], uri: str) -> Image | Mask:
    """A mask or variance that a file does not have: zero, as in images other software wrote.

    Raises
    ------
    UnknownComponentError
        Raised if there is no image, or the file says what it has.
    """
    if parts is not None or "IMAGE" not in places:
        raise UnknownComponentError(f"{uri} has no {name.lower()}.")
    return Mask.zeros(box) if name == "MASK" else Image.zeros(box)
