"""Dimensions and join elements: what labels data, and what is known about each label.  Knows no database."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from operator import getitem
from typing import TYPE_CHECKING, Any

from skybutler.errors import DimensionValueError

if TYPE_CHECKING:
    from lsst.sphgeom import HealpixPixelization, HtmPixelization, Region

    from .group import DimensionGroup
    from .record import DimensionRecord
    from .universe import DimensionUniverse

__all__ = ["MAX_LEVELS", "Column", "DimensionElement", "SkyPixDimension"]

MAX_LEVELS = {"htm": 24, "healpix": 29}
"""Sky pixelizations and their deepest levels: whose indexes fit 64 bits."""


@dataclass(frozen=True, slots=True)
class Column:
    """A key or metadata field.

    Parameters
    ----------
    name : `str`
        Field name.
    type : `str`
        ``string``, ``int``, ``float``, ``bool`` or ``hash`` (bytes).
    length : `int`
        Largest number of characters (or bytes); 0 is no limit.
    nullable : `bool`
        Whether it may be missing.
    doc : `str`
        One sentence, with the unit.
    """

    name: str
    type: str
    length: int = 0
    nullable: bool = True
    doc: str = ""


@dataclass(frozen=True, eq=False)
class DimensionElement:
    """A dimension, or an element that joins dimensions.

    Parameters
    ----------
    name : `str`
        Name in data IDs, tables and expressions.
    doc : `str`
        What it is.
    required : `tuple` [`str`]
        All dimensions that identify it, in canonical order, its own name last for a dimension.
    implied : `tuple` [`str`]
        Dimensions whose value follows from its record, in canonical order.
    key : `Column` or `None`
        Primary key; `None` for join elements.
    alternate_keys : `tuple` [`Column`]
        Other fields unique within the required parents.
    metadata : `tuple` [`Column`]
        Further fields.
    spatial_family, temporal_family : `str` or `None`
        Families of elements whose regions or timespans stand for each other.
    governor : `str` or `None`
        The governor dimension (instrument, skymap) it belongs to.
    is_governor : `bool`
    view_of : `str` or `None`
        Element whose column gives the values of this one.
    populated_by : `str` or `None`
        Element whose definition brings rows of this join element.
    always_join : `bool`
        Whether its rows say which dimension values belong together.
    """

    name: str
    doc: str
    required: tuple[str, ...]
    implied: tuple[str, ...]
    key: Column | None
    alternate_keys: tuple[Column, ...] = ()
    metadata: tuple[Column, ...] = ()
    spatial_family: str | None = None
    temporal_family: str | None = None
    governor: str | None = None
    is_governor: bool = False
    view_of: str | None = None
    populated_by: str | None = None
    always_join: bool = False
    universe: DimensionUniverse = field(init=False, repr=False)

    def belong_to(self, universe: DimensionUniverse) -> None:
        """Name the universe; the universe does so when it is made."""
        object.__setattr__(self, "universe", universe)

    @property
    def group(self) -> DimensionGroup:
        """The smallest group in which records are identified."""
        return self.universe.conform(self.required)

    @property
    def is_dimension(self) -> bool:
        """Whether it labels data itself; join elements do not."""
        return self.key is not None

    @property
    def has_region(self) -> bool:
        """Whether records have a region on the sky."""
        return self.spatial_family is not None

    @property
    def has_timespan(self) -> bool:
        """Whether records have a timespan."""
        return self.temporal_family is not None

    @property
    def has_table(self) -> bool:
        """Whether records are stored; views and sky pixels are computed."""
        return self.view_of is None

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """Field names of a record, in order: keys, implied, alternate keys, metadata, region, timespan."""
        parents = self.required[:-1] if self.is_dimension else self.required
        own = (self.key.name,) if self.key is not None else ()
        more = tuple(c.name for c in (*self.alternate_keys, *self.metadata))
        places = (("region",) if self.has_region else ()) + (("timespan",) if self.has_timespan else ())
        return (*parents, *own, *self.implied, *more, *places)

    @cached_property
    def columns(self) -> dict[str, Column]:
        """Alternate keys and metadata by name."""
        return {c.name: c for c in (*self.alternate_keys, *self.metadata)}

    @cached_property
    def positions(self) -> dict[str, int]:
        """Place of each field in a record's values."""
        return {name: i for i, name in enumerate(self.fields)}

    def dimension_of_field(self, field: str) -> str | None:
        """The dimension whose value a record field is (``id`` of visit: ``visit``), or `None` for metadata."""
        if self.key is not None and field == self.key.name:
            return self.name
        return field if field in self.required or field in self.implied else None

    def record(self, **values: Any) -> DimensionRecord:
        """A record from field values; missing ones are `None`.

        Raises
        ------
        DimensionNameError
            An unknown field, or a key without value.
        DimensionValueError
            A value of the wrong type or too long.
        """
        from .record import make_record

        return make_record(self, values)

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    def __lt__(self, other: DimensionElement) -> bool:
        return self.name < other.name

    def __reduce__(self) -> tuple[Any, ...]:
        return getitem, (self.universe, self.name)


_SYSTEM = re.compile(r"(htm|healpix)(\d{1,2})")


@dataclass(frozen=True, eq=False, repr=False)
class SkyPixDimension(DimensionElement):
    """Pixels of a hierarchical division of the sky; no rows, the region follows from the index.

    Parameters
    ----------
    system : {"htm", "healpix"}
        Which division.
    level : `int`
        Depth; HTM has ``8 * 4**level`` pixels, HEALPix ``12 * 4**level``.
    """

    system: str = "htm"
    level: int = 0

    @classmethod
    def of(cls, name: str, system: str, level: int) -> SkyPixDimension:
        """The dimension of a system and level."""
        doc = f"Pixel index of {'the HTM' if system == 'htm' else 'the nested HEALPix'} division at level {level}."
        key = Column("id", "int", nullable=False)
        return cls(name, doc, (name,), (), key, spatial_family=system, system=system, level=level)

    @staticmethod
    def parse(name: str) -> tuple[str, int] | None:
        """System and level of a name such as ``htm7``, or `None`."""
        match = _SYSTEM.fullmatch(name)
        return (match[1], int(match[2])) if match and str(int(match[2])) == match[2] else None

    @property
    def has_table(self) -> bool:
        """Sky pixels are computed."""
        return False

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """Index and region."""
        return ("id", "region")

    @cached_property
    def pixelization(self) -> HtmPixelization | HealpixPixelization:
        """The division, with `pixel`, `index`, `envelope` and `interior`."""
        from lsst.sphgeom import HealpixPixelization, HtmPixelization

        return HtmPixelization(self.level) if self.system == "htm" else HealpixPixelization(self.level)

    @property
    def index_range(self) -> tuple[int, int]:
        """First index and one behind the last."""
        return (8 * 4**self.level, 16 * 4**self.level) if self.system == "htm" else (0, 12 * 4**self.level)

    def region(self, index: int) -> Region:
        """The region of a pixel.

        Raises
        ------
        DimensionValueError
            The index is not one of this level.
        """
        self.check_index(index)
        return self.pixelization.pixel(index)

    def check_index(self, index: int) -> None:
        """Raise `DimensionValueError` for an index outside the level's range."""
        first, end = self.index_range
        if not first <= index < end:
            raise DimensionValueError(f"{index} is no {self.name} pixel; indexes are {first} to {end - 1}.")
