"""Transforms between coordinate systems of a camera as rows of tables.  Knows neither files nor cameras."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from skybutler.errors import UnreadableFileError
from skybutler.images.point_maps import PointMap

from .archive import Archive, ArchiveWriter, Column, Rows
from .ast_text import parse_map, write_map

__all__ = [
    "CoordinateSystem",
    "TransformMap",
    "read_transform",
    "read_transform_map",
    "texts_of",
    "write_transform",
    "write_transform_map",
]

CoordinateSystem: TypeAlias = tuple[str, str]
"""Name of a system and of the detector it belongs to, which is empty for those of the whole camera."""

_KIND, _MAP = "TransformPoint2ToPoint2", "TransformMap"
_TRANSFORM_COLUMNS = (Column("bytes", "QB", "", "a bytestring containing the output of Transform.writeString"),)
_SYSTEMS = ("fromSysName", "fromSysDetectorName", "toSysName", "toSysDetectorName")
_MAP_COLUMNS = (
    Column("fromSysName", "QA", "", "Camera coordinate system name."),
    Column("fromSysDetectorName", "QA", "", "Camera coordinate system detector name."),
    Column("toSysName", "QA", "", "Camera coordinate system name."),
    Column("toSysDetectorName", "QA", "", "Camera coordinate system detector name."),
    Column("transform", "J", "", "Archive ID of the transform."),
)


@dataclass(frozen=True, slots=True)
class TransformMap:
    """Texts of transforms by the systems that they are from and to.

    Parameters
    ----------
    texts : `dict`
        Text by from and to.
    """

    texts: dict[tuple[CoordinateSystem, CoordinateSystem], str]

    def has(self, begin: CoordinateSystem, end: CoordinateSystem) -> bool:
        """Whether there is a transform between two systems, in either direction and perhaps through others."""
        return bool(self._path(begin, end))

    def pick(self, begin: CoordinateSystem, end: CoordinateSystem) -> PointMap:
        """The transform from one system to another, the one with the fewest steps.

        Raises
        ------
        UnreadableFileError
            There is none.
        FormatError
            It cannot be evaluated.
        """
        steps = self._path(begin, end)
        if not steps:
            raise UnreadableFileError(f"There is no transform from {' '.join(begin)} to {' '.join(end)}.")
        first, *others = [
            parse_map(self.texts[a, b]) if (a, b) in self.texts else parse_map(self.texts[b, a], inverse=True)
            for a, b in pairwise(steps)
        ]
        for other in others:
            first = first.then(other)
        return first

    def _path(self, begin: CoordinateSystem, end: CoordinateSystem) -> tuple[CoordinateSystem, ...]:
        """Systems from one to another, empty if they are not connected."""
        if (begin, end) in self.texts or (end, begin) in self.texts:
            return begin, end
        ways: deque[tuple[CoordinateSystem, ...]] = deque([(begin,)] if begin != end else [])
        seen = {begin}
        while ways:
            way = ways.popleft()
            for pair in self.texts:
                for here, there in (pair, pair[::-1]):
                    if here == way[-1] and there == end:
                        return (*way, there)
                    if here == way[-1] and there not in seen:
                        seen.add(there)
                        ways.append((*way, there))
        return ()


def read_transform(archive: Archive, number: int) -> PointMap:
    """A transform from a plane to a plane."""
    return parse_map(_text(archive, number))


def _text(archive: Archive, number: int) -> str:
    if archive.classes.get(number) != _KIND:
        raise UnreadableFileError(f"{archive.uri}: object {number} is no {_KIND}, but {archive.classes.get(number)}.")
    (rows,) = archive.pieces(number, 1)
    text: bytes = rows.one("bytes")
    return text.decode("ascii")


def read_transform_map(archive: Archive, number: int) -> TransformMap:
    """The transforms of a camera, whose texts are not parsed before they are needed."""
    pieces = archive.pieces(number)
    if len(pieces) == 2 and "sysName" in pieces[0]:
        return _read_old(archive, *pieces)
    (rows,) = archive.pieces(number, 1)
    columns = [rows[name] for name in (*_SYSTEMS, "transform")]
    return TransformMap(
        {((a, b), (c, d)): _text(archive, int(transform)) for a, b, c, d, transform in zip(*columns, strict=True)}
    )


def _read_old(archive: Archive, systems: Rows, connections: Rows) -> TransformMap:
    """The form of before 2019: systems with numbers, and transforms between these."""
    columns = systems["id"].tolist(), systems["sysName"], systems["detectorName"]
    names = {number: (system, detector) for number, system, detector in zip(*columns, strict=True)}
    ends = (connections[name].tolist() for name in ("from", "to", "transform"))
    return TransformMap({(names[a], names[b]): _text(archive, number) for a, b, number in zip(*ends, strict=True)})


def write_transform(writer: ArchiveWriter, number: int, point_map: PointMap) -> None:
    """A transform from a plane to a plane."""
    _write_text(writer, number, write_map(point_map))


def _write_text(writer: ArchiveWriter, number: int, text: str) -> None:
    table = writer.table(_TRANSFORM_COLUMNS)
    writer.add(number, table, _KIND, "lsst.afw.geom", [{"bytes": text.encode("ascii")}])


def write_transform_map(writer: ArchiveWriter, number: int, transforms: TransformMap) -> None:
    """The transforms of a camera, then which is which."""
    table = writer.table(_MAP_COLUMNS)
    rows = []
    for (begin, end), text in transforms.texts.items():
        inner = writer.number()
        _write_text(writer, inner, text)
        rows.append({**dict(zip(_SYSTEMS, (*begin, *end), strict=True)), "transform": inner})
    writer.add(number, table, _MAP, "lsst.afw.cameraGeom", rows)


def texts_of(transforms: Iterable[tuple[CoordinateSystem, CoordinateSystem, PointMap, bool]]) -> TransformMap:
    """Transforms as they are written: from, to, the map, and whether it is the map back."""
    return TransformMap({(a, b): write_map(point_map, inverse=back) for a, b, point_map, back in transforms})
