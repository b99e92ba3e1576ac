"""A repository with files on either storage and either database, for those who look after it."""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from typing import Any

from skybutler import Butler, DatasetRef
from skybutler.butler.config import RepositoryConfig

RUN = "u/run"


def make_kept(database_url: str, directory: Path, datastore_root: str | None = None) -> RepositoryConfig:
    """A repository with an instrument of six detectors and a note for each.

    Parameters
    ----------
    database_url : `str`
    directory : `pathlib.Path`
        Where it is made.
    datastore_root : `str`, optional
        Where its files are; below ``directory`` by default.
    """
    seed: dict[str, Any] = {"registry": {"db": database_url}}
    if "postgres" in database_url:
        seed["registry"]["namespace"] = f"n{uuid.uuid4().hex[:8]}"
    if datastore_root is not None:
        seed["datastore"] = {"root": datastore_root}
    Butler.create(directory, seed=seed, override=True)
    with Butler(directory, run=RUN) as butler:
        butler.insert_dimension_data("instrument", {"name": "Cam"})
        rows = ({"instrument": "Cam", "id": i, "full_name": f"D{i}"} for i in range(6))
        butler.insert_dimension_data("detector", *rows)
        butler.register_dataset_type("note", ["detector"])
        with butler.transaction():
            for detector in range(6):
                butler.put({"detector": detector, "text": "x" * 100}, "note", instrument="Cam", detector=detector)
        return butler.config


def refs(butler: Butler) -> list[DatasetRef]:
    """The notes, by detector."""
    return sorted(butler.query_datasets("note", RUN), key=lambda ref: ref.data_id["detector"])


def path(butler: Butler, ref: DatasetRef) -> str:
    """Path of a dataset's file in the datastore."""
    record = butler.registry.file_record(ref.id.bytes)
    assert record is not None
    return record.path


def rewrite(butler: Butler, ref: DatasetRef, data: bytes) -> None:
    """Give the file of a dataset another content."""
    butler.datastore.storage.write(path(butler, ref), data, overwrite=True)


def content(butler: Butler, ref: DatasetRef) -> bytes:
    """What is in the file of a dataset."""
    return butler.datastore.storage.read(path(butler, ref))


def wait_a_little() -> None:
    """Until what was written before counts as old."""
    time.sleep(0.01)
