"""Catalogs of positions on the sky and of sources measured on images.  Knows no files."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from skybutler.errors import InvalidError

from .catalog import Catalog
from .cone import in_cone
from .field import Field
from .objects import ObjectColumn
from .record import Record
from .slots import FLUX, SLOTS, SlotValues, slot_column

__all__ = ["SimpleCatalog", "SimpleRecord", "SourceCatalog", "SourceRecord"]

_ID = Field("id", "L", "unique ID")
_RA = Field("coord_ra", "Angle", "position in ra/dec")
_DEC = Field("coord_dec", "Angle", "position in ra/dec")
_PARENT = Field("parent", "L", "unique ID of parent source")


class SimpleRecord(Record):
    """One row of a `SimpleCatalog`."""

    __slots__ = ()

    @property
    def id(self) -> int:
        """Unique id."""
        return int(self["id"])

    @property
    def coord(self) -> tuple[float, float]:
        """(right ascension, declination) in degrees."""
        return float(np.degrees(self["coord_ra"])), float(np.degrees(self["coord_dec"]))


class SimpleCatalog(Catalog):
    """Things with an id and a position: columns ``id``, ``coord_ra`` and ``coord_dec`` (radians, ICRS) and others."""

    fixed: ClassVar[tuple[Field, ...]] = (_ID, _RA, _DEC)
    record_type = SimpleRecord

    @property
    def ra(self) -> npt.NDArray[np.float64]:
        """Right ascensions in degrees."""
        return np.degrees(self["coord_ra"])  # type: ignore[no-any-return]

    @property
    def dec(self) -> npt.NDArray[np.float64]:
        """Declinations in degrees."""
        return np.degrees(self["coord_dec"])  # type: ignore[no-any-return]

    def find(self, id: int) -> Any:
        """The row of an id, or `None`."""
        found = np.flatnonzero(self["id"] == id)
        return self[int(found[0])] if len(found) else None

    def within(self, ra: float, dec: float, radius: float) -> Self:
        """The rows in a circle on the sky, in their order.

        Parameters
        ----------
        ra, dec : `float`
            Its centre, degrees.
        radius : `float`
            Its radius, degrees; the edge belongs to it.

        Raises
        ------
        skybutler.errors.InvalidError
            Raised for a declination or radius that there is not.
        """
        return self._of_rows(in_cone(self["coord_ra"], self["coord_dec"], ra, dec, radius))


class SourceRecord(SlotValues, SimpleRecord):
    """One row of a `SourceCatalog`."""

    __slots__ = ()

    @property
    def parent(self) -> int:
        """Id of the blend that this was a part of, 0 if none."""
        return int(self["parent"])

    @property
    def centroid(self) -> tuple[float, float]:
        """(x, y) in pixels."""
        return self.x, self.y

    @property
    def shape(self) -> tuple[float, float, float]:
        """Second moments (xx, yy, xy) in square pixels."""
        return self.ixx, self.iyy, self.ixy

    @property
    def footprint(self) -> Any:
        """The pixels in which it was detected, read from the file when first asked for; `None` if there are none."""
        return self.catalog.objects("footprint")[self.row]

    @footprint.setter
    def footprint(self, value: Any) -> None:
        self.catalog.objects("footprint")[self.row] = value


class SourceCatalog(SlotValues, SimpleCatalog):
    """Sources measured on an image: a `SimpleCatalog` with parents, slots and footprints."""

    fixed: ClassVar[tuple[Field, ...]] = (_ID, _RA, _DEC, _PARENT)
    object_names = ("footprint",)
    record_type = SourceRecord

    @property
    def footprints(self) -> ObjectColumn:
        """The footprint of each row, read from the file when first asked for."""
        return self.objects("footprint")

    def children(self, parent: int) -> Self:
        """The sources that were parts of a blend; 0 gives those that were part of none."""
        return self._of_rows(self["parent"] == parent)

    def define_slot(self, slot: str, measurement: str) -> None:
        """Say which measurement a slot stands for.

        Parameters
        ----------
        slot : `str`
            One of `skybutler.tables.SLOTS`.
        measurement : `str`
            First part of the names of its columns, such as ``base_SdssCentroid``.

        Raises
        ------
        skybutler.errors.InvalidError
            Raised if there is no such slot.
        skybutler.errors.MissingColumnError
            Raised if the measurement has no column that the slot needs.
        """
        if slot not in SLOTS:
            raise InvalidError(f"There is no slot {slot!r}.", hint=f"Slots are {', '.join(SLOTS)}.")
        needed = {"Centroid": ("x",), "Shape": ("xx",)}.get(slot, FLUX)
        before = self.aliases.get(f"slot_{slot}")
        self.aliases.set(f"slot_{slot}", measurement)
        try:
            slot_column(self.schema, slot, needed)
        except Exception:
            self.aliases.remove(f"slot_{slot}")
            if before is not None:
                self.aliases.set(f"slot_{slot}", before)
            raise
