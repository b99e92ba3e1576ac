"""The butler's questions to the registry: datasets, data IDs, dimension records.  Knows no files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from skybutler.datasets import DatasetType
from skybutler.dimensions import DimensionGroup

from .lookup import Collections, Lookup

if TYPE_CHECKING:
    from skybutler.registry.results import DataIdResults, DatasetResults, RecordResults, Results

    from .query import ButlerQuery

__all__ = ["Queries"]

_R = TypeVar("_R", bound="Results[Any]")


class Queries(Lookup):
    """The part of a butler that asks; answers are lazy."""

    def query(self) -> ButlerQuery:
        """A fluent query; usable in a ``with`` block or by itself."""
        from .query import ButlerQuery

        return ButlerQuery(self)

    def query_datasets(
        self,
        dataset_type: str | DatasetType | Iterable[str],
        collections: Collections = None,
        *,
        find_first: bool = True,
        data_id: Mapping[str, Any] | None = None,
        where: str = "",
        bind: Mapping[str, Any] | None = None,
        order_by: str | Iterable[str] = (),
        limit: int | None = None,
        with_dimension_records: bool = False,
        **values: Any,
    ) -> DatasetResults:
        """Datasets of one or several types.

        Parameters
        ----------
        dataset_type : `str`, `DatasetType` or iterable of `str`
            Names and globs.
        collections : `str` or sequence of `str`, optional
            Names and globs, in search order; by default the butler's.
        find_first : `bool`
            Only the first dataset per type and data ID.
        data_id : mapping, optional
            Dimension values or record fields that must hold; dimensions that the type lacks are joined, spatially
            where they have regions.
        where : `str`
            Condition in the ``where`` language.
        bind : mapping, optional
            Values of names in the condition.
        order_by : `str` or iterable of `str`
            Names, ``-`` in front for descending.
        limit : `int`, optional
            At most so many; there is no limit by default.
        with_dimension_records : `bool`
            Attach records to the data IDs of the refs.

        Returns
        -------
        refs : `DatasetResults`
            Lazy; empty results can ``explain()`` themselves; ``to_arrow()`` and others give columns.

        Raises
        ------
        MissingDatasetTypeError, MissingCollectionError
            A plain name is unknown.
        ExpressionError
            The condition is wrong; the place is shown.
        """
        from skybutler.registry.ask import ask_datasets

        self.registry.refresh()
        types = self.registry.dataset_types.resolve(
            dataset_type.name if isinstance(dataset_type, DatasetType) else dataset_type
        )
        results = ask_datasets(
            self.registry,
            types,
            self._searched(collections),
            find_first=find_first,
            where=where,
            bind_values=bind,
            data_id={**(data_id or {}), **values},
            defaults=self._defaults,
        )
        return _shaped(results, order_by, limit, with_dimension_records)

    def query_all_datasets(
        self, collections: Collections = None, *, name: str | Iterable[str] = "*", **options: Any
    ) -> DatasetResults:
        """Datasets of all types that match ``name`` and are in the collections; options as for `query_datasets`."""
        searched = self._searched(collections)
        flat = self.registry.collections.flatten(self.registry.collections.resolve(searched))
        present = set(self.registry.collections.dataset_type_names(flat))
        names = [r.dataset_type.name for r in self.registry.dataset_types.resolve(name)]
        return self.query_datasets([n for n in names if n in present], searched, **options)

    def query_data_ids(
        self,
        dimensions: Iterable[str] | DimensionGroup | str,
        *,
        data_id: Mapping[str, Any] | None = None,
        where: str = "",
        bind: Mapping[str, Any] | None = None,
        order_by: str | Iterable[str] = (),
        limit: int | None = None,
        with_dimension_records: bool = False,
        **values: Any,
    ) -> DataIdResults:
        """Data IDs of some dimensions; arguments as for `query_datasets`."""
        from skybutler.registry.ask import ask_data_ids

        self.registry.refresh()
        group = self.dimensions.conform(dimensions)
        results = ask_data_ids(
            self.registry,
            group,
            where=where,
            bind_values=bind,
            data_id={**(data_id or {}), **values},
            defaults=self._defaults,
        )
        return _shaped(results, order_by, limit, with_dimension_records)

    def query_dimension_records(
        self,
        element: str,
        *,
        data_id: Mapping[str, Any] | None = None,
        where: str = "",
        bind: Mapping[str, Any] | None = None,
        order_by: str | Iterable[str] = (),
        limit: int | None = None,
        **values: Any,
    ) -> RecordResults:
        """Records of a dimension element; arguments as for `query_datasets`."""
        from skybutler.registry.ask import ask_records

        self.registry.refresh()
        results = ask_records(
            self.registry,
            element,
            where=where,
            bind_values=bind,
            data_id={**(data_id or {}), **values},
            defaults=self._defaults,
        )
        return _shaped(results, order_by, limit)


def _shaped(results: _R, order_by: str | Iterable[str], limit: int | None, with_records: bool = False) -> _R:
    names = [order_by] if isinstance(order_by, str) and order_by else list(order_by)
    if names:
        results = results.order_by(*names)
    if with_records:
        results = results.with_dimension_records()
    return results.limit(limit) if limit is not None else results
