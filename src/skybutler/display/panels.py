"""Several images side by side on one figure.  Knows no files and no butler."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from skybutler.errors import InvalidError

from .display import Display, Showable, layers
from .figures import new_figure
from .scaling import Scaling

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["show_grid"]

_MOST_COLUMNS = 4


def show_grid(
    images: Sequence[Showable],
    titles: Sequence[str] = (),
    *,
    scaling: Scaling | None = None,
    same_scale: bool = True,
    columns: int | None = None,
    transparency: float = 0.0,
    size: float = 3.6,
    figure: Figure | None = None,
) -> list[Display]:
    """Show images side by side.

    Parameters
    ----------
    images : sequence
        What `Display.show` shows.
    titles : sequence of `str`
        One for each, or none.
    scaling : `Scaling`, optional
        For all; asinh between zscale limits if not given.
    same_scale : `bool`
        Whether all have the limits of the first, so that their brightness can be compared.
    columns : `int`, optional
        Images in a row; chosen so that the figure is about square if not given.
    transparency : `float`
        Of masks, per cent.
    size : `float`
        Of an image, inches.
    figure : `matplotlib.figure.Figure`, optional
        Where; one of its own if not given.

    Returns
    -------
    displays : `list` [`Display`]
        One for each image; they share a figure.

    Raises
    ------
    InvalidError
        Raised if there is no image, or another number of titles.
    """
    if not images:
        raise InvalidError("There is no image to show.")
    if titles and len(titles) != len(images):
        raise InvalidError(f"{len(titles)} titles for {len(images)} images.")
    across = columns or min(len(images), max(math.ceil(math.sqrt(len(images))), 3), _MOST_COLUMNS)
    down = -(-len(images) // across)
    nx, ny = next(part for part in layers(images[0]) if part is not None).dimensions
    page = figure or new_figure(across * size, down * (size * min(max(ny / nx, 0.3), 3.0) + 0.25), tidy=True)
    scaling = scaling or Scaling()
    first = next((pixels for image in images if (pixels := layers(image)[0]) is not None), None)
    if same_scale and first is not None:
        mask = next(layers(image)[1] for image in images if layers(image)[0] is first)
        low, high = scaling.limits(first, mask)
        scaling = replace(scaling, minimum=low, maximum=high, unit="absolute")
    displays = []
    for i, image in enumerate(images):
        ends_row = (i + 1) % across == 0 or i + 1 == len(images)
        display = Display(
            page.add_subplot(down, across, i + 1),
            transparency=transparency,
            colour_bar=ends_row or not same_scale,
        )
        display.scaling = scaling
        display.show(image, titles[i] if titles else None)
        display.axes.tick_params(labelsize=8)
        display.axes.title.set_fontsize(10)
        displays.append(display)
    return displays
