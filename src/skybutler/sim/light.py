"""Light of sources on a grid of pixels: stars and galaxies as sums of Gaussians.  Knows no detectors and no noise."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from skybutler.images import SkyWcs
from skybutler.sim.truth import Sources, sources_in_cone

__all__ = ["FWHM_IN_SIGMA", "add_sources", "point_image", "sources_near"]

Floats = npt.NDArray[np.float64]

# A galaxy's light as three round Gaussians: fraction and width in half-light radii (an exponential disc, roughly).
_GALAXY = ((0.25, 0.35), (0.45, 0.75), (0.30, 1.35))
# The point-spread function as a core and a wing.
_STAR = ((0.88, 1.0), (0.12, 2.3))
FWHM_IN_SIGMA = 2.354820045
"""Full width at half maximum of the core of the point-spread function, in its sigma."""
_STAMP_CLASSES_PX = (6, 14, 40)
_REACH_PX = _STAMP_CLASSES_PX[-1]
"""How far from its centre a source is drawn at most."""


def point_image(sigma: float, half: int) -> Floats:
    """What a point source looks like.

    Parameters
    ----------
    sigma : `float`
        Of the core, pixels.
    half : `int`
        Half of the size: the image has ``2 * half + 1`` pixels in each direction and the source in its middle.

    Returns
    -------
    image : `~numpy.ndarray`
        Fractions of the light, whose sum is 1 but for what falls outside.
    """
    offsets = np.arange(-half, half + 1, dtype=np.float64)
    image = np.zeros((len(offsets), len(offsets)))
    for fraction, width in _STAR:
        line = np.exp(-0.5 * (offsets / (width * sigma)) ** 2)
        image += fraction / (2 * np.pi * (width * sigma) ** 2) * line[:, None] * line
    return image


def sources_near(
    wcs: SkyWcs, xy0: tuple[int, int], shape: tuple[int, int], seed: int
) -> tuple[Floats, Floats, Sources]:
    """Sources whose light may fall on a rectangle of pixels.

    Parameters
    ----------
    wcs : `SkyWcs`
        Of the parent frame.
    xy0, shape : `tuple` [`int`, `int`]
        First pixel (x, y), height and width.
    seed : `int`
        Of the sky.

    Returns
    -------
    x, y : `~numpy.ndarray`
        Positions from the first pixel on.
    sources : `Sources`
        The same ones.
    """
    height, width = shape
    ra, dec = wcs.pixel_to_sky(xy0[0] + np.array([width / 2.0, 0.0]), xy0[1] + np.array([height / 2.0, 0.0]))
    radius = float(np.hypot((ra[1] - ra[0] + 180) % 360 - 180, dec[1] - dec[0])) * 1.05
    sources = sources_in_cone(float(ra[0]), float(dec[0]), radius, seed)
    x, y = wcs.sky_to_pixel(sources.ra, sources.dec)
    x, y = x - xy0[0], y - xy0[1]
    near = (x > -_REACH_PX) & (x < width + _REACH_PX) & (y > -_REACH_PX) & (y < height + _REACH_PX)
    return x[near], y[near], sources.take(near)


def add_sources(
    image: Floats, x: Floats, y: Floats, flux: Floats, sources: Sources, sigma: float, pixel: float, wcs: SkyWcs
) -> None:
    """Add every source as a sum of Gaussians, many at a time in stamps of a few sizes.

    Parameters
    ----------
    image : `~numpy.ndarray`
        Added to.
    x, y, flux : `~numpy.ndarray`
        Pixels from the first one of ``image`` on, and what to add in all.
    sources : `Sources`
        Their shapes.
    sigma : `float`
        Of the core of the point-spread function, pixels.
    pixel : `float`
        Arcseconds.
    wcs : `SkyWcs`
        Tells where north is in ``image``, whose first pixel is its (0, 0).
    """
    height, width = image.shape
    # Where north is in the image: the direction of a short step north from the centre.
    ra, dec = wcs.pixel_to_sky(width / 2.0, height / 2.0)
    x_north, y_north = wcs.sky_to_pixel(ra, dec + 1e-4)
    north = np.arctan2(float(y_north) - height / 2.0, float(x_north) - width / 2.0)
    tilt = north + np.radians(sources.angle)
    reach = 4.0 * np.hypot(sigma * 1.2, 1.35 * sources.radius / pixel) * np.clip(np.log10(flux) / 3.5, 0.8, 3.0)
    for low, stamp in zip((0, *_STAMP_CLASSES_PX[:-1]), _STAMP_CLASSES_PX, strict=True):
        largest = stamp == _STAMP_CLASSES_PX[-1]
        of_size = (reach > low) & ((reach <= stamp) | largest)
        touching = (x > -stamp - 1) & (x < width + stamp + 1) & (y > -stamp - 1) & (y < height + stamp + 1)
        chosen = np.flatnonzero(of_size & touching)
        for part in np.array_split(chosen, max(1, len(chosen) * (2 * stamp + 1) ** 2 // 4_000_000)):
            if len(part):
                _add_stamps(image, x[part], y[part], flux[part], sources.take(part), sigma, pixel, tilt[part], stamp)


def _add_stamps(
    image: Floats,
    x: Floats,
    y: Floats,
    flux: Floats,
    sources: Sources,
    sigma: float,
    pixel: float,
    tilt: Floats,
    stamp: int,
) -> None:
    height, width = image.shape
    offsets = np.arange(-stamp, stamp + 1)
    columns = np.rint(x).astype(np.int64)[:, None] + offsets
    rows = np.rint(y).astype(np.int64)[:, None] + offsets
    dx, dy = (columns - x[:, None])[:, None, :], (rows - y[:, None])[:, :, None]
    along = dx * np.cos(tilt)[:, None, None] + dy * np.sin(tilt)[:, None, None]
    across = dy * np.cos(tilt)[:, None, None] - dx * np.sin(tilt)[:, None, None]
    light = np.zeros(along.shape)
    is_star = sources.radius == 0
    for fraction, width_in_sigma in _STAR:
        for share, size in ((1.0, 0.0),) if is_star.all() else _GALAXY:
            extent = size * sources.radius / pixel
            core = (width_in_sigma * sigma) ** 2
            long, short = core + extent**2, core + (extent * sources.axis_ratio) ** 2
            peak = flux * fraction * share / (2 * np.pi * np.sqrt(long * short))
            light += peak[:, None, None] * np.exp(
                -0.5 * (along**2 / long[:, None, None] + across**2 / short[:, None, None])
            )
    inside = ((rows >= 0) & (rows < height))[:, :, None] & ((columns >= 0) & (columns < width))[:, None, :]
    place = (rows[:, :, None] * width + columns[:, None, :])[inside]
    image += np.bincount(place, weights=light[inside], minlength=image.size).reshape(image.shape)
