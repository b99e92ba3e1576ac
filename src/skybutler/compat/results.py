"""Lazy results with the spellings of lsst.daf.butler's registry queries.  Knows no SQL."""

# ruff: noqa: N802, N803 - the names are those of lsst.daf.butler

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from skybutler.dimensions import DimensionElement, DimensionGroup

from .data_ids import DataCoordinate, DimensionRecord, dimension_names
from .dataset_types import DatasetRef, DatasetType

if TYPE_CHECKING:
    from skybutler.registry.results import Results

__all__ = ["DataCoordinateQueryResults", "DatasetQueryResults", "DimensionRecordQueryResults", "QueryResults"]

T = TypeVar("T")
FindDatasets = Callable[[Any, Any, bool], Iterable[DatasetRef]]


class QueryResults(Generic[T]):
    """What a query found.  Nothing runs before it is looked at; `limit` and `order_by` give new results.

    Parameters
    ----------
    parts : sequence of `Results`
        Answers of ours, one after the other.
    reasons : sequence of `str`
        Why there may be nothing, as far as was known before asking.
    """

    def __init__(self, parts: Sequence[Results[Any]], reasons: Sequence[str] = ()) -> None:
        self._parts, self._reasons = list(parts), list(reasons)
        self._left: int | None = None

    @abstractmethod
    def _of(self, item: Any) -> T:
        """One result with its spellings."""

    def __iter__(self) -> Iterator[T]:
        for part in self._limited():
            yield from map(self._of, part)

    def _limited(self) -> Iterator[Results[Any]]:
        """The parts one after the other, a limit counting down over all of them."""
        left = self._left
        for part in self._parts:
            if left is None:
                yield part
            elif left > 0:
                part = part.limit(left)
                yield part
                left -= part.count() if len(self._parts) > 1 else 0

    def _changed(self, change: Callable[[Results[Any]], Results[Any]]) -> Self:
        other = self._with(list(map(change, self._parts)))
        other._left = self._left
        return other

    def _with(self, parts: Sequence[Results[Any]]) -> Self:
        return type(self)(parts, self._reasons)

    def limit(self, limit: int | None = None, offset: int | None = None) -> Self:
        """New results: at most ``limit`` of these, after leaving out ``offset``."""
        other = self._changed(lambda part: part.offset(offset) if offset else part)
        other._left = limit
        return other

    def order_by(self, *args: str) -> Self:
        """New results in another order: names, ``-`` in front for descending."""
        return self._changed(lambda part: part.order_by(*args))

    def expanded(self) -> Self:
        """New results with dimension records attached."""
        return self._changed(lambda part: part.with_dimension_records())

    def with_dimension_records(self) -> Self:
        """The same as `expanded`; the newer name."""
        return self.expanded()

    def count(self, *, exact: bool = True, discard: bool = False) -> int:
        """How many there are."""
        return sum(part.count() for part in self._limited())

    def any(self, *, execute: bool = True, exact: bool = True) -> bool:
        """Whether there is any."""
        return self._left != 0 and any(part.any() for part in self._parts)

    def explain_no_results(self, execute: bool = True) -> list[str]:
        """Why there is nothing, as sentences; empty when there is something."""
        if self.any():
            return []
        return list(dict.fromkeys([*self._reasons, *(reason for part in self._parts for reason in part.explain())]))

    @contextmanager
    def materialize(self) -> Iterator[Self]:
        """These results; they need not be kept on the server to be asked again."""
        yield self

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: iterate to see its results>"


class DatasetQueryResults(QueryResults[DatasetRef]):
    """Datasets."""

    def _of(self, item: Any) -> DatasetRef:
        return DatasetRef.of(item)

    def byParentDatasetType(self) -> Iterator[DatasetQueryResults]:
        """Results of each dataset type."""
        for part in self._limited():
            yield self._with([part])

    @property
    def parentDatasetType(self) -> DatasetType:
        """Type of all these datasets; of results by dataset type."""
        return next(DatasetType.of(ref.dataset_type) for ref in self)


class DataCoordinateQueryResults(QueryResults[DataCoordinate]):
    """Data IDs.

    Parameters
    ----------
    parts, reasons
        See `QueryResults`.
    dimensions : `DimensionGroup`
        What is identified.
    find : callable
        Asks for datasets by type, collections, and whether only the first of a data ID counts.
    """

    def __init__(
        self, parts: Sequence[Results[Any]], reasons: Sequence[str], dimensions: DimensionGroup, find: FindDatasets
    ) -> None:
        super().__init__(parts, reasons)
        self.dimensions, self._find = dimensions, find

    @property
    def graph(self) -> DimensionGroup:
        """What is identified."""
        return self.dimensions

    def _of(self, item: Any) -> DataCoordinate:
        return DataCoordinate.of(item)

    def _with(self, parts: Sequence[Results[Any]]) -> Self:
        return type(self)(parts, self._reasons, self.dimensions, self._find)

    def hasFull(self) -> bool:
        """Whether implied values are known: always."""
        return True

    def subset(self, dimensions: Any = None, *, unique: bool = False) -> list[DataCoordinate]:
        """Parts of the data IDs that identify fewer dimensions; ``unique`` gives each once."""
        names = self.dimensions.names if dimensions is None else dimension_names(dimensions)
        smaller = [data_id.subset(names) for data_id in self]
        return list(dict.fromkeys(smaller)) if unique else smaller

    def findDatasets(self, datasetType: Any, collections: Any, *, findFirst: bool = True) -> Iterator[DatasetRef]:
        """Datasets of a type whose data IDs are among these."""
        wanted: dict[DimensionGroup, set[DataCoordinate]] = {}
        for ref in self._find(datasetType, collections, findFirst):
            group = ref.dimensions
            if group not in wanted:
                wanted[group] = set(self.subset(group))
            if ref.dataId in wanted[group]:
                yield ref


class DimensionRecordQueryResults(QueryResults[DimensionRecord]):
    """Dimension records.

    Parameters
    ----------
    parts, reasons
        See `QueryResults`.
    element : `DimensionElement`
        What the records are about.
    """

    def __init__(self, parts: Sequence[Results[Any]], reasons: Sequence[str], element: DimensionElement) -> None:
        super().__init__(parts, reasons)
        self.element = element

    def _of(self, item: Any) -> DimensionRecord:
        return DimensionRecord.of(item)

    def _with(self, parts: Sequence[Results[Any]]) -> Self:
        return type(self)(parts, self._reasons, self.element)
