"""Dataset references with all their records, made without a registry."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from typing import Any

from skybutler.datasets import DatasetRef, DatasetType, FileRecord
from skybutler.datastore import Datastore
from skybutler.dimensions import DataId, DimensionUniverse
from skybutler.dimensions.record import make_record

UNIVERSE = DimensionUniverse.load()
ID = uuid.UUID("01234567-89ab-7def-8123-456789abcdef")

# Names with every character that must not get into a path as it is.
RECORDS: dict[str, dict[str, Any]] = {
    "instrument": {"name": "Cam Era", "class_name": "x"},
    "band": {"name": "r"},
    "physical_filter": {"instrument": "Cam Era", "name": "r 1.2:x/y", "band": "r"},
    "detector": {"instrument": "Cam Era", "id": 3, "full_name": "R22/S11.a", "raft": "R22", "name_in_raft": "S11"},
    "day_obs": {"instrument": "Cam Era", "id": 20261013},
    "group": {"instrument": "Cam Era", "name": "g#7"},
    "exposure": {
        "instrument": "Cam Era",
        "id": 77,
        "obs_id": "MC_O_20261013.000077#x",
        "physical_filter": "r 1.2:x/y",
        "group": "g#7",
        "day_obs": 20261013,
    },
    "visit": {"instrument": "Cam Era", "id": 77, "name": "v77", "physical_filter": "r 1.2:x/y", "day_obs": 20261013},
    "skymap": {"name": "DC2|x", "hash": b"1", "tract_max": 1, "patch_nx_max": 1, "patch_ny_max": 1},
    "tract": {"skymap": "DC2|x", "id": 3828},
    "patch": {"skymap": "DC2|x", "tract": 3828, "id": 42, "cell_x": 0, "cell_y": 6},
}
VALUES: dict[str, Any] = {
    "instrument": "Cam Era",
    "physical_filter": "r 1.2:x/y",
    "detector": 3,
    "day_obs": 20261013,
    "group": "g#7",
    "exposure": 77,
    "visit": 77,
    "band": "r",
    "skymap": "DC2|x",
    "tract": 3828,
    "patch": 42,
    "htm7": 140000,
}


def make_type(name: str, dimensions: Iterable[str], storage_class: str = "StructuredDataDict") -> DatasetType:
    """A dataset type of the default universe."""
    return DatasetType(name, UNIVERSE.conform(dimensions), storage_class)


def make_ref(
    name: str,
    dimensions: Iterable[str] = (),
    storage_class: str = "StructuredDataDict",
    run: str = "u/me/run",
    *,
    expanded: bool = True,
    id: uuid.UUID = ID,
    **values: Any,
) -> DatasetRef:
    """A dataset of this type with the values above, other ones by keyword, and the records above."""
    dataset_type = make_type(name, dimensions, storage_class)
    group = dataset_type.dimensions
    known = {**VALUES, **values}
    data_id = DataId.from_full_values(group, [known[key] for key in group.data_id_keys])
    if expanded:
        elements = {e.name: e for e in group.elements if e.name in RECORDS}
        data_id = data_id.expanded({name: make_record(e, RECORDS[name]) for name, e in elements.items()})
    return DatasetRef(dataset_type, data_id, run, id)


DATA = {"a": 1, "b": [1.5, None, "ü"], "c": {"d": True}}


def put(datastore: Datastore, obj: Any, ref: DatasetRef, in_use: Callable[[str], bool] = lambda _: True) -> FileRecord:
    with datastore.stage() as stage:
        return datastore.write(datastore.prepare(obj, ref), stage, in_use=in_use)


def metadata_ref(**options: Any) -> DatasetRef:
    return make_ref("calexp_metadata", ["visit", "detector"], **options)
