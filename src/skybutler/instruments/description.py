"""Instruments as data: one YAML file says what an instrument is called, where its pixels are and how its headers read.

Nothing in a description is executed or imported. Knows nothing of files of observations, of sky geometry or of a
repository.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from skybutler.errors import ConfigError, NotFoundError, nearest
from skybutler.instruments.parsing import Section, load_document
from skybutler.instruments.rules import Rule, parse_pattern, parse_rules

__all__ = ["VISIT_SYSTEMS", "Amplifier", "CameraGeometry", "Detector", "Instrument", "Layout", "Observatory"]

VISIT_SYSTEMS: Mapping[str, int] = {"one-to-one": 0, "by-group-metadata": 1, "by-seq-start-end": 2}
"""Ways to group exposures to visits, and their ids in the ``visit_system`` dimension."""

FOLDERS = "SKYBUTLER_INSTRUMENTS"
"""Environment variable: folders with descriptions of further instruments, divided like those of ``PATH``."""

Box = tuple[int, int, int, int]
"""x, y, width, height; 0-based pixels."""

_BOXES = ("raw", "data", "prescan", "serial_overscan", "parallel_overscan")


@dataclass(frozen=True)
class Amplifier:
    """One read-out channel of a detector.

    Parameters
    ----------
    name, extension : `str`
        Name in the camera (``C10``) and of the FITS extension (``Segment10``).
    raw, data, prescan, serial_overscan, parallel_overscan : `tuple`
        Boxes in the amplifier as read.
    position : `tuple` [`int`, `int`]
        Where the first pixel of the (flipped) data section goes in the assembled detector, (x, y).
    flip_x, flip_y : `bool`
        Whether the data section is mirrored before it is placed.
    gain : `float`
        Electrons per ADU.
    saturation : `float`
        ADU.
    read_noise : `float`
        Electrons.
    place : `tuple` [`int`, `int`], optional
        Where its first pixel is in the image that it shares with others, (x, y); without it, it has one of its own.
    """

    name: str
    extension: str
    raw: Box
    data: Box
    prescan: Box
    serial_overscan: Box
    parallel_overscan: Box
    position: tuple[int, int]
    flip_x: bool
    flip_y: bool
    gain: float
    saturation: float
    read_noise: float
    place: tuple[int, int] | None = None


@dataclass(frozen=True)
class Layout:
    """How the amplifiers of one kind of detector make its pixels.

    Parameters
    ----------
    name : `str`
        Of the kind.
    size : `tuple` [`int`, `int`]
        Width and height when assembled.
    amplifiers : `tuple` [`Amplifier`]
        In the order of the camera.
    image : `int`, optional
        Number of the HDU that has all amplifiers side by side, as they were read; without one each has its extension.
    """

    name: str
    size: tuple[int, int]
    amplifiers: tuple[Amplifier, ...]
    image: int | None = None


@dataclass(frozen=True)
class Detector:
    """One detector of a camera; ``position`` is that of its reference pixel in the focal plane, (x, y) in mm."""

    id: int
    full_name: str
    raft: str | None
    name_in_raft: str | None
    purpose: str
    position: tuple[float, float]
    rotation: float
    layout: Layout


@dataclass(frozen=True)
class CameraGeometry:
    """From pixels to field angles, for all detectors of a camera.

    Parameters
    ----------
    pixel_mm : `float`
        Size of a pixel.
    field_angle_per_mm : `float`
        Radians on the tangent plane per millimetre in the focal plane.
    mirrored : `bool`
        Whether the first axis of the focal plane points west when the second points north.
    reference_pixel : `tuple` [`float`, `float`]
        0-based pixel (x, y) at the position of a detector.
    distortion : `tuple` [`float`]
        What the field angle gains beyond that, relative to it: coefficients of the powers 2, 4, ... of the distance
        from the optical axis in mm.
    """

    pixel_mm: float
    field_angle_per_mm: float
    mirrored: bool
    reference_pixel: tuple[float, float]
    distortion: tuple[float, ...] = ()

    @property
    def radial(self) -> tuple[float, ...]:
        """Field angle in radians as a polynomial of the distance in mm: coefficients of its powers 0, 1, 2, ..."""
        angle = self.field_angle_per_mm
        return (0.0, angle, *(c for k in self.distortion for c in (0.0, angle * k)))


@dataclass(frozen=True)
class Observatory:
    """Name and geodetic place (degrees east, degrees north, metres; WGS84) of a telescope."""

    name: str
    longitude: float
    latitude: float
    height: float


@dataclass(frozen=True, eq=False)
class Instrument:
    """A camera at a telescope, as `load` reads it from its description; equal only to itself."""

    name: str
    class_name: str
    aliases: tuple[str, ...]
    visit_max: int
    exposure_max: int
    detector_max: int
    visit_system: str
    observatory: Observatory
    filters: Mapping[str, str | None]
    camera: CameraGeometry
    detectors: tuple[Detector, ...]
    layouts: Mapping[str, Layout]
    recognise: Mapping[str, Any]
    rules: Mapping[str, tuple[Rule, ...]]
    source: str

    @staticmethod
    def load(name: str | Path, search: Sequence[Path] = ()) -> Instrument:
        """Find an instrument.

        Parameters
        ----------
        name : `str` or `~pathlib.Path`
            Name, class name or alias of a known instrument, or the path of a YAML file describing one.
        search : sequence of `~pathlib.Path`, optional
            Folders with further descriptions (``*.yaml``); they win over those in folders that the environment variable
            ``SKYBUTLER_INSTRUMENTS`` names, and these over the packaged ones.

        Raises
        ------
        NotFoundError
            No instrument of this name; the nearest names are offered.
        ConfigError
            The description is wrong.
        """
        if isinstance(name, Path) or str(name).endswith((".yaml", ".yml")):
            return _load_file(Path(name))
        known = known_instruments(search)
        for instrument in known:
            if name in (instrument.name, instrument.class_name, *instrument.aliases):
                return instrument
        names = [n for i in known for n in (i.name, i.class_name, *i.aliases)]
        raise NotFoundError(
            f"No instrument '{name}'.",
            hint=nearest(str(name), names)
            or f"Known are {', '.join(i.name for i in known)}; another one needs the path of its YAML description, or "
            f"{FOLDERS} naming the folder with it.",
        )

    def detector(self, key: int | str) -> Detector:
        """The detector with an id or full name.

        Raises
        ------
        NotFoundError
            No such detector.
        """
        found = self._by_key.get(key)
        if found is None:
            names = [d.full_name for d in self.detectors]
            raise NotFoundError(f"{self.name} has no detector {key!r}.", hint=nearest(str(key), names))
        return found

    @functools.cached_property
    def _by_key(self) -> Mapping[int | str, Detector]:
        return {key: d for d in self.detectors for key in (d.id, d.full_name)}

    def records(self) -> dict[str, dict[str, list[Any]]]:
        """Columns of the dimension records that registering this instrument makes.

        Returns
        -------
        records : `dict`
            ``instrument``, ``detector`` and ``physical_filter``, in this order; each a mapping of column to values.
        """
        ds = self.detectors
        return {
            "instrument": {
                "name": [self.name],
                "visit_max": [self.visit_max],
                "visit_system": [VISIT_SYSTEMS[self.visit_system]],
                "exposure_max": [self.exposure_max],
                "detector_max": [self.detector_max],
                "class_name": [self.class_name],
            },
            "detector": {
                "instrument": [self.name] * len(ds),
                "id": [d.id for d in ds],
                "full_name": [d.full_name for d in ds],
                "name_in_raft": [d.name_in_raft for d in ds],
                "raft": [d.raft for d in ds],
                "purpose": [d.purpose for d in ds],
            },
            "physical_filter": {
                "instrument": [self.name] * len(self.filters),
                "name": list(self.filters),
                "band": list(self.filters.values()),
            },
        }


@functools.cache
def _packaged() -> tuple[Instrument, ...]:
    folder = resources.files("skybutler.instruments") / "descriptions"
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".yaml")), key=lambda f: f.name)
    return tuple(_build(load_document(f.read_text("utf-8"), f.name), f.name) for f in files)


def known_instruments(search: Sequence[Path] = ()) -> tuple[Instrument, ...]:
    """All instruments described in some folders, in those that `FOLDERS` names, and by skybutler; first ones win."""
    folders = [*map(Path, search), *map(Path, filter(None, os.environ.get(FOLDERS, "").split(os.pathsep)))]
    own = [_remembered(path, path.stat().st_mtime_ns) for folder in folders for path in sorted(folder.glob("*.yaml"))]
    found: dict[str, Instrument] = {}
    for instrument in (*own, *_packaged()):
        found.setdefault(instrument.name, instrument)
    return tuple(found.values())


@functools.lru_cache(maxsize=256)
def _remembered(path: Path, _: int) -> Instrument:
    """The description in a file that was changed last at some time (ns)."""
    return _load_file(path)


def _load_file(path: Path) -> Instrument:
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise NotFoundError(f"No instrument description at {path}.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"Cannot read the instrument description {path}: {error}.") from error
    try:
        return _build(load_document(text, str(path)), str(path))
    except yaml.YAMLError as error:
        raise ConfigError(f"{path} is not YAML: {error}") from error


def _build(document: Mapping[str, Any], source: str) -> Instrument:
    top = Section(document, source)
    limits = top.section("limits")
    header = top.section("header")
    recognise = header.mapping("recognise")
    if not recognise:
        raise ConfigError(
            f"{source}: 'header.recognise' is empty; name at least one card that tells these files apart."
        )
    for wanted in recognise.values():
        if isinstance(wanted, Mapping):
            parse_pattern(wanted.get("match"), f"{source}: header.recognise")
    layouts = {name: _layout(name, part) for name, part in top.sections("layouts")}
    name = top.text("name")
    place = top.section("observatory")
    camera = top.section("camera")
    instrument = Instrument(
        name=name,
        class_name=top.text("class_name", f"skybutler.instruments.{name}"),
        aliases=tuple(str(a) for a in top.items("aliases", [])),
        visit_max=limits.integer("visit_max"),
        exposure_max=limits.integer("exposure_max"),
        detector_max=limits.integer("detector_max"),
        visit_system=top.choice("visit_system", VISIT_SYSTEMS, "one-to-one"),
        observatory=Observatory(
            place.text("name"), place.number("longitude"), place.number("latitude"), place.number("height")
        ),
        filters={str(k): None if v is None else str(v) for k, v in top.mapping("filters").items()},
        camera=CameraGeometry(
            camera.number("pixel_mm"),
            camera.number("field_angle_per_mm"),
            camera.flag("mirrored", False),
            camera.pair("reference_pixel"),
            tuple(float(k) for k in camera.items("distortion", [])),
        ),
        detectors=_detectors(camera, layouts),
        layouts=layouts,
        recognise=recognise,
        rules=parse_rules(header.mapping("properties"), source),
        source=source,
    )
    for part in (limits, header, place, camera, top):
        part.finish()
    return instrument


def _detectors(camera: Section, layouts: Mapping[str, Layout]) -> tuple[Detector, ...]:
    """Detectors of a grid of rafts and sensors, or of an explicit list."""
    if "detectors" in camera:
        detectors = tuple(_listed_detector(part, layouts) for part in camera.section_list("detectors"))
    else:
        layout = layouts[camera.choice("layout", layouts)]
        purpose = camera.text("purpose", "SCIENCE")
        rafts, sensors = camera.pairs("rafts"), camera.pairs("sensors")
        detectors = tuple(
            Detector(
                id=i * len(sensors) + j,
                full_name=f"{raft}_{sensor}",
                raft=raft,
                name_in_raft=sensor,
                purpose=purpose,
                # Rounded to a nanometre: what is written are decimal numbers.
                position=(round(at[0] + offset[0], 6), round(at[1] + offset[1], 6)),
                rotation=0.0,
                layout=layout,
            )
            for i, (raft, at) in enumerate(rafts.items())
            for j, (sensor, offset) in enumerate(sensors.items())
        )
    for key in ("id", "full_name"):
        values = [getattr(d, key) for d in detectors]
        if len(set(values)) < len(values):
            repeated = next(v for v in values if values.count(v) > 1)
            raise ConfigError(f"{camera.where}: detector {key} {repeated!r} is given twice.")
    return detectors


def _listed_detector(part: Section, layouts: Mapping[str, Layout]) -> Detector:
    detector = Detector(
        id=part.integer("id"),
        full_name=part.text("name"),
        raft=part.optional_text("raft"),
        name_in_raft=part.optional_text("name_in_raft"),
        purpose=part.text("purpose", "SCIENCE"),
        position=part.pair("position"),
        rotation=part.number("rotation", 0.0),
        layout=layouts[part.choice("layout", layouts)],
    )
    part.finish()
    return detector


def _layout(name: str, part: Section) -> Layout:
    amplifier = part.section("amplifier")
    raw, data, prescan, serial, parallel = (amplifier.box(key) for key in _BOXES)
    gain, saturation, read_noise = (amplifier.number(key) for key in ("gain", "saturation", "read_noise"))
    image = part.integer("image") if "image" in part else None
    amplifiers: list[Amplifier] = []
    for row in part.section_list("rows"):
        flip = row.choice("flip", {"": 0, "x": 0, "y": 0, "xy": 0}, "")
        stem, extension, y = row.text("name"), row.text("extension"), row.integer("y")
        boxes = [raw, data, prescan, serial, parallel]
        if row.flag("mirrored", False):
            boxes = [(raw[2] - x - width, at, width, height) for x, at, width, height in boxes]
        amplifiers += [
            Amplifier(
                stem.replace("{}", str(column)),
                extension.replace("{}", str(column)),
                boxes[0],
                boxes[1],
                boxes[2],
                boxes[3],
                boxes[4],
                (int(column) * data[2], y),
                "x" in flip,
                "y" in flip,
                gain,
                saturation,
                read_noise,
                None if image is None else (int(column) * raw[2], 0),
            )
            for column in row.items("columns")
        ]
        row.finish()
    width, height = part.pair("size")
    amplifier.finish()
    part.finish()
    return Layout(name, (int(width), int(height)), tuple(amplifiers), image)
