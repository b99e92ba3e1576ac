"""``MaskedImageF`` and the other masked images of lsst.afw.image.  Knows no files."""

# ruff: noqa: N802, N803 - the names are those of lsst.afw

from __future__ import annotations

import operator
import os
from collections.abc import Callable
from typing import Any, ClassVar, Self

from skybutler.compat.geom import Box2I
from skybutler.compat.wrapping import to_compat, to_plain
from skybutler.errors import InvalidError
from skybutler.images import Box
from skybutler.images import Image as PlainImage
from skybutler.images import Mask as PlainMask
from skybutler.images import MaskedImage as PlainMaskedImage

from .mask import Mask
from .pixels import PARENT, Image, Pixels, Place, plain_box, size_of

__all__ = [
    "MaskedImage",
    "MaskedImageD",
    "MaskedImageF",
    "MaskedImageI",
    "MaskedImageL",
    "MaskedImageU",
    "Planes",
    "masked_image_of",
]


class Planes(Pixels):
    """What masked images and exposures have in common: image, mask and variance, shared."""

    __slots__ = ()

    @property
    def _planes(self) -> PlainMaskedImage:
        return self.plain  # type: ignore[no-any-return]

    @property
    def image(self) -> Any:
        """Pixel values."""
        return to_compat(self._planes.image)

    @image.setter
    def image(self, image: Image) -> None:
        self._planes.image.array[...] = image.array

    @property
    def mask(self) -> Mask:
        """Flags."""
        return Mask.of(self._planes.mask)

    @mask.setter
    def mask(self, mask: Mask) -> None:
        self._planes.mask.array[...] = mask.array

    @property
    def variance(self) -> Any:
        """Variance."""
        return to_compat(self._planes.variance)

    @variance.setter
    def variance(self, variance: Image) -> None:
        self._planes.variance.array[...] = variance.array

    def getImage(self) -> Any:
        """Pixel values."""
        return self.image

    def getMask(self) -> Mask:
        """Flags."""
        return self.mask

    def getVariance(self) -> Any:
        """Variance."""
        return self.variance

    def setXY0(self, *xy0: Any) -> None:
        """Move all planes in the parent frame."""
        x, y = xy0[0] if len(xy0) == 1 else xy0
        planes = self._planes
        for plane in (planes.image, planes.mask, planes.variance):
            plane.xy0 = (int(x), int(y))


class MaskedImage(Planes):
    """Image, mask and variance.

    Parameters
    ----------
    *values
        Width and height, an `Extent2I` or a `Box2I`; an image, and a mask and a variance; another masked image, and a
        box of it; or the path or URL of a file.
    deep : `bool`
        Whether pixels of a masked image are copied.
    """

    __slots__ = ()
    kind: ClassVar[str] = "F"

    def __init__(self, *values: Any, deep: bool = False, bbox: Any = None, dtype: Any = None) -> None:
        values = values if bbox is None else (*values, bbox)
        match values:
            case (MaskedImage() | PlainMaskedImage() as masked, *rest):
                found = to_plain(masked)
                boxes = [plain_box(v) for v in rest if isinstance(v, Box2I | Box)]
                found = found[boxes[0]] if boxes else found
                found = found.copy() if deep or True in rest else found
            case (Image() | PlainImage(), *_):
                found = PlainMaskedImage(*map(to_plain, values[:3]))
            case (str() | os.PathLike() as place, *_):
                from .files import read_file

                found = read_file(place, f"MaskedImage{self.kind}")
            case _:
                box = size_of(values)
                if box is None:
                    raise InvalidError(f"{type(self).__name__} cannot be made of {', '.join(map(repr, values))}.")
                found = PlainMaskedImage(PlainImage.zeros(box, self.kind))
        self.plain = found

    @classmethod
    def readFits(cls, fileName: Place) -> Self:
        """Read a file: a path or a URL."""
        return cls(fileName)

    def writeFits(self, fileName: Place, *_: Any, **__: Any) -> None:
        """Write a file."""
        from .files import write_file

        write_file(self.plain, fileName, f"MaskedImage{self.kind}")

    def set(self, value: float, mask: int | None = None, variance: float | None = None) -> None:
        """Give all pixels a value, and a mask and a variance."""
        for plane, given in ((self.plain.image, value), (self.plain.mask, mask), (self.plain.variance, variance)):
            if given is not None:
                plane.array[...] = given

    def assign(self, rhs: MaskedImage, bbox: Any = None, origin: str = PARENT) -> None:
        """Copy the pixels of another one, into a box if one is given."""
        target = self if bbox is None else self.subset(bbox, origin)
        target.image, target.mask, target.variance = rhs.image, rhs.mask, rhs.variance

    def __getitem__(self, key: Any) -> Any:
        found, _ = self._selected(key)
        if isinstance(found, Box):
            return self.of(self.plain[found])
        return tuple(p.array[found].item() for p in (self.plain.image, self.plain.mask, self.plain.variance))

    def __setitem__(self, key: Any, value: Any) -> None:
        found, _ = self._selected(key)
        if isinstance(found, Box):
            target = self.of(self.plain[found])
            target.image, target.mask, target.variance = value.image, value.mask, value.variance
        else:
            values = value if isinstance(value, tuple) else (value,)
            for plane, one in zip((self.plain.image, self.plain.mask, self.plain.variance), values, strict=False):
                plane.array[found] = one

    # -------------------------------------------------------------- arithmetic
    def __iadd__(self, other: Any) -> Self:
        return self._changed(operator.iadd, other)

    def __isub__(self, other: Any) -> Self:
        return self._changed(operator.isub, other)

    def __imul__(self, other: Any) -> Self:
        return self._changed(operator.imul, other)

    def __itruediv__(self, other: Any) -> Self:
        return self._changed(operator.itruediv, other)

    def _changed(self, operate: Callable[[Any, Any], Any], other: Any) -> Self:
        """Calculate in place with what has the same size, wherever it is, and whatever its unit."""
        plain, xy0 = to_plain(other), self.plain.xy0
        if isinstance(plain, PlainMaskedImage):
            mask = PlainMask(plain.mask.array, plain.mask.planes, xy0)
            plain = PlainMaskedImage(PlainImage(plain.image.array, xy0), mask, PlainImage(plain.variance.array, xy0))
        elif isinstance(plain, PlainImage):
            plain = PlainImage(plain.array, xy0)
        operate(self.plain, plain)
        return self

    def __eq__(self, other: object) -> bool:
        return self.plain.same_as(other.plain) if isinstance(other, MaskedImage) else NotImplemented

    __hash__ = None  # type: ignore[assignment]


class MaskedImageF(MaskedImage):
    """A masked image of float32."""

    __slots__ = ()


class MaskedImageD(MaskedImage):
    """A masked image of float64."""

    __slots__ = ()
    kind = "D"


class MaskedImageI(MaskedImage):
    """A masked image of int32."""

    __slots__ = ()
    kind = "I"


class MaskedImageU(MaskedImage):
    """A masked image of uint16."""

    __slots__ = ()
    kind = "U"


class MaskedImageL(MaskedImage):
    """A masked image of uint64."""

    __slots__ = ()
    kind = "L"


_CLASSES = {c.kind: c for c in (MaskedImageF, MaskedImageD, MaskedImageI, MaskedImageU, MaskedImageL)}


def masked_image_of(plain: PlainMaskedImage) -> MaskedImage:
    """A masked image of the class for its pixel type."""
    return _CLASSES[plain.image.kind].of(plain)
