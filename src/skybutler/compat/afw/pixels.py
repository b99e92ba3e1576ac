"""``ImageF`` and the other images of lsst.afw.image, and boxes and positions as lsst.geom has them.  Knows no files."""

# ruff: noqa: N802, N803 - the names are those of lsst.afw

from __future__ import annotations

import os
from enum import StrEnum
from typing import Any, ClassVar, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from skybutler.compat.geom import Box2I, Extent2I, Point2D, Point2I
from skybutler.compat.geom.coordinates import Coordinates, Extent
from skybutler.compat.wrapping import Wrapped, to_plain
from skybutler.errors import InvalidError
from skybutler.images import Box
from skybutler.images import Image as PlainImage
from skybutler.images.image import KINDS

__all__ = [
    "Image",
    "ImageD",
    "ImageF",
    "ImageI",
    "ImageL",
    "ImageOrigin",
    "ImageU",
    "Pixels",
    "box_of",
    "image_of",
    "plain_box",
    "position_of",
]

Place: TypeAlias = "str | os.PathLike[str]"


class ImageOrigin(StrEnum):
    """What positions count from: the parent frame, or the first pixel held."""

    PARENT = "PARENT"
    LOCAL = "LOCAL"


PARENT = ImageOrigin.PARENT


def box_of(box: Box) -> Box2I:
    """A box with a corner and an extent."""
    return Box2I(Point2I(*box.xy0), Extent2I(*box.dimensions))


def plain_box(box: Any) -> Box:
    """Our box of one of theirs, or ours."""
    if isinstance(box, Box):
        return box
    if not isinstance(box, Box2I):
        raise InvalidError(f"{box!r} is no box of pixels.", hint="Give a lsst.geom.Box2I.")
    return Box((box.getBeginY(), box.getEndY()), (box.getBeginX(), box.getEndX()))


def position_of(position: Any = None) -> tuple[float, float] | tuple[None, None]:
    """(x, y) of a point, or nothing of none."""
    if position is None:
        return None, None
    point = position if isinstance(position, Coordinates) else Point2D(*position)
    return float(point[0]), float(point[1])


class Pixels(Wrapped):
    """What all planes of pixels can do, alone or together."""

    __slots__ = ()

    def getBBox(self, origin: str = PARENT) -> Box2I:
        """The pixels held."""
        found = box_of(self.plain.bbox)
        return found if origin == PARENT else Box2I(Point2I(0, 0), found.getDimensions())

    def getDimensions(self) -> Extent2I:
        """Width and height."""
        return Extent2I(*self.plain.dimensions)

    def getWidth(self) -> int:
        """Number of columns."""
        return int(self.plain.dimensions[0])

    def getHeight(self) -> int:
        """Number of rows."""
        return int(self.plain.dimensions[1])

    def getXY0(self) -> Point2I:
        """First pixel."""
        return Point2I(*self.plain.xy0)

    def getX0(self) -> int:
        """First column."""
        return int(self.plain.xy0[0])

    def getY0(self) -> int:
        """First row."""
        return int(self.plain.xy0[1])

    width, height = property(getWidth), property(getHeight)

    @property
    def Factory(self) -> type[Self]:
        """The class, to make another one like this."""
        return type(self)

    def clone(self, deep: bool = True) -> Self:
        """Another one with the same pixels; they are its own if ``deep``."""
        return self.of(self.plain.copy() if deep else self.plain[self.plain.bbox])

    def subset(self, bbox: Box2I, origin: str = PARENT) -> Self:
        """A view of the pixels of a box."""
        return self.of(self.plain[self._box(bbox, origin)])

    def _box(self, bbox: Any, origin: str = PARENT) -> Box:
        box = plain_box(bbox)
        return box if origin == PARENT else box.shifted(*self.plain.xy0)

    def _slices(self, x: Any, y: Any) -> Box:
        """The box of two slices, of columns and of rows, which count from the first pixel of the parent frame."""
        ranges = []
        for part, first, n in zip((x, y), self.plain.xy0, self.plain.dimensions, strict=True):
            part = part if isinstance(part, slice) else slice(part, part + 1)
            if part.step not in (None, 1):
                raise InvalidError(f"Every pixel of a sub-image is there; a step of {part.step} is not possible.")
            start = first if part.start is None else part.start
            ranges.append((start, first + n if part.stop is None else part.stop))
        return Box(ranges[1], ranges[0])

    def _element(self, x: int, y: int, origin: str) -> tuple[int, int]:
        """Index (row, column) of a pixel."""
        x0, y0 = (0, 0) if origin == LOCAL else self.plain.xy0
        row, column = y - y0, x - x0
        width, height = self.plain.dimensions
        if not (0 <= row < height and 0 <= column < width):
            raise IndexError(f"Pixel ({x}, {y}) is not in {self.plain.bbox}.")
        return row, column

    def __len__(self) -> int:
        return self.getHeight()

    def _selected(self, key: Any) -> tuple[Any, str]:
        """What an index chooses: a box, or (row, column)."""
        origin: str = PARENT
        if isinstance(key, tuple) and key and isinstance(key[-1], ImageOrigin):
            *rest, origin = key
            key = rest[0] if len(rest) == 1 else tuple(rest)
        if isinstance(key, Box2I | Box):
            return self._box(key, origin), origin
        x, y = key if not isinstance(key, Coordinates) else tuple(key)
        if isinstance(x, slice) or isinstance(y, slice):
            return self._slices(x, y), origin
        return self._element(int(x), int(y), origin), origin


LOCAL = ImageOrigin.LOCAL


def size_of(values: tuple[Any, ...]) -> Box | None:
    """The box of a new plane: of a width and height, an extent or a box; `None` if these are other things."""
    match values:
        case (int() | np.integer() as width, int() | np.integer() as height):
            return Box((0, int(height)), (0, int(width)))
        case (Extent() as extent,):
            return Box((0, int(extent[1])), (0, int(extent[0])))
        case (Box2I() | Box() as box,):
            return plain_box(box)
        case ():
            return Box((0, 0), (0, 0))
    return None


class Image(Pixels):
    """A plane of pixels.

    Parameters
    ----------
    *values
        Width and height, an `Extent2I` or a `Box2I`, and a first value for all pixels; an array; another image, and
        a box of it; or the path or URL of a file.
    deep : `bool`
        Whether pixels of an array or image are copied.
    xy0 : `Point2I`
        First pixel, of an array.
    """

    __slots__ = ()
    kind: ClassVar[str] = "F"

    def __init__(
        self, *values: Any, deep: bool = False, xy0: Any = (0, 0), dtype: Any = None, bbox: Any = None, **options: Any
    ) -> None:
        values = values if bbox is None else (*values, bbox)
        self.plain = self._made(values, deep, (int(xy0[0]), int(xy0[1])), options)

    def _made(self, values: tuple[Any, ...], deep: bool, xy0: tuple[int, int], options: dict[str, Any]) -> PlainImage:
        dtype = KINDS[self.kind]
        match values:
            case (np.ndarray() as array, *_):
                return PlainImage(np.array(array, dtype) if deep else np.asarray(array, dtype), xy0)
            case (Image() | PlainImage() as image, *rest):
                plain: PlainImage = to_plain(image)
                boxes = [plain_box(v) for v in rest if isinstance(v, Box2I | Box)]
                plain = plain[boxes[0]] if boxes else plain
                return plain.copy() if deep or True in rest else plain
            case (str() | os.PathLike() as place, *_):
                from .files import read_file

                return read_file(place, f"Image{self.kind}", **options)  # type: ignore[no-any-return]
        fill = None
        if len(values) in (2, 3) and size_of(values[:-1]) is not None and len(values) - 1 in (1, 2):
            values, fill = (values[:-1], values[-1]) if size_of(values) is None else (values, None)
        box = size_of(values)
        if box is None:
            raise InvalidError(
                f"{type(self).__name__} cannot be made of {', '.join(map(repr, values))}.",
                hint="Give a width and a height, a box, an array or a file.",
            )
        image = PlainImage.zeros(box, self.kind)
        if fill is not None:
            image.array[...] = fill
        return image

    @classmethod
    def readFits(cls, fileName: Place, hdu: int | None = None) -> Self:
        """Read a file: a path or a URL."""
        return cls(fileName) if hdu is None else cls(fileName, hdu=hdu)

    def writeFits(self, fileName: Place, *_: Any, **__: Any) -> None:
        """Write a file."""
        from .files import write_file

        write_file(self.plain, fileName, f"Image{self.kind}")

    # ------------------------------------------------------------------ pixels
    @property
    def array(self) -> npt.NDArray[Any]:
        """Pixel values, (ny, nx), shared."""
        return self.plain.array  # type: ignore[no-any-return]

    @array.setter
    def array(self, values: Any) -> None:
        self.plain.array[...] = values

    def getArray(self) -> npt.NDArray[Any]:
        """Pixel values, (ny, nx), shared."""
        return self.plain.array  # type: ignore[no-any-return]

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the pixels."""
        return self.plain.array.dtype  # type: ignore[no-any-return]

    def setXY0(self, *xy0: Any) -> None:
        """Move the image in the parent frame."""
        x, y = xy0[0] if len(xy0) == 1 else xy0
        self.plain.xy0 = (int(x), int(y))

    def set(self, value: Any) -> None:
        """Give all pixels a value."""
        self.plain.array[...] = value

    def assign(self, rhs: Image, bbox: Any = None, origin: str = PARENT) -> None:
        """Copy the pixels of an image, into a box if one is given."""
        target = self.plain if bbox is None else self.plain[self._box(bbox, origin)]
        target.array[...] = rhs.array

    def convertF(self) -> ImageF:
        """The same in single precision, with pixels of its own."""
        return ImageF(self.plain.array, deep=True, xy0=self.plain.xy0)

    def convertD(self) -> ImageD:
        """The same in double precision, with pixels of its own."""
        return ImageD(self.plain.array, deep=True, xy0=self.plain.xy0)

    def __getitem__(self, key: Any) -> Any:
        found, _ = self._selected(key)
        return self.of(self.plain[found]) if isinstance(found, Box) else self.plain.array[found].item()

    def __setitem__(self, key: Any, value: Any) -> None:
        found, _ = self._selected(key)
        if isinstance(found, Box):
            self.plain[found].array[...] = _values(value)
        else:
            self.plain.array[found] = value

    # -------------------------------------------------------------- arithmetic
    def __iadd__(self, other: Any) -> Self:
        self.plain.array += _values(other)
        return self

    def __isub__(self, other: Any) -> Self:
        self.plain.array -= _values(other)
        return self

    def __imul__(self, other: Any) -> Self:
        self.plain.array *= _values(other)
        return self

    def __itruediv__(self, other: Any) -> Self:
        self.plain.array /= _values(other)
        return self

    def scaledPlus(self, scale: float, rhs: Image) -> None:
        """Add another image times a number."""
        self.plain.array += scale * rhs.array

    def __eq__(self, other: object) -> bool:
        return self.plain.same_as(other.plain) if isinstance(other, Image) else NotImplemented

    __hash__ = None  # type: ignore[assignment]


def _values(other: Any) -> Any:
    return other.plain.array if isinstance(other, Image) else other


class ImageF(Image):
    """An image of float32."""

    __slots__ = ()


class ImageD(Image):
    """An image of float64."""

    __slots__ = ()
    kind = "D"


class ImageI(Image):
    """An image of int32."""

    __slots__ = ()
    kind = "I"


class ImageU(Image):
    """An image of uint16."""

    __slots__ = ()
    kind = "U"


class ImageL(Image):
    """An image of uint64."""

    __slots__ = ()
    kind = "L"


_CLASSES: dict[str, type[Image]] = {kind.kind: kind for kind in (ImageF, ImageD, ImageI, ImageU, ImageL)}


def image_of(plain: PlainImage) -> Image:
    """An image of the class for its pixel type."""
    return _CLASSES[plain.kind].of(plain)
