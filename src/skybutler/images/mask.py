"""Bit masks whose planes have names of their own.  Knows nothing of files or other masks: no global plane table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from skybutler.errors import InvalidError, nearest
from skybutler.images.box import Box

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

    def set(self, planes: str | Iterable[str], where: npt.NDArray[np.bool_] | None = None) -> None:
        """Set planes for the pixels chosen by a bool array (ny, nx), or for all."""
        np.bitwise_or(self.array, self.bits(planes), out=self.array, where=True if where is None else where)

    def clear(self, planes: str | Iterable[str], where: npt.NDArray[np.bool_] | None = None) -> None:
        """Unset planes for the pixels chosen by a bool array (ny, nx), or for all."""
        np.bitwise_and(self.array, ~self.bits(planes), out=self.array, where=True if where is None else where)

    def names(self, value: int) -> tuple[str, ...]:
        """Names of the planes set in one pixel value."""
        return tuple(name for name, bit in self._planes.items() if value >> bit & 1)

    def __getitem__(self, box: Box) -> Mask:
        """A view of the pixels of ``box`` (parent coordinates), sharing pixels and planes.

        Raises
        ------
        InvalidError
            Raised if ``box`` is not inside `bbox`.
        """
        view = Mask(self.array[box.slices(self.bbox)], {}, box.xy0)
        view._planes = self._planes
        return view

    def copy(self) -> Mask:
        """A mask with its own pixels and planes."""
        return Mask(self.array.copy(), self._planes, self.xy0)

    def same_as(self, other: Mask) -> bool:
        """Whether place, planes (name and bit) and every pixel are equal."""
        return self.xy0 == other.xy0 and self._planes == other._planes and np.array_equal(self.array, other.array)

    def __repr__(self) -> str:
        return f"Mask({self.bbox}, planes={','.join(self._planes)})"
