"""Cameras as objects of an archive: which column means what.  Knows neither files nor instruments."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from skybutler.errors import UnreadableFileError
from skybutler.images.box import Box
from skybutler.images.camera import (
    PURPOSES,
    READOUT_CORNERS,
    Camera,
    CameraAmplifier,
    CameraDetector,
    Linearity,
    RawLayout,
)
from skybutler.images.point_maps import PointMap

from .afw_archive import Archive, ArchiveWriter, Piece
from .ast_text import parse_map, write_map

__all__ = ["camera_archive", "read_camera"]

_CAMERA, _DETECTOR, _MAP, _TRANSFORM = "Camera", "Detector", "TransformMap", "TransformPoint2ToPoint2"
_GEOMETRY, _GEOM = "lsst.afw.cameraGeom", "lsst.afw.geom"
_FOCAL, _ANGLE, _PIXELS, _TANGENT = "FocalPlane", "FieldAngle", "Pixels", "TanPixels"
_CORNERS = {corner: i for i, corner in enumerate(READOUT_CORNERS)}
_PURPOSES = {purpose: i for i, purpose in enumerate(PURPOSES)}
_RAW_BOXES = {
    "box": "raw_bbox",
    "data": "raw_databbox",
    "horizontal_overscan": "raw_horizontaloverscanbbox",
    "vertical_overscan": "raw_verticaloverscanbbox",
    "prescan": "raw_prescanbbox",
}

_DETECTOR_FORMATS = {
    "name": "QA()", "id": "J", "type": "J", "serial": "QA()",
    **{f"bbox_{end}_{axis}|pixel": "J" for end in ("min", "max") for axis in "xy"},
    "pixelSize_x|mm": "D", "pixelSize_y|mm": "D",
    "fpPosition_x|mm": "D", "fpPosition_y|mm": "D", "fpPosition_z|mm": "D",
    "refPoint_x|pixel": "D", "refPoint_y|pixel": "D", "yaw|rad": "D", "pitch|rad": "D", "roll|rad": "D",
    "transformMap": "J", "crosstalk": "QE()", "physicalType": "QA()", "version": "J",
}  # fmt: skip
_AMPLIFIER_FORMATS = {
    "hasrawinfo": "X", "raw_flip_x": "X", "raw_flip_y": "X", "name": "QA()",
    **{f"bbox_{part}_{axis}|pixel": "J" for part in ("min", "extent") for axis in "xy"},
    "gain|electron adu^-1": "D", "saturation|adu": "D", "suspectlevel|adu": "D", "readnoise|electron": "D",
    "readoutcorner": "J", "linearity_coeffs": "QD()", "linearity_type": "QA()",
    **{f"{box}_{part}_{axis}|pixel": "J" for box in ("raw_bbox", "raw_databbox") for part in ("min", "extent")
       for axis in "xy"},
    "raw_xyoffset_x|pixel": "J", "raw_xyoffset_y|pixel": "J",
    **{f"{box}_{part}_{axis}|pixel": "J" for box in list(_RAW_BOXES.values())[2:] for part in ("min", "extent")
       for axis in "xy"},
    "linearityThreshold": "D", "linearityMaximum": "D", "linearityUnits": "QA()",
}  # fmt: skip
_DETECTOR_VERSION = 1
"""That with ``fpPosition_z``."""


# ----------------------------------------------------------------------- read
def read_camera(archive: Archive) -> Camera:
    """The camera that an archive is of.

    Raises
    ------
    UnreadableFileError
        It is of something else.
    FormatError
        It has a transform that we cannot evaluate.
    """
    members, whole = archive.pieces(1, _CAMERA)
    row = whole.start
    transforms = _transforms(archive, int(archive.column(whole.table, "transformMap")[row]))
    numbers = archive.column(members.table, "detector")[members.start : members.stop].tolist()
    detectors = [_detector(archive, number, transforms) for number in numbers]
    return Camera(
        name=archive.column(whole.table, "name")[row],
        detectors=tuple(sorted(detectors, key=lambda detector: detector.id)),
        focal_plane_to_field_angle=_pick(transforms, (_FOCAL, ""), (_ANGLE, "")),
        pupil_factory=archive.column(whole.table, "pupilFactoryName")[row],
    )


_System = tuple[str, str]
_Transforms = Mapping[tuple[_System, _System], str]


def _transforms(archive: Archive, number: int) -> dict[tuple[_System, _System], str]:
    """Texts of transforms by the systems that they are from and to: name, and that of the detector."""
    (piece,) = archive.pieces(number, _MAP)
    names = ("fromSysName", "fromSysDetectorName", "toSysName", "toSysDetectorName", "transform")
    columns = [archive.column(piece.table, name)[piece.start : piece.stop] for name in names]
    found = {}
    for a, b, c, d, transform in zip(*columns, strict=True):
        (text,) = archive.pieces(int(transform), _TRANSFORM)
        found[(a, b), (c, d)] = archive.column(text.table, "bytes")[text.start].decode("ascii")
    return found


def _pick(transforms: _Transforms, begin: _System, end: _System) -> PointMap:
    if (begin, end) in transforms:
        return parse_map(transforms[begin, end])
    if (end, begin) in transforms:
        return parse_map(transforms[end, begin], inverse=True)
    raise UnreadableFileError(f"The camera has no transform from {' '.join(begin)} to {' '.join(end)}.")


def _detector(archive: Archive, number: int, transforms: _Transforms) -> CameraDetector:
    piece, amplifiers = archive.pieces(number, _DETECTOR)

    def value(name: str, default: Any = None) -> Any:
        if default is not None and not archive.has(piece.table, name):
            return default
        found = archive.column(piece.table, name)[piece.start]
        return found.item() if isinstance(found, np.generic) else found

    name = value("name")
    pixels, tangent = (_PIXELS, name), (_TANGENT, name)
    has_tangent = (pixels, tangent) in transforms or (tangent, pixels) in transforms
    rows = tuple(_amplifiers(archive, amplifiers))
    return CameraDetector(
        id=value("id"),
        name=name,
        serial=value("serial"),
        physical_type=value("physicalType", ""),
        purpose=_named(PURPOSES, value("type"), "type of detector"),
        box=Box((value("bbox_min_y"), value("bbox_max_y") + 1), (value("bbox_min_x"), value("bbox_max_x") + 1)),
        pixel_size=(value("pixelSize_x"), value("pixelSize_y")),
        position=(value("fpPosition_x"), value("fpPosition_y"), value("fpPosition_z", 0.0)),
        reference_pixel=(value("refPoint_x"), value("refPoint_y")),
        orientation=(value("yaw"), value("pitch"), value("roll")),
        amplifiers=rows,
        pixels_to_focal_plane=_pick(transforms, pixels, (_FOCAL, "")),
        pixels_to_tangent_pixels=_pick(transforms, pixels, tangent) if has_tangent else None,
        crosstalk=_square(value("crosstalk", np.zeros(0)), len(rows)),
    )


def _named(names: tuple[str, ...], number: int, what: str) -> str:
    if not 0 <= number < len(names):
        raise UnreadableFileError(f"The camera has a {what} numbered {number}, which has no meaning.")
    return names[number]


def _square(values: Any, n: int) -> tuple[tuple[float, ...], ...]:
    if len(values) == 0:
        return ()
    if len(values) != n * n:
        raise UnreadableFileError(f"The camera has {len(values)} coefficients of crosstalk for {n} amplifiers.")
    return tuple(map(tuple, np.asarray(values, dtype=np.float64).reshape(n, n).tolist()))


def _amplifiers(archive: Archive, piece: Piece) -> Iterator[CameraAmplifier]:
    flags = archive.flags(piece.table)
    rows = slice(piece.start, piece.stop)

    def column(name: str) -> list[Any]:
        found = archive.column(piece.table, name)[rows]
        return found if isinstance(found, list) else list(found.tolist())

    def boxes(name: str) -> list[Box]:
        parts = (column(f"{name}_{part}") for part in ("min_x", "min_y", "extent_x", "extent_y"))
        return [Box((y, y + height), (x, x + width)) for x, y, width, height in zip(*parts, strict=True)]

    raw = {ours: boxes(theirs) for ours, theirs in _RAW_BOXES.items()}
    offsets = list(zip(column("raw_xyoffset_x"), column("raw_xyoffset_y"), strict=True))
    flip_x, flip_y = (flags[name][rows].tolist() for name in ("raw_flip_x", "raw_flip_y"))
    layouts = [
        RawLayout(**{name: found[i] for name, found in raw.items()}, flip_x=flip_x[i], flip_y=flip_y[i], offset=offset)
        for i, offset in enumerate(offsets)
    ]
    linearities = zip(
        column("linearity_type"), [tuple(map(float, c)) for c in column("linearity_coeffs")],
        column("linearityThreshold"), column("linearityMaximum"), column("linearityUnits"), strict=True,
    )  # fmt: skip
    columns = [column(name) for name in ("name", "gain", "saturation", "suspectlevel", "readnoise", "readoutcorner")]
    for i, (box, linearity, row) in enumerate(zip(boxes("bbox"), linearities, zip(*columns, strict=True), strict=True)):
        name, gain, saturation, suspect, noise, corner = row
        yield CameraAmplifier(
            name, box, gain, saturation, None if math.isnan(suspect) else suspect, noise,
            _named(READOUT_CORNERS, corner, "readout corner"), Linearity(*linearity),
            None if raw["box"][i].is_empty else layouts[i],  # the flag hasrawinfo of real files says nothing
        )  # fmt: skip


# ---------------------------------------------------------------------- write
def camera_archive(camera: Camera) -> ArchiveWriter:
    """The archive of a camera, with the objects and columns that afw has for it."""
    writer = ArchiveWriter()
    members = writer.table(_CAMERA, {"detector": "J"})
    detectors = writer.table(_DETECTOR, _DETECTOR_FORMATS)
    systems = ("fromSysName", "fromSysDetectorName", "toSysName", "toSysDetectorName")
    transform_map = writer.table(_MAP, {**dict.fromkeys(systems, "QA()"), "transform": "J"})
    transforms = writer.table(_TRANSFORM, {"bytes": "QB()"})
    amplifiers = writer.table(_DETECTOR, _AMPLIFIER_FORMATS)
    whole = writer.table(_CAMERA, {"name": "QA()", "pupilFactoryName": "QA()", "transformMap": "J"})
    first = 3
    numbers = range(first, first + len(camera))
    writer.add(1, members, 0, _GEOMETRY, [{"detector": number} for number in numbers])
    row = {"name": camera.name, "pupilFactoryName": camera.pupil_factory, "transformMap": 2}
    writer.add(1, whole, 1, _GEOMETRY, [row])
    texts = list(_texts(camera))
    places = [
        {**dict(zip(systems, (*begin, *end), strict=True)), "transform": first + len(camera) + i}
        for i, (begin, end, _) in enumerate(texts)
    ]
    writer.add(2, transform_map, 0, _GEOMETRY, places)
    for number, detector in zip(numbers, camera, strict=True):
        writer.add(number, detectors, 0, _GEOMETRY, [_detector_row(detector)])
        writer.add(number, amplifiers, 1, _GEOMETRY, [_amplifier_row(a) for a in detector.amplifiers])
    for i, (_, _, text) in enumerate(texts):
        writer.add(first + len(camera) + i, transforms, 0, _GEOM, [{"bytes": text.encode("ascii")}])
    return writer


def _texts(camera: Camera) -> Iterator[tuple[_System, _System, str]]:
    """From, to and text of all transforms."""
    yield (_FOCAL, ""), (_ANGLE, ""), write_map(camera.focal_plane_to_field_angle)
    for detector in camera:
        yield (_FOCAL, ""), (_PIXELS, detector.name), write_map(detector.pixels_to_focal_plane, inverse=True)
    for detector in camera:
        if (tangent := detector.pixels_to_tangent_pixels) is not None:
            yield (_PIXELS, detector.name), (_TANGENT, detector.name), write_map(tangent)


def _detector_row(detector: CameraDetector) -> dict[str, Any]:
    box = detector.box
    return {
        "name": detector.name, "id": detector.id, "type": _PURPOSES[detector.purpose], "serial": detector.serial,
        **_axes("bbox_min", box.xy0), **_axes("bbox_max", (box.x.stop - 1, box.y.stop - 1)),
        **_axes("pixelSize", detector.pixel_size), **_axes("fpPosition", detector.position),
        **_axes("refPoint", detector.reference_pixel),
        **dict(zip(("yaw", "pitch", "roll"), detector.orientation, strict=True)), "transformMap": 2,
        "crosstalk": np.array(detector.crosstalk).ravel(), "physicalType": detector.physical_type,
        "version": _DETECTOR_VERSION,
    }  # fmt: skip


def _amplifier_row(amplifier: CameraAmplifier) -> dict[str, Any]:
    nowhere, linearity = Box((0, 0), (0, 0)), amplifier.linearity
    raw = amplifier.raw or RawLayout(nowhere, nowhere, nowhere, nowhere, nowhere, False, False)
    suspect = math.nan if amplifier.suspect_level is None else amplifier.suspect_level
    row = {
        "hasrawinfo": amplifier.raw is not None, "raw_flip_x": raw.flip_x, "raw_flip_y": raw.flip_y,
        "name": amplifier.name, "gain": amplifier.gain, "saturation": amplifier.saturation,
        "suspectlevel": suspect, "readnoise": amplifier.read_noise,
        "readoutcorner": _CORNERS[amplifier.readout_corner], "linearity_coeffs": linearity.coefficients,
        "linearity_type": linearity.kind, **_axes("raw_xyoffset", raw.offset),
        "linearityThreshold": linearity.threshold, "linearityMaximum": linearity.maximum,
        "linearityUnits": linearity.unit,
    }  # fmt: skip
    for name, box in (("bbox", amplifier.box), *((theirs, getattr(raw, ours)) for ours, theirs in _RAW_BOXES.items())):
        row |= {**_axes(f"{name}_min", box.xy0), **_axes(f"{name}_extent", box.dimensions)}
    return row


def _axes(name: str, values: tuple[float, ...]) -> dict[str, float]:
    return {f"{name}_{axis}": value for axis, value in zip("xyz", values, strict=False)}
