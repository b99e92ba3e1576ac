"""``ExposureF`` and the other exposures of lsst.afw.image, and ``ExposureInfo``.  Knows no files and no butler."""

# ruff: noqa: N802, N803 - the names are those of lsst.afw

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, ClassVar, Self

from skybutler.compat.geom import Box2I, Extent2I, Point2D, SpherePoint
from skybutler.compat.wrapping import Wrapped, to_compat, to_plain
from skybutler.errors import InvalidError
from skybutler.images import Box
from skybutler.images import Exposure as PlainExposure
from skybutler.images import Image as PlainImage
from skybutler.images import MaskedImage as PlainMaskedImage

from .masked_image import MaskedImage, Planes, masked_image_of
from .pixels import PARENT, Image, Place, plain_box, size_of
from .wcs import SkyWcs

__all__ = [
    "Exposure",
    "ExposureD",
    "ExposureF",
    "ExposureI",
    "ExposureInfo",
    "ExposureL",
    "ExposureU",
    "exposure_of",
]

_PARTS = {
    "ApCorrMap": "aperture_corrections",
    "CoaddInputs": "coadd_inputs",
    "Detector": "detector",
    "Filter": "filter_label",
    "FilterLabel": "filter_label",
    "PhotoCalib": "photo_calib",
    "Psf": "psf",
    "SummaryStats": "summary_stats",
    "TransmissionCurve": "transmission_curve",
    "ValidPolygon": "valid_polygon",
    "VisitInfo": "visit_info",
    "Wcs": "wcs",
}
"""What belongs to an exposure: name in methods → attribute of ours."""

_PROPERTIES = {
    "apCorrMap": "ApCorrMap",
    "coaddInputs": "CoaddInputs",
    "detector": "Detector",
    "filter": "Filter",
    "photoCalib": "PhotoCalib",
    "psf": "Psf",
    "summaryStats": "SummaryStats",
    "transmissionCurve": "TransmissionCurve",
    "validPolygon": "ValidPolygon",
    "visitInfo": "VisitInfo",
    "wcs": "Wcs",
}


def _accessors(name: str, attribute: str) -> dict[str, Callable[..., Any]]:
    """Methods ``getX``, ``setX`` and ``hasX`` of one part."""

    def get(self: Wrapped) -> Any:
        return to_compat(getattr(self.plain, attribute))

    def set_(self: Wrapped, value: Any) -> None:
        setattr(self.plain, attribute, to_plain(value))

    def has(self: Wrapped) -> bool:
        return getattr(self.plain, attribute) is not None

    words = attribute.replace("_", " ")
    methods: dict[str, Callable[..., Any]] = {f"get{name}": get, f"set{name}": set_, f"has{name}": has}
    for spelling, method in methods.items():
        method.__name__ = spelling
    get.__doc__ = f"The {words} of the exposure; `None` if there is none."
    set_.__doc__ = f"Give the exposure another {words}."
    has.__doc__ = f"Whether the exposure has one: {words}."
    return methods


class _WithParts(Wrapped):
    """Getters and setters of what belongs to an exposure; they are made from tables below."""

    __slots__ = ()

    def getId(self) -> int | None:
        """Number of the exposure-and-detector."""
        return self.plain.id  # type: ignore[no-any-return]

    def setId(self, value: int | None) -> None:
        """Give it another number."""
        self.plain.id = value

    id = property(getId, setId)

    def hasId(self) -> bool:
        """Whether it has a number."""
        return self.plain.id is not None

    def getMetadata(self) -> Any:
        """What else its header said."""
        return to_compat(self.plain.metadata)

    def setMetadata(self, metadata: Any) -> None:
        """Replace the metadata."""
        self.plain.metadata = to_plain(metadata)

    @property
    def metadata(self) -> Any:
        """What else its header said."""
        return self.getMetadata()


for _name, _attribute in _PARTS.items():
    for _spelling, _method in _accessors(_name, _attribute).items():
        setattr(_WithParts, _spelling, _method)
for _name, _part in _PROPERTIES.items():
    _get, _set = getattr(_WithParts, f"get{_part}"), getattr(_WithParts, f"set{_part}")
    setattr(_WithParts, _name, property(_get, _set, doc=_get.__doc__))


class ExposureInfo(_WithParts):
    """What belongs to an exposure besides its pixels; setting it here sets it there."""

    __slots__ = ()

    def __init__(self, wcs: Any = None, psf: Any = None, **parts: Any) -> None:
        box = Box((0, 0), (0, 0))
        self.plain = PlainExposure(PlainImage.zeros(box))
        for name, value in {"wcs": wcs, "psf": psf, **parts}.items():
            if name not in _PROPERTIES:
                raise InvalidError(f"An exposure has no '{name}'.", hint=f"It has {', '.join(_PROPERTIES)}.")
            setattr(self, name, value)

    def hasMetadata(self) -> bool:
        """Whether there are metadata."""
        return len(self.plain.metadata) > 0

    def getComponent(self, name: str) -> Any:
        """What other software has put into the file under some name; `None` if there is no such thing."""
        return to_compat(self.plain.components.get(name))

    def __repr__(self) -> str:
        parts = sorted({p for p in _PARTS.values() if getattr(self.plain, p) is not None})
        return f"ExposureInfo({', '.join(parts)})"


class Exposure(Planes, _WithParts):
    """A masked image and what belongs to it.

    Parameters
    ----------
    *values
        The path or URL of a file; width and height, an `Extent2I` or a `Box2I`; a masked image; or another exposure,
        and a box of it.  After these a `SkyWcs` may follow, and an `ExposureInfo`.
    deep : `bool`
        Whether pixels of a masked image or exposure are copied.
    """

    __slots__ = ()
    kind: ClassVar[str] = "F"

    def __init__(self, *values: Any, deep: bool = False, wcs: Any = None, dtype: Any = None, bbox: Any = None) -> None:
        info = [v for v in values if isinstance(v, ExposureInfo)]
        places = [v for v in values if isinstance(v, SkyWcs)] + ([wcs] if wcs is not None else [])
        rest = tuple(v for v in values if v is not None and not isinstance(v, ExposureInfo | SkyWcs))
        self.plain = self._made(rest if bbox is None else (*rest, bbox), deep)
        for given in info:
            for attribute in dict.fromkeys(_PARTS.values()):
                setattr(self.plain, attribute, getattr(given.plain, attribute))
        if places:
            self.plain.wcs = to_plain(places[0])

    def _made(self, values: tuple[Any, ...], deep: bool) -> PlainExposure:
        boxes = [plain_box(v) for v in values[1:] if isinstance(v, Box2I | Box)]
        deep = deep or True in values[1:]
        match values:
            case (str() | os.PathLike() as place, *_):
                from .files import read_file

                return read_file(place, self._storage_class(), bbox=boxes[0] if boxes else None)  # type: ignore[no-any-return]
            case (place, *_) if hasattr(place, "ospath"):
                return self._made((str(place), *values[1:]), deep)
            case (Exposure() | PlainExposure() as exposure, *_):
                plain = to_plain(exposure)
                plain = plain[boxes[0]] if boxes else plain[plain.bbox]
                return plain.copy() if deep else plain  # type: ignore[no-any-return]
            case (MaskedImage() | PlainMaskedImage() | Image() | PlainImage() as pixels, *_):
                plain = to_plain(pixels)
                return PlainExposure(plain.copy() if deep else plain)
        box = size_of(values)
        if box is None:
            raise InvalidError(
                f"{type(self).__name__} cannot be made of {', '.join(map(repr, values))}.",
                hint="Give the path or URL of a file, a width and a height, a box, or a masked image.",
            )
        return PlainExposure(PlainImage.zeros(box, self.kind))

    @classmethod
    def _storage_class(cls) -> str:
        return f"Exposure{cls.kind}" if cls.kind in "FIU" else "Exposure"

    @classmethod
    def readFits(cls, fileName: Place) -> Self:
        """Read a file: a path or a URL."""
        return cls(fileName)

    def writeFits(self, fileName: Place, *_: Any, **__: Any) -> None:
        """Write a file."""
        from .files import write_file

        write_file(self.plain, fileName, self._storage_class())

    # -------------------------------------------------------------------- parts
    @property
    def _planes(self) -> PlainMaskedImage:
        return self.plain.masked_image  # type: ignore[no-any-return]

    @property
    def maskedImage(self) -> MaskedImage:
        """Image, mask and variance, shared."""
        return masked_image_of(self._planes)

    @maskedImage.setter
    def maskedImage(self, masked_image: MaskedImage) -> None:
        self.setMaskedImage(masked_image)

    def getMaskedImage(self) -> MaskedImage:
        """Image, mask and variance, shared."""
        return self.maskedImage

    def setMaskedImage(self, masked_image: MaskedImage) -> None:
        """Replace image, mask and variance."""
        self.plain.masked_image = to_plain(masked_image)

    @property
    def info(self) -> ExposureInfo:
        """What belongs to the exposure besides its pixels."""
        return ExposureInfo.of(self.plain)

    def getInfo(self) -> ExposureInfo:
        """What belongs to the exposure besides its pixels."""
        return self.info

    # ------------------------------------------------------------- sub-images
    def __getitem__(self, key: Any) -> Self:
        found, _ = self._selected(key)
        if not isinstance(found, Box):
            raise InvalidError("A part of an exposure is chosen by a box or by slices.", hint="exposure.image[x, y]")
        return self.of(self.plain[found])

    def __setitem__(self, key: Any, value: Any) -> None:
        masked = self.maskedImage
        masked[key] = value.maskedImage if isinstance(value, Exposure) else value

    def subset(self, bbox: Box2I, origin: str = PARENT) -> Self:
        """A view of the pixels of a box, with the same everything else."""
        return self.of(self.plain[self._box(bbox, origin)])

    def getCutout(self, center: SpherePoint | Point2D, size: Extent2I) -> Self:
        """Pixels around a position; those outside the exposure are 0 and flagged NO_DATA.

        Parameters
        ----------
        center : `SpherePoint` or `Point2D`
            On the sky, or in pixels of the parent frame.
        size : `Extent2I`
            Width and height.

        Raises
        ------
        InvalidError
            The position is not in the exposure, or the exposure has no sky coordinates.
        """
        if isinstance(center, SpherePoint):
            if self.plain.wcs is None:
                raise InvalidError("The exposure has no WCS.", hint="Give the position in pixels: Point2D(x, y).")
            position = SkyWcs.of(self.plain.wcs).skyToPixel(center)
        else:
            position = Point2D(center)
        if not self.plain.bbox.contains((position.x, position.y)):
            raise InvalidError(f"{center} is at {position}, outside of {self.plain.bbox}.")
        return self.of(_padded(self.plain, plain_box(Box2I.makeCenteredBox(position, Extent2I(size)))))

    def convertF(self) -> ExposureF:
        """The same in single precision, with pixels of its own."""
        plain = self.plain.copy()
        image = PlainImage(plain.image.array.astype("f4"), plain.xy0, plain.image.unit)
        plain.masked_image = PlainMaskedImage(image, plain.mask, plain.variance)
        return ExposureF.of(plain)

    def __eq__(self, other: object) -> bool:
        return self.plain.same_as(other.plain) if isinstance(other, Exposure) else NotImplemented

    __hash__ = None  # type: ignore[assignment]


def _padded(plain: PlainExposure, box: Box) -> PlainExposure:
    """The pixels of a box that may reach beyond the exposure; not shared."""
    inside = box.intersection(plain.bbox)
    made = plain[inside].copy()
    if inside == box:
        return made
    image = PlainImage.zeros(box, plain.image.kind, plain.image.unit)
    masked = PlainMaskedImage(image, type(plain.mask).zeros(box, plain.mask.planes), PlainImage.zeros(box))
    masked.mask.add_plane("NO_DATA")
    masked.mask.set("NO_DATA")
    part = masked[inside]
    for target, source in ((part.image, made.image), (part.mask, made.mask), (part.variance, made.variance)):
        target.array[...] = source.array
    made.masked_image = masked
    return made


class ExposureF(Exposure):
    """An exposure of float32."""

    __slots__ = ()


class ExposureD(Exposure):
    """An exposure of float64."""

    __slots__ = ()
    kind = "D"


class ExposureI(Exposure):
    """An exposure of int32."""

    __slots__ = ()
    kind = "I"


class ExposureU(Exposure):
    """An exposure of uint16."""

    __slots__ = ()
    kind = "U"


class ExposureL(Exposure):
    """An exposure of uint64."""

    __slots__ = ()
    kind = "L"


_CLASSES: dict[str, type[Exposure]] = {c.kind: c for c in (ExposureF, ExposureD, ExposureI, ExposureU, ExposureL)}


def exposure_of(plain: PlainExposure) -> Exposure:
    """An exposure of the class for its pixel type."""
    return _CLASSES[plain.image.kind].of(plain)
