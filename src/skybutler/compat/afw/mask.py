"""``Mask`` of lsst.afw.image, whose planes are its own, not those of a process.  Knows no files."""

# ruff: noqa: N802, N803 - the names are those of lsst.afw

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from skybutler.compat.geom import Box2I
from skybutler.compat.wrapping import to_plain
from skybutler.errors import InvalidError
from skybutler.images import Box
from skybutler.images import Mask as PlainMask

from .pixels import PARENT, Pixels, Place, plain_box, size_of

__all__ = ["Mask", "MaskX"]

_NEW = PlainMask.zeros(Box((0, 0), (0, 0)))
"""What is asked of the class is answered as of a new mask; planes added to the class are those of masks made later."""


class _OfMaskOrClass:
    """A method that can be called of a mask, whose planes it sees, or of the class: then of a new mask."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function, self.__doc__ = function, function.__doc__

    def __get__(self, mask: Mask | None, owner: type[Mask]) -> Callable[..., Any]:
        return partial(self.function, _NEW if mask is None else mask.plain)


class Mask(Pixels):
    """Flags of pixels.

    Parameters
    ----------
    *values
        Width and height, an `Extent2I` or a `Box2I`; an array; another mask; or the path or URL of a file.
    deep : `bool`
        Whether pixels of an array or mask are copied.
    """

    __slots__ = ()

    def __init__(self, *values: Any, deep: bool = False, xy0: Any = (0, 0), bbox: Any = None) -> None:
        values = values if bbox is None else (*values, bbox)
        match values:
            case (np.ndarray() as array, *_):
                found = PlainMask(array.copy() if deep else array, _NEW.planes, (int(xy0[0]), int(xy0[1])))
            case (Mask() | PlainMask() as mask, *rest):
                found = to_plain(mask)
                boxes = [plain_box(v) for v in rest if isinstance(v, Box2I | Box)]
                found = found[boxes[0]] if boxes else found
                found = found.copy() if deep or True in rest else found
            case (str() | os.PathLike() as place, *_):
                from .files import read_file

                found = read_file(place, "MaskX")
            case _:
                box = size_of(values)
                if box is None:
                    raise InvalidError(f"Mask cannot be made of {', '.join(map(repr, values))}.")
                found = PlainMask.zeros(box, _NEW.planes)
        self.plain = found

    @classmethod
    def readFits(cls, fileName: Place) -> Self:
        """Read a file: a path or a URL."""
        return cls(fileName)

    def writeFits(self, fileName: Place, *_: Any, **__: Any) -> None:
        """Write a file."""
        from .files import write_file

        write_file(self.plain, fileName, "MaskX")

    # ------------------------------------------------------------------ planes
    @_OfMaskOrClass
    def getPlaneBitMask(self: PlainMask, names: str | Iterable[str]) -> int:
        """The value with the bits of some planes set."""
        return self.bits(names)

    @_OfMaskOrClass
    def getMaskPlane(self: PlainMask, name: str) -> int:
        """Bit number of a plane."""
        return self.bits(name).bit_length() - 1

    @_OfMaskOrClass
    def getMaskPlaneDict(self: PlainMask) -> dict[str, int]:
        """Bit number by plane name."""
        return self.planes

    @_OfMaskOrClass
    def addMaskPlane(self: PlainMask, name: str, *_: Any) -> int:
        """Give a plane a bit, if it has none, and tell it."""
        return self.add_plane(name)

    @_OfMaskOrClass
    def getNumPlanesUsed(self: PlainMask) -> int:
        """How many planes there are."""
        return len(self.planes)

    @_OfMaskOrClass
    def interpret(self: PlainMask, value: int) -> str:
        """Names of the planes set in a value, divided by commas."""
        return ",".join(self.names(int(value)))

    def getAsString(self, x: int, y: int) -> str:
        """Names of the planes set in a pixel, divided by commas."""
        return str(self.interpret(self[x, y]))

    def clearMaskPlane(self, plane: int) -> None:
        """Unset the plane of a bit number everywhere."""
        np.bitwise_and(self.plain.array, ~(1 << plane), out=self.plain.array)

    def printMaskPlanes(self) -> None:
        """Print the planes and their bits."""
        for name, bit in self.plain.planes.items():
            print(f"Plane {bit} -> {name}")  # noqa: T201 - what it is for

    # ------------------------------------------------------------------ pixels
    @property
    def array(self) -> npt.NDArray[np.int32]:
        """Bits, (ny, nx), shared."""
        return self.plain.array  # type: ignore[no-any-return]

    @array.setter
    def array(self, values: Any) -> None:
        self.plain.array[...] = values

    def getArray(self) -> npt.NDArray[np.int32]:
        """Bits, (ny, nx), shared."""
        return self.plain.array  # type: ignore[no-any-return]

    def set(self, value: int) -> None:
        """Give all pixels a value."""
        self.plain.array[...] = value

    def setXY0(self, *xy0: Any) -> None:
        """Move the mask in the parent frame."""
        x, y = xy0[0] if len(xy0) == 1 else xy0
        self.plain.xy0 = (int(x), int(y))

    def assign(self, rhs: Mask, bbox: Any = None, origin: str = PARENT) -> None:
        """Copy the pixels of a mask, into a box if one is given."""
        self._write(self.plain.bbox if bbox is None else self._box(bbox, origin), rhs)

    def _write(self, box: Box, value: Any) -> None:
        """Write a number, bits, or the flags of a mask by the names of their planes."""
        if isinstance(value, Mask):
            self.plain[box] = value.plain
        else:
            self.plain[box].array[...] = value

    def __getitem__(self, key: Any) -> Any:
        found, _ = self._selected(key)
        return self.of(self.plain[found]) if isinstance(found, Box) else int(self.plain.array[found])

    def __setitem__(self, key: Any, value: Any) -> None:
        found, _ = self._selected(key)
        if isinstance(found, Box):
            self._write(found, value)
        else:
            self.plain.array[found] = value

    def __ior__(self, other: Any) -> Self:
        if isinstance(other, Mask):
            self.plain |= PlainMask(other.plain.array, other.plain.planes, self.plain.xy0)
        else:
            self.plain.array |= other
        return self

    def __iand__(self, other: Any) -> Self:
        self.plain.array &= self._bits(other)
        return self

    def __ixor__(self, other: Any) -> Self:
        for name in other.plain.planes if isinstance(other, Mask) else ():
            self.plain.add_plane(name)
        self.plain.array ^= self._bits(other)
        return self

    def _bits(self, other: Any) -> Any:
        """A number as it is, of a mask the pixels with the bit numbers of this one."""
        return other.plain.conformed(self.plain.planes).array if isinstance(other, Mask) else other

    def __eq__(self, other: object) -> bool:
        return self.plain.same_as(other.plain) if isinstance(other, Mask) else NotImplemented

    __hash__ = None  # type: ignore[assignment]


MaskX = Mask
