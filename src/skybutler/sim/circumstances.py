"""What is known about an exposure besides its pixels: times, pointing, weather, detector, ids.  Knows no files.

The same visit and detector have the same circumstances in a raw, in a calibrated exposure and in the inputs of a coadd.
"""

from __future__ import annotations

import dataclasses
import functools

import numpy as np

from skybutler.images import Box, Camera, CameraAmplifier, CameraDetector, FilterLabel, Observatory, VisitInfo, Weather
from skybutler.images.point_maps import Affine
from skybutler.instruments import Detector, Instrument
from skybutler.instruments.nominal_camera import nominal_camera
from skybutler.instruments.sky_position import altaz_of_hour_angle
from skybutler.sim.visits import SimulatedVisit

__all__ = ["exposure_id", "filter_label", "scaled_detector", "source_ids", "visit_info"]

_NS_PER_DAY = 86_400_000_000_000
_MJD_1970 = 40587
_TAI_MINUS_UT_S = 37.0
_SIGNED_BITS = 63


def visit_info(instrument: Instrument, visit: SimulatedVisit) -> VisitInfo:
    """The circumstances of a visit; its weather is drawn from its number."""
    place = instrument.observatory
    half = visit.exposure_s / 2.0
    hour_angle = np.array([visit.hour_angle(instrument)])
    azimuth, altitude = altaz_of_hour_angle(hour_angle, np.array([visit.dec]), place)[0].tolist()
    ut1 = visit.mjd + (half - _TAI_MINUS_UT_S) / 86400.0
    # Earth rotation angle: IAU 2000, resolution B1.8.
    turns = 0.7790572732640 + 1.00273781191135448 * (ut1 - 51544.5)
    random = np.random.default_rng(np.random.SeedSequence((visit.id, 0x3EA7)))
    weather = Weather(
        temperature=round(float(random.normal(9.0, 2.5)), 1),
        pressure=round(float(random.normal(74500.0, 150.0)), 0),
        humidity=round(float(random.uniform(10.0, 55.0)), 0),
    )
    return VisitInfo(
        id=visit.id,
        exposure_time=visit.exposure_s,
        dark_time=visit.exposure_s,
        date_ns=_tai_ns(visit.mjd) + round(half * 1e9),
        boresight_ra=visit.ra,
        boresight_dec=visit.dec,
        boresight_azimuth=azimuth,
        boresight_altitude=altitude,
        airmass=visit.airmass(instrument),
        rotation_angle=visit.sky_angle,
        rotation_type="SKY",
        ut1_mjd=ut1,
        earth_rotation_angle=360.0 * (turns % 1.0),
        observatory=Observatory(place.longitude, place.latitude, place.height),
        weather=weather,
        instrument=instrument.name,
        observation_type="science",
        science_program=str(visit.id),
        observation_reason="imsim",
        object="UNKNOWN",
        has_simulated_content=True,
    )


def _tai_ns(mjd: float) -> int:
    """Nanoseconds since 1970 of a Modified Julian Date."""
    day = int(mjd // 1)
    return (day - _MJD_1970) * _NS_PER_DAY + round((mjd - day) * _NS_PER_DAY)


def filter_label(instrument: Instrument, band: str) -> FilterLabel:
    """The filter that exposures of a band are taken through: the first of that band."""
    return FilterLabel(band, next(name for name, of in instrument.filters.items() if of == band))


def exposure_id(instrument: Instrument, visit: int, detector: int) -> int:
    """Number of a visit and detector, as pipelines pack it."""
    return visit * instrument.detector_max + detector


def source_ids(identifier: int, largest: int, n: int, first: int = 1) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Ids of the sources of one image or patch.

    Parameters
    ----------
    identifier : `int`
        Packed number of the image or patch: the upper bits.
    largest : `int`
        The largest that this number can be; what it leaves of 63 bits counts the sources.
    n, first : `int`
        How many sources, from which count on.
    """
    return (identifier << (_SIGNED_BITS - largest.bit_length())) + np.arange(first, first + n, dtype=np.int64)


@functools.lru_cache(maxsize=8)
def _camera(instrument: Instrument) -> Camera:
    return nominal_camera(instrument)


def scaled_detector(instrument: Instrument, detector: Detector, shape: tuple[int, int]) -> CameraDetector:
    """A detector as the camera has it, with larger pixels if the shape (height, width) asks for them."""
    full = _camera(instrument)[detector.id]
    height, width = shape
    if full.box.shape == (height, width):
        return full
    x, y = full.box.x.size / width, full.box.y.size / height
    # Pixel p of the scaled one is full pixel (p + 0.5) * scale - 0.5.
    to_full = Affine(((x, 0.0), (0.0, y)), (0.5 * x - 0.5, 0.5 * y - 0.5))
    tangent = full.pixels_to_tangent_pixels
    return dataclasses.replace(
        full,
        box=Box((0, height), (0, width)),
        pixel_size=(full.pixel_size[0] * x, full.pixel_size[1] * y),
        reference_pixel=((full.reference_pixel[0] + 0.5) / x - 0.5, (full.reference_pixel[1] + 0.5) / y - 0.5),
        amplifiers=tuple(_scaled_amplifier(a, x, y) for a in full.amplifiers),
        pixels_to_focal_plane=to_full.then(full.pixels_to_focal_plane),
        pixels_to_tangent_pixels=None if tangent is None else to_full.then(tangent).then(to_full.inverse()),
    )


def _scaled_amplifier(amplifier: CameraAmplifier, x: float, y: float) -> CameraAmplifier:
    box = amplifier.box
    scaled = Box(
        (round(box.y.start / y), round(box.y.stop / y)),
        (round(box.x.start / x), round(box.x.stop / x)),
    )
    return dataclasses.replace(amplifier, box=scaled, raw=None)
