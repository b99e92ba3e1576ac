"""Exposures, masked images, images and masks as FITS files.  Knows the pixel HDUs; cards are fits_layout's affair."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from skybutler.errors import (
    FormatError,
    InvalidError,
    StorageClassError,
    UnknownComponentError,
    nearest,
)
from skybutler.images import Box, Exposure, Image, Mask, MaskedImage, Metadata, SkyWcs
from skybutler.storage.cache import CachedFile

from . import fits_layout as layout
from .cutout_parameters import Request
from .exposure_archive import archive_of, in_table
from .exposure_parts import COMPONENTS, ExposureParts
from .fits_header import fits_header, header_metadata, open_fits, provenance_cards, reading
from .fits_image_cards import hdu_cards, primary_cards
from .fits_pixels import absent_plane, assembled, check_layout, made_plane, parts_of, read_cut_out
from .fits_planes import PLANES, REST, PlaneFile, keep_rest, note_places, read_planes
from .fits_scan import HeldFile
from .formatter import FITS_PROVENANCE, Formatter, Source
from .gzip_tiles import forget_times, gzip_hdu

if TYPE_CHECKING:
    from astropy.io.fits import BinTableHDU, CompImageHDU, ImageHDU

    from skybutler.datasets.storage_class import StorageClass

__all__ = ["FitsImageFormatter"]

_TYPES = ("Exposure", "MaskedImage", "Image", "Mask")
_WANTED = {"Image": ("IMAGE",), "Mask": ("MASK",)}
_DITHER = 2  # SUBTRACTIVE_DITHER_2 of FITS 4.0 section 10.2
_COMPONENTS = ("bbox", "dimensions", "image", "mask", "variance", "xy0", *COMPONENTS)


class FitsImageFormatter(Formatter):
    """Reads and writes the image types of `skybutler.images`.

    Parameters
    ----------
    compress : `bool`
        Whether pixels are compressed, in tiles and without loss: RICE for 16 and 32-bit integers, GZIP of shuffled
        bytes for the rest.
    tile : `int`
        Side of a tile in pixels: small for cut-outs, large for density.
    quantize : `float`
        If not 0, floating-point pixels lose digits below the noise divided by this (RICE with subtractive dithering
        that keeps zeros, 16 in the usual recipe); masks and integers stay exact.

    Notes
    -----
    The same object gives the same bytes: no dates, no machine names.  Strings lose trailing blanks, which FITS does
    not distinguish.
    """

    extension = ".fits"
    provenance = FITS_PROVENANCE

    def __init__(self, compress: bool = True, tile: int = 128, quantize: float = 0.0) -> None:
        if tile < 1:
            raise InvalidError(f"Tiles of {tile} pixels are impossible.")
        if quantize < 0.0:
            raise InvalidError(f"Noise divided by {quantize} is no step of pixel values.")
        self._compress, self._tile, self._quantize = compress, tile, quantize

    # --------------------------------------------------------------------------------------------------------- reading
    def read(
        self, source: Source, storage_class: StorageClass, component: str | None, parameters: Mapping[str, Any]
    ) -> object:
        """Read an image, a cut-out of it (`Request` has the parameters), or a component.

        Raises
        ------
        ParameterError
            Raised if a parameter is unknown or wrong, or the shape to be cut out is not in the image.
        SchemaVersionError
            Raised if the file is of a later version of this layout.
        UnknownComponentError
            Raised if the component is not in the file, or of a class that is not known.
        UnreadableFileError
            Raised if the file is empty, cut short, not FITS or has no image.
        """
        if component is not None and component not in _COMPONENTS:
            raise UnknownComponentError(
                f"Component '{component}' cannot be read from FITS images.",
                hint=nearest(component, _COMPONENTS) or f"Components: {', '.join(_COMPONENTS)}.",
            )
        request = Request.of(parameters)
        plane = component.upper() if component is not None else None
        if plane is not None and plane not in PLANES:
            with _opened(source, whole=False) as file:
                return file.component(component or "")
        pytype = storage_class.pytype.rpartition(".")[2] if plane is None else "Mask" if plane == "MASK" else "Image"
        if pytype not in _TYPES:
            raise StorageClassError(f"A FITS image cannot be read as {pytype}.", hint=f"Types: {', '.join(_TYPES)}.")
        wanted = (plane,) if plane is not None else _WANTED.get(pytype, PLANES)
        if request is not None:
            return _cut_out(source, pytype, wanted, request)
        with _opened(source, whole=plane is None) as file:
            found = file.pixels(wanted, file.bbox)
            return file.exposure(found) if pytype == "Exposure" else found

    # --------------------------------------------------------------------------------------------------------- writing
    def read_provenance(self, source: Source) -> Mapping[str, Any]:
        return provenance_cards(source)

    def write(self, obj: Any, path: Path, storage_class: StorageClass, provenance: Mapping[str, Any] | None) -> None:
        """Write an `Exposure`, `MaskedImage`, `Image` or `Mask`.

        Raises
        ------
        FormatError
            Raised if the image has no pixels or metadata cannot stand in a FITS header.
        StorageClassError
            Raised if the object is none of these.
        """
        from astropy.io.fits import HDUList, PrimaryHDU

        planes, wcs = _planes_of(obj, storage_class), obj.wcs if isinstance(obj, Exposure) else None
        tables, cards = _archive(obj, len(planes))
        header = fits_header(primary_cards(obj, tuple(planes), cards, provenance).cards())
        hdus = HDUList([PrimaryHDU(header=header)])
        for name, plane in planes.items():
            if plane.bbox.is_empty:
                raise FormatError(f"{plane!r} has no pixels and cannot be written to FITS.")
            hdus.append(self._hdu(name, plane, wcs))
        hdus.extend(tables)
        with path.open("wb") as stream:
            hdus.writeto(stream)
        if self._compress and self._quantize > 0.0:
            forget_times(path)
        note_places(path)

    def _hdu(self, name: str, plane: Image | Mask, wcs: SkyWcs | None) -> ImageHDU | CompImageHDU | BinTableHDU:
        from astropy.io.fits import CompImageHDU, ImageHDU

        header, pixels = fits_header(hdu_cards(name, plane, wcs).cards()), np.ascontiguousarray(plane.array)
        if not self._compress:
            return ImageHDU(pixels, header)
        integers = pixels.dtype.kind in "iu" and pixels.dtype.itemsize <= 4
        lossy = self._quantize > 0.0 and pixels.dtype.kind == "f"
        tile = min(self._tile, pixels.shape[0]), min(self._tile, pixels.shape[1])
        if not integers and not lossy:
            return gzip_hdu(pixels, header, tile)
        return CompImageHDU(
            pixels,
            header,
            compression_type="RICE_1",
            tile_shape=tile,
            quantize_level=self._quantize if lossy else 0,
            quantize_method=_DITHER if lossy else None,
            dither_seed=1 if lossy else None,  # fixed, so that the same image gives the same bytes
        )


def _without_blanks(array: npt.NDArray[Any], header: Any) -> npt.NDArray[Any]:
    """Integer pixels as they are stored: astropy makes them float with NaN for BLANK, ``ignore_blank`` or not."""
    bitpix = header["BITPIX"]
    if "BLANK" not in header or bitpix < 0 or array.dtype.kind != "f" or header.get("BSCALE", 1) != 1:
        return array
    return np.where(np.isnan(array), header["BLANK"], array).astype("uint8" if bitpix == 8 else f"int{bitpix}")


def _planes_of(obj: object, storage_class: StorageClass) -> dict[str, Image | Mask]:
    match obj:
        case Exposure() | MaskedImage():
            return {"IMAGE": obj.image, "MASK": obj.mask, "VARIANCE": obj.variance}
        case Image():
            return {"IMAGE": obj}
        case Mask():
            return {"MASK": obj}
    raise StorageClassError(f"A {type(obj).__name__} cannot be written as {storage_class.name} to a FITS image.")


def _archive(obj: object, n_planes: int) -> tuple[list[Any], Metadata]:
    """Tables after the planes, and the cards that refer to them."""
    if not isinstance(obj, Exposure):
        return [], Metadata()
    archive, cards = archive_of(obj, n_planes + 1)
    if obj.wcs is not None and obj.wcs.ast_text is None and in_table(obj, "wcs"):
        cards[layout.WCS_CARDS] = "CARDS"
    return list(archive.hdus()), cards


def _cut_out(source: Source, pytype: str, wanted: tuple[str, ...], request: Request) -> object:
    """A part of an image: pixels by their tiles, the rest as of the whole."""
    with ExitStack() as stack:

        @functools.cache
        def file() -> _File:
            stream = source.open() if source.is_local else held.open()
            return _File(stack.enter_context(open_fits(stack.enter_context(stream), source.uri, 4)), source.uri)

        held, rest = HeldFile(source), pytype == "Exposure" or request.needs_wcs
        read = read_cut_out(held, wanted, request, rest, lambda: file().wcs())
        known = None
        if read is not None:
            planes, bbox, wcs, known = read
            found = assembled(wanted, planes)
        else:
            bbox, wcs = file().bbox, file().wcs() if request.needs_wcs else None
            found = file().pixels(wanted, request.box(bbox, wcs, source.uri))
        finished = request.finish(found, bbox, wcs, source.uri)
        return _described(finished, known, file) if pytype == "Exposure" else finished


def _described(masked: MaskedImage, known: PlaneFile | None, file: Callable[[], _File]) -> Exposure:
    """Pixels with everything else, which is read from the file once for many cut-outs."""
    parts = known.notes.get(REST) if known is not None else None
    if parts is None:
        parts = file().described.all()
        # What was warned of is to be warned of again.
        if known is not None and not parts["components"] and set(COMPONENTS.values()) <= parts.keys():
            keep_rest(known, parts)
    return Exposure(masked, **{**parts, "metadata": parts["metadata"].copy(), "components": dict(parts["components"])})


@contextmanager
def _opened(source: Source, whole: bool) -> Iterator[_File]:
    """The file, as a local one if all of it is wanted, else as a stream of which little is read."""
    with source.local_path() if whole else source.open() as file, open_fits(file, source.uri, 4) as hdus:
        local = Source(CachedFile(file, source.uri), file.name) if isinstance(file, Path) else None
        yield _File(hdus, source.uri, local)


class _File:
    """One opened file: which HDU is which plane, and what the cards say."""

    def __init__(self, hdus: Any, uri: str, local: Source | None = None) -> None:
        self._hdus, self._uri, self._local = hdus, uri, local
        with reading(uri):
            self.primary = header_metadata(hdus[0].header)
            self.places = dict(self._find_planes())
        check_layout(self.primary, self.places, uri)
        with reading(uri):
            header = hdus[self._first].header
            self.bbox = Box.from_shape(hdus[self._first].shape, layout.pixel_origin(header))

    def _hdu(self, index: int) -> Any:
        try:
            return self._hdus[index]
        except IndexError:
            return None

    def _find_planes(self) -> Iterator[tuple[str, int]]:
        """Plane names and HDU numbers: position is the contract, EXTTYPE (if there) may only contradict it."""
        first = 0 if self._hdus[0].shape else 1
        shape: tuple[int, ...] | None = None
        for offset, name in enumerate(PLANES):
            hdu = self._hdu(first + offset)
            if hdu is None or not hdu.is_image or len(hdu.shape) != 2 or shape not in (None, hdu.shape):
                return
            said = str(hdu.header.get("EXTTYPE", name)).strip()
            if offset == 0 and (said == "MASK" or any(key.startswith("MP_") for key in hdu.header)):
                yield "MASK", first
                return
            if offset and said != name:
                return
            shape = hdu.shape
            yield name, first + offset

    @property
    def parts(self) -> list[str] | None:
        """What the file says it has, `None` if other software wrote it."""
        return parts_of(self.primary)

    @property
    def _first(self) -> int:
        return next(iter(self.places.values()))

    def _pixels(self, name: str, box: Box) -> npt.NDArray[Any]:
        hdu = self._hdus[self.places[name]]
        with reading(self._uri):
            array = np.asarray(hdu.data if box == self.bbox else hdu.section[box.slices(self.bbox)])
            return _without_blanks(array, hdu.header)

    def pixels(self, wanted: tuple[str, ...], box: Box) -> MaskedImage | Image | Mask:
        """A plane, or all as a `MaskedImage`."""
        arrays = self._arrays(wanted, box)
        return assembled(wanted, {name: self._plane(name, box, arrays) for name in wanted})

    def _arrays(self, wanted: tuple[str, ...], box: Box) -> dict[str, npt.NDArray[Any]]:
        """Pixels by our own reader, which is faster for whole images too; none if it cannot read them."""
        if self._local is None:
            return {}
        x0, y0 = self.bbox.xy0
        read = read_planes(HeldFile(self._local), wanted, lambda file: box.shifted(-x0, -y0))
        return {} if read is None else read[1]

    def _plane(self, name: str, box: Box, arrays: dict[str, npt.NDArray[Any]]) -> Image | Mask:
        if name not in self.places:
            return absent_plane(name, box, self.parts, self.places, self._uri)
        pixels = arrays[name] if name in arrays else self._pixels(name, box)
        return made_plane(name, pixels, self._hdus[self.places[name]].header, box.xy0, self._uri)

    def exposure(self, masked: MaskedImage | Image | Mask) -> Exposure:
        """Pixels with everything else."""
        assert isinstance(masked, MaskedImage)
        return Exposure(masked, **self.described.all())

    def wcs(self) -> SkyWcs | None:
        """Sky coordinates, if there are any."""
        found: SkyWcs | None = self.described.get("wcs")
        return found

    @cached_property
    def described(self) -> ExposureParts:
        """Everything but pixels."""
        return ExposureParts(self._hdus, self._uri, self._first, self.bbox.xy0)

    def component(self, name: str) -> object:
        """A component that needs no pixels."""
        match name:
            case "bbox":
                return self.bbox
            case "dimensions" | "xy0":
                return getattr(self.bbox, name)
            case _:
                return self.described.get(COMPONENTS[name])
