"""Data IDs: dimension values that identify something.  Pure values; looking anything up is the registry's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from skybutler.errors import DimensionNameError, DimensionValueError, nearest

from .element import DimensionElement, SkyPixDimension
from .group import DimensionGroup
from .universe import DimensionUniverse

if TYPE_CHECKING:
    from lsst.sphgeom import Region

    from skybutler.sky.timespan import Timespan

    from .record import DimensionRecord

__all__ = ["DataId", "DataIdValue", "split_metadata_keys"]

DataIdValue: TypeAlias = "int | str | None"


class DataId(Mapping[str, DataIdValue]):
    """An immutable mapping of dimension name to value.

    Two data IDs are equal when they have the same group and required values; compared with another mapping, the
    required values count.  Iteration gives required names, then those implied values that are known.

    Make them with `standardize`; `from_required_values` and `from_full_values` trust their input.
    """

    __slots__ = ("_extra", "_full", "_hash", "_records", "_values", "group")

    group: DimensionGroup

    @classmethod
    def from_required_values(cls, group: DimensionGroup, values: Sequence[Any]) -> DataId:
        """A data ID of values in the order of ``group.required``, unchecked."""
        self = cls.__new__(cls)
        self.group, self._values, self._full = group, tuple(values), not group.implied
        self._records = self._extra = None
        return self

    @classmethod
    def from_full_values(cls, group: DimensionGroup, values: Sequence[Any]) -> DataId:
        """A data ID of values in the order of ``group.data_id_keys``, unchecked."""
        self = cls.__new__(cls)
        self.group, self._values, self._full = group, tuple(values), True
        self._records = self._extra = None
        return self

    @classmethod
    def standardize(
        cls,
        mapping: Mapping[str, Any] | None = None,
        *,
        group: DimensionGroup | Iterable[str] | None = None,
        universe: DimensionUniverse | None = None,
        defaults: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> DataId:
        """A data ID from a mapping, keywords and defaults.

        Parameters
        ----------
        mapping : mapping, optional
            Dimension values.
        group : `DimensionGroup` or iterable of `str`, optional
            Dimensions wanted; by default those given.
        universe : `DimensionUniverse`, optional
            Needed when neither ``mapping`` is a `DataId` nor ``group`` a group.
        defaults : mapping, optional
            Values of required dimensions that are not given.
        **kwargs
            More values; they win.

        Raises
        ------
        DimensionNameError
            Unknown names, or missing values (all are named).
        DimensionValueError
            A value of the wrong type.
        """
        if isinstance(mapping, DataId):
            if not kwargs and (group is None or group == mapping.group):
                return mapping
            universe = universe or mapping.group.universe
        if isinstance(group, DimensionGroup):
            universe = group.universe
        if universe is None:
            raise DimensionNameError("A data ID needs a dimension universe or group.")
        values = {**(mapping or {}), **kwargs}
        for name in values:
            if name not in universe:
                hint = nearest(str(name), [d.name for d in universe.dimensions])
                raise DimensionNameError(f"Unrecognized data ID key '{name}'.", hint=hint)
        group = universe.conform(values if group is None else group)
        for name in group.required:
            if name not in values and defaults and defaults.get(name) is not None:
                values[name] = defaults[name]
        return cls._checked(group, values)

    @classmethod
    def _checked(cls, group: DimensionGroup, values: Mapping[str, Any]) -> DataId:
        universe = group.universe
        missing = [n for n in group.required if values.get(n) is None]
        if missing:
            given = ", ".join(f"{k}: {v!r}" for k, v in values.items())
            raise DimensionNameError(
                f"No value in data ID ({{{given}}}) for required dimension{'s' if len(missing) > 1 else ''} "
                f"{', '.join(map(repr, missing))} of {group}."
            )
        required = tuple(_cast(universe[n], values[n]) for n in group.required)
        extra = {n: _cast(universe[n], v) for n, v in values.items() if n not in group.required and v is not None}
        implied = {n: v for n, v in extra.items() if n in group.implied}
        if group.implied and len(implied) == len(group.implied):
            self = cls.from_full_values(group, (*required, *(implied[n] for n in group.implied)))
        else:
            self = cls.from_required_values(group, required)
            self._extra = implied or None
        return self

    # ---------------------------------------------------------------- mapping
    def __getitem__(self, name: str) -> Any:
        keys = self.group.data_id_keys if self._full else self.group.required
        try:
            return self._values[keys.index(name)]
        except ValueError:
            if self._extra and name in self._extra:
                return self._extra[name]
        if name in self.group.implied:
            raise DimensionNameError(
                f"The value of implied dimension '{name}' is not known in {self}.", hint="Use butler.expand_data_id(...)."
            )
        raise DimensionNameError(f"Data ID {self} has no '{name}'.", hint=nearest(str(name), self.group.names))

    def __contains__(self, name: object) -> bool:
        return name in self.group.required or (self._full and name in self.group.implied) or name in (self._extra or ())

    def __iter__(self) -> Iterator[str]:
        yield from self.group.data_id_keys if self._full else self.group.required
        yield from self._extra or ()

    def __len__(self) -> int:
        return len(self._values) + len(self._extra or ())

    def __eq__(self, other: object) -> bool:
        if isinstance(other, DataId):
            return self.required_values == other.required_values and self.group.required == other.group.required
        if isinstance(other, Mapping):
            return self.required == {k: other[k] for k in other if k in self.group.required} and set(other) <= set(
                self.group.names
            )
        return NotImplemented

    def __hash__(self) -> int:
        return hash((self.group.required, self.required_values))

    # ------------------------------------------------------------------ values
    @property
    def universe(self) -> DimensionUniverse:
        """Universe of the dimensions."""
        return self.group.universe

    @property
    def dimensions(self) -> DimensionGroup:
        """The group."""
        return self.group

    @property
    def required_values(self) -> tuple[Any, ...]:
        """Values of the required dimensions, in canonical order."""
        return self._values[: len(self.group.required)] if self._full else self._values

    @property
    def required(self) -> dict[str, Any]:
        """Required dimensions and their values."""
        return dict(zip(self.group.required, self.required_values, strict=True))

    @property
    def mapping(self) -> dict[str, Any]:
        """Everything known: required values, then implied ones."""
        return {name: self[name] for name in self}

    @property
    def has_full(self) -> bool:
        """Whether all implied values are known."""
        return bool(self._full)

    @property
    def has_records(self) -> bool:
        """Whether the dimension records are attached."""
        return self._records is not None

    def record(self, name: str) -> DimensionRecord | None:
        """The attached record of an element, `None` where there is none.

        Raises
        ------
        DimensionNameError
            No records are attached.
        """
        if self._records is None:
            raise DimensionNameError(f"Data ID {self} has no records attached.", hint="Use butler.expand_data_id(...).")
        found: DimensionRecord | None = self._records.get(name)
        return found

    @property
    def records(self) -> Mapping[str, DimensionRecord | None]:
        """Attached records by element name."""
        if self._records is None:
            raise DimensionNameError(f"Data ID {self} has no records attached.", hint="Use butler.expand_data_id(...).")
        return dict(self._records)

    @property
    def region(self) -> Region | None:
        """Region on the sky: that of the most precise element, an intersection where families are joined."""
        regions = []
        for element in self.group.spatial_elements():
            if isinstance(element, SkyPixDimension):
                regions.append(element.region(self[element.name]))
            elif (record := self.record(element.name)) is not None and record.region is not None:
                regions.append(record.region)
        if len(regions) < 2:
            return regions[0] if regions else None
        from lsst.sphgeom import IntersectionRegion

        return IntersectionRegion(*regions)

    @property
    def timespan(self) -> Timespan | None:
        """Timespan of the most precise element that has one."""
        for element in self.group.temporal_elements():
            record = self.record(element.name)
            if record is not None and record.timespan is not None:
                return record.timespan
        return None

    # ------------------------------------------------------------------ derive
    def subset(self, names: Iterable[str] | DimensionGroup) -> DataId:
        """The part that identifies fewer dimensions.

        Raises
        ------
        DimensionNameError
            A required value of the smaller group is not known.
        """
        group = self.universe.conform(names)
        if group == self.group:
            return self
        smaller = DataId._checked(group, {n: self[n] for n in self if n in group.names})
        if self._records is not None and smaller.has_full:
            smaller._records = {e.name: self._records.get(e.name) for e in group.elements}
        return smaller

    def union(self, other: DataId) -> DataId:
        """Both together; values of ``self`` win where both have one."""
        group = self.group.union(other.group)
        joined = DataId._checked(group, {**other.mapping, **self.mapping})
        if self._records is not None and other._records is not None:
            records = {**other._records, **self._records}
            if all(e.name in records for e in group.elements):
                joined._records = records
        return joined

    def expanded(self, records: Mapping[str, DimensionRecord | None]) -> DataId:
        """The same data ID with records attached and the implied values they give."""
        values = list(self.required_values)
        for name in self.group.implied:
            record = records.get(name)
            values.append(None if record is None else record.data_id[name])
        full = DataId.from_full_values(self.group, values)
        full._records = dict(records)
        return full

    def __str__(self) -> str:
        return "{" + ", ".join(f"{name}: {self[name]!r}" for name in self) + "}"

    def __repr__(self) -> str:
        return f"DataId({self})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (self.group.universe.to_json(), self.group.names, self._values, self._full, self._extra)

    def _repr_html_(self) -> str:
        from html import escape

        cells = "".join(f"<tr><th>{escape(k)}</th><td>{escape(repr(self[k]))}</td></tr>" for k in self)
        return f"<table>{cells}</table>"


def _rebuild(universe: str, names: tuple[str, ...], values: tuple[Any, ...], full: bool, extra: Any) -> DataId:
    group = DimensionUniverse.from_json(universe).conform(names)
    made = DataId.from_full_values(group, values) if full else DataId.from_required_values(group, values)
    made._extra = extra
    return made


def _cast(element: DimensionElement, value: Any) -> Any:
    """A dimension value as `int` or `str`, cast only where nothing is lost."""
    kind = element.key.type if element.key is not None else "int"
    if kind == "string":
        if isinstance(value, str) and value:
            return str(value)
        raise DimensionValueError(f"'{element.name}' must be non-empty text, not {value!r}.")
    whole = _whole(value)
    if whole is None or not -(2**63) <= whole < 2**63:
        raise DimensionValueError(f"'{element.name}' must be a 64-bit integer, not {value!r} ({type(value).__name__}).")
    if isinstance(element, SkyPixDimension):
        element.check_index(whole)
    return whole


def _whole(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return int(value)
    if isinstance(value, str):
        return int(value) if value.lstrip("-").isdecimal() and value.isascii() else None
    if hasattr(value, "__index__"):  # numpy integers
        return int(value.__index__())
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return None


def split_metadata_keys(
    mapping: Mapping[str, Any], group: DimensionGroup, universe: DimensionUniverse
) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Separate dimension values from what identifies a record in another way.

    Understood are ``exposure.obs_id``, bare record fields (``day_obs``, ``seq_num``: those of the group's exposure
    before those of its visit), and text given for an integer dimension (``detector='R11_S20'``: the alternate key).

    Returns
    -------
    plain : `dict`
        Dimension values.
    constraints : `dict`
        By element, the field values its record must have.

    Raises
    ------
    DimensionNameError
        A name is neither a dimension nor a field of the group's elements; the nearest ones are offered.
    """
    plain: dict[str, Any] = {}
    constraints: dict[str, dict[str, Any]] = {}
    loose: dict[str, Any] = {}
    for name, value in mapping.items():
        if "." in name:
            element, field = name.split(".", 1)
            owner = universe[element]
            if field not in owner.fields:
                raise DimensionNameError(f"'{element}' has no field '{field}'.", hint=nearest(field, owner.fields))
            if owner.dimension_of_field(field):
                plain[str(owner.dimension_of_field(field))] = value
            else:
                constraints.setdefault(element, {})[field] = value
        elif name in universe and universe[name].is_dimension:
            _place_dimension(name, value, universe, plain, constraints)
        else:
            loose[name] = value
    if loose:
        _place_fields(loose, group, universe, plain, constraints)
    _settle_implied(group, universe, plain, constraints)
    return plain, constraints


def _place_dimension(
    name: str, value: Any, universe: DimensionUniverse, plain: dict[str, Any], constraints: dict[str, dict[str, Any]]
) -> None:
    element = universe[name]
    if isinstance(value, str) and element.key is not None and element.key.type == "int" and _whole(value) is None:
        texts = [c.name for c in element.alternate_keys if c.type == "string"]
        if not texts:
            raise DimensionValueError(f"'{name}' must be an integer, not {value!r}.")
        constraints.setdefault(name, {})[texts[0]] = value
    else:
        plain[name] = value


def _place_fields(
    loose: Mapping[str, Any],
    group: DimensionGroup,
    universe: DimensionUniverse,
    plain: Mapping[str, Any],
    constraints: dict[str, dict[str, Any]],
) -> None:
    """Give bare field names to the element with most of them, an exposure before a visit."""
    candidates = [universe[n] for n in group.names if n not in plain and universe[n].has_table]
    for field in loose:
        if not any(field in e.columns for e in candidates):
            known = {*group.names, *(f for e in candidates for f in e.columns)}
            raise DimensionNameError(f"Unrecognized data ID key '{field}' for {group}.", hint=nearest(field, known))
    waiting = dict(loose)
    while waiting:
        best = max(candidates, key=lambda e: (sum(f in e.columns for f in waiting), e.name == "exposure", e.name == "visit"))
        taken = {f: v for f, v in waiting.items() if f in best.columns}
        constraints.setdefault(best.name, {}).update(taken)
        waiting = {f: v for f, v in waiting.items() if f not in taken}


def _settle_implied(
    group: DimensionGroup, universe: DimensionUniverse, plain: dict[str, Any], constraints: dict[str, dict[str, Any]]
) -> None:
    """``day_obs`` beside ``seq_num`` narrows the record search: implied values go where fields are looked for."""
    for name, fields in constraints.items():
        for implied in universe[name].implied:
            if implied in plain and implied not in fields and implied in group.implied:
                fields[implied] = plain[implied]
