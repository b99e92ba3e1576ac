"""SQL of the ObsCore rows of one dataset type: dataset, data ID, records, region.  Knows no other type, and no ADQL.

Everything beside the dataset itself is reached by unique keys in outer joins, so that a database leaves out the
tables whose columns nobody asks for.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from skybutler.errors import ConfigError, nearest
from skybutler.registry.database import ColumnKind, quoted

from .columns import FIELDS, REGION, ROWS_OF_KIND
from .derived import KEY, MOST_KEYS, DerivedColumns, Piece
from .settings import ObsCoreSettings, TypeSettings, template_parts

if TYPE_CHECKING:
    from skybutler.datasets import DatasetType
    from skybutler.registry.registry import Registry

__all__ = ["REGION_ELEMENTS", "Branch", "region_key"]

REGION_ELEMENTS = ("visit_detector_region", "visit", "patch", "tract")
"""Elements whose regions images have, the most precise first; the place is part of a region's number."""

_MJD = "({} / 86400000000000.0 + 40587.0)"  # of TAI nanoseconds since 1970, as a float
_KINDS: Mapping[str, ColumnKind] = {"char": "text", "int": "int", "long": "int", "double": "float"}
_ALIAS = re.compile(r"\b(\w+)\.")
_KEY = re.compile(r'\bkt\."?(\w+)')
_TEXT = re.compile(r"'(?:[^']|'')*'")
_FORMAT = "application/x-votable+xml;content=datalink"


def region_key(row: str, element: str) -> str:
    """SQL of the number of a region, different for all elements, from the row of the element."""
    return f"({row} * {len(REGION_ELEMENTS)} + {REGION_ELEMENTS.index(element)})"


class Branch:
    """The rows of one dataset type.

    Parameters
    ----------
    registry : `skybutler.registry.registry.Registry`
        Of the repository.
    dataset_type : `skybutler.datasets.DatasetType`
        The type.
    number : `int`
        Its row in the registry.
    key_table : `str`
        Where its data IDs are.
    settings, said : `ObsCoreSettings`, `TypeSettings`
        What is told.
    access_url, publisher : `str`
        What stands before the identifier of a dataset in these columns.

    Raises
    ------
    ConfigError
        A template names what data IDs of the type do not have.
    """

    def __init__(
        self,
        registry: Registry,
        dataset_type: DatasetType,
        number: int,
        key_table: str,
        settings: ObsCoreSettings,
        said: TypeSettings,
        access_url: str,
        publisher: str,
    ) -> None:
        self._registry, self._type, self._number, self._settings, self._said = (
            registry, dataset_type, number, settings, said,
        )  # fmt: skip
        self._dialect = registry.database.dialect
        self._joins: list[tuple[str, str, str]] = [(quoted(key_table), "kt", "kt.k = d.data_id")]
        self._key_table = key_table
        self._required = tuple(dataset_type.dimensions.required)
        self.element = self._region_element()
        self._region_joins: list[tuple[str, str, str]] = []
        self._region_row = self._find_region_row()
        self._pieces: dict[str, tuple[str, ...]] = {}
        self._columns = self._all_columns(access_url, publisher)

    # ------------------------------------------------------------- dimensions
    def _region_element(self) -> str | None:
        has = set(self._required)
        if "exposure" in has and "visit_definition" in self._registry.universe:
            has.add("visit")
        for element in REGION_ELEMENTS:
            if element in self._registry.universe and set(self._registry.universe[element].required) <= has:
                return element
        return None

    def _find_region_row(self) -> str | None:
        """SQL of the row of the region element."""
        if self.element is None:
            return None
        if self.element == self._key_table:
            return "kt.k"
        required = self._registry.universe[self.element].required
        if "visit" in required and "visit" not in self._required:
            self._region_joins.append(("visit_definition", "vd", self._first_visit()))
        on = " AND ".join(f"r.{quoted(d)} = {self._number_of(d)}" for d in required)
        self._region_joins.append((quoted(self.element), "r", on))
        return "r.k"

    @staticmethod
    def _first_visit() -> str:
        """An exposure may be in visits of several systems; the lowest number is that of the usual one.

        None is lower; PostgreSQL expects that one in three is as low, but one in two hundred that is equal.
        """
        return (
            "vd.instrument = kt.instrument AND vd.exposure = kt.exposure AND vd.visit <= (SELECT min(w.visit) "
            "FROM visit_definition w WHERE w.instrument = vd.instrument AND w.exposure = vd.exposure)"
        )

    def _number_of(self, dimension: str) -> str:
        """SQL of the stored integer of a dimension's value; NULL where the data ID does not lead to one."""
        if dimension in self._required:
            return f"kt.{quoted(dimension)}"
        if dimension == "visit" and "exposure" in self._required:
            if not any(alias == "vd" for _, alias, _ in self._region_joins):
                return "NULL"
            return "vd.visit"
        if dimension in ("physical_filter", "day_obs"):
            for element in ("visit", "exposure"):
                if element in self._required:
                    return f"{self._record(element)}.{quoted(dimension)}"
        if dimension == "band" and (filter_ := self._number_of("physical_filter")) != "NULL":
            on = f"pf.instrument = kt.instrument AND pf.physical_filter = {filter_}"
            return f"{self._joined('physical_filter', 'pf', on)}.band"
        return "NULL"

    def _record(self, element: str) -> str:
        """Alias of the table of a dimension's records."""
        required = self._registry.universe[element].required
        alias = f"e_{element}"
        if element == self._key_table:
            return "kt"
        on = " AND ".join(f"{alias}.{quoted(d)} = kt.{quoted(d)}" for d in required)
        return self._joined(element, alias, on)

    def _joined(self, table: str, alias: str, on: str) -> str:
        if all(known != alias for _, known, _ in self._joins):
            self._joins.append((quoted(table), alias, on))
        return alias

    def _text_of(self, dimension: str) -> str:
        """SQL of a dimension's value as text."""
        number = self._number_of(dimension)
        if number == "NULL":
            return "NULL"
        if not self._registry.keys.is_text(dimension):
            return f"CAST({number} AS TEXT)"
        return f"{self._joined('name', f'n_{dimension}', f'n_{dimension}.k = {number}')}.text"

    # ---------------------------------------------------------------- columns
    def _cast(self, value: str, kind: ColumnKind) -> str:
        return f"CAST({value} AS {self._registry.database.kinds[kind].partition(' COLLATE')[0]})"

    def _text(self, text: str) -> str:
        return _literal(text, self._dialect)

    def _template(self, template: str, others: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
        """SQL of the texts that follow one another in a template."""
        pieces: list[str] = []
        for part in template_parts(template):
            if isinstance(part, str):
                pieces.append(self._text(part))
            elif part[1] is None and part[0] in others:
                pieces += others[part[0]]
            else:
                pieces.append(f"coalesce({self._template_value(*part, others)}, '')")
        return tuple(pieces)

    def _template_value(self, name: str, field: str | None, others: Collection[str]) -> str:
        if field is None:
            if name in self._type.dimensions.names:
                return self._text_of(name)
            known = [*self._type.dimensions.names, *others]
            raise ConfigError(f"ObsCore of {self._type.name} names '{name}'.", hint=nearest(name, known))
        if name not in self._required or name not in self._registry.universe:
            raise ConfigError(
                f"ObsCore of {self._type.name} names '{name}.{field}', but its data IDs have no {name}.",
                hint=nearest(name, self._required) or f"They have {', '.join(self._required)}.",
            )
        element = self._registry.universe[name]
        columns = [c.name for c in (*element.alternate_keys, *element.metadata)]
        if field not in columns:
            raise ConfigError(f"ObsCore of {self._type.name}: {name} has no '{field}'.", hint=nearest(field, columns))
        return f"CAST({self._record(name)}.{quoted(field)} AS TEXT)"

    def _all_columns(self, access_url: str, publisher: str) -> dict[str, str]:
        """SQL of all columns by name, those for conditions only included."""
        said, found = self._said, dict.fromkeys((f.name for f in FIELDS), "NULL")
        identifier = _uuid(self._dialect)
        band = self._text_of("band")
        subtype = self._text(said.dataproduct_subtype)
        others = {"subtype": (subtype,), "band": (f"coalesce({band}, '')",), "id": (identifier,)}
        obs_id = self._pieces["obs_id"] = self._template(said.obs_id or "{id}", others)
        self._pieces["obs_title"] = self._template(said.obs_title, others | {"obs_id": obs_id})
        found |= {name: f"({' || '.join(pieces)})" for name, pieces in self._pieces.items() if pieces}
        found |= {
            "obs_publisher_did": f"({self._text(publisher)} || {identifier})",
            "access_url": f"({self._text(access_url)} || {identifier})",
            "access_estsize": "CASE WHEN d.size >= 0 THEN (d.size + 1023) / 1024 END",
            "instrument_name": self._text_of("instrument"),
            "lsst_visit": self._number_of("visit"),
            "lsst_detector": self._number_of("detector"),
            "lsst_tract": self._number_of("tract"),
            "lsst_patch": self._number_of("patch"),
            "lsst_band": band,
            "lsst_filter": self._text_of("physical_filter"),
        }
        kinds: dict[str, ColumnKind] = {f.name: _KINDS[f.datatype] for f in FIELDS}
        kinds |= {"s_region": "bytes", "region_key": "int"}
        for name, value in self.constants.items():
            if value is not None:
                found[name] = self._text(value) if isinstance(value, str) else self._cast(repr(value), kinds[name])
        found |= self._time_columns() | self._sky_columns() | self._spectral_columns(band)
        # PostgreSQL takes conditions to the tables of a branch only if all branches have columns of the same types
        typed = {n: v if v != "NULL" else self._cast("NULL", kinds[n]) for n, v in found.items()}
        keys = dict.fromkeys(map(KEY.format, range(MOST_KEYS)), self._cast("NULL", "int"))
        keys |= {KEY.format(i): f"kt.{quoted(d)}" for i, d in enumerate(self._required[:MOST_KEYS])}
        return typed | {"dataset_id": "d.id", "kind": str(self._number)} | keys

    def _time_columns(self) -> dict[str, str]:
        element = next((e for e in ("visit", "exposure") if e in self._required), None)
        if element is None:
            return {}
        record = self._record(element)
        return {
            "t_min": _MJD.format(self._cast(f"{record}.timespan_begin", "float")),
            "t_max": _MJD.format(self._cast(f"{record}.timespan_end", "float")),
            "t_exptime": f"{record}.exposure_time",
            "target_name": f"{record}.target_name",
        }

    def _sky_columns(self) -> dict[str, str]:
        if self.element is None or self._region_row is None:
            return {"region_key": "NULL"}
        governor = self._registry.universe[self.element].governor
        self._region_joins += [
            (
                "footprint_set",
                "fs",
                f"fs.element = {_literal(self.element)} AND fs.governor = kt.{quoted(str(governor))}",
            ),
            ("footprint", "f", f"f.footprint_set = fs.k AND f.k = {self._region_row}"),
        ]
        return {
            "s_ra": "f.ra",
            "s_dec": "f.dec",
            "s_fov": "(2 * f.radius)",
            "s_region": "f.region",
            "region_key": region_key(self._region_row, self.element),
        }

    def _spectral_columns(self, band: str) -> dict[str, str]:
        if band == "NULL" or not self._settings.spectral_ranges:
            return {}
        found = {}
        for name, i in (("em_min", 0), ("em_max", 1)):
            of_band = {b: self._cast(repr(r[i]), "float") for b, r in self._settings.spectral_ranges.items()}
            cases = " ".join(f"WHEN {self._text(b)} THEN {value}" for b, value in of_band.items())
            found[name] = f"CASE {band} {cases} END"
        return found

    # -------------------------------------------------------------------- SQL
    @cached_property
    def constants(self) -> dict[str, str | float | None]:
        """Values that all rows have."""
        said = self._said
        return {
            "dataproduct_type": said.dataproduct_type,
            "dataproduct_subtype": said.dataproduct_subtype,
            "calib_level": said.calib_level,
            "obs_collection": self._settings.obs_collection,
            "access_format": _FORMAT,
            "facility_name": self._settings.facility_name,
            "o_ucd": said.o_ucd,
            "pol_xel": 0,
            "t_xel": 0,
            "em_xel": 1,
            "s_xel1": said.s_xel1,
            "s_xel2": said.s_xel2,
            "s_resolution": said.s_resolution,
        }

    def may_have(self, values: Mapping[str, Collection[str | float]]) -> bool:
        """Whether rows may have one of certain values in each of certain columns."""
        said = self.constants
        return all(said[name] in wanted for name, wanted in values.items() if name in said)

    @cached_property
    def derived(self) -> DerivedColumns:
        """Columns that follow from keys, but not from all of them together."""
        found: dict[str, tuple[Piece, ...] | int] = {}
        if len(self._required) > MOST_KEYS:
            return DerivedColumns((), found, self._select_derived)
        for name in (f.name for f in FIELDS if f.name != REGION):
            sql = self._columns[name]
            if sql in (keys := [f"kt.{quoted(d)}" for d in self._required]):
                found[name] = keys.index(sql)
                continue
            pieces = [self._piece(sql) for sql in self._pieces.get(name) or (sql,)]
            if None not in pieces:
                found[name] = tuple(piece for piece in pieces if piece is not None)
        return DerivedColumns(self._required, found, self._select_derived)

    def _piece(self, sql: str) -> Piece | None:
        bare = _TEXT.sub("", sql)
        used = f"{bare} {self._sources(bare, with_keys=False)}"
        names = set(_KEY.findall(used))
        if "d" in _ALIAS.findall(used) or not names < set(self._required):
            return None
        return Piece(sql, tuple(i for i, d in enumerate(self._required) if d in names))

    def _select_derived(self, keys: Sequence[str], columns: Sequence[str], table: str | None) -> str:
        named = ", ".join([*(f"kt.{quoted(key)}" for key in keys), *columns])
        source = "" if table is None else f" FROM {table} kt {self._sources(named, with_keys=False)}"
        return f"SELECT {named}{source}"

    def sql(self, runs: tuple[int, ...], stages: tuple[str, ...] = (), columns: Collection[str] | None = None) -> str:
        """SELECT of the rows.

        Parameters
        ----------
        runs : `tuple` [`int`]
            Collections whose datasets are told of.
        stages : `tuple` [`str`]
            Tables of rows (``k``) of `element` in all of which the region must be.
        columns : collection of `str`, optional
            Which are wanted; all if not given.  With `ROWS_OF_KIND` among them, which is in none of the rows and goes
            with constants only, they are one row.
        """
        chosen = {n: v for n, v in self._columns.items() if columns is None or n in columns}
        is_counted = columns is not None and ROWS_OF_KIND in columns
        if is_counted:
            chosen[ROWS_OF_KIND] = "COUNT(*)"
        named = ", ".join(f"{value} AS {quoted(name)}" for name, value in (chosen or {"k": "d.k"}).items())
        where = f"d.dataset_type = {self._number} AND d.run IN ({', '.join(map(str, runs))}) AND d.path IS NOT NULL"
        source = f"{self._near(stages)} r JOIN dataset d ON d.data_id = r.data_id" if stages else "dataset d"
        having = " HAVING COUNT(*) > 0" if is_counted else ""
        joins = self._sources(f"{named} {where}", known="r" if stages else "")
        return f"SELECT {named} FROM {source} {joins} WHERE {where}{having}"

    def _near(self, stages: tuple[str, ...]) -> str:
        """Data IDs and rows of regions that are in all stages, found first; OFFSET keeps planners from mixing them.

        With all the other tables there are too many joins for a planner to see where to begin.
        """
        tables = [*(f"{stage} s{i}" for i, stage in enumerate(stages)), f"{self._joins[0][0]} kt"]
        conditions = [f"s{i}.k = {self._region_row}" for i in range(len(stages))]
        for table, alias, on in self._region_joins:
            if alias in ("vd", "r"):
                tables.append(f"{table} {alias}")
                conditions.append(on)
        limit = "LIMIT -1 OFFSET 0" if self._dialect == "sqlite" else "OFFSET 0"
        chosen = f"kt.k AS data_id, {self._region_row} AS k"
        return f"(SELECT {chosen} FROM {', '.join(tables)} WHERE {' AND '.join(conditions)} {limit})"

    def _sources(self, used: str, *, with_keys: bool = True, known: str = "") -> str:
        """Joins of the tables that are used; others have one row or none for each dataset, and so change nothing."""
        others = (*self._region_joins, *self._joins[1:])
        joins = [("LEFT JOIN", *join) for join in others if join[1] != known]
        if with_keys:
            joins.insert(0, ("JOIN", *self._joins[0]))
        names = set(_ALIAS.findall(used))
        grown = True
        while grown:
            more = {name for _, _, alias, on in joins if alias in names for name in _ALIAS.findall(on)}
            grown, names = not more <= names, names | more
        return " ".join(f"{how} {table} {alias} ON {on}" for how, table, alias, on in joins if alias in names)


def _literal(text: str, dialect: str = "") -> str:
    """A text of the configuration as SQL; what users send is bound instead.

    A question mark would be taken for a bound value.
    """
    pieces = ["'" + part.replace("'", "''") + "'" for part in text.split("?")]
    mark = "char(63)" if dialect == "sqlite" else "chr(63)"
    return pieces[0] if len(pieces) == 1 else f"({f' || {mark} || '.join(pieces)})"


def _uuid(dialect: str) -> str:
    """SQL of the identifier of a dataset as text."""
    if dialect != "sqlite":
        return "CAST(d.id AS TEXT)"
    parts = " || '-' || ".join(
        f"substr(hex(d.id), {start}, {n})" for start, n in ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
    )
    return f"lower({parts})"
