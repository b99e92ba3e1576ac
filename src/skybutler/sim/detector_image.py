"""Electrons on one detector: sources through the optics, sky, noise and what spoils an image.

Works in pixels of the (possibly scaled-down) detector. Knows nothing of files.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from skybutler.images import SkyWcs
from skybutler.instruments import Detector, Instrument
from skybutler.instruments.camera import initial_wcs
from skybutler.sim.light import FWHM_IN_SIGMA, add_sources, sources_near
from skybutler.sim.physics import BANDS, COSMIC_RAYS_PER_CM2_S, FLAT_ELECTRONS
from skybutler.sim.signature import dark_current, defects, pixel_response
from skybutler.sim.visits import SimulatedVisit

__all__ = ["Exposed", "View", "expose", "sky_gradient"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_SHARPEST_PX = 2.2


@dataclass(frozen=True)
class View:
    """How one detector sees the sky in one exposure.

    Parameters
    ----------
    wcs : `SkyWcs`
        The true one.
    zero_point : `float`
        AB magnitude of one electron per second in a pixel.
    pixel : `float`
        Arcseconds.
    sigma : `float`
        Of the core of the point-spread function, pixels.
    sky : `float`
        Electrons of the sky in a pixel in the middle.
    """

    wcs: SkyWcs
    zero_point: float
    pixel: float
    sigma: float
    sky: float

    @classmethod
    def of(cls, instrument: Instrument, detector: Detector, visit: SimulatedVisit, shape: tuple[int, int]) -> View:
        """That of a detector whose pixels, scaled or not, have a shape (height, width)."""
        wcs = initial_wcs(instrument, detector, visit.ra, visit.dec, visit.sky_angle, shape)
        scale = detector.layout.size[0] / shape[1]
        pixel = float(wcs.pixel_scale_arcsec(shape[1] / 2, shape[0] / 2))
        band = BANDS[visit.band]
        # A camera with larger pixels gets a smaller mirror, so that they do not fill up.
        zero_point = band.zero_point - band.extinction * visit.airmass(instrument) - 2.5 * np.log10(scale)
        # Larger pixels cannot show the seeing; blur to what they can.
        sigma = max(visit.seeing / pixel, _SHARPEST_PX) / FWHM_IN_SIGMA
        sky = 10 ** (-0.4 * (band.sky - visit.moon - zero_point)) * pixel**2 * visit.exposure_s
        return cls(wcs, float(zero_point), pixel, float(sigma), float(sky))

    def electrons(self, magnitudes: Floats, seconds: float) -> Floats:
        """What sources of some AB magnitudes leave in the detector in a time."""
        return np.asarray(10 ** (-0.4 * (magnitudes - self.zero_point)) * seconds, dtype=np.float64)


@dataclass(frozen=True)
class Exposed:
    """A detector after an exposure, before it is read out; arrays of shape (height, width).

    Parameters
    ----------
    electrons : `~numpy.ndarray`
        Without read noise, saturated where the wells are full, nothing where pixels are dead.
    response, dark : `~numpy.ndarray`
        What part of the light each pixel collects, and its dark electrons.
    cosmic_rays, saturated, streak, dead : `~numpy.ndarray`
        Which pixels have what is not of the sky or not all of it.
    """

    electrons: Floats
    response: Floats = field(repr=False)
    dark: Floats = field(repr=False)
    cosmic_rays: Bools = field(repr=False)
    saturated: Bools = field(repr=False)
    streak: Bools = field(repr=False)
    dead: Bools = field(repr=False)


def expose(
    instrument: Instrument, detector: Detector, visit: SimulatedVisit, shape: tuple[int, int], seed: int
) -> Exposed:
    """Expose a detector to the sky, or to a lamp in the closed dome.

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
    """
    random = np.random.default_rng(np.random.SeedSequence((seed, visit.id, detector.id)))
    image, streak = _light(instrument, detector, visit, shape, seed, random)
    response = pixel_response(detector, visit.band, shape, seed)
    dark = dark_current(detector, shape, seed) * visit.exposure_s
    image *= response
    image += dark
    image += np.sqrt(image) * random.standard_normal(shape)
    pixel_mm = detector.layout.size[0] / shape[1] * instrument.camera.pixel_mm
    cosmic_rays = _add_cosmic_rays(image, random, visit.exposure_s, pixel_mm)
    amplifier = detector.layout.amplifiers[0]
    full_well = 0.9 * amplifier.saturation * amplifier.gain
    _bleed(image, full_well)
    dead = np.zeros(shape, dtype=bool)
    for defect in defects(detector, shape):
        if visit.mjd >= defect.since:
            dead[defect.y : defect.y + defect.height, defect.x : defect.x + defect.width] = True
    image[dead] = 0.0
    return Exposed(image, response, dark, cosmic_rays, image >= 0.999 * full_well, streak, dead)


def _light(
    instrument: Instrument,
    detector: Detector,
    visit: SimulatedVisit,
    shape: tuple[int, int],
    seed: int,
    random: np.random.Generator,
) -> tuple[Floats, Bools]:
    """Electrons that ideal pixels collect, of sources and sky or of a lamp, and where a satellite passed."""
    if visit.image_type != "SKYEXP":
        lamp = FLAT_ELECTRONS if visit.image_type == "FLAT" else 0.0
        return np.full(shape, lamp), np.zeros(shape, dtype=bool)
    view = View.of(instrument, detector, visit, shape)
    x, y, sources = sources_near(view.wcs, (0, 0), shape, seed)
    flux = view.electrons(sources.magnitudes(visit.band, visit.mjd), visit.exposure_s)
    image = np.zeros(shape)
    add_sources(image, x, y, flux, sources, view.sigma, view.pixel, view.wcs)
    image += view.sky * sky_gradient(shape)
    streak = np.zeros(shape, dtype=bool)
    if visit.streak:
        _add_streak(image, streak, random, view.sky)
    return image, streak


def sky_gradient(shape: tuple[int, int]) -> Floats:
    """How the light of the night sky is spread over a detector, about 1."""
    height, width = shape
    gradient: Floats = np.linspace(0.995, 1.005, width) * np.linspace(0.998, 1.002, height)[:, None]
    return gradient


def _add_streak(image: Floats, streak: Bools, random: np.random.Generator, sky: float) -> None:
    """A satellite: a bright straight line, two pixels wide; marked in ``streak``."""
    height, width = image.shape
    ends = random.uniform(0.0, height, 2)
    rows = np.interp(np.arange(width), (0, width - 1), ends).astype(np.int64)
    for shift in (0, 1):
        place = np.clip(rows + shift, 0, height - 1), np.arange(width)
        image[place] += 3.0 * sky
        streak[place] = True


def _add_cosmic_rays(image: Floats, random: np.random.Generator, seconds: float, pixel_mm: float) -> Bools:
    """Short straight tracks; returns where they are."""
    height, width = image.shape
    hit = np.zeros(image.shape, dtype=bool)
    n = int(random.poisson(COSMIC_RAYS_PER_CM2_S * seconds * height * width * (pixel_mm / 10.0) ** 2))
    for _ in range(n):
        length = int(random.integers(1, 12))
        angle = random.uniform(0.0, 2 * np.pi)
        x = (random.uniform(0, width) + np.arange(length) * np.cos(angle)).astype(np.int64)
        y = (random.uniform(0, height) + np.arange(length) * np.sin(angle)).astype(np.int64)
        inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
        image[y[inside], x[inside]] += random.uniform(500.0, 5000.0)
        hit[y[inside], x[inside]] = True
    return hit


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
