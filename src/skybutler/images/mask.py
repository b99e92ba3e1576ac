"""Bit masks whose planes have names of their own.  Knows nothing of files or other masks: no global plane table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, SupportsIndex, overload

import numpy as np
import numpy.typing as npt

from skybutler.errors import InvalidError, nearest
from skybutler.images.box import Box, BoxIndex, PixelIndex, is_pixel

__all__ = ["DEFAULT_PLANES", "Mask"]

DEFAULT_PLANES: Mapping[str, int] = {
    "BAD": 0,
    "SAT": 1,
    "INTRP": 2,
    "CR": 3,
    "EDGE": 4,
    "DETECTED": 5,
    "DETECTED_NEGATIVE": 6,
    "SUSPECT": 7,
    "NO_DATA": 8,
}
"""Plane names and bit numbers of a new mask, the ones images of this field have carried for years."""

_N_BITS = 31  # the sign bit of int32 stays free, as in every file of this layout


class Mask:
    """Flags of pixels: one bit per named plane.

    ``mask[x0:x1, y0:y1]`` and ``mask[box]`` are views in parent coordinates, ``mask[x, y]`` is one value, for `names`.
    ``|`` and ``&`` combine masks of the same box plane by plane, by name.

    Parameters
    ----------
    array : `numpy.ndarray` of integers, (ny, nx)
        Bits; anything but int32 is converted.
    planes : mapping of `str` to `int`, optional
        Bit number by plane name, `DEFAULT_PLANES` if not given.  Names are the interface: the numbers differ
        between files.
    xy0 : pair of `int`
        (x, y) of ``array[0, 0]`` in the parent frame.

    Raises
    ------
    InvalidError
        Raised if the array is not a two-dimensional integer array, or a bit number is used twice or out of range.

    Notes
    -----
    A view made by ``mask[box]`` shares pixels and planes with its parent, so a plane added to one is known to both.
    """

    __slots__ = ("_planes", "array", "xy0")

    def __init__(
        self, array: npt.NDArray[Any], planes: Mapping[str, int] | None = None, xy0: tuple[int, int] = (0, 0)
    ) -> None:
        if array.ndim != 2 or array.dtype.kind not in "iu":
            raise InvalidError(f"A mask is a two-dimensional integer array, not {array.ndim}-d {array.dtype}.")
        self.array: npt.NDArray[np.int32] = array.astype(np.int32, copy=False)
        self.xy0 = (int(xy0[0]), int(xy0[1]))
        self._planes: dict[str, int] = {}
        for name, bit in sorted((DEFAULT_PLANES if planes is None else planes).items(), key=lambda item: item[1]):
            self._claim(name, int(bit))

    @classmethod
    def zeros(cls, box: Box, planes: Mapping[str, int] | None = None) -> Mask:
        """A mask covering ``box`` with no bit set."""
        return cls(np.zeros(box.shape, np.int32), planes, box.xy0)

    def _claim(self, name: str, bit: int) -> None:
        if not 0 <= bit < _N_BITS:
            raise InvalidError(f"Mask plane {name} cannot be bit {bit}: bits 0 to {_N_BITS - 1} exist.")
        for other, taken in self._planes.items():
            if taken == bit:
                raise InvalidError(f"Mask planes {other} and {name} both claim bit {bit}.")
        self._planes[name] = bit

    @property
    def planes(self) -> dict[str, int]:
        """Bit number by plane name, ordered by bit (a copy)."""
        return dict(self._planes)

    @property
    def bbox(self) -> Box:
        """The pixels held, in parent coordinates."""
        return Box.from_shape(self.array.shape, self.xy0)

    @property
    def dimensions(self) -> tuple[int, int]:
        """(nx, ny)."""
        return self.bbox.dimensions

    def add_plane(self, name: str) -> int:
        """Give ``name`` the lowest free bit, or the one it has already.

        Returns
        -------
        bit : `int`
            Bit number.

        Raises
        ------
        InvalidError
            Raised if all bits are taken.
        """
        if name not in self._planes:
            free = sorted(set(range(_N_BITS)) - set(self._planes.values()))
            if not free:
                raise InvalidError(f"No bit is left for mask plane {name}: {_N_BITS} planes exist.")
            self._planes[name] = free[0]
        return self._planes[name]

    def remove_plane(self, name: str) -> None:
        """Forget a plane and what it flagged; its bit is free again."""
        self.clear(name)
        del self._planes[name]

    def conformed(self, planes: Mapping[str, int]) -> Mask:
        """A copy whose planes have the bit numbers of another mask.

        Parameters
        ----------
        planes : mapping of `str` to `int`
            Bit number by plane name; planes of this mask that it lacks get bits that are free in both.

        Raises
        ------
        InvalidError
            Raised if not all planes find a bit.
        """
        made = Mask(np.zeros_like(self.array), planes, self.xy0)
        for name in self._planes:
            made.add_plane(name)
        made.array[...] = self._renumbered(made._planes)
        return made

    def _renumbered(self, planes: Mapping[str, int]) -> npt.NDArray[np.int32]:
        """The pixels with the bit numbers of ``planes``; other planes are left out."""
        moved = {bit: planes[name] for name, bit in self._planes.items() if name in planes}
        kept = sum(1 << bit for bit, target in moved.items() if bit == target)
        result = self.array & np.int32(kept)
        for bit, target in moved.items():
            if bit != target:
                result |= ((self.array >> bit) & 1) << target
        return result

    def bits(self, planes: str | Iterable[str]) -> int:
        """The value with the bits of these planes set.

        Parameters
        ----------
        planes : `str` or iterable of `str`
            One plane name or several.

        Raises
        ------
        InvalidError
            Raised if a plane is unknown.
        """
        value = 0
        for name in (planes,) if isinstance(planes, str) else planes:
            if name not in self._planes:
                raise InvalidError(
                    f"No mask plane '{name}'.",
                    hint=nearest(name, self._planes) or f"Planes: {', '.join(self._planes)}.",
                )
            value |= 1 << self._planes[name]
        return value

    def where(self, planes: str | Iterable[str]) -> npt.NDArray[np.bool_]:
        """Which pixels have any of these planes set, as a bool array (ny, nx)."""
        chosen: npt.NDArray[np.bool_] = (self.array & self.bits(planes)) != 0
        return chosen

    def set(self, planes: str | Iterable[str], where: npt.NDArray[np.bool_] | PixelIndex | None = None) -> None:
        """Set planes for the pixels chosen by a bool array (ny, nx), a box or ``(x, y)``, or for all."""
        array, chosen = self._chosen(where)
        np.bitwise_or(array, self.bits(planes), out=array, where=chosen)

    def clear(self, planes: str | Iterable[str], where: npt.NDArray[np.bool_] | PixelIndex | None = None) -> None:
        """Unset planes for the pixels chosen by a bool array (ny, nx), a box or ``(x, y)``, or for all."""
        array, chosen = self._chosen(where)
        np.bitwise_and(array, ~self.bits(planes), out=array, where=chosen)

    def _chosen(self, where: npt.NDArray[np.bool_] | PixelIndex | None) -> tuple[npt.NDArray[np.int32], Any]:
        """Pixels, and which of them."""
        if where is None:
            return self.array, True
        if not isinstance(where, np.ndarray):
            return self.array[self.bbox.select(where).slices(self.bbox)], True
        if where.dtype != bool or where.shape != self.array.shape:
            raise InvalidError(
                f"Pixels are chosen by bool (ny, nx) = {self.array.shape}, not {where.dtype} {where.shape}."
            )
        return self.array, where

    def names(self, value: int) -> tuple[str, ...]:
        """Names of the planes set in one pixel value."""
        return tuple(name for name, bit in self._planes.items() if value >> bit & 1)

    def counts(self) -> dict[str, int]:
        """Number of pixels that each plane flags."""
        return {name: int(np.count_nonzero(self.array & np.int32(1 << bit))) for name, bit in self._planes.items()}

    def to_array(self, planes: Iterable[str] | None = None) -> npt.NDArray[np.bool_]:
        """Planes as layers of a bool array (n, ny, nx), all of them or those named, in that order."""
        chosen = [planes] if isinstance(planes, str) else list(self._planes if planes is None else planes)
        layers = np.empty((len(chosen), *self.array.shape), bool)
        for layer, name in zip(layers, chosen, strict=True):
            layer[...] = self.where(name)
        return layers

    # ----------------------------------------------------------------------------------------------------- combining
    def _conforming(self, other: Mask) -> npt.NDArray[np.int32]:
        if other.bbox != self.bbox:
            raise InvalidError(
                f"The masks cover {self.bbox} and {other.bbox}.",
                hint="Take the shared part of both, mask[a.bbox.intersection(b.bbox)].",
            )
        return other._renumbered(self._planes)

    def __ior__(self, other: Mask) -> Mask:
        """Flag what either flags; planes only the other has are added."""
        if not isinstance(other, Mask):
            return NotImplemented
        for name in other._planes:
            self.add_plane(name)
        self.array |= self._conforming(other)
        return self

    def __iand__(self, other: Mask) -> Mask:
        """Leave flagged what both flag; planes that the other lacks flag nothing then."""
        if not isinstance(other, Mask):
            return NotImplemented
        self.array &= self._conforming(other)
        return self

    def __or__(self, other: Mask) -> Mask:
        if not isinstance(other, Mask):
            return NotImplemented
        result = self.copy()
        result |= other
        return result

    def __and__(self, other: Mask) -> Mask:
        if not isinstance(other, Mask):
            return NotImplemented
        result = self.copy()
        result &= other
        return result

    @overload
    def __getitem__(self, index: BoxIndex) -> Mask: ...
    @overload
    def __getitem__(self, index: tuple[SupportsIndex, SupportsIndex]) -> int: ...
    def __getitem__(self, index: PixelIndex) -> Mask | int:
        """The value of one pixel ``[x, y]``, or a view of the pixels of a box, sharing pixels and planes.

        Raises
        ------
        InvalidError
            Raised if the pixels are not inside `bbox`.
        """
        box = self.bbox.select(index)
        pixels = self.array[box.slices(self.bbox)]
        if is_pixel(index):
            return int(pixels[0, 0])
        view = Mask(pixels, {}, box.xy0)
        view._planes = self._planes
        return view

    def __setitem__(self, index: PixelIndex, value: Mask) -> None:
        """Write the flags of a mask of the same size, by plane name; planes only it has are added.

        Raises
        ------
        InvalidError
            Raised if sizes differ or no bits are left.  Single flags are written by `set` and `clear`.
        """
        box = self.bbox.select(index)
        if not isinstance(value, Mask):
            raise InvalidError(
                "Only a mask can be written to a mask.", hint="Use set() and clear() for planes by name."
            )
        if value.bbox.shape != box.shape:
            raise InvalidError(f"A mask of {value.bbox} does not fit into {box}.")
        for name in value._planes:
            self.add_plane(name)
        self.array[box.slices(self.bbox)] = value._renumbered(self._planes)

    def copy(self) -> Mask:
        """A mask with its own pixels and planes."""
        return Mask(self.array.copy(), self._planes, self.xy0)

    def same_as(self, other: Mask) -> bool:
        """Whether place, planes (name and bit) and every pixel are equal."""
        return self.xy0 == other.xy0 and self._planes == other._planes and np.array_equal(self.array, other.array)

    def __repr__(self) -> str:
        return f"Mask({self.bbox}, planes={','.join(self._planes)})"

    def _repr_html_(self) -> str:
        from skybutler.images.representation import mask_html

        return mask_html(self)
