"""Catalogs of exposures: boxes, and the objects that belong to each.  Knows no files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Self

import numpy as np

from skybutler.errors import InvalidError
from skybutler.images.box import Box
from skybutler.images.coadd_inputs import EXPOSURE_PARTS, ExposureRecord

from .catalog import Catalog
from .field import Field, field_of
from .record import Record

__all__ = ["ExposureCatalog", "ExposureCatalogRecord"]

_BOX = ("bbox_min_x", "bbox_min_y", "bbox_max_x", "bbox_max_y")


class ExposureCatalogRecord(Record):
    """One row of an `ExposureCatalog`; its objects are read from the file when they are first asked for."""

    __slots__ = ()

    @property
    def id(self) -> int:
        """Number of the exposure, or of exposure and detector."""
        return int(self["id"])

    @property
    def bbox(self) -> Box:
        """Its pixels, in its own frame."""
        x0, y0, x1, y1 = (int(self[name]) for name in _BOX)
        return Box((y0, max(y1 + 1, y0)), (x0, max(x1 + 1, x0)))

    @bbox.setter
    def bbox(self, box: Box) -> None:
        for name, value in zip(_BOX, _corners(box), strict=True):
            self[name] = value

    def part(self, name: str) -> Any:
        """An object by its name, one of `skybutler.images.coadd_inputs.EXPOSURE_PARTS`; `None` if there is none."""
        return self.catalog.objects(name)[self.row]

    def set_part(self, name: str, value: Any) -> None:
        """Set an object, or `None`."""
        self.catalog.objects(name)[self.row] = value

    @property
    def wcs(self) -> Any:
        """Sky coordinates."""
        return self.part("wcs")

    @property
    def psf(self) -> Any:
        """Point-spread function."""
        return self.part("psf")

    @property
    def photo_calib(self) -> Any:
        """Calibration."""
        return self.part("photo_calib")

    @property
    def aperture_corrections(self) -> Any:
        """Aperture corrections."""
        return self.part("aperture_corrections")

    @property
    def valid_polygon(self) -> Any:
        """Where its pixels are good, in its own frame."""
        return self.part("valid_polygon")

    @property
    def visit_info(self) -> Any:
        """Circumstances of the observation."""
        return self.part("visit_info")

    @property
    def transmission_curve(self) -> Any:
        """Throughput by wavelength."""
        return self.part("transmission_curve")

    @property
    def detector(self) -> Any:
        """The detector."""
        return self.part("detector")

    def to_exposure_record(self) -> ExposureRecord:
        """The same as a record that does not depend on the catalog."""
        fixed = {field.name for field in self.catalog.fixed}
        fields = {name: self[name] for name in self if name not in fixed}
        return ExposureRecord(self.id, self.bbox, fields=fields, load=self.part)


class ExposureCatalog(Catalog):
    """Exposures: their ids and boxes, further columns, and objects such as WCS, PSF and calibration."""

    fixed: ClassVar[tuple[Field, ...]] = (
        Field("id", "L", "unique ID"),
        Field("bbox_min_x", "I", "bbox minimum point", "pixel"),
        Field("bbox_min_y", "I", "bbox minimum point", "pixel"),
        Field("bbox_max_x", "I", "bbox maximum point", "pixel"),
        Field("bbox_max_y", "I", "bbox maximum point", "pixel"),
    )
    object_names = EXPOSURE_PARTS
    record_type = ExposureCatalogRecord

    @classmethod
    def from_records(cls, records: Iterable[ExposureRecord], fields: Iterable[Field] = ()) -> Self:
        """A catalog of records such as those of `skybutler.images.CoaddInputs`.

        Parameters
        ----------
        records : iterable of `ExposureRecord`
            All with the same further values.
        fields : iterable of `Field`, optional
            What the further values are.

        Raises
        ------
        skybutler.errors.InvalidError
            Raised if they differ in their further values.
        """
        found, described = list(records), {field.name: field for field in fields}
        names = list(dict.fromkeys(name for record in found for name in record.fields))
        columns: dict[str, Any] = {"id": [record.id for record in found]}
        columns |= dict(zip(_BOX, np.array([_corners(r.bbox) for r in found], dtype=int).reshape(-1, 4).T, strict=True))
        if odd := next((r for r in found if r.fields.keys() != set(names)), None):
            missing = ", ".join(sorted(set(names) - odd.fields.keys()))
            raise InvalidError(f"Exposure {odd.id} has no {missing}, which others have; a catalog needs it of all.")
        for name in names:
            columns[name] = np.array([record[name] for record in found])
            described.setdefault(name, field_of(name, columns[name]))
        objects = {name: [record.part(name) for record in found] for name in EXPOSURE_PARTS}
        return cls(columns, fields=described.values(), objects=objects, length=len(found))

    def find(self, id: int) -> Any:
        """The row of an id, or `None`."""
        found = np.flatnonzero(self["id"] == id)
        return self[int(found[0])] if len(found) else None

    def containing(self, ra: float, dec: float) -> Self:
        """The exposures that saw a position on the sky (ICRS degrees).

        Raises
        ------
        skybutler.errors.InvalidError
            Raised if one has no sky coordinates.
        """
        seen = [record.to_exposure_record().contains(ra, dec) for record in self]
        return self._of_rows(np.array(seen, dtype=bool))


def _corners(box: Box) -> tuple[int, int, int, int]:
    return box.x.start, box.y.start, box.x.stop - 1, box.y.stop - 1
