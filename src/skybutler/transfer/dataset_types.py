"""Dataset types carried from one repository to another, where they must mean the same.  Knows no datasets."""

from __future__ import annotations

from collections.abc import Iterable

from skybutler.datasets import DatasetType
from skybutler.errors import ConflictingDefinitionError, InconsistentUniverseError, MissingDatasetTypeError
from skybutler.registry.registry import Registry

__all__ = ["missing_types", "require_types", "translated"]


def translated(kind: DatasetType, registry: Registry) -> DatasetType:
    """A dataset type of another repository in this one's dimensions.

    Raises
    ------
    InconsistentUniverseError
        Its dimensions are not the same here; both universes are named.
    """
    there, here = kind.dimensions.universe, registry.universe
    unknown = [name for name in kind.dimensions.required if name not in here]
    group = None if unknown else here.conform(kind.dimensions.required)
    if group is None or tuple(group.required) != tuple(kind.dimensions.required):
        raise InconsistentUniverseError(
            f"Dataset type '{kind.name}' has the dimensions {', '.join(kind.dimensions.required)} in version "
            f"{there.version} of '{there.namespace}'; version {here.version} of '{here.namespace}' "
            + (f"has no {', '.join(unknown)}." if group is None else f"makes {', '.join(group.required)} of them.")
        )
    return DatasetType(kind.name, group, kind.storage_class, kind.is_calibration)


def missing_types(registry: Registry, kinds: Iterable[DatasetType]) -> list[DatasetType]:
    """Those of some dataset types that are not registered.

    Raises
    ------
    ConflictingDefinitionError
        One is registered with another definition; both are shown.
    """
    missing = []
    for kind in kinds:
        found = registry.dataset_types.find(kind.name)
        if found is None:
            missing.append(kind)
        elif found.dataset_type != kind:
            raise ConflictingDefinitionError(
                f"Dataset type '{kind.name}' differs: {kind!r} is to come, {found.dataset_type!r} is here."
            )
    return missing


def require_types(registry: Registry, kinds: Iterable[DatasetType], *, register: bool) -> list[DatasetType]:
    """See that dataset types are registered here; give those that are not.

    Parameters
    ----------
    registry : `Registry`
    kinds : iterable of `DatasetType`
        In this repository's dimensions.
    register : `bool`
        Whether missing ones will be made; otherwise they are an error.

    Raises
    ------
    ConflictingDefinitionError
        One is registered with another definition.
    MissingDatasetTypeError
        Some are not registered and are not to be; all are named.
    """
    missing = missing_types(registry, kinds)
    if missing and not register:
        names = ", ".join(f"'{kind.name}'" for kind in missing)
        raise MissingDatasetTypeError(
            f"The target repository has no dataset type {names}.",
            hint="Let them be registered: register_dataset_types=True (--register-dataset-types).",
        )
    return missing
