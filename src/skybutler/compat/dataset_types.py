"""Dataset types, storage classes and refs with the spellings of lsst.daf.butler.  Knows no repository."""

# ruff: noqa: N802, N803 - the names are those of lsst.daf.butler

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from skybutler.datasets import DatasetRef as PlainRef
from skybutler.datasets import DatasetType as PlainType
from skybutler.datasets.storage_class import StorageClass as PlainStorageClass
from skybutler.datasets.storage_class import StorageClasses
from skybutler.dimensions import DataId, DimensionGroup, DimensionUniverse
from skybutler.errors import UnknownComponentError, nearest

from .data_ids import DataCoordinate, dimension_names

__all__ = ["DatasetRef", "DatasetType", "StorageClass", "plain_type", "storage_class_name", "type_name"]


class StorageClass:
    """What a dataset is in memory.

    Parameters
    ----------
    name : `str`
        Name that dataset types refer to.
    pytype : `type` or `str`, optional
        Python type; by default that of the storage class of this name.
    """

    def __init__(self, name: str, pytype: type | str | None = None) -> None:
        self.name = name
        self._pytype = pytype

    @cached_property
    def _plain(self) -> PlainStorageClass:
        return StorageClasses.default()[self.name]

    @property
    def pytype(self) -> type:
        """The Python type, imported now."""
        if isinstance(self._pytype, type):
            return self._pytype
        return (PlainStorageClass(self.name, self._pytype) if self._pytype else self._plain).python_type()

    @property
    def components(self) -> Mapping[str, StorageClass]:
        """Storage classes of the parts by name."""
        return {name: StorageClass(held) for name, held in self._plain.components.items()}

    @property
    def derivedComponents(self) -> Mapping[str, StorageClass]:
        """Storage classes of what can be read of it, but is no part, by name."""
        return {name: StorageClass(held) for name, held in self._plain.derived_components.items()}

    def allComponents(self) -> Mapping[str, StorageClass]:
        """Both kinds of components."""
        return {**self.components, **self.derivedComponents}

    @property
    def parameters(self) -> set[str]:
        """Read parameters."""
        return set(self._plain.parameters)

    def isComposite(self) -> bool:
        """Whether it has parts."""
        return bool(self._plain.components)

    def __eq__(self, other: object) -> bool:
        return self.name == other.name if isinstance(other, StorageClass) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f"StorageClass('{self.name}')"

    def __str__(self) -> str:
        return self.name


class DatasetType:
    """A kind of dataset.

    Parameters
    ----------
    name : `str`
        Letters, digits and ``_``.
    dimensions : `DimensionGroup` or iterable of `str`
        What tells its datasets apart.
    storageClass : `StorageClass` or `str`
        What they are in memory.
    universe : `DimensionUniverse`, optional
        Where names of dimensions are looked up; by default the standard one.
    isCalibration : `bool`
        Whether datasets are looked up by validity range.
    """

    __slots__ = ("plain",)

    def __init__(
        self,
        name: str,
        dimensions: DimensionGroup | Iterable[Any],
        storageClass: StorageClass | str,
        parentStorageClass: StorageClass | str | None = None,
        *,
        universe: DimensionUniverse | None = None,
        isCalibration: bool = False,
    ) -> None:
        if not isinstance(dimensions, DimensionGroup):
            dimensions = (universe or DimensionUniverse.load()).conform(dimension_names(dimensions))
        kind = storage_class_name(storageClass)
        assert kind is not None, "a storage class has a name"
        self.plain = PlainType(name, dimensions, kind, isCalibration)

    @classmethod
    def of(cls, dataset_type: PlainType) -> DatasetType:
        """The same type with these spellings."""
        made = cls.__new__(cls)
        made.plain = dataset_type
        return made

    @property
    def name(self) -> str:
        """Name; a component has its name behind a point."""
        return self.plain.name

    @property
    def dimensions(self) -> DimensionGroup:
        """What tells its datasets apart."""
        return self.plain.dimensions

    @property
    def storageClass_name(self) -> str:
        """Name of the storage class; nothing is imported."""
        return self.plain.storage_class

    @property
    def storageClass(self) -> StorageClass:
        """The storage class."""
        return StorageClass(self.plain.storage_class)

    def isCalibration(self) -> bool:
        """Whether datasets are looked up by validity range."""
        return self.plain.is_calibration

    def isComposite(self) -> bool:
        """Whether its storage class has parts."""
        return self.storageClass.isComposite()

    def isComponent(self) -> bool:
        """Whether this is a part of another type."""
        return self.plain.component is not None

    def component(self) -> str | None:
        """Component name, or `None`."""
        return self.plain.component

    def nameAndComponent(self) -> tuple[str, str | None]:
        """Name of the whole, and component name or `None`."""
        return PlainType.split(self.name)

    @staticmethod
    def splitDatasetTypeName(datasetTypeName: str) -> tuple[str, str | None]:
        """``calexp.wcs`` → (``calexp``, ``wcs``)."""
        return PlainType.split(datasetTypeName)

    def componentTypeName(self, component: str) -> str:
        """Name of a component's type."""
        self._component_class(component)
        return self.plain.component_name(component)

    def makeComponentDatasetType(self, component: str) -> DatasetType:
        """The type of a component."""
        name, kind = self.componentTypeName(component), self._component_class(component)
        return DatasetType(name, self.dimensions, kind, isCalibration=self.isCalibration())

    def _component_class(self, component: str) -> StorageClass:
        held = self.storageClass.allComponents()
        if component not in held:
            raise UnknownComponentError(
                f"Dataset type '{self.name}' ({self.storageClass_name}) has no component '{component}'.",
                hint=nearest(component, held) or f"It has: {', '.join(held) or 'none'}.",
            )
        return held[component]

    def __eq__(self, other: object) -> bool:
        if isinstance(other, DatasetType | PlainType):
            return self.plain == plain_type(other)
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self.plain)

    def __lt__(self, other: DatasetType) -> bool:
        return self.name < other.name

    def __repr__(self) -> str:
        return repr(self.plain)


class DatasetRef(PlainRef):
    """One dataset.

    Parameters
    ----------
    datasetType : `DatasetType`
    dataId : `DataCoordinate`
    run : `str`
    id : `uuid.UUID`, optional
        By default a new one.
    """

    __slots__ = ()

    def __init__(
        self, datasetType: DatasetType | PlainType, dataId: DataId, run: str, *, id: uuid.UUID | None = None
    ) -> None:
        kind = plain_type(datasetType)
        super().__init__(kind, DataCoordinate.standardize(dataId, dimensions=kind.dimensions), run, id)

    @classmethod
    def of(cls, ref: PlainRef) -> DatasetRef:
        """The same ref with these spellings."""
        if isinstance(ref, DatasetRef):
            return ref
        made = cls.__new__(cls)
        made.__setstate__((ref.dataset_type, ref.data_id, ref.run, ref._id))
        return made

    @property
    def datasetType(self) -> DatasetType:
        """Type of the dataset."""
        return DatasetType.of(self.dataset_type)

    @property
    def dataId(self) -> DataCoordinate:
        """Data ID of the dataset."""
        if not isinstance(self.data_id, DataCoordinate):  # made when asked for: lists are long
            self.data_id = DataCoordinate.of(self.data_id)
        return self.data_id

    @property
    def dimensions(self) -> DimensionGroup:
        """Dimensions of the data ID."""
        return self.dataset_type.dimensions

    def isComponent(self) -> bool:
        """Whether this refers to a part of a dataset."""
        return self.is_component

    def isComposite(self) -> bool:
        """Whether the dataset has parts."""
        return self.datasetType.isComposite()

    def makeComponentRef(self, name: str) -> DatasetRef:
        """A ref to one component."""
        kind = self.datasetType.makeComponentDatasetType(name)
        return DatasetRef(kind, self.data_id, self.run, id=self.id)

    def expanded(self, dataId: DataId) -> DatasetRef:
        """The same dataset with a data ID that carries records."""
        return self.of(super().expanded(dataId))


def plain_type(given: DatasetType | PlainType) -> PlainType:
    """Our own dataset type."""
    return given.plain if isinstance(given, DatasetType) else given


def type_name(given: Any) -> Any:
    """Name of a dataset type; what is a name (or a pattern) already is returned as it is."""
    return given.name if isinstance(given, DatasetType | PlainType) else given


def storage_class_name(given: StorageClass | PlainStorageClass | str | None) -> str | None:
    """Name of a storage class given by name or as an object."""
    return given if given is None or isinstance(given, str) else given.name
