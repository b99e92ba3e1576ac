"""Read parameters that ask for a part of an image: a box of pixels, or a shape on the sky.  Knows no files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from skybutler.errors import InvalidError, ParameterError, nearest
from skybutler.images import Box, Image, Mask, MaskedImage

if TYPE_CHECKING:
    from skybutler.images import SkyWcs
    from skybutler.images.cutout import CutOut

__all__ = ["CUT_OUT_PARAMETERS", "Request"]

SHAPES = ("bbox", "box", "circle", "polygon", "region")
CUT_OUT_PARAMETERS = (*SHAPES, "origin", "pad", "mask_outside")
"""Names of all of them."""


@dataclass(frozen=True, slots=True)
class Request:
    """What part of an image is asked for.

    Parameters
    ----------
    cut : `CutOut`
        The shape and what to do around it.
    local : `bool`
        Whether a box counts pixels from the first one that is stored.
    """

    cut: CutOut
    local: bool = False

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> Request | None:
        """That of read parameters; `None` if they ask for all of an image.

        Parameters
        ----------
        parameters : mapping
            ``bbox``, a `Box` of parent pixels (of stored ones with ``origin="LOCAL"``);
            ``circle``, (ra, dec, radius); ``polygon``, corners (ra, dec); ``box``, (ra, dec, width, height), all in
            ICRS degrees, or (ra, dec, width, height, unit); ``region``, a region of ``lsst.sphgeom``.  Stencils of
            `skybutler.images.stencils` are taken too.  ``pad`` and ``mask_outside`` are those of `CutOut`.

        Raises
        ------
        ParameterError
            Raised if there is another, more than one shape, or one that is none.
        """
        for name in parameters:
            if name not in CUT_OUT_PARAMETERS:
                raise ParameterError(
                    f"FITS images cannot be read with parameter '{name}'.",
                    hint=nearest(name, CUT_OUT_PARAMETERS) or f"There are {', '.join(CUT_OUT_PARAMETERS)}.",
                )
        origin = str(parameters.get("origin") or "PARENT").upper()
        if origin not in ("PARENT", "LOCAL"):
            raise ParameterError(f"origin = '{origin}' is not known.", hint="It is PARENT or LOCAL.")
        given = [name for name in SHAPES if parameters.get(name) is not None]
        if len(given) > 1:
            raise ParameterError(f"{' and '.join(given)} are given; an image is cut out by one of them.")
        pad, mask_outside = bool(parameters.get("pad")), bool(parameters.get("mask_outside"))
        if not given:
            if pad or mask_outside:
                raise ParameterError(
                    f"{'pad' if pad else 'mask_outside'} says what is around a shape, but none is given.",
                    hint=f"Give one of {', '.join(SHAPES)}.",
                )
            return None
        from skybutler.images.cutout import CutOut

        try:
            shape = _MAKERS[given[0]](parameters[given[0]])
            return cls(CutOut.of(shape, pad, mask_outside), origin == "LOCAL")
        except ParameterError:
            raise
        except InvalidError as error:
            raise ParameterError(f"{given[0]}: {error.message}", hint=error.hint) from error

    @property
    def needs_wcs(self) -> bool:
        """Whether sky coordinates are needed."""
        return not isinstance(self.cut.shape, Box)

    def _in_parent(self, bbox: Box) -> CutOut:
        from skybutler.images.cutout import CutOut

        shape = self.cut.shape
        if not self.local or not isinstance(shape, Box):
            return self.cut
        return CutOut(shape.shifted(*bbox.xy0), self.cut.pad, self.cut.mask_outside)

    def box(self, bbox: Box, wcs: SkyWcs | None, uri: str) -> Box:
        """The pixels to be read.

        Parameters
        ----------
        bbox : `Box`
            All pixels of the image.
        wcs : `SkyWcs` or `None`
            Its sky coordinates.
        uri : `str`
            What to call it in errors.

        Raises
        ------
        ParameterError
            Raised if the shape is not in the image, or needs sky coordinates that are not there.
        """
        cut = self._in_parent(bbox)
        if isinstance(cut.shape, Box) and not cut.pad and (cut.shape.is_empty or not bbox.contains(cut.shape)):
            raise ParameterError(f"bbox {cut.shape} is not inside {bbox} of {uri}.")
        try:
            return cut.box(bbox, wcs, uri)
        except ParameterError:
            raise
        except InvalidError as error:
            raise ParameterError(error.message, hint=error.hint) from error

    def finish(self, found: Any, bbox: Box, wcs: SkyWcs | None, uri: str) -> Any:
        """A `MaskedImage`, `Image` or `Mask` of `box`, padded and masked as asked; arguments as for `box`.

        Raises
        ------
        ParameterError
            Raised if what is outside is to be masked in an image without a mask.
        """
        cut = self._in_parent(bbox)
        if not (cut.pad or cut.mask_outside):
            return found
        match found:
            case Image():
                if cut.mask_outside:
                    raise ParameterError("An image alone has no mask, so nothing can be masked in it.")
                return cut.finish(MaskedImage(found), bbox, wcs, uri).image
            case Mask():
                return cut.finish(MaskedImage(Image.zeros(found.bbox), found), bbox, wcs, uri).mask
        return cut.finish(found, bbox, wcs, uri)


# --------------------------------------------------------------------------------------------------------------- shapes
def _pixels(given: Any) -> Any:
    if not isinstance(given, Box):
        raise ParameterError(f"bbox is a {type(given).__name__}.", hint="Give a skybutler.images.Box.")
    return given


def _circle(given: Any) -> Any:
    from skybutler.images.stencils import SkyCircle

    if isinstance(given, SkyCircle):
        return given
    ra, dec, radius = _numbers("circle", given, (3,), "ra, dec, radius")
    return SkyCircle(ra, dec, radius)


def _box(given: Any) -> Any:
    from skybutler.images.stencils import SkyBox

    if isinstance(given, SkyBox):
        return given
    values = list(given) if isinstance(given, Iterable) else [given]
    unit = values.pop() if len(values) == 5 and isinstance(values[-1], str) else "deg"
    ra, dec, width, height = _numbers("box", values, (4,), "ra, dec, width, height")
    return SkyBox(ra, dec, width, height, unit)


def _polygon(given: Any) -> Any:
    from skybutler.images.stencils import SkyPolygon

    if isinstance(given, SkyPolygon):
        return given
    if not isinstance(given, Iterable) or isinstance(given, str):
        raise ParameterError(f"polygon is a {type(given).__name__}.", hint="Give corners (ra, dec) in degrees.")
    flat: list[Any] = []
    for corner in given:
        flat.extend(corner if isinstance(corner, Iterable) and not isinstance(corner, str) else [corner])
    numbers = _numbers("polygon", flat, range(0, len(flat) + 2, 2), "corners (ra, dec)")
    return SkyPolygon(list(zip(numbers[::2], numbers[1::2], strict=True)))


def _region(given: Any) -> Any:
    return given


def _numbers(name: str, given: Any, lengths: Sequence[int], what: str) -> list[float]:
    try:
        numbers = [float(value) for value in given]
    except (TypeError, ValueError):
        numbers = []
    if len(numbers) not in lengths or not numbers:
        raise ParameterError(f"{name} = {given!r} is not {what}.", hint="Give numbers, in ICRS degrees.")
    return numbers


_MAKERS: Mapping[str, Callable[[Any], Any]] = {
    "bbox": _pixels,
    "box": _box,
    "circle": _circle,
    "polygon": _polygon,
    "region": _region,
}
