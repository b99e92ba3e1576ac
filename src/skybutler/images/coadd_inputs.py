"""What a coadd was made of: exposures, as records of what is known about each.  Knows nothing of files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

from skybutler.errors import InvalidError, NotFoundError, nearest
from skybutler.images.box import Box
from skybutler.images.by_value import same

if TYPE_CHECKING:
    from skybutler.images.aperture_corrections import ApertureCorrections
    from skybutler.images.photo_calib import PhotoCalib
    from skybutler.images.polygon import Polygon
    from skybutler.images.psf import Psf
    from skybutler.images.transmission import TransmissionCurve
    from skybutler.images.visit_info import VisitInfo
    from skybutler.images.wcs import SkyWcs

__all__ = ["EXPOSURE_PARTS", "CoaddInputs", "ExposureRecord"]

EXPOSURE_PARTS = (
    "wcs",
    "psf",
    "photo_calib",
    "aperture_corrections",
    "valid_polygon",
    "visit_info",
    "transmission_curve",
    "detector",
)
"""Objects that a record may have."""

Parts: TypeAlias = Mapping[str, Any]


class ExposureRecord:
    """One exposure: its number, box, objects, and further values; immutable, equal by value.

    Parameters
    ----------
    id : `int`
        Number of the exposure, or of exposure and detector.
    bbox : `Box`
        Its pixels, in its own frame.
    parts : mapping
        Objects by their names in `EXPOSURE_PARTS`.
    fields : mapping
        Further values by name, such as ``weight``.
    load : callable, optional
        Gives the objects of names that ``parts`` does not have.  Each is asked for once, when it is needed.

    Raises
    ------
    InvalidError
        Raised if ``parts`` has other names.
    """

    __slots__ = ("_load", "_parts", "bbox", "fields", "id")

    def __init__(
        self,
        id: int,
        bbox: Box,
        parts: Parts | None = None,
        fields: Mapping[str, Any] | None = None,
        load: Callable[[str], Any] | None = None,
    ) -> None:
        for name in parts or {}:
            if name not in EXPOSURE_PARTS:
                raise InvalidError(f"An exposure record has no part '{name}'.", hint=nearest(name, EXPOSURE_PARTS))
        self.id = int(id)
        self.bbox = bbox
        self.fields: Mapping[str, Any] = MappingProxyType(dict(fields or {}))
        self._parts: dict[str, Any] = dict(parts or {})
        self._load = load

    def part(self, name: str) -> Any:
        """An object by its name in `EXPOSURE_PARTS`; `None` if the exposure has none."""
        if name not in self._parts:
            self._parts[name] = None if self._load is None else self._load(name)
        return self._parts[name]

    @property
    def wcs(self) -> SkyWcs | None:
        """Sky coordinates."""
        return self.part("wcs")  # type: ignore[no-any-return]

    @property
    def psf(self) -> Psf | None:
        """Point-spread function."""
        return self.part("psf")  # type: ignore[no-any-return]

    @property
    def photo_calib(self) -> PhotoCalib | None:
        """Calibration."""
        return self.part("photo_calib")  # type: ignore[no-any-return]

    @property
    def aperture_corrections(self) -> ApertureCorrections | None:
        """Aperture corrections."""
        return self.part("aperture_corrections")  # type: ignore[no-any-return]

    @property
    def valid_polygon(self) -> Polygon | None:
        """Where its pixels are good, in its own frame."""
        return self.part("valid_polygon")  # type: ignore[no-any-return]

    @property
    def visit_info(self) -> VisitInfo | None:
        """Circumstances of the observation."""
        return self.part("visit_info")  # type: ignore[no-any-return]

    @property
    def transmission_curve(self) -> TransmissionCurve | None:
        """Throughput by wavelength."""
        return self.part("transmission_curve")  # type: ignore[no-any-return]

    @property
    def detector(self) -> Any:
        """The detector: a `CameraDetector` or `DetectorLabel`."""
        return self.part("detector")

    def __getitem__(self, name: str) -> Any:
        """A further value.

        Raises
        ------
        NotFoundError
            Raised if there is none of the name.
        """
        if name not in self.fields:
            hint = nearest(name, self.fields) or f"It has {', '.join(self.fields) or 'no further values'}."
            raise NotFoundError(f"The record of exposure {self.id} has no '{name}'.", hint=hint)
        return self.fields[name]

    def contains(self, ra: float, dec: float) -> bool:
        """Whether a sky position (ICRS degrees) is on its pixels, and in its valid polygon if it has one.

        Raises
        ------
        InvalidError
            Raised if the exposure has no sky coordinates.
        """
        if self.wcs is None:
            raise InvalidError(f"Exposure {self.id} has no WCS: where it is on the sky is not known.")
        x, y = (float(v) for v in self.wcs.sky_to_pixel(ra, dec))
        if not self.bbox.contains((x, y)):
            return False
        return self.valid_polygon is None or bool(self.valid_polygon.contains(x, y))

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, ExposureRecord):
            return NotImplemented
        return (
            self.id == other.id
            and self.bbox == other.bbox
            and same(self.fields, other.fields)
            and all(self.part(name) == other.part(name) for name in EXPOSURE_PARTS)
        )

    def __hash__(self) -> int:
        return hash((self.id, self.bbox))

    def __repr__(self) -> str:
        fields = "".join(f", {name}={value}" for name, value in self.fields.items())
        return f"ExposureRecord({self.id}, {self.bbox}{fields})"


class CoaddInputs:
    """Exposures that went into a coadd; immutable, equal by value.

    Parameters
    ----------
    visits : sequence of `ExposureRecord`
        One per visit; boxes, WCS and so on are those of the visit warped to the coadd.
    ccds : sequence of `ExposureRecord`
        One per detector of a visit; boxes, WCS and so on are those of the calibrated exposure.
    """

    __slots__ = ("ccds", "visits")

    def __init__(self, visits: Sequence[ExposureRecord] = (), ccds: Sequence[ExposureRecord] = ()) -> None:
        self.visits = tuple(visits)
        self.ccds = tuple(ccds)

    def containing(self, ra: float, dec: float) -> Iterator[ExposureRecord]:
        """Records of detectors that saw a sky position (ICRS degrees)."""
        return (record for record in self.ccds if record.contains(ra, dec))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CoaddInputs):
            return NotImplemented
        return self.visits == other.visits and self.ccds == other.ccds

    def __hash__(self) -> int:
        return hash((self.visits, self.ccds))

    def __repr__(self) -> str:
        return f"CoaddInputs({len(self.visits)} visits, {len(self.ccds)} detectors)"
