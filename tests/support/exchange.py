"""Repositories between which datasets are moved: made on every engine, filled with files, and compared row by row."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

from skybutler import Butler
from skybutler.datasets import CollectionType, DatasetRef
from skybutler.dimensions import DataId
from skybutler.registry.attachments import ATTACHED, all_attached
from skybutler.registry.record_columns import all_records
from skybutler.sky.timespan import Timespan
from support.world import fill_records

__all__ = ["content", "files_below", "fill", "make_repository", "put_calexps", "run_rows", "spoil"]

VISITS, DETECTORS = (10, 11, 20), range(3)


def make_repository(root: Path, url: str, datastore: str | None = None) -> Path:
    """A repository whose registry and files are at given places (a PostgreSQL one in a schema of its own)."""
    registry: dict[str, Any] = {"db": url}
    if "postgres" in url:
        registry["namespace"] = f"n{uuid.uuid4().hex[:8]}"
    seed: dict[str, Any] = {"registry": registry}
    if datastore is not None:
        seed["datastore"] = {"root": datastore}
    Butler.create(root, seed=seed, override=True)
    return root


def put_calexps(butler: Butler, run: str = "run/a") -> list[DatasetRef]:
    """Datasets with a file each, of visits and detectors that exist."""
    return [
        butler.put({"visit": v, "detector": d}, "calexp", instrument="Cam", visit=v, detector=d, run=run)
        for v in VISITS
        for d in DETECTORS
    ]


def fill(butler: Butler) -> list[DatasetRef]:
    """Records of every kind, datasets with files in two runs, tags, validity ranges, chains; gives all refs."""
    fill_records(butler.registry)
    butler.register_dataset_type("calexp", ["visit", "detector"])
    butler.register_dataset_type("bias", ["instrument", "detector"], is_calibration=True)
    butler.register_dataset_type("note", [])
    butler.register_dataset_type("shard", ["htm7"])
    refs = put_calexps(butler)
    again = {"visit": 10, "detector": 0, "again": True}
    refs.append(butler.put(again, "calexp", instrument="Cam", visit=10, detector=0, run="run/b"))
    biases = [butler.put({"b": d}, "bias", instrument="Cam", detector=d, run="calib/run") for d in range(2)]
    refs += [*biases, butler.put({"text": "é"}, "note", run="run/a"), butler.put({}, "shard", htm7=222340, run="run/b")]
    butler.collections.register("tag/x", CollectionType.TAGGED, doc="a tag")
    butler.registry.datasets.associate("tag/x", [refs[0].id.bytes, biases[0].id.bytes])
    butler.collections.register("calib/c", CollectionType.CALIBRATION)
    certify = butler.registry.calibrations.certify
    certify("calib/c", [r.id.bytes for r in biases], Timespan.from_ns(0, 10))
    certify("calib/c", [biases[0].id.bytes], Timespan.from_ns(10, None))
    butler.collections.register("chain/all", CollectionType.CHAINED, doc="everything")
    butler.registry.collections.set_chain("chain/all", ["tag/x", "calib/c", "run/a"])
    butler.collections.register("chain/outer", CollectionType.CHAINED)
    butler.registry.collections.set_chain("chain/outer", ["chain/all", "run/b"])
    _hang_rows_on(butler, refs)
    return refs


def _hang_rows_on(butler: Butler, refs: list[DatasetRef]) -> None:
    """How one dataset was made, and its inputs, one of which is nowhere."""
    from skybutler.registry.attachments import attach

    one, quantum = refs[0].id.bytes, uuid.uuid4().bytes
    with butler.transaction():
        attach(butler.registry, "provenance", {"dataset": [one], "quantum": [quantum], "extras": ['{"a": 1}']})
        inputs = [refs[1].id.bytes, uuid.uuid4().bytes]
        attach(butler.registry, "lineage", {"dataset": [one, one], "position": [0, 1], "input": inputs})


def run_rows(butler: Butler, *, paths: bool = True) -> dict[str, tuple[Any, ...]]:
    """Every dataset by id: type, run, data ID, and what is recorded of its file."""
    rows: dict[str, tuple[Any, ...]] = {}
    if not butler.collections.query():
        return rows
    for ref in butler.query_all_datasets("*", find_first=False):
        record = butler.registry.file_record(ref.id.bytes)
        where = () if record is None else (record.formatter, record.storage_class, record.size, record.checksum)
        path = (record.path,) if record is not None and paths else ()
        rows[str(ref.id)] = (ref.dataset_type.name, ref.run, tuple(ref.data_id.required_values), *where, *path)
    return rows


def content(butler: Butler, *, paths: bool = True) -> dict[str, Any]:
    """All that a registry holds, without its own numbers and times, in an order of its own."""
    registry = butler.registry
    found: dict[str, Any] = {}
    registry.refresh()
    for element in registry.universe.elements:
        if element.has_table:
            batches = list(all_records(registry, element.name))
            found[element.name] = sorted(repr(row) for b in batches for row in zip(*b.values(), strict=True))
    found["dataset types"] = sorted(repr(kind) for kind in butler.query_dataset_types())
    infos = [registry.collections.info(name) for name in registry.collections.names()]
    found["collections"] = [(i.name, i.type.name, i.doc, i.children, sorted(i.dataset_types)) for i in infos]
    found["datasets"] = run_rows(butler, paths=paths)
    for table in ATTACHED:
        rows = [row for b in all_attached(registry, table) for row in zip(*b.values(), strict=True)]
        found[table] = sorted(map(repr, rows))
    select = registry.database.query
    found["tags"] = sorted(
        (n, bytes(i)) for n, i in select(
            "SELECT c.name, d.id FROM tag t JOIN collection c ON c.k = t.collection JOIN dataset d ON d.k = t.dataset"
        )
    )  # fmt: skip
    found["certified"] = sorted(
        (n, bytes(i), b, e) for n, i, b, e in select(
            "SELECT c.name, d.id, t.begin, t.finish FROM calibration t JOIN collection c ON c.k = t.collection "
            "JOIN dataset d ON d.k = t.dataset"
        )
    )  # fmt: skip
    return found


def files_below(butler: Butler) -> set[str]:
    """Paths of all files in a datastore, but those of the repository itself."""
    own = ("butler.yaml", "gen3.sqlite3", "registry.sqlite3")
    return {p for p in butler.datastore.storage.files() if not p.startswith(own)}


def data_id(butler: Butler, kind: str, **values: Any) -> DataId:
    """A data ID of a dataset type."""
    return DataId.standardize(values, group=butler.get_dataset_type(kind).dimensions)


def spoil(butler: Butler, ref: DatasetRef) -> str:
    """Change the content of a dataset's file, not its size; its path."""
    record = butler.registry.file_record(ref.id.bytes)
    assert record is not None
    whole = butler.datastore.storage.read(record.path)
    butler.datastore.storage.write(record.path, b"x" * len(whole), overwrite=True)
    return record.path
