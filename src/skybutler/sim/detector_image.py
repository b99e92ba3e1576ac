"""Electrons on one detector: sources through the optics, sky, noise and what spoils an image.

Works in pixels of the (possibly scaled-down) detector. Knows nothing of files.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from skybutler.images import SkyWcs
from skybutler.instruments import Detector, Instrument
from skybutler.instruments.camera import initial_wcs
from skybutler.sim.physics import BANDS, COSMIC_RAYS_PER_CM2_S, FLAT_ELECTRONS
from skybutler.sim.signature import dark_current, defects, pixel_response
from skybutler.sim.truth import Sources, sources_in_cone
from skybutler.sim.visits import SimulatedVisit

__all__ = ["electrons_on_detector", "sky_gradient"]

Floats = npt.NDArray[np.float64]

# A galaxy's light as three round Gaussians: fraction and width in half-light radii (an exponential disc, roughly).
_GALAXY = ((0.25, 0.35), (0.45, 0.75), (0.30, 1.35))
# The point-spread function as a core and a wing.
_STAR = ((0.88, 1.0), (0.12, 2.3))
_FWHM = 2.354820045
_SHARPEST_PX = 2.2
_STAMP_CLASSES_PX = (6, 14, 40)


def electrons_on_detector(
    instrument: Instrument, detector: Detector, visit: SimulatedVisit, shape: tuple[int, int], seed: int
) -> Floats:
    """Electrons in every pixel of a detector after an exposure.

    Parameters
    ----------
    instrument, detector : `Instrument`, `Detector`
        What is exposed.
    visit : `SimulatedVisit`
        Where, when and how.
    shape : `tuple` [`int`, `int`]
        Height and width in pixels; smaller than the detector's for larger pixels on the same sky.
    seed : `int`
        Of the sky and all noise.

    Returns
    -------
    electrons : `~numpy.ndarray`
        Shape (height, width), without read noise, saturated where the wells are full.
    """
    random = np.random.default_rng(np.random.SeedSequence((seed, visit.id, detector.id)))
    image = _light(instrument, detector, visit, shape, seed, random)
    image *= pixel_response(detector, visit.band, shape, seed)
    image += dark_current(detector, shape, seed) * visit.exposure_s
    image += np.sqrt(image) * random.standard_normal(shape)
    pixel_mm = detector.layout.size[0] / shape[1] * instrument.camera.pixel_mm
    _add_cosmic_rays(image, random, visit.exposure_s, pixel_mm)
    amplifier = detector.layout.amplifiers[0]
    _bleed(image, 0.9 * amplifier.saturation * amplifier.gain)
    for defect in defects(detector, shape):
        if visit.mjd >= defect.since:
            image[defect.y : defect.y + defect.height, defect.x : defect.x + defect.width] = 0.0
    return image


def _light(
    instrument: Instrument,
    detector: Detector,
    visit: SimulatedVisit,
    shape: tuple[int, int],
    seed: int,
    random: np.random.Generator,
) -> Floats:
    """Electrons that ideal pixels collect: of sources and sky, or of a lamp in the closed dome."""
    if visit.image_type != "SKYEXP":
        return np.full(shape, FLAT_ELECTRONS if visit.image_type == "FLAT" else 0.0)
    wcs = initial_wcs(instrument, detector, visit.ra, visit.dec, visit.sky_angle, shape)
    scale = detector.layout.size[0] / shape[1]
    pixel = float(wcs.pixel_scale_arcsec(shape[1] / 2, shape[0] / 2))
    band = BANDS[visit.band]
    # A camera with larger pixels gets a smaller mirror, so that they do not fill up.
    zero_point = band.zero_point - band.extinction * visit.airmass(instrument) - 2.5 * np.log10(scale)
    x, y, flux, sources = _sources_near(wcs, shape, visit, zero_point, seed)
    # Larger pixels cannot show the seeing; blur to what they can.
    sigma = max(visit.seeing / pixel, _SHARPEST_PX) / _FWHM
    image = np.zeros(shape)
    _add_sources(image, x, y, flux, sources, sigma, pixel, wcs)
    sky = 10 ** (-0.4 * (band.sky - visit.moon - zero_point)) * pixel**2 * visit.exposure_s
    image += sky * sky_gradient(shape)
    if visit.streak:
        _add_streak(image, random, sky)
    return image


def sky_gradient(shape: tuple[int, int]) -> Floats:
    """How the light of the night sky is spread over a detector, about 1."""
    height, width = shape
    gradient: Floats = np.linspace(0.995, 1.005, width) * np.linspace(0.998, 1.002, height)[:, None]
    return gradient


def _sources_near(
    wcs: SkyWcs, shape: tuple[int, int], visit: SimulatedVisit, zero_point: float, seed: int
) -> tuple[Floats, Floats, Floats, Sources]:
    height, width = shape
    ra, dec = wcs.pixel_to_sky(np.array([width / 2.0, 0.0]), np.array([height / 2.0, 0.0]))
    radius = float(np.hypot((ra[1] - ra[0] + 180) % 360 - 180, dec[1] - dec[0])) * 1.05
    sources = sources_in_cone(float(ra[0]), float(dec[0]), radius, seed)
    x, y = wcs.sky_to_pixel(sources.ra, sources.dec)
    margin = _STAMP_CLASSES_PX[-1]
    near = (x > -margin) & (x < width + margin) & (y > -margin) & (y < height + margin)
    sources = sources.take(near)
    flux = 10 ** (-0.4 * (sources.magnitudes(visit.band, visit.mjd) - zero_point)) * visit.exposure_s
    return x[near], y[near], flux, sources


def _add_sources(
    image: Floats, x: Floats, y: Floats, flux: Floats, sources: Sources, sigma: float, pixel: float, wcs: SkyWcs
) -> None:
    """Add every source as a sum of Gaussians, many at a time in stamps of a few sizes."""
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


def _add_streak(image: Floats, random: np.random.Generator, sky: float) -> None:
    """A satellite: a bright straight line, two pixels wide."""
    height, width = image.shape
    ends = random.uniform(0.0, height, 2)
    rows = np.interp(np.arange(width), (0, width - 1), ends).astype(np.int64)
    for shift in (0, 1):
        image[np.clip(rows + shift, 0, height - 1), np.arange(width)] += 3.0 * sky


def _add_cosmic_rays(image: Floats, random: np.random.Generator, seconds: float, pixel_mm: float) -> None:
    """Short straight tracks."""
    height, width = image.shape
    n = int(random.poisson(COSMIC_RAYS_PER_CM2_S * seconds * height * width * (pixel_mm / 10.0) ** 2))
    for _ in range(n):
        length = int(random.integers(1, 12))
        angle = random.uniform(0.0, 2 * np.pi)
        x = (random.uniform(0, width) + np.arange(length) * np.cos(angle)).astype(np.int64)
        y = (random.uniform(0, height) + np.arange(length) * np.sin(angle)).astype(np.int64)
        inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
        image[y[inside], x[inside]] += random.uniform(500.0, 5000.0)


def _bleed(image: Floats, full_well: float) -> None:
    """Charge above the full well runs up and down its column."""
    for column in np.flatnonzero((image > full_well).any(axis=0)):
        line = image[:, column]
        for step in (1, -1):
            spill = 0.0
            half = 0.5 if step == 1 else 1.0
            for row in range(len(line))[::step]:
                line[row] += spill
                spill = max(0.0, line[row] - full_well) * (half if step == 1 else 1.0)
                line[row] -= spill
