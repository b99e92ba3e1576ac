"""Records of dimensions as tables that can be asked for in ADQL: visits, exposures, detectors, tracts, patches.

Names stand for the integers of the registry, times are MJD (TAI), regions are found by the registry's spatial index.
Knows no query and no web.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from skybutler.registry.database import quoted

from .adql import ForeignKey, RegionColumn, TapTable
from .field import Field

if TYPE_CHECKING:
    from skybutler.dimensions import DimensionElement
    from skybutler.registry.registry import Registry

__all__ = ["SCHEMA", "dimension_tables"]

SCHEMA = "butler"
"""Schema of the tables."""
_ELEMENTS = (
    "instrument", "physical_filter", "detector", "day_obs", "visit_system", "exposure", "visit", "visit_definition",
    "visit_system_membership", "visit_detector_region", "skymap", "tract", "patch",
)  # fmt: skip
_DATATYPES = {"string": "char", "int": "long", "float": "double", "bool": "int"}
_MJD = "({} / 86400000000000.0 + 40587.0)"  # of TAI nanoseconds since 1970
_UNITS = {
    "exposure_time": ("s", "time.duration;obs.exposure"),
    "dark_time": ("s", "time.duration"),
    "azimuth": ("deg", "pos.az.azi"),
    "zenith_angle": ("deg", "pos.az.zd"),
    "tracking_ra": ("deg", "pos.eq.ra"),
    "tracking_dec": ("deg", "pos.eq.dec"),
    "sky_angle": ("deg", "pos.posAng"),
    "target_name": (None, "meta.id;src"),
    "instrument": (None, "meta.id;instr"),
    "detector": (None, "meta.id;instr.det"),
    "physical_filter": (None, "meta.id;instr.filter"),
    "band": (None, "meta.id;instr.filter"),
    "visit": (None, "meta.id;obs"),
    "exposure": (None, "meta.id;obs"),
    "obs_id": (None, "meta.id;obs"),
}
"""Units and UCDs of columns that have them."""
_SKY = (
    ("s_ra", "ra", "double", "deg", "pos.eq.ra", "Right ascension of the region's centre, ICRS"),
    ("s_dec", "dec", "double", "deg", "pos.eq.dec", "Declination of the region's centre, ICRS"),
    ("s_fov", "(2 * f.radius)", "double", "deg", "phys.angSize", "Diameter of the circle around the region"),
    ("s_region", "region", "char", None, "pos.outline;obs.field", "Region covered, ICRS"),
)


def dimension_tables(registry: Registry) -> Iterator[TapTable]:
    """The tables of a repository.

    Parameters
    ----------
    registry : `skybutler.registry.registry.Registry`
        Its universe says which there are.
    """
    elements = [registry.universe[name] for name in _ELEMENTS if name in registry.universe]
    told = {element.name for element in elements}
    for element in elements:
        yield _Table(registry, element, told).made()


class _Table:
    """One table while it is made."""

    def __init__(self, registry: Registry, element: DimensionElement, told: set[str]) -> None:
        self._registry, self._element, self._told = registry, element, told
        self._joins: list[str] = []
        self._columns: dict[str, str] = {}
        self._fields: list[Field] = []

    def made(self) -> TapTable:
        element = self._element
        keys = (*element.required, *element.implied)
        for name in keys:
            self._add_dimension(name)
        for column in (*element.alternate_keys, *element.metadata):
            if (kind := _DATATYPES.get(column.type)) is not None:
                self._add(column.name, f"e.{quoted(column.name)}", kind, column.doc)  # truth values are 1 and 0
        if element.has_timespan:
            self._add("t_min", _MJD.format("e.timespan_begin"), "double", "Begin, MJD (TAI)", "d", "time.start")
            self._add("t_max", _MJD.format("e.timespan_end"), "double", "End, MJD (TAI)", "d", "time.end")
        regions = self._add_region() if element.has_region else {}
        named = ", ".join(f"{sql} AS {quoted(name)}" for name, sql in self._columns.items())
        source = " ".join([f"FROM {quoted(element.name)} e", *self._joins])
        return TapTable(
            SCHEMA, element.name, tuple(self._fields), f"(SELECT {named} {source})", regions, {}, element.doc,
            keys=tuple(self._keys()),
        )  # fmt: skip

    def _add_dimension(self, name: str) -> None:
        """A column of values of a dimension: names instead of the integers that stand for them."""
        if name == "group":  # would have to stand in quotes in every query; nothing else tells of groups
            return
        key = self._registry.universe[name].key
        text = self._registry.keys.is_text(name)
        sql = f"e.{quoted(name)}"
        if text:
            alias = quoted(f"n_{name}")
            self._joins.append(f"LEFT JOIN name {alias} ON {alias}.k = {sql}")
            sql = f"{alias}.text"
        said = self._registry.universe[name].doc if name != self._element.name else (key.doc if key else "")
        self._add(name, sql, "char" if text else "long", said or "Its name" if text else said or "Its number")

    def _add(
        self, name: str, sql: str, datatype: str, said: str, unit: str | None = None, ucd: str | None = None
    ) -> None:
        known_unit, known_ucd = _UNITS.get(name, (None, None))
        self._columns[name] = sql
        keys = (*self._element.required, *self._element.implied)
        self._fields.append(
            Field(
                name=name, datatype=datatype, arraysize="*" if datatype == "char" else None,
                unit=unit or known_unit, ucd=ucd or known_ucd, description=said.rstrip(".") or None,
                principal=name in keys or name in ("t_min", "t_max", "s_ra", "s_dec", "s_region"),
                indexed=name in self._element.required or name in ("s_region", "t_min"),
            )
        )  # fmt: skip

    def _add_region(self) -> dict[str, RegionColumn]:
        element = self._element
        governor = f"e.{quoted(str(element.governor))}"
        self._joins += [
            f"LEFT JOIN footprint_set fs ON fs.element = '{element.name}' AND fs.governor = {governor}",
            "LEFT JOIN footprint f ON f.footprint_set = fs.k AND f.k = e.k",
        ]
        for name, sql, datatype, unit, ucd, said in _SKY:
            self._add(name, sql if "." in sql else f"f.{sql}", datatype, said, unit, ucd)
        self._columns["region_key"] = "e.k"
        return {"s_region": RegionColumn("region_key", "s_ra", "s_dec", element=element.name)}

    def _keys(self) -> Iterator[ForeignKey]:
        """What other tables tell of its dimensions."""
        element = self._element
        for name in (*element.required, *element.implied):
            other = self._registry.universe[name]
            if name != element.name and name in self._told and other.is_dimension and name != "band":
                columns = tuple((d, d) for d in other.required)
                if set(other.required) <= {*element.required, *element.implied}:
                    yield ForeignKey(f"{SCHEMA}.{name}", columns, f"The {name} of a row")
