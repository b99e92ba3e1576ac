"""Data IDs and dimension records with the spellings of lsst.daf.butler.  Knows no repository."""

# ruff: noqa: N802, N803, N815 - the names are those of lsst.daf.butler

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from skybutler.dimensions import DataId, DimensionGroup, DimensionUniverse
from skybutler.dimensions import DimensionRecord as PlainRecord
from skybutler.errors import DimensionNameError

from .timespans import Timespan

if TYPE_CHECKING:
    from skybutler.sky.timespan import Timespan as PlainTimespan

__all__ = ["DataCoordinate", "DimensionRecord", "FullDataId", "dimension_names"]


def dimension_names(dimensions: Any) -> list[str]:
    """Names of dimensions given as a group, as names, or as dimension objects."""
    if isinstance(dimensions, DimensionGroup):
        return list(dimensions.names)
    listed = [dimensions] if isinstance(dimensions, str) or hasattr(dimensions, "name") else list(dimensions)
    return [d if isinstance(d, str) else d.name for d in listed]


class FullDataId(Mapping[str, Any]):
    """All values of a data ID, implied ones too, in the order of its dimensions.

    Parameters
    ----------
    data_id : `DataId`
        With implied values.
    """

    __slots__ = ("_data_id",)

    def __init__(self, data_id: DataId) -> None:
        if not data_id.has_full:
            raise DimensionNameError(
                f"Data ID {data_id} lacks the values of implied dimensions.",
                hint="Expand it first: butler.registry.expandDataId(...).",
            )
        self._data_id = data_id

    def __getitem__(self, name: str) -> Any:
        return self._data_id[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._data_id.group.names)

    def __len__(self) -> int:
        return len(self._data_id.group.names)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all dimensions."""
        return self._data_id.group.names

    def byName(self) -> dict[str, Any]:
        """A plain dict."""
        return dict(self)

    def __hash__(self) -> int:
        return hash(self._data_id)

    def __str__(self) -> str:
        return "{" + ", ".join([f"{name}: {value!r}" for name, value in self.items()]) + "}"

    __repr__ = __str__


class DataCoordinate(DataId):
    """A data ID; see `skybutler.dimensions.DataId`."""

    __slots__ = ()

    @classmethod
    def of(cls, data_id: DataId) -> DataCoordinate:
        """The same data ID with these spellings."""
        if isinstance(data_id, DataCoordinate):
            return data_id
        made = cls.__new__(cls)
        made.group, made._values = data_id.group, data_id._values
        made._extra, made._records = data_id._extra, data_id._records
        return made

    @classmethod
    def standardize(
        cls,
        mapping: Mapping[str, Any] | None = None,
        *,
        group: DimensionGroup | Iterable[str] | None = None,
        dimensions: Any = None,
        graph: DimensionGroup | None = None,
        universe: DimensionUniverse | None = None,
        defaults: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> DataCoordinate:
        """A data ID from a mapping, keywords and defaults; see `DataId.standardize`.

        Parameters
        ----------
        dimensions, graph : `DimensionGroup` or names, optional
            Dimensions wanted (``group`` is the same).
        """
        wanted = next((d for d in (dimensions, graph, group) if d is not None), None)
        if wanted is not None and not isinstance(wanted, DimensionGroup):
            wanted = dimension_names(wanted)
        return cls.of(DataId.standardize(mapping, group=wanted, universe=universe, defaults=defaults, **kwargs))

    @classmethod
    def make_empty(cls, universe: DimensionUniverse) -> DataCoordinate:
        """The data ID without dimensions."""
        return cls.of(DataId.from_required_values(universe.empty, ()))

    makeEmpty = make_empty

    @property
    def full(self) -> FullDataId:
        """All values in the order of the dimensions.

        Raises
        ------
        DimensionNameError
            Values of implied dimensions are not known.
        """
        return FullDataId(self)

    @property
    def graph(self) -> DimensionGroup:
        """The dimensions."""
        return self.group

    @property
    def records(self) -> Mapping[str, DimensionRecord | None]:
        """Attached records by element name."""
        return {name: None if r is None else DimensionRecord.of(r) for name, r in super().records.items()}

    def hasFull(self) -> bool:
        """Whether all implied values are known."""
        return self.has_full

    def hasRecords(self) -> bool:
        """Whether dimension records are attached."""
        return self.has_records

    def byName(self) -> dict[str, Any]:
        """Everything known as a plain dict."""
        return self.mapping

    def subset(self, names: Any) -> DataCoordinate:
        return self.of(super().subset(dimension_names(names)))

    def union(self, other: DataId) -> DataCoordinate:
        return self.of(super().union(other))

    def expanded(self, records: Mapping[str, PlainRecord | None]) -> DataCoordinate:
        return self.of(super().expanded(records))


class DimensionRecord(PlainRecord):
    """A dimension record; see `skybutler.dimensions.DimensionRecord`."""

    __slots__ = ()

    @classmethod
    def of(cls, record: PlainRecord) -> DimensionRecord:
        """The same record with these spellings."""
        return record if isinstance(record, DimensionRecord) else cls(record.element, record._values)

    @property
    def dataId(self) -> DataCoordinate:
        """Values of the required dimensions."""
        return DataCoordinate.of(self.data_id)

    def toDict(self, splitTimespan: bool = False) -> dict[str, Any]:
        """All fields by name; on request the timespan as ``timespan_begin`` and ``timespan_end``."""
        fields = self.to_dict()
        if splitTimespan and "timespan" in fields:
            timespan: PlainTimespan | None = fields.pop("timespan")
            fields["timespan_begin"] = timespan.begin if timespan is not None else None
            fields["timespan_end"] = timespan.end if timespan is not None else None
        return fields

    @property
    def timespan(self) -> Timespan | None:
        """Timespan, or `None`."""
        found = super().timespan
        return None if found is None else Timespan.of(found)
