"""Detectors and their amplifiers as rows of tables.  Knows neither files nor instruments."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from skybutler.errors import UnreadableFileError
from skybutler.images.box import Box
from skybutler.images.camera import (
    PURPOSES,
    READOUT_CORNERS,
    CameraAmplifier,
    CameraDetector,
    Linearity,
    RawLayout,
)
from skybutler.images.point_maps import PointMap

from .archive import Archive, ArchiveWriter, Column, Rows
from .transforms import CoordinateSystem, TransformMap, texts_of

__all__ = [
    "FIELD_ANGLE",
    "FOCAL_PLANE",
    "detector_transforms",
    "read_detector",
    "write_detector",
    "write_detector_rows",
]

FOCAL_PLANE: CoordinateSystem = ("FocalPlane", "")
FIELD_ANGLE: CoordinateSystem = ("FieldAngle", "")
_PIXELS, _TANGENT = "Pixels", "TanPixels"
_KIND, _MODULE = "Detector", "lsst.afw.cameraGeom"
_CORNERS = {corner: i for i, corner in enumerate(READOUT_CORNERS)}
_PURPOSES = {purpose: i for i, purpose in enumerate(PURPOSES)}
_RAW_BOXES = {
    "box": "raw_bbox",
    "data": "raw_databbox",
    "horizontal_overscan": "raw_horizontaloverscanbbox",
    "vertical_overscan": "raw_verticaloverscanbbox",
    "prescan": "raw_prescanbbox",
}

_DETECTOR_COLUMNS = (
    Column("name", "QA", "", "Name of the detector"),
    Column("id", "J", "", "Integer ID for the detector"),
    Column("type", "J", "", "Raw DetectorType enum value"),
    Column("serial", "QA", "", "Serial name of the detector"),
    *(Column(f"bbox_{end}_{axis}", "J", "pixel", f"Detector bounding box ({word})")
      for end, word in (("min", "minimum"), ("max", "maximum")) for axis in "xy"),
    *(Column(f"pixelSize_{axis}", "D", "mm", "Physical pixel size") for axis in "xy"),
    *(Column(f"fpPosition_{axis}", "D", "mm", "Focal plane position of reference point") for axis in "xyz"),
    *(Column(f"refPoint_{axis}", "D", "pixel", "Pixel position of reference point") for axis in "xy"),
    Column("yaw", "D", "rad", "Rotation about Z (X to Y), 1st rotation"),
    Column("pitch", "D", "rad", "Rotation about Y' (Z'=Z to X'), 2nd rotation"),
    Column("roll", "D", "rad", "Rotation about X'' (Y''=Y' to Z''), 3rd rotation"),
    Column("transformMap", "J", "", "Archive ID of TransformMap"),
    Column("crosstalk", "QE", "", "Crosstalk matrix, flattened"),
    Column("physicalType", "QA", "", "Physical type of the detector"),
    Column("version", "J", "", "version of this Detector"),
)  # fmt: skip


def _box_columns(name: str, doc: str) -> Iterator[Column]:
    for part, word in (("min", "min point"), ("extent", "extent")):
        for axis in "xy":
            yield Column(f"{name}_{part}_{axis}", "J", "pixel", f"{doc}, {word}")


_NAN = "; use `nan` if no such level applies"
_SUSPECT = (
    "level above which pixels are considered suspicious, meaning they may be affected by unknown systematics; for "
    "example if non-linearity corrections above a certain level are unstable then that would be a useful value "
    "for suspectLevel"
)
_OFFSET = "offset for assembling a raw CCD image: desired xy0 - raw xy0; 0,0 if raw data comes assembled"
_AMPLIFIER_COLUMNS = (
    Column("hasrawinfo", "X", "", "is raw amplifier information available (e.g. untrimmed bounding boxes)?"),
    Column("raw_flip_x", "X", "", "flip row order to make assembled image?"),
    Column("raw_flip_y", "X", "", "flip column order to make an assembled image?"),
    Column("name", "QA", "", "name of amplifier location in camera"),
    *_box_columns("bbox", "bbox of amplifier image data on assembled image"),
    Column("gain", "D", "electron adu^-1", "amplifier gain"),
    Column("saturation", "D", "adu", "level above which pixels are considered saturated" + _NAN),
    Column("suspectlevel", "D", "adu", _SUSPECT + _NAN),
    Column("readnoise", "D", "electron", "amplifier read noise"),
    Column("readoutcorner", "J", "", "readout corner, in the frame of the assembled image"),
    Column("linearity_coeffs", "QD", "", "coefficients for linearity fit up to cubic"),
    Column("linearity_type", "QA", "", "type of linearity model"),
    *_box_columns("raw_bbox", "entire amplifier bbox on raw image"),
    *_box_columns("raw_databbox", "image data bbox on raw image"),
    *(Column(f"raw_xyoffset_{axis}", "J", "pixel", _OFFSET) for axis in "xy"),
    *_box_columns("raw_horizontaloverscanbbox", "usable horizontal overscan bbox on raw image"),
    *_box_columns("raw_verticaloverscanbbox", "usable vertical overscan region raw image"),
    *_box_columns("raw_prescanbbox", "usable (horizontal) prescan bbox on raw image"),
    Column("linearityThreshold", "D", "", "Minimum ADU level to apply linearity."),
    Column("linearityMaximum", "D", "", "Maximum ADU level to apply linearity."),
    Column("linearityUnits", "QA", "", "Input units for linearity relation."),
)
_DETECTOR_VERSION = 2
"""The newest met; its columns are those of version 1, the first with ``fpPosition_z``."""


# ----------------------------------------------------------------------- read
def read_detector(archive: Archive, number: int) -> CameraDetector:
    """A detector.

    Raises
    ------
    UnreadableFileError
        It contradicts itself.
    FormatError
        It has a transform that cannot be evaluated.
    """
    row, amplifiers = archive.pieces(number, 2)
    transforms = archive.get(row.one("transformMap"), TransformMap) or TransformMap({})
    name: str = row.one("name")
    pixels, tangent = (_PIXELS, name), (_TANGENT, name)
    rows = tuple(_amplifiers(amplifiers))
    return CameraDetector(
        id=row.one("id"),
        name=name,
        serial=row.one("serial"),
        physical_type=row.one("physicalType", ""),
        purpose=_named(PURPOSES, row.one("type"), "type of detector"),
        box=Box((row.one("bbox_min_y"), row.one("bbox_max_y") + 1), (row.one("bbox_min_x"), row.one("bbox_max_x") + 1)),
        pixel_size=(row.one("pixelSize_x"), row.one("pixelSize_y")),
        position=(row.one("fpPosition_x"), row.one("fpPosition_y"), row.one("fpPosition_z", 0.0)),
        reference_pixel=(row.one("refPoint_x"), row.one("refPoint_y")),
        orientation=(row.one("yaw"), row.one("pitch"), row.one("roll")),
        amplifiers=rows,
        pixels_to_focal_plane=transforms.pick(pixels, FOCAL_PLANE),
        pixels_to_tangent_pixels=_pick(transforms, pixels, tangent),
        focal_plane_to_field_angle=_pick(transforms, FOCAL_PLANE, FIELD_ANGLE),
        crosstalk=_square(row.one("crosstalk", np.zeros(0)), len(rows)),
    )


def _pick(transforms: TransformMap, begin: CoordinateSystem, end: CoordinateSystem) -> PointMap | None:
    return transforms.pick(begin, end) if transforms.has(begin, end) else None


def _plain(value: Any) -> Any:
    """A value whose NaN is the one of `math`, so that two rows that lack a number are equal."""
    return math.nan if isinstance(value, float) and math.isnan(value) else value


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


def _amplifiers(rows: Rows) -> Iterator[CameraAmplifier]:
    def column(name: str, default: Any = None) -> list[Any]:
        if default is not None and name not in rows:
            return [default] * len(rows)
        found = rows[name]
        return [_plain(value) for value in (found if isinstance(found, list) else found.tolist())]

    def boxes(name: str) -> list[Box]:
        parts = (column(f"{name}_{part}") for part in ("min_x", "min_y", "extent_x", "extent_y"))
        return [Box((y, y + height), (x, x + width)) for x, y, width, height in zip(*parts, strict=True)]

    raw = {ours: boxes(theirs) for ours, theirs in _RAW_BOXES.items()}
    offsets = list(zip(column("raw_xyoffset_x"), column("raw_xyoffset_y"), strict=True))
    flip_x, flip_y = column("raw_flip_x"), column("raw_flip_y")
    layouts = [
        RawLayout(**{name: found[i] for name, found in raw.items()}, flip_x=flip_x[i], flip_y=flip_y[i], offset=offset)
        for i, offset in enumerate(offsets)
    ]
    linearities = zip(
        column("linearity_type"), [tuple(_plain(float(v)) for v in c) for c in column("linearity_coeffs")],
        column("linearityThreshold", 0.0), column("linearityMaximum", 0.0), column("linearityUnits", "DN"), strict=True,
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
def write_detector(writer: ArchiveWriter, number: int, detector: CameraDetector) -> None:
    """A detector with its own transforms."""
    transforms = list(detector_transforms([detector]))
    if (angle := detector.focal_plane_to_field_angle) is not None:
        transforms.insert(0, (FOCAL_PLANE, FIELD_ANGLE, angle, False))
    write_detector_rows(writer, number, detector, texts_of(transforms))


def write_detector_rows(writer: ArchiveWriter, number: int, detector: CameraDetector, transforms: TransformMap) -> None:
    """A detector whose transforms are those of a camera."""
    table = writer.table(_DETECTOR_COLUMNS)
    row = _detector_row(detector, writer.put(transforms))
    writer.add(number, table, _KIND, _MODULE, [row])
    rows = [_amplifier_row(amplifier) for amplifier in detector.amplifiers]
    writer.add(number, writer.table(_AMPLIFIER_COLUMNS), _KIND, _MODULE, rows)


def detector_transforms(
    detectors: Sequence[CameraDetector],
) -> Iterator[tuple[CoordinateSystem, CoordinateSystem, PointMap, bool]]:
    """From, to, map and direction of what detectors have."""
    for detector in detectors:
        yield FOCAL_PLANE, (_PIXELS, detector.name), detector.pixels_to_focal_plane, True
    for detector in detectors:
        if (tangent := detector.pixels_to_tangent_pixels) is not None:
            yield (_PIXELS, detector.name), (_TANGENT, detector.name), tangent, False


def _detector_row(detector: CameraDetector, transform_map: int) -> dict[str, Any]:
    box = detector.box
    return {
        "name": detector.name, "id": detector.id, "type": _PURPOSES[detector.purpose], "serial": detector.serial,
        **_axes("bbox_min", box.xy0), **_axes("bbox_max", (box.x.stop - 1, box.y.stop - 1)),
        **_axes("pixelSize", detector.pixel_size), **_axes("fpPosition", detector.position),
        **_axes("refPoint", detector.reference_pixel),
        **dict(zip(("yaw", "pitch", "roll"), detector.orientation, strict=True)), "transformMap": transform_map,
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
