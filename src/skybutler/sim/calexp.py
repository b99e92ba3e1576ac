"""A calibrated exposure of one detector: what a pipeline makes of a simulated raw.  Knows no repository and no files.

Pixels are electrons without bias, dark current, response and sky.  The photons are those of the raw of the same
instrument, visit, detector, scale and seed; the read noise is of the same size.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from skybutler.images import Box, Exposure, Image, Mask, Metadata, SkyWcs
from skybutler.images.aperture_corrections import ApertureCorrections
from skybutler.images.fields import ChebyshevField
from skybutler.images.kernels import FixedKernel
from skybutler.images.mask import DEFAULT_PLANES
from skybutler.images.photo_calib import PhotoCalib
from skybutler.images.polygon import Polygon
from skybutler.images.psf import Psf
from skybutler.images.psfs_kernel import KernelPsf
from skybutler.images.summary_stats import SummaryStats
from skybutler.instruments import Detector, Instrument
from skybutler.sim.background import fit_background
from skybutler.sim.circumstances import exposure_id, filter_label, scaled_detector, visit_info
from skybutler.sim.detector_image import Exposed, View, expose
from skybutler.sim.light import point_image
from skybutler.sim.measurement import detections_on
from skybutler.sim.physics import ASTROMETRY_ARCSEC, PHOTOMETRY_MAG
from skybutler.sim.raw_file import scaled_shape
from skybutler.sim.visits import SimulatedVisit

__all__ = ["CALIBRATION_RADIUS_PX", "aperture_corrections", "simulate_calexp"]

Floats = npt.NDArray[np.float64]
Pixels = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]

CALIBRATION_RADIUS_PX = 12
"""Of the aperture that fluxes of points are corrected to."""
_PLANES = {**DEFAULT_PLANES, "STREAK": 9, "UNMASKEDNAN": 10}
_NOISE, _FIT = 2, 3
_SUSPECT = 0.9


def simulate_calexp(
    instrument: Instrument | str,
    detector: Detector | int | str,
    visit: SimulatedVisit,
    *,
    scale: int = 8,
    seed: int = 42,
) -> Exposure:
    """Make a calibrated exposure.

    Parameters
    ----------
    instrument : `Instrument` or `str`
        What it is taken with; any name that `Instrument.load` knows.
    detector : `Detector`, `int` or `str`
        One of its detectors, or the id or full name of one.
    visit : `SimulatedVisit`
        When, whereto and under which conditions.
    scale : `int`
        How much larger than real the pixels are; 1 for a detector of full size.
    seed : `int`
        Same seed, same sky, same noise.

    Returns
    -------
    exposure : `Exposure`
        Of kind F, in electrons, with everything that a ``calexp`` has but a transmission curve.  WCS and photometric
        calibration are off the true ones by as much as a fit to a reference catalog leaves.

    Raises
    ------
    NotFoundError
        There is no such instrument or detector.
    """
    camera = instrument if isinstance(instrument, Instrument) else Instrument.load(instrument)
    sensor = detector if isinstance(detector, Detector) else camera.detector(detector)
    shape = scaled_shape(sensor, scale)
    view = View.of(camera, sensor, visit, shape)
    exposed = expose(camera, sensor, visit, shape, seed)
    image, variance = _reduced(sensor, visit, exposed, seed)
    box = Box.from_shape(shape)
    mask = _mask(sensor, exposed, box, view.sigma)
    suspicious = mask.where(("BAD", "CR"))
    # Of dead pixels only read noise is left; with that variance, noise drawn across them would look like sources.
    image, variance = _interpolated(image, suspicious), _interpolated(variance, suspicious)
    background = fit_background(image, suspicious | mask.where(("SAT", "STREAK")))
    image -= background
    psf = _psf(view, box)
    wcs, calibration = _fitted(view, psf, sensor, visit, seed)
    exposure = Exposure(
        Image(image, unit="electron"),
        mask,
        Image(variance, unit="electron**2"),
        wcs=wcs,
        psf=psf,
        photo_calib=calibration,
        aperture_corrections=aperture_corrections(psf, box),
        valid_polygon=Polygon.from_box(box),
        visit_info=visit_info(camera, visit),
        detector=scaled_detector(camera, sensor, shape),
        filter_label=filter_label(camera, visit.band),
        metadata=_metadata(sensor, visit, background),
        id=exposure_id(camera, visit.id, sensor.id),
    )
    mask.set("DETECTED", detections_on(exposure).pixels())
    exposure.summary_stats = _summary(exposure, background, visit, camera)
    return exposure


def _edge_width(sigma: float) -> int:
    """Pixels along the edges of an image to which its point-spread function reaches from outside."""
    return math.ceil(3.5 * sigma)


def _reduced(detector: Detector, visit: SimulatedVisit, exposed: Exposed, seed: int) -> tuple[Pixels, Pixels]:
    """Electrons that ideal pixels would have collected, and their variance."""
    random = np.random.default_rng(np.random.SeedSequence((seed, visit.id, detector.id, _NOISE)))
    read_noise = detector.layout.amplifiers[0].read_noise
    noise = np.float32(read_noise) * random.standard_normal(exposed.electrons.shape, dtype=np.float32)
    response, dark, electrons = (a.astype(np.float32) for a in (exposed.response, exposed.dark, exposed.electrons))
    variance = (electrons + np.float32(read_noise**2)) / response**2
    return (electrons + noise - dark) / response, variance


def _mask(detector: Detector, exposed: Exposed, box: Box, sigma: float) -> Mask:
    """What is known about the pixels before anything is detected."""
    mask = Mask.zeros(box, _PLANES)
    amplifier = detector.layout.amplifiers[0]
    near_full = exposed.electrons > _SUSPECT * 0.9 * amplifier.saturation * amplifier.gain
    for plane, where in (
        (("BAD", "INTRP"), exposed.dead),
        ("SAT", exposed.saturated),
        (("CR", "INTRP"), exposed.cosmic_rays & ~exposed.dead),
        ("SUSPECT", near_full),
        ("STREAK", exposed.streak),
    ):
        mask.set(plane, where)
    width = _edge_width(sigma)
    edge = np.ones(box.shape, dtype=bool)
    edge[width:-width, width:-width] = False
    mask.set("EDGE", edge)
    return mask


def _interpolated(image: Pixels, bad: Bools) -> Pixels:
    """An image whose bad pixels are drawn straight between their good neighbours in the row."""
    rows, columns = np.nonzero(bad)
    if not len(rows):
        return image
    affected, number = np.unique(rows, return_inverse=True)
    good, at = ~bad[affected], np.arange(image.shape[1])
    left = np.maximum.accumulate(np.where(good, at, -1), axis=1)[number, columns]
    right = np.minimum.accumulate(np.where(good, at, len(at))[:, ::-1], axis=1)[:, ::-1][number, columns]
    before = np.where(left < 0, np.minimum(right, len(at) - 1), left)
    after = np.where(right >= len(at), np.maximum(left, 0), right)
    share = np.where(after > before, (columns - before) / np.maximum(after - before, 1), 0.0).astype(np.float32)
    filled = image.copy()
    filled[rows, columns] = image[rows, before] * (1 - share) + image[rows, after] * share
    return filled


def _psf(view: View, box: Box) -> Psf:
    kernel = point_image(view.sigma, max(10, math.ceil(9.0 * view.sigma)))
    return KernelPsf(FixedKernel(kernel / kernel.sum()), box.center)


def _fitted(view: View, psf: Psf, detector: Detector, visit: SimulatedVisit, seed: int) -> tuple[SkyWcs, PhotoCalib]:
    """WCS and calibration as a fit leaves them: near the truth, and not the same for two detectors."""
    random = np.random.default_rng(np.random.SeedSequence((seed, visit.id, detector.id, _FIT)))
    east, north = random.normal(0.0, ASTROMETRY_ARCSEC / 3600.0, 2)
    cards = view.wcs.to_fits_header()
    cards["CRVAL1"] = cards["CRVAL1"] + east / math.cos(math.radians(cards["CRVAL2"]))
    cards["CRVAL2"] = cards["CRVAL2"] + north
    # What stars have in the aperture that all fluxes are brought to is all of their light.
    kept = psf.aperture_flux(CALIBRATION_RADIUS_PX)
    zero_point = view.zero_point + 2.5 * math.log10(visit.exposure_s * kept) + random.normal(0.0, PHOTOMETRY_MAG)
    return SkyWcs(cards), PhotoCalib.from_zero_point(float(zero_point), PHOTOMETRY_MAG)


def aperture_corrections(psf: Psf, box: Box) -> ApertureCorrections:
    """What makes each flux of a point source that in the calibration aperture."""
    ratios = {"base_PsfFlux": psf.aperture_flux(CALIBRATION_RADIUS_PX), "base_GaussianFlux": 1.0}
    kernel = psf.compute_kernel_image()
    profile = _gaussian(kernel, psf.sigma())
    ratios["base_GaussianFlux"] = ratios["base_PsfFlux"] * (profile**2).sum() / (profile * kernel.array).sum()
    ratios["modelfit_CModel"] = ratios["base_GaussianFlux"]
    fields = {}
    for name, ratio in ratios.items():
        fields[f"{name}_instFlux"] = ChebyshevField(box, [[float(ratio)]])
        fields[f"{name}_instFluxErr"] = ChebyshevField(box, [[0.0]])
    return ApertureCorrections(fields)


def _gaussian(kernel: Image, sigma: float) -> Floats:
    box = kernel.bbox
    x, y = np.arange(box.x.start, box.x.stop), np.arange(box.y.start, box.y.stop)
    profile = np.exp(-0.5 * (x**2 + y[:, None] ** 2) / sigma**2) / (2 * np.pi * sigma**2)
    return np.asarray(profile, dtype=np.float64)


def _metadata(detector: Detector, visit: SimulatedVisit, background: Pixels) -> Metadata:
    """Cards of the raw that are not circumstances, and what the calibration notes."""
    return Metadata(
        {
            "OBSID": visit.id,
            "CHIPID": detector.full_name,
            "FILTER": visit.band,
            "IMGTYPE": visit.image_type,
            "TESTTYPE": "IMSIM",
            "IMSIMVER": "skybutler",
            "GAUSFWHM": visit.seeing,
            "BGMEAN": float(background.mean()),
            "BGVAR": float(background.var()),
        }
    )


def _summary(exposure: Exposure, background: Pixels, visit: SimulatedVisit, camera: Instrument) -> SummaryStats:
    """Figures of quality."""
    psf, wcs, calibration, box = exposure.psf, exposure.wcs, exposure.photo_calib, exposure.bbox
    assert psf is not None
    assert wcs is not None
    assert calibration is not None
    xx, yy, xy = psf.shape()
    x, y = box.center
    ra, dec = wcs.pixel_to_sky(x, y)
    corners = wcs.corners(box)
    good = ~exposure.mask.where(("BAD", "SAT", "EDGE", "DETECTED", "STREAK"))
    sky_variance = float(np.median(exposure.variance.array[good]))
    zero_point = calibration.zero_point - 2.5 * math.log10(visit.exposure_s)
    area = psf.effective_area()
    limit = calibration.zero_point - 2.5 * math.log10(5.0 * math.sqrt(sky_variance * area))
    return SummaryStats(
        psf_sigma=psf.sigma(),
        psf_area=area,
        psf_ixx=xx,
        psf_iyy=yy,
        psf_ixy=xy,
        ra=float(ra),
        dec=float(dec),
        pixel_scale=float(wcs.pixel_scale_arcsec(x, y)),
        zenith_distance=math.degrees(math.acos(1.0 / visit.airmass(camera))),
        exp_time=visit.exposure_s,
        zero_point=zero_point,
        sky_bg=float(np.median(background)),
        sky_noise=float(np.std(exposure.image.array[good])),
        mean_var=float(exposure.variance.array[good].mean()),
        ra_corners=tuple(corners[:, 0].tolist()),
        dec_corners=tuple(corners[:, 1].tolist()),
        mag_lim=limit,
    )
