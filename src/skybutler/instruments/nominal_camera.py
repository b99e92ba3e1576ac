"""The camera of an instrument as its description has it.  Knows no files."""

from __future__ import annotations

import math

from skybutler.images import Box, Camera, CameraAmplifier, CameraDetector
from skybutler.images.camera import PURPOSES, Linearity, RawLayout
from skybutler.images.point_maps import Affine, Radial

from .description import Amplifier, Detector, Instrument
from .description import Box as Pixels

__all__ = ["nominal_camera"]


def nominal_camera(instrument: Instrument) -> Camera:
    """The camera of an instrument.

    Parameters
    ----------
    instrument : `Instrument`
        The description.

    Returns
    -------
    camera : `Camera`
        Detectors at their design positions; serial numbers, crosstalk and levels at which pixels are doubtful are
        not known.  Kinds of detectors that a camera has no word for count as ``SCIENCE``.
    """
    return Camera(
        name=instrument.name,
        detectors=tuple(_detector(instrument, d) for d in sorted(instrument.detectors, key=lambda d: d.id)),
        focal_plane_to_field_angle=Radial(instrument.camera.radial),
    )


def _detector(instrument: Instrument, detector: Detector) -> CameraDetector:
    geometry, turn = instrument.camera, math.radians(detector.rotation)
    cos, sin = geometry.pixel_mm * math.cos(turn), geometry.pixel_mm * math.sin(turn)
    rows = ((cos, -sin), (sin, cos))
    offset = tuple(
        at - sum(m * p for m, p in zip(row, geometry.reference_pixel, strict=True))
        for at, row in zip(detector.position, rows, strict=True)
    )
    to_focal_plane = Affine(rows, (offset[0], offset[1]))
    angle = geometry.field_angle_per_mm
    tangent = (
        to_focal_plane.then(Radial(geometry.radial))
        .then(Affine.scaling((1.0 / angle, 1.0 / angle)))
        .then(to_focal_plane.inverse())
    )
    width, height = detector.layout.size
    return CameraDetector(
        id=detector.id,
        name=detector.full_name,
        serial="",
        physical_type=detector.layout.name,
        purpose=detector.purpose if detector.purpose in PURPOSES else PURPOSES[0],
        box=Box((0, height), (0, width)),
        pixel_size=(geometry.pixel_mm, geometry.pixel_mm),
        position=(*detector.position, 0.0),
        reference_pixel=geometry.reference_pixel,
        orientation=(turn, 0.0, 0.0),
        amplifiers=tuple(map(_amplifier, detector.layout.amplifiers)),
        pixels_to_focal_plane=to_focal_plane,
        pixels_to_tangent_pixels=tangent,
    )


def _amplifier(amplifier: Amplifier) -> CameraAmplifier:
    (x, y), (_, _, width, height) = amplifier.position, amplifier.data
    _, _, raw_width, raw_height = amplifier.raw
    return CameraAmplifier(
        name=amplifier.name,
        box=_box((x, y, width, height)),
        gain=amplifier.gain,
        saturation=amplifier.saturation,
        suspect_level=None,
        read_noise=amplifier.read_noise,
        readout_corner="LL",
        linearity=Linearity("PROPORTIONAL", (0.0, amplifier.saturation), 0.0, amplifier.saturation),
        raw=RawLayout(
            box=_box(amplifier.raw),
            data=_box(amplifier.data),
            horizontal_overscan=_box(amplifier.serial_overscan),
            vertical_overscan=_box(amplifier.parallel_overscan),
            prescan=_box(amplifier.prescan),
            flip_x=amplifier.flip_x,
            flip_y=amplifier.flip_y,
            offset=(x // width * raw_width, y // height * raw_height),
        ),
    )


def _box(pixels: Pixels) -> Box:
    x, y, width, height = pixels
    return Box((y, y + height), (x, x + width))
