"""Colours and transparency of mask planes, and the overlay they make.  Knows neither axes nor figures."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from skybutler.errors import InvalidError

__all__ = ["DEFAULT_COLOURS", "IGNORE", "MaskColours"]

IGNORE = "ignore"
"""The colour of planes that are not shown."""

DEFAULT_COLOURS: Mapping[str, str] = {
    "BAD": "red",
    "CR": "magenta",
    "EDGE": "yellow",
    "INTRP": "green",
    "SAT": "green",
    "DETECTED": "blue",
    "DETECTED_NEGATIVE": "cyan",
    "SUSPECT": "yellow",
    "NO_DATA": "orange",
}
"""The colours that displays of this field give to planes."""

_OTHERS = ("deepskyblue", "hotpink", "greenyellow", "darkorange", "mediumpurple", "tan", "turquoise")
"""Colours of planes without one of their own, one after the other."""


class MaskColours:
    """Colour and transparency of each plane, by name; planes of every mask shown with it."""

    def __init__(self) -> None:
        self._colours: dict[str, str] = {}
        self._transparency: dict[str, float] = {}
        self._default = 0.0
        self._given = 0

    def set_colour(self, plane: str, colour: str) -> None:
        """Give a plane a colour that matplotlib knows, or `IGNORE`.

        Raises
        ------
        InvalidError
            Raised if it is not a colour.
        """
        from matplotlib.colors import is_color_like

        if colour != IGNORE and not is_color_like(colour):
            raise InvalidError(
                f"'{colour}' is not a colour.",
                hint=f"Give a name such as 'red', '#rrggbb', or '{IGNORE}' to hide the plane.",
            )
        self._colours[plane] = colour

    def set_transparency(self, percent: float, plane: str | None = None) -> None:
        """Set the transparency of a plane, or of all: 0 hides the image, 100 the plane.

        Raises
        ------
        InvalidError
            Raised if it is not in 0..100.
        """
        if not 0 <= percent <= 100:
            raise InvalidError(f"A transparency is 0 (opaque) to 100 (invisible) per cent, not {percent:g}.")
        if plane is None:
            self._default = float(percent)
            self._transparency.clear()
        else:
            self._transparency[plane] = float(percent)

    def colour(self, plane: str) -> str:
        """Colour of a plane; one that nobody gave a colour gets the next of a cycle, and keeps it."""
        if plane not in self._colours:
            if plane not in DEFAULT_COLOURS:
                self._colours[plane] = _OTHERS[self._given % len(_OTHERS)]
                self._given += 1
            else:
                self._colours[plane] = DEFAULT_COLOURS[plane]
        return self._colours[plane]

    def transparency(self, plane: str | None = None) -> float:
        """Transparency of a plane in per cent, or that of planes which have none of their own."""
        return self._default if plane is None else self._transparency.get(plane, self._default)

    def shown(self, planes: Mapping[str, int]) -> dict[str, int]:
        """Those planes (bit by name) that can be seen."""
        return {p: b for p, b in planes.items() if self.colour(p) != IGNORE and self.transparency(p) < 100}

    def paint(self, bits: npt.NDArray[np.int32], planes: Mapping[str, int]) -> npt.NDArray[np.uint8]:
        """The overlay of a mask: planes one over the other, the lowest bit on top.

        Parameters
        ----------
        bits : `numpy.ndarray` of `int`, (ny, nx)
            Pixels of a mask.
        planes : mapping
            Bit number by plane name.

        Returns
        -------
        rgba : `numpy.ndarray` of `numpy.uint8`, (ny, nx, 4)
            Not premultiplied.
        """
        from matplotlib.colors import to_rgb

        values, where = np.unique(bits, return_inverse=True)
        rgb, alpha = np.zeros((len(values), 3)), np.zeros(len(values))
        for plane, bit in sorted(self.shown(planes).items(), key=lambda item: -item[1]):
            here = (values >> bit & 1) == 1
            opacity = 1.0 - self.transparency(plane) / 100.0
            below = alpha[here] * (1.0 - opacity)
            alpha[here] = opacity + below
            colour = opacity * np.array(to_rgb(self.colour(plane))) + below[:, None] * rgb[here]
            rgb[here] = colour / alpha[here][:, None]
        table = np.rint(255 * np.column_stack([rgb, alpha])).astype(np.uint8)
        painted: npt.NDArray[np.uint8] = table[where.reshape(bits.shape)]
        return painted
