"""Raw files of any described instrument, read as exposures: amplifiers trimmed, mirrored and put together.

Read only. Knows how amplifier extensions make a detector from the instrument's description; the header says which
instrument it is when the data ID does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from skybutler.errors import FormatError, ParameterError, UnknownComponentError, UnreadableFileError, nearest
from skybutler.formatters.cutout_parameters import CUT_OUT_PARAMETERS, Request
from skybutler.formatters.fits_header import header_metadata, open_fits, reading
from skybutler.formatters.formatter import Formatter, Source
from skybutler.images import (
    Amplifier,
    Box,
    DetectorLabel,
    Exposure,
    FilterLabel,
    Image,
    MaskedImage,
    Metadata,
    SkyWcs,
    VisitInfo,
    Weather,
    assemble,
)
from skybutler.images import Observatory as ImageObservatory
from skybutler.instruments import description
from skybutler.instruments.camera import initial_wcs
from skybutler.instruments.columns import ObservationColumns
from skybutler.instruments.description import Detector, Instrument, known_instruments
from skybutler.instruments.exposure_records import timespans_ns
from skybutler.instruments.headers import HeaderTable
from skybutler.instruments.translate import recognise, translate

if TYPE_CHECKING:
    from skybutler.datasets.storage_class import StorageClass

__all__ = ["RawFormatter"]

_COMPONENTS = ("bbox", "detector", "dimensions", "filter", "id", "image", "metadata", "visitInfo", "wcs", "xy0")
_MOST_HDUS = 1000
_SCALED = 1.5
"""Data sections at least this much smaller than described mean a scaled-down raw, not a wrong file."""


class RawFormatter(Formatter):
    """Reads raws.

    Parameters
    ----------
    descriptions : `str`, optional
        Folder with descriptions of further instruments.

    Notes
    -----
    Read parameters: those of `Request` (a box of the assembled detector, or a shape on the sky; only the amplifiers it
    touches are read) and ``amp`` (name of one amplifier: its pixels as they were read out, overscan included, neither
    mirrored nor placed).
    """

    extension = ".fits"

    def __init__(self, descriptions: str = "") -> None:
        self._search = [Path(descriptions)] if descriptions else []

    def read(
        self, source: Source, storage_class: StorageClass, component: str | None, parameters: Mapping[str, Any]
    ) -> object:
        """Read a raw, or one component of it.

        Raises
        ------
        ParameterError
            Raised if ``amp`` is no amplifier of the detector or ``bbox`` no box inside the image.
        UnknownComponentError
            Raised if raws have no such component.
        UnreadableFileError
            Raised if the file is damaged or of no known instrument.
        """
        if component is not None and component not in _COMPONENTS:
            raise UnknownComponentError(
                f"Component '{component}' cannot be read from a raw.",
                hint=nearest(component, _COMPONENTS) or f"Components: {', '.join(_COMPONENTS)}.",
            )
        pixels = component in (None, "image")
        with _opened(source, pixels, whole=pixels and not parameters) as hdus:
            raw = _Raw(hdus, source, self._search)
            if not pixels:
                return raw.component(str(component))
            request = Request.of({name: parameters[name] for name in CUT_OUT_PARAMETERS if name in parameters})
            if request is not None and (request.needs_wcs or request.cut.pad):
                return raw.cut_out(request, parameters.get("amp"), component)
            image = raw.image(parameters.get("amp"), parameters.get("bbox"))
            return image if component == "image" else raw.exposure(image, on_sky=parameters.get("amp") is None)

    def write(self, obj: Any, path: Path, storage_class: StorageClass, provenance: Mapping[str, Any] | None) -> None:
        """Raws are only read.

        Raises
        ------
        FormatError
            Always.
        """
        raise FormatError(
            "Raws are ingested, not written.", hint="Use a dataset type with storage class ExposureF for new images."
        )


@contextmanager
def _opened(source: Source, pixels: bool, whole: bool) -> Iterator[Any]:
    """The file as a local one if all of it is wanted, else as a stream of which little is read."""
    n_hdus = _MOST_HDUS if pixels else 1
    with source.local_path() if whole else source.open() as file, open_fits(file, source.uri, n_hdus) as hdus:
        yield hdus


class _Raw:
    """One opened raw file."""

    def __init__(self, hdus: Any, source: Source, search: Sequence[Path]) -> None:
        self._hdus, self._uri, self._data_id = hdus, source.uri, source.data_id
        with reading(self._uri):
            self.metadata: Metadata = header_metadata(hdus[0].header)
        self.instrument = self._find_instrument(search)
        self.observation = translate(self._table(), self.instrument)
        self.detector = self._find_detector()

    def _table(self) -> HeaderTable:
        return HeaderTable([self._uri], {key: [value] for key, value in self.metadata.items()})

    def _find_instrument(self, search: Sequence[Path]) -> Instrument:
        name = self._data_id.get("instrument")
        if name is not None:
            return Instrument.load(str(name), search)
        known = known_instruments(search)
        position = int(recognise(self._table(), known)[0])
        if position < 0:
            raise UnreadableFileError(
                f"{self._uri} is a raw of no known instrument.", hint=f"Known are {', '.join(i.name for i in known)}."
            )
        return known[position]

    def _find_detector(self) -> Detector:
        key = self._data_id.get("detector", self.value("detector_num"))
        if key is None:
            raise UnreadableFileError(f"The header of {self._uri} does not say which detector it is of.")
        return self.instrument.detector(key)

    def value(self, name: str) -> Any:
        """One observation property, `None` where unknown."""
        return self.observation[name].to_list()[0]

    # ------------------------------------------------------------------ pixels
    def amplifiers(self) -> tuple[Amplifier, ...]:
        """Where the amplifiers of this file go, whatever its scale."""
        layout = self.detector.layout
        _, _, width, height = layout.amplifiers[0].data
        scaled = self._data_section(layout.amplifiers[0])
        if scaled is None or not _is_scaled((width, height), scaled.dimensions):
            return tuple(
                _amplifier(a, Box((a.data[1], a.data[1] + height), (a.data[0], a.data[0] + width)))
                for a in layout.amplifiers
            )
        return tuple(_amplifier(a, scaled, raw=False) for a in layout.amplifiers)

    def _data_section(self, amplifier: description.Amplifier) -> Box | None:
        card = self._data_card(amplifier.extension)
        return Box.from_fits_section(card) if card else None

    def _data_card(self, extension: str) -> str:
        if self.detector.layout.image is not None:
            return ""
        with reading(self._uri):
            return str(self._hdus[extension].header.get("DATASEC", ""))

    def shape(self, amplifiers: Sequence[Amplifier]) -> tuple[int, int]:
        """Height and width of the assembled detector."""
        return max(a.destination.y.stop for a in amplifiers), max(a.destination.x.stop for a in amplifiers)

    def image(self, amp: object, box: object) -> Image:
        """The assembled detector, a part of it, or one amplifier as read."""
        amplifiers = self.amplifiers()
        if amp is not None:
            image = self._as_read(amplifiers, amp)
        else:
            shape = self.shape(amplifiers)
            if isinstance(box, Box):
                amplifiers = tuple(a for a in amplifiers if a.destination.overlaps(box))
            sections = {a.extension: self._data_card(a.extension) for a in amplifiers}
            arrays = {a.extension: self._pixels(a.extension) for a in amplifiers}
            image = assemble(arrays, amplifiers, shape, data_sections=sections, unit="adu")
        if box is None:
            return image
        if not isinstance(box, Box) or box.is_empty or not image.bbox.contains(box):
            raise ParameterError(f"bbox {box} is no box inside {image.bbox} of {self._uri}.")
        return image[box]

    def cut_out(self, request: Request, amp: object, component: str | None) -> Image | Exposure:
        """A part of the assembled detector by its place on the sky, or one that reaches out of it."""
        if amp is not None:
            raise ParameterError(f"Amplifier {amp!r} as it was read has no place on the sky and is not padded.")
        shape = self.shape(self.amplifiers())
        bbox, wcs = Box.from_shape(shape), self.wcs(shape) if request.needs_wcs else None
        image = self.image(None, request.box(bbox, wcs, self._uri))
        if component == "image":
            cut: Image = request.finish(image, bbox, wcs, self._uri)
            return cut
        return self.exposure(request.finish(MaskedImage(image), bbox, wcs, self._uri), on_sky=True)

    def _as_read(self, amplifiers: Sequence[Amplifier], amp: object) -> Image:
        for amplifier in amplifiers:
            if amp in (amplifier.name, amplifier.extension):
                return Image(self._pixels(amplifier.extension), unit="adu")
        names = [a.name for a in amplifiers]
        raise ParameterError(
            f"Detector {self.detector.full_name} has no amplifier {amp!r}.",
            hint=nearest(str(amp), names) or f"Amplifiers: {', '.join(names)}.",
        )

    def _pixels(self, extension: str) -> npt.NDArray[Any]:
        layout = self.detector.layout
        with reading(self._uri):
            if layout.image is None:
                return np.asarray(self._hdus[extension].data)
            shared = self._hdus[layout.image]
            if not shared.shape:  # compressed images are in an extension
                shared = self._hdus[layout.image + 1]
            amplifier = next(a for a in layout.amplifiers if a.extension == extension)
            assert amplifier.place is not None
            (x, y), (_, _, width, height) = amplifier.place, amplifier.raw
            return np.asarray(shared.section[y : y + height, x : x + width])

    # -------------------------------------------------------------- components
    def exposure(self, image: Image | MaskedImage, on_sky: bool) -> Exposure:
        """The exposure of these pixels; a single amplifier as read has no place on the sky."""
        return Exposure(
            image,
            wcs=self.wcs(self.shape(self.amplifiers())) if on_sky else None,
            metadata=self.metadata,
            filter_label=self.filter_label(),
            detector=self.detector_label(),
            visit_info=self.visit_info(),
            id=self.value("detector_exposure_id"),
        )

    def component(self, name: str) -> object:
        """What there is besides the pixels."""
        match name:
            case "metadata":
                return self.metadata
            case "filter":
                return self.filter_label()
            case "detector":
                return self.detector_label()
            case "visitInfo":
                return self.visit_info()
            case "id":
                return self.value("detector_exposure_id")
        shape = self.shape(self.amplifiers())
        match name:
            case "wcs":
                return self.wcs(shape)
            case "bbox":
                return Box.from_shape(shape)
            case "dimensions":
                return shape[::-1]
            case _:
                return (0, 0)

    def wcs(self, shape: tuple[int, int]) -> SkyWcs | None:
        """From boresight and rotation; `None` when the header does not say where the telescope looked."""
        radec, angle = self.value("tracking_radec"), self.value("boresight_rotation_angle")
        if radec is None or angle is None or self.value("boresight_rotation_coord") != "sky":
            return None
        ra, dec = radec
        return initial_wcs(self.instrument, self.detector, ra, dec, angle, shape)

    def filter_label(self) -> FilterLabel:
        """Physical filter and its band."""
        physical = self.value("physical_filter")
        return FilterLabel(self.instrument.filters.get(physical), physical)

    def detector_label(self) -> DetectorLabel:
        """Id, name and serial number."""
        return DetectorLabel(self.detector.id, self.detector.full_name, self.value("detector_serial"))

    def visit_info(self) -> VisitInfo:
        """Circumstances of the observation."""
        return _visit_info(self.observation, self.instrument)


def _visit_info(observation: ObservationColumns, instrument: Instrument) -> VisitInfo:
    def value(name: str) -> Any:
        return observation[name].to_list()[0]

    ra, dec = value("tracking_radec") or (None, None)
    azimuth, altitude = value("altaz_begin") or (None, None)
    date = None
    if observation["datetime_begin"].valid[0] and observation["datetime_end"].valid[0]:
        begin, end = (int(ns[0]) for ns in timespans_ns(observation))
        date = begin + (end - begin) // 2
    place, kelvin, pressure, focus = instrument.observatory, value("temperature"), value("pressure"), value("focus_z")
    return VisitInfo(
        id=value("exposure_id"),
        exposure_time=value("exposure_time"),
        dark_time=value("dark_time"),
        date_ns=date,
        boresight_ra=ra,
        boresight_dec=dec,
        boresight_azimuth=azimuth,
        boresight_altitude=altitude,
        airmass=value("boresight_airmass"),
        rotation_angle=value("boresight_rotation_angle"),
        rotation_type="SKY" if value("boresight_rotation_coord") == "sky" else "UNKNOWN",
        focus_z=None if focus is None else focus * 1000.0,
        observatory=ImageObservatory(place.longitude, place.latitude, place.height),
        weather=Weather(
            None if kelvin is None else kelvin - 273.15,
            None if pressure is None else pressure * 100.0,
            value("relative_humidity"),
        ),
        instrument=instrument.name,
        observation_type=value("observation_type"),
        science_program=value("science_program"),
        observation_reason=value("observation_reason"),
        object=value("object"),
        has_simulated_content=value("has_simulated_content"),
    )


def _is_scaled(described: tuple[int, int], found: tuple[int, int]) -> bool:
    if 0 in found:
        return False
    x, y = described[0] / found[0], described[1] / found[1]
    return min(x, y) >= _SCALED and abs(x / y - 1.0) < 0.1


def _amplifier(described: description.Amplifier, data: Box, raw: bool = True) -> Amplifier:
    """Where one amplifier goes, its data section being of the given size."""
    width, height = data.dimensions
    column, row = described.position[0] // described.data[2], described.position[1] // described.data[3]
    x, y = column * width, row * height
    return Amplifier(
        described.name,
        described.extension,
        data,
        described.flip_x,
        described.flip_y,
        Box((y, y + height), (x, x + width)),
        (described.raw[3], described.raw[2]) if raw else None,
    )
