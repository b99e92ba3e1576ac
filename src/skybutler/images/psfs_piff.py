"""Point-spread functions of Piff, drawn by Piff.  Knows nothing of files; needs the extra ``skybutler[piff]``.

Reference: Jarvis et al. 2021, MNRAS 501, 1282.
"""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from typing import Any

import numpy as np

from skybutler.errors import FormatError, InvalidError, MissingExtraError
from skybutler.images.box import Box
from skybutler.images.by_value import ByValue, Floats
from skybutler.images.psf import Psf

__all__ = ["PiffPsf", "require_piff"]

_PROTOCOL = 4
_POSITION = frozenset("xyuv")
_ADDED_LATER: dict[str, dict[str, Any]] = {
    "": {"_num": None},
    "model": {"_num": None, "_fit_flux": None, "_maxk": 0.0, "_stepk": 0.0},
    "interp": {"_num": None},
}
"""Attributes that Piff 1.4 and later need and pickles of earlier ones lack, by the part that has them."""


def require_piff() -> Any:
    """The package ``piff``.

    Raises
    ------
    MissingExtraError
        Piff or GalSim is not installed.
    """
    try:
        import galsim  # noqa: F401
        import piff
    except ImportError as error:
        raise MissingExtraError(
            "The PSF of this exposure is one of Piff, which is not installed.",
            hint="Install it with: pip install 'skybutler[piff]'",
        ) from error
    return piff


@dataclass(frozen=True, slots=True, eq=False, init=False, repr=False)
class PiffPsf(ByValue, Psf):
    """A PSF of Piff.

    Parameters
    ----------
    width, height : `int`
        Pixels of its images.
    model : `piff.PSF`
        The PSF of one image.  Piff keeps what it has calculated in it, so it is not to be changed by anyone else.
    pickled : `bytes`, optional
        What it was read from; made if not given.

    Raises
    ------
    InvalidError
        Raised if there are no pixels, or the model is for several images or depends on colours.

    Notes
    -----
    Two are equal when their pickles are the same, byte for byte.
    """

    pickled: bytes
    width: int
    height: int
    model: Any

    def __init__(self, width: int, height: int, model: Any, pickled: bytes | None = None) -> None:
        if width < 1 or height < 1:
            raise InvalidError(f"A PSF cannot have images of {width} x {height} pixels.")
        if pickled is None:
            pickled = pickle.dumps((width, height, model), _PROTOCOL)
        values = {"width": int(width), "height": int(height), "model": _completed(model), "pickled": pickled}
        for name, value in values.items():
            object.__setattr__(self, name, value)
        needed = sorted(set(model.interp_property_names) - _POSITION)
        if needed:
            raise InvalidError(f"The Piff PSF depends on {', '.join(needed)}, which skybutler does not know.")
        if len(model.wcs) != 1:
            raise InvalidError(f"The Piff PSF is of {len(model.wcs)} images at once; one is needed.")

    def __eq__(self, other: object) -> bool:
        return self.pickled == other.pickled if isinstance(other, PiffPsf) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.pickled)

    def __reduce__(self) -> tuple[Any, ...]:
        return PiffPsf, (self.width, self.height, self.model, self.pickled)

    @property
    def average_position(self) -> tuple[float, float]:
        used = [star.image_pos for star in self.model.stars if not (star.is_flagged or star.is_reserve)]
        if not used:
            raise InvalidError("The Piff PSF was made from no stars: it has no average position.")
        return float(np.mean([p.x for p in used])), float(np.mean([p.y for p in used]))

    def _kernel(self, x: float, y: float) -> Floats:
        return self._drawn(x, y, *self._nearest_pixel(x, y))

    def _displaced_kernel(self, x: float, y: float, dx: float, dy: float) -> Floats:
        return self._drawn(x, y, x, y)

    def _drawn(self, x: float, y: float, center_x: float, center_y: float) -> Floats:
        """The PSF at a position, drawn around a centre on pixels around the one that is nearest to the position."""
        import galsim

        column, row = self._nearest_pixel(x, y)
        stamp = galsim.ImageD(self.width, self.height, xmin=column - self.width // 2, ymin=row - self.height // 2)
        try:
            self.model.draw(x, y, image=stamp, center=(center_x, center_y))
        except (AttributeError, LookupError, TypeError, ValueError, galsim.GalSimError) as error:
            raise FormatError(f"The Piff PSF cannot be drawn at ({x}, {y}): {error}") from error
        return np.asarray(stamp.array, dtype=np.float64)

    def kernel_box(self, x: float | None = None, y: float | None = None) -> Box:
        return Box.from_shape((self.height, self.width), (-(self.width // 2), -(self.height // 2)))

    def __repr__(self) -> str:
        kinds = type(self.model.model).__name__, type(self.model.interp).__name__
        return f"PiffPsf({self.width}, {self.height}, {kinds[0]} by {kinds[1]} from {len(self.model.stars)} stars)"


def _completed(model: Any) -> Any:
    """A model with the attributes that were not known when it was pickled."""
    for part, attributes in _ADDED_LATER.items():
        target = getattr(model, part) if part else model
        for name, value in attributes.items():
            if not hasattr(target, name):
                setattr(target, name, value)
    return model
