"""All that a repository holds, as plain Python, and an export of all of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skybutler import Butler, CollectionType

__all__ = ["content_of", "save_everything"]


def content_of(butler: Butler) -> dict[str, Any]:
    """What a repository holds; equal for repositories that hold the same, wherever their files are."""
    butler.registry.refresh()
    return {
        "records": {e.name: _records(butler, e) for e in butler.dimensions.elements if e.has_table},
        "types": {str(kind) for kind in butler.query_dataset_types()},
        "collections": {name: _collection(butler, name) for name in butler.collections.query("*")},
        "datasets": _datasets(butler),
    }


def _records(butler: Butler, element: Any) -> dict[tuple[Any, ...], dict[str, Any]]:
    found = {}
    for record in butler.query_dimension_records(element.name):
        fields = {f: record.get(f) for f in element.fields if f != "region"}
        found[tuple(record.data_id[d] for d in element.required)] = fields | {"region": record.encoded_region}
    return found


def _collection(butler: Butler, name: str) -> tuple[Any, ...]:
    info = butler.registry.collections.info(name)
    registry = butler.registry
    kinds = registry.dataset_types.all()
    members: Any = None
    if info.type is CollectionType.TAGGED:
        members = {i for kind in kinds for i in registry.datasets.tagged(name, kind.k)}
    elif info.type is CollectionType.CALIBRATION:
        names = [kind.dataset_type.name for kind in kinds if kind.dataset_type.is_calibration]
        members = {(i, span) for kind in names for _, i, span in registry.calibrations.ranges(name, kind)}
    return info.type, info.doc, info.children, members


def _datasets(butler: Butler) -> Mapping[tuple[Any, ...], Any]:
    if not butler.query_dataset_types() or not butler.collections.query("*"):
        return {}
    refs = butler.query_datasets("*", "*", find_first=False)
    return {(r.dataset_type.name, r.run, tuple(r.data_id.required_values)): r.id for r in refs}


def save_everything(butler: Butler, export: Any) -> None:
    """Tell an export to save all that a repository holds."""
    for name in butler.collections.query("*"):
        export.save_collection(name)
    for element in butler.dimensions.elements:
        if element.has_table:
            export.save_dimension_data(element.name, butler.query_dimension_records(element.name))
    if butler.query_dataset_types() and butler.collections.query("*"):
        export.save_datasets(butler.query_datasets("*", "*", find_first=False))
