"""The butler's definitions: dataset types, dimension records, validity of calibrations.  Knows no datasets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from skybutler.datasets import DatasetType
from skybutler.dimensions import DataId, DimensionGroup, DimensionRecord
from skybutler.errors import UnknownComponentError, nearest

from .lookup import Lookup

if TYPE_CHECKING:
    from .calibrations import ButlerCalibrations

__all__ = ["Definitions"]


class Definitions(Lookup):
    """The part of a butler that says what datasets can be."""

    @property
    def calibrations(self) -> ButlerCalibrations:
        """Which calibrations are valid when."""
        from .calibrations import ButlerCalibrations

        return ButlerCalibrations(self)

    def register_dataset_type(
        self,
        dataset_type: DatasetType | str,
        dimensions: Iterable[str] | DimensionGroup = (),
        storage_class: str = "StructuredDataDict",
        *,
        is_calibration: bool = False,
    ) -> bool:
        """Register a dataset type; tell whether it is new.

        Raises
        ------
        ConflictingDefinitionError
            The name has another definition.
        StorageClassError
            The storage class is unknown.
        """
        if isinstance(dataset_type, str):
            self.datastore.storage_classes[storage_class]
            group = self.dimensions.conform(dimensions)
            dataset_type = DatasetType(dataset_type, group, storage_class, is_calibration=is_calibration)
        self.registry.refresh()
        return self.registry.dataset_types.register(dataset_type)

    def get_dataset_type(self, name: str) -> DatasetType:
        """The registered type of a name (of a component, with the component's storage class)."""
        self.registry.refresh()
        parent, component = DatasetType.split(name)
        found = self.registry.dataset_types.get(parent).dataset_type
        if component is None:
            return found
        held = self.datastore.storage_classes[found.storage_class].all_components
        if component not in held:
            raise UnknownComponentError(
                f"Dataset type '{parent}' ({found.storage_class}) has no component '{component}'.",
                hint=nearest(component, held) or f"It has: {', '.join(held) or 'none'}.",
            )
        return DatasetType(name, found.dimensions, held[component], found.is_calibration)

    def query_dataset_types(self, expression: str | Iterable[str] = "*") -> list[DatasetType]:
        """Registered types that match names or globs, sorted by name."""
        self.registry.refresh()
        found = [r.dataset_type for r in self.registry.dataset_types.resolve(expression)]
        return sorted(found, key=lambda kind: kind.name)

    def insert_dimension_data(
        self,
        element: str,
        *rows: Mapping[str, Any] | DimensionRecord,
        skip_existing: bool = False,
        replace: bool = False,
    ) -> int:
        """Insert dimension records; `Registry.elements` has a columnar way for many."""
        return self.registry.elements.insert_records(element, rows, skip_existing=skip_existing, replace=replace)

    def sync_dimension_data(
        self, element: str, row: Mapping[str, Any], *, update: bool = False
    ) -> bool | dict[str, Any]:
        """Make sure a record exists: `False` it did, `True` inserted, a `dict` of old values when updated."""
        return self.registry.elements.sync(element, row, update=update)

    def expand_data_id(
        self,
        data_id: Mapping[str, Any] | None = None,
        *,
        dimensions: Iterable[str] | DimensionGroup | None = None,
        **values: Any,
    ) -> DataId:
        """A data ID with records and implied values, everything given checked against them."""
        given = {**(data_id or {}), **values}
        if dimensions is None:
            names = [n for n in given if n in self.dimensions]
            dimensions = data_id.group if isinstance(data_id, DataId) and not values else names
        group = self.dimensions.conform(dimensions)
        return self.registry.data_ids.expand(self.registry.data_ids.standardize(given, group, defaults=self._defaults))
