"""Data IDs: dimension values that identify something.  Pure values; looking anything up is the registry's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from skybutler.errors import DimensionNameError, DimensionValueError, InconsistentDataIdError, nearest

from .element import DimensionElement, SkyPixDimension
from .group import DimensionGroup
from .universe import DimensionUniverse

if TYPE_CHECKING:
    from lsst.sphgeom import Region

    from skybutler.sky.timespan import Timespan

    from .record import DimensionRecord

__all__ = ["DataId", "DataIdValue", "whole"]

DataIdValue: TypeAlias = "int | str | None"

_EXPAND = "Expand it first: butler.expand_data_id(...)."


class DataId(Mapping[str, Any]):
    """An immutable mapping of dimension name to value.

    Two data IDs are equal when they have the same required dimensions and values; compared with another mapping, the
    required values count.  Iteration gives required names, then those implied ones whose values are known.

    Make them with `standardize`; `from_required_values` and `from_full_values` trust their input.

    Attributes
    ----------
    group : `DimensionGroup`
        Dimensions that are identified.
    """

    __slots__ = ("_extra", "_records", "_values", "group")

    # Values of the required dimensions, or of all (`group.data_id_keys`); what is known of the implied ones otherwise.
    group: DimensionGroup
    _values: tuple[Any, ...]
    _extra: dict[str, Any] | None
    _records: Mapping[str, DimensionRecord | None] | None

    @classmethod
    def from_required_values(cls, group: DimensionGroup, values: Sequence[Any]) -> DataId:
        """A data ID of values in the order of ``group.required``, unchecked."""
        self = cls.__new__(cls)
        self.group, self._values = group, tuple(values)
        self._records = self._extra = None
        return self

    @classmethod
    def from_full_values(cls, group: DimensionGroup, values: Sequence[Any]) -> DataId:
        """A data ID of values in the order of ``group.data_id_keys``, unchecked."""
        return cls.from_required_values(group, values)

    @classmethod
    def from_full_rows(cls, group: DimensionGroup, rows: Iterable[tuple[Any, ...]]) -> list[DataId]:
        """Many data IDs of values in the order of ``group.data_id_keys``, unchecked."""
        new, made = cls.__new__, []
        for values in rows:
            self = new(cls)
            self.group, self._values = group, values
            self._records = self._extra = None
            made.append(self)
        return made

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
            Dimensions wanted; by default those given.  Other dimensions that are given are left out.  A `str` is no
            such thing: it is the value of the dimension that has this name.
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
        if isinstance(group, str):
            kwargs["group"], group = group, None
        if isinstance(mapping, DataId):
            if not kwargs and (group is None or group == mapping.group):
                return mapping
            universe = universe or mapping.group.universe
        if isinstance(group, DimensionGroup):
            universe = group.universe
        if universe is None:
            raise DimensionNameError("A data ID needs a dimension universe or group.")
        values = {**mapping, **kwargs} if mapping is not None else kwargs
        positions: Mapping[str, int] = group.positions if isinstance(group, DimensionGroup) else {}
        for name in values:
            if name not in positions and not (name in universe and universe[name].is_dimension):
                hint = nearest(str(name), [d.name for d in universe.dimensions])
                raise DimensionNameError(f"Unrecognized data ID key '{name}'.", hint=hint)
        group = universe.conform(values if group is None else group)
        whole_id = mapping if isinstance(mapping, DataId) and mapping.universe is universe and not kwargs else None
        if whole_id is not None and all(name in whole_id for name in group.required):
            return whole_id.subset(group)
        if defaults:
            for name in group.required:
                if values.get(name) is None and defaults.get(name) is not None:
                    values[name] = defaults[name]
        return cls._checked(group, values)

    @classmethod
    def _checked(cls, group: DimensionGroup, values: Mapping[str, Any]) -> DataId:
        required = []
        for element in group.required_elements:
            value = values.get(element.name)
            if value is None:
                raise _missing(group, values)
            required.append(_cast(element, value))
        if not group.implied:
            return cls.from_required_values(group, required)
        universe = group.universe
        implied = {n: _cast(universe[n], values[n]) for n in group.implied if values.get(n) is not None}
        if len(implied) == len(group.implied):
            return cls.from_full_values(group, (*required, *implied.values()))
        self = cls.from_required_values(group, required)
        self._extra = implied or None
        return self

    # ---------------------------------------------------------------------------------------------------------- mapping
    def __getitem__(self, name: str) -> Any:
        position = self.group.positions.get(name)
        if position is not None and position < len(self._values):
            return self._values[position]
        if self._extra is not None and name in self._extra:
            return self._extra[name]
        if position is not None:
            raise DimensionNameError(f"The value of implied dimension '{name}' is not known in {self}.", hint=_EXPAND)
        raise DimensionNameError(f"Data ID {self} has no '{name}'.", hint=nearest(str(name), self.group.names))

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a dimension, or ``default`` where it is not known."""
        return self[name] if name in self else default  # noqa: SIM401 - this is `get`

    def __contains__(self, name: object) -> bool:
        position = self.group.positions.get(name)  # type: ignore[call-overload]  # any object may be asked for
        if position is None:
            return False
        return position < len(self._values) or (self._extra is not None and name in self._extra)

    def __iter__(self) -> Iterator[str]:
        keys = self.group.data_id_keys
        if len(self._values) == len(keys):
            return iter(keys)
        return iter((*self.group.required, *(self._extra or ())))

    def __len__(self) -> int:
        return len(self._values) + len(self._extra or ())

    def __eq__(self, other: object) -> bool:
        if isinstance(other, DataId):
            return self.required_values == other.required_values and self.group.required == other.group.required
        if not isinstance(other, Mapping):
            return NotImplemented
        positions, n = self.group.positions, len(self.group.required)
        given = {name: value for name, value in other.items() if positions.get(name, n) < n}
        return self.required == given and all(name in positions for name in other)

    def __hash__(self) -> int:
        return hash((self.group.required, self.required_values))

    def __lt__(self, other: DataId) -> bool:
        return self.required_values < other.required_values

    # ----------------------------------------------------------------------------------------------------------- values
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
        return self._values[: len(self.group.required)]

    @property
    def required(self) -> dict[str, Any]:
        """Required dimensions and their values."""
        return dict(zip(self.group.required, self._values, strict=False))

    @property
    def mapping(self) -> dict[str, Any]:
        """Everything known: required values, then implied ones."""
        known = dict(zip(self.group.data_id_keys, self._values, strict=False))
        return known if self._extra is None else known | self._extra

    @property
    def has_full(self) -> bool:
        """Whether all implied values are known."""
        return len(self._values) == len(self.group.data_id_keys)

    @property
    def has_records(self) -> bool:
        """Whether the dimension records are attached (there are none to attach without dimensions)."""
        return self._records is not None or not self.group.names

    def record(self, name: str) -> DimensionRecord | None:
        """The attached record of an element, `None` where there is none.

        Raises
        ------
        DimensionNameError
            No records are attached.
        """
        return self.records.get(name)

    @property
    def records(self) -> Mapping[str, DimensionRecord | None]:
        """Attached records by element name.

        Raises
        ------
        DimensionNameError
            No records are attached.
        """
        if not self.has_records:
            raise DimensionNameError(f"Data ID {self} has no records attached.", hint=_EXPAND)
        return self._records or {}

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

    # ----------------------------------------------------------------------------------------------------------- derive
    def subset(self, names: Iterable[str] | DimensionGroup) -> DataId:
        """The part that identifies fewer dimensions, with the records of those.

        Raises
        ------
        DimensionNameError
            A required value of the smaller group is not known.
        """
        group = self.universe.conform(names)
        if group == self.group:
            return self
        known = self.mapping
        try:
            smaller = DataId.from_required_values(group, [known[n] for n in group.required])
        except KeyError:
            raise _missing(group, known) from None
        implied = {n: known[n] for n in group.implied if n in known}
        if len(implied) == len(group.implied):
            smaller._values += tuple(implied.values())
        else:
            smaller._extra = implied or None
        if self._records is not None and smaller.has_full:
            smaller._records = {e.name: self._records.get(e.name) for e in group.elements}
        return smaller

    def union(self, other: DataId) -> DataId:
        """Both together.

        Raises
        ------
        InconsistentDataIdError
            They have different values of one dimension.
        """
        mine, others = self.mapping, other.mapping
        for name, value in mine.items():
            if others.get(name, value) != value:
                raise InconsistentDataIdError(f"'{name}' is {value!r} in {self}, but {others[name]!r} in {other}.")
        group = self.group.union(other.group)
        joined = DataId._checked(group, {**others, **mine})
        if self._records is not None and other._records is not None:
            records = {**other._records, **self._records}
            if all(e.name in records for e in group.elements):
                joined._records = records
        return joined

    def expanded(self, records: Mapping[str, DimensionRecord | None]) -> DataId:
        """The same data ID with records attached and the implied values they give.

        Parameters
        ----------
        records : mapping
            Records of every element of the group by name; `None` where there is none.
        """
        values = [*self.required_values]
        for name in self.group.implied:
            record = records.get(name)
            values.append(self.get(name) if record is None else record.key_value)
        full = DataId.from_full_values(self.group, values)
        full._records = dict(records)
        return full

    def __str__(self) -> str:
        return "{" + ", ".join([f"{name}: {value!r}" for name, value in self.mapping.items()]) + "}"

    __repr__ = __str__

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (self.group, self._values, self._extra)

    def _repr_html_(self) -> str:
        from skybutler.notebook import facts

        return facts((name, repr(value)) for name, value in self.mapping.items())


def _rebuild(group: DimensionGroup, values: tuple[Any, ...], extra: dict[str, Any] | None) -> DataId:
    made = DataId.from_required_values(group, values)
    made._extra = extra
    return made


def _missing(group: DimensionGroup, values: Mapping[str, Any]) -> DimensionNameError:
    missing = [n for n in group.required if values.get(n) is None]
    given = ", ".join(f"{k}: {v!r}" for k, v in values.items())
    return DimensionNameError(
        f"No value in data ID ({{{given}}}) for required dimension{'s' if len(missing) > 1 else ''} "
        f"{', '.join(map(repr, missing))} of {group}."
    )


def _cast(element: DimensionElement, value: Any) -> Any:
    """A dimension value as `int` or `str`, cast only where nothing is lost."""
    if element.key is not None and element.key.type == "string":
        if isinstance(value, str) and value:
            return str(value)
        raise DimensionValueError(f"'{element.name}' must be non-empty text, not {value!r}.")
    number = whole(value)
    if number is None or not -(2**63) <= number < 2**63:
        raise DimensionValueError(f"'{element.name}' must be a 64-bit integer, not {value!r} ({type(value).__name__}).")
    if isinstance(element, SkyPixDimension):
        element.check_index(number)
    return number


def whole(value: Any) -> int | None:
    """An integer from a Python or numpy integer, a float without fraction or a text of digits; `None` from others."""
    if hasattr(value, "dtype") and hasattr(value, "item"):
        value = value.item() if value.ndim == 0 else None
    if isinstance(value, int):
        return None if isinstance(value, bool) else int(value)
    if isinstance(value, str):
        digits = value.removeprefix("-")
        return int(value) if digits.isascii() and digits.isdecimal() else None
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 2**53 else None
    return None
