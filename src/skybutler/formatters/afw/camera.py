"""Cameras as rows of tables.  Knows neither files nor instruments."""

from __future__ import annotations

from skybutler.errors import UnreadableFileError
from skybutler.images.camera import Camera, CameraDetector

from .archive import Archive, ArchiveWriter, Column
from .detector import FIELD_ANGLE, FOCAL_PLANE, detector_transforms, write_detector_rows
from .transforms import TransformMap, texts_of

__all__ = ["read_camera", "write_camera"]

_KIND, _MODULE = "Camera", "lsst.afw.cameraGeom"
_MEMBER_COLUMNS = (Column("detector", "J", "", "archive ID of Detector in a DetectorCollection"),)
_CAMERA_COLUMNS = (
    Column("name", "QA", "", "Camera name"),
    Column("pupilFactoryName", "QA", "", "Fully-qualified name of a Python PupilFactory class"),
    Column("transformMap", "J", "", "archive ID for Camera's TransformMap"),
)


def read_camera(archive: Archive, number: int) -> Camera:
    """A camera.

    Raises
    ------
    UnreadableFileError
        It contradicts itself.
    FormatError
        It has a transform that cannot be evaluated.
    """
    members, row = archive.pieces(number, 2)
    transforms = archive.get(row.one("transformMap"), TransformMap)
    if transforms is None:
        raise UnreadableFileError(f"The camera of {archive.uri} has no transforms.")
    found = [archive.get(n, CameraDetector) for n in members["detector"].tolist()]
    return Camera(
        name=row.one("name"),
        detectors=tuple(sorted(filter(None, found), key=lambda detector: detector.id)),
        focal_plane_to_field_angle=transforms.pick(FOCAL_PLANE, FIELD_ANGLE),
        pupil_factory=row.one("pupilFactoryName"),
    )


def write_camera(writer: ArchiveWriter, number: int, camera: Camera) -> None:
    """A camera: its detectors, which share the transforms, then itself."""
    members = writer.table(_MEMBER_COLUMNS)
    detectors = list(camera)
    angle = (FOCAL_PLANE, FIELD_ANGLE, camera.focal_plane_to_field_angle, False)
    transforms = texts_of([angle, *detector_transforms(detectors)])
    numbers = []
    for detector in detectors:
        numbers.append(writer.number())
        write_detector_rows(writer, numbers[-1], detector, transforms)
    writer.add(number, members, _KIND, _MODULE, [{"detector": n} for n in numbers])
    row = {"name": camera.name, "pupilFactoryName": camera.pupil_factory, "transformMap": writer.put(transforms)}
    writer.add(number, writer.table(_CAMERA_COLUMNS), _KIND, _MODULE, [row])
