"""Put the amplifiers of a raw file together to one detector image.  Knows nothing of files or cameras."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from skybutler.errors import FormatError, InvalidError, nearest
from skybutler.images.box import Box
from skybutler.images.image import KINDS, Image, kind_of

__all__ = ["Amplifier", "assemble"]


@dataclass(frozen=True, slots=True)
class Amplifier:
    """Where the pixels of one amplifier are in a raw file and where they belong on the detector.

    Parameters
    ----------
    name : `str`
        Amplifier name in the camera, e.g. ``C10``.
    extension : `str`
        EXTNAME of its HDU, e.g. ``Segment10``.
    data : `Box`
        Data section (without prescan and overscan) in the raw array, 0-based.
    flip_x, flip_y : `bool`
        Whether readout runs against the columns or rows of the detector.
    destination : `Box`
        Where the data section belongs in the detector image, 0-based.
    raw_shape : pair of `int`, optional
        (ny, nx) of the raw array as the camera describes it; not checked if not given.

    Raises
    ------
    InvalidError
        Raised if data section and destination differ in shape.
    """

    name: str
    extension: str
    data: Box
    flip_x: bool
    flip_y: bool
    destination: Box
    raw_shape: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        if self.data.shape != self.destination.shape:
            raise InvalidError(
                f"Amplifier {self.name}: data section {self.data} does not fit into destination {self.destination}."
            )


def assemble(
    arrays: Mapping[str, npt.NDArray[Any]],
    amplifiers: Iterable[Amplifier],
    shape: tuple[int, int],
    *,
    data_sections: Mapping[str, str] | None = None,
    unit: str | None = None,
) -> Image:
    """Trim, flip and paste the amplifiers of one detector.

    Parameters
    ----------
    arrays : mapping of `str` to `numpy.ndarray`, (ny, nx)
        Raw array by extension name.
    amplifiers : iterable of `Amplifier`
        What to do with each; extensions that no amplifier names are left out.
    shape : pair of `int`
        (ny, nx) of the detector.
    data_sections : mapping of `str` to `str`, optional
        DATASEC card by extension name.  It is asked only when a raw array has another shape than the amplifier
        describes (cameras were delivered with other overscan lengths than their descriptions say): then it is the
        file that knows where its data are.
    unit : `str`, optional
        Unit of the pixels.

    Returns
    -------
    image : `Image`
        The trimmed detector, xy0 = (0, 0); pixels no amplifier covers are 0.

    Raises
    ------
    FormatError
        Raised if an extension is missing, or no data section of the right size can be found in it.

    Warns
    -----
    UserWarning
        Once per call, if raw arrays differ from the shape the camera describes.
    """
    amplifiers = tuple(amplifiers)
    kinds = {kind_of(_array_of(arrays, amplifier).dtype) for amplifier in amplifiers}
    image = np.zeros(shape, np.result_type(*(KINDS[kind] for kind in kinds)) if kinds else np.int32)
    detector = Box.from_shape(shape)
    odd: list[Amplifier] = []
    for amplifier in amplifiers:
        array = arrays[amplifier.extension]
        section = amplifier.data
        if amplifier.raw_shape is not None and array.shape != amplifier.raw_shape:
            odd.append(amplifier)
            section = _section_in_file(amplifier, (data_sections or {}).get(amplifier.extension))
        pixels = array[_inside(section, array, amplifier)]
        pixels = pixels[:: -1 if amplifier.flip_y else 1, :: -1 if amplifier.flip_x else 1]
        image[amplifier.destination.slices(detector)] = pixels
    if odd:
        first = odd[0]
        warnings.warn(
            f"{len(odd)} of {len(amplifiers)} raw amplifiers are not of the shape the camera describes "
            f"({first.name}: {arrays[first.extension].shape} instead of {first.raw_shape}); data sections were kept.",
            stacklevel=2,
        )
    return Image(image, unit=unit)


def _array_of(arrays: Mapping[str, npt.NDArray[Any]], amplifier: Amplifier) -> npt.NDArray[Any]:
    if amplifier.extension not in arrays:
        raise FormatError(
            f"No extension '{amplifier.extension}' for amplifier {amplifier.name}.",
            hint=nearest(amplifier.extension, arrays) or f"Extensions: {', '.join(arrays)}.",
        )
    return arrays[amplifier.extension]


def _section_in_file(amplifier: Amplifier, card: str | None) -> Box:
    """Data section by the file's own DATASEC card, or the described one if there is no card."""
    if not card:
        return amplifier.data
    section = Box.from_fits_section(card)
    if section.shape != amplifier.data.shape:
        raise FormatError(
            f"Amplifier {amplifier.name}: DATASEC {card} has shape {section.shape}, "
            f"the camera describes a data section of {amplifier.data.shape}."
        )
    return section


def _inside(section: Box, array: npt.NDArray[Any], amplifier: Amplifier) -> tuple[slice, slice]:
    whole = Box.from_shape(array.shape)
    if not whole.contains(section):
        raise FormatError(f"Amplifier {amplifier.name}: data section {section} is outside the raw array {whole}.")
    return section.slices(whole)
