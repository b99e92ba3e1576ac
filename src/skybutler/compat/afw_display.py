"""``lsst.afw.display``: can be imported, as notebooks do first thing; what they use of it is said not to be there."""

from __future__ import annotations

from typing import NoReturn

from skybutler.errors import MissingExtraError

__all__: list[str] = []


def __getattr__(name: str) -> NoReturn:
    """Every name of the display package.

    Raises
    ------
    MissingExtraError
        Raised always: image display is not part of skybutler yet.
    """
    if name.startswith("_"):
        raise AttributeError(f"module 'lsst.afw.display' has no attribute '{name}'")
    raise MissingExtraError(
        f"lsst.afw.display.{name} is not available: skybutler.compat has no image display.",
        hint="Draw pixels with matplotlib: plt.imshow(exposure.image.array, origin='lower').",
    )
