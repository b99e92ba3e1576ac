"""The index beside files taken out of a repository, as lsst.daf.butler writes and reads it.  Knows no storage."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from skybutler.datasets import DatasetType, FileRecord
from skybutler.datasets.identity import DATASET_NAMESPACE
from skybutler.dimensions import DimensionUniverse
from skybutler.errors import FormatError, SchemaVersionError
from skybutler.formatters.foreign import foreign_name
from skybutler.registry.rows import DatasetRows
from skybutler.storage.storage import CHECKSUM_SIZE

from .index_records import record_rows

__all__ = ["INDEX_NAME", "Artifact", "ArtifactIndex", "read_index", "zip_name"]

INDEX_NAME = "_butler_zip_index.json"
"""Name of the index, in a directory as well as in a zip file."""

_VERSION = "V1"


@dataclass(frozen=True, slots=True)
class Artifact:
    """One file: what is recorded of it, and the 16-byte ids of the datasets in it."""

    record: FileRecord
    ids: tuple[bytes, ...]


@dataclass
class ArtifactIndex:
    """What an index says.

    Parameters
    ----------
    universe : `tuple` [`str`, `int`]
        Namespace and version of the dimensions.
    dataset_types : `dict` [`str`, `dict`]
        ``dimensions``, ``storageClass`` and ``isCalibration`` by name.
    refs : `dict` [`bytes`, `tuple`]
        Dataset type, run, and data ID by 16-byte id.
    artifacts : `dict` [`str`, `Artifact`]
        Files by their path beside the index.
    records : `dict` [`str`, `list`]
        Rows of dimension records by element, see `skybutler.transfer.index_records`.
    """

    universe: tuple[str, int]
    dataset_types: dict[str, dict[str, Any]] = field(default_factory=dict)
    refs: dict[bytes, tuple[str, str, dict[str, Any]]] = field(default_factory=dict)
    artifacts: dict[str, Artifact] = field(default_factory=dict)
    records: dict[str, list[list[Any]]] = field(default_factory=dict)

    @classmethod
    def of(cls, universe: DimensionUniverse) -> ArtifactIndex:
        """An empty index of datasets in these dimensions."""
        return cls((universe.namespace, universe.version))

    def add(self, rows: DatasetRows) -> None:
        """Enter datasets."""
        kind = rows.dataset_type
        self.dataset_types[kind.name] = {
            "name": kind.name,
            "storageClass": kind.storage_class,
            "dimensions": list(kind.dimensions.required),
            "parentStorageClass": None,
            "isCalibration": kind.is_calibration,
        }
        names = tuple(rows.columns)
        for identifier, run, values in zip(rows.ids, rows.run, rows.values(), strict=True):
            self.refs[identifier] = kind.name, run, dict(zip(names, values, strict=True))

    def add_records(self, universe: DimensionUniverse, records: Mapping[str, Mapping[str, Sequence[Any]]]) -> None:
        """Enter dimension records, given as columns by element."""
        for name, columns in records.items():
            self.records.setdefault(name, []).extend(record_rows(universe[name], columns))

    def keep(self, older: ArtifactIndex, is_there: Callable[[str], bool]) -> None:
        """Take over what an older index of the same place says of other files, as far as they are still there."""
        if older.universe != self.universe:
            return
        kept = {path: a for path, a in older.artifacts.items() if path not in self.artifacts and is_there(path)}
        for artifact in kept.values():
            for identifier in artifact.ids:
                ref = self.refs.setdefault(identifier, older.refs[identifier])
                self.dataset_types.setdefault(ref[0], older.dataset_types[ref[0]])
        self.artifacts |= kept
        for name, rows in older.records.items():
            known = {json.dumps(row) for row in self.records.get(name, ())}
            self.records.setdefault(name, []).extend(row for row in rows if json.dumps(row) not in known)

    def text(self) -> str:
        """The index as JSON."""
        namespace, version = self.universe
        refs = {
            "container_version": _VERSION,
            "universe_version": version,
            "universe_namespace": namespace,
            "dataset_types": self.dataset_types,
            "compact_refs": {
                str(uuid.UUID(bytes=i)): {"dataset_type_name": name, "run": run, "data_id": data_id}
                for i, (name, run, data_id) in self.refs.items()
            },
            "dimension_records": self.records or None,
        }
        artifacts = {path: _written(artifact) for path, artifact in self.artifacts.items()}
        return json.dumps({"index_version": _VERSION, "refs": refs, "artifact_map": artifacts}, separators=(",", ":"))


def _written(artifact: Artifact) -> dict[str, Any]:
    record = artifact.record
    return {
        "info": {
            "formatter": foreign_name(record.formatter, record.storage_class),
            "path": record.path,
            "storage_class": record.storage_class,
            "component": record.component or None,
            "checksum": record.checksum.hex() if record.checksum is not None else None,
            "file_size": record.size,
        },
        "ids": [str(uuid.UUID(bytes=i)) for i in artifact.ids],
    }


def zip_name(paths: Iterable[str]) -> str:
    """Name of a zip file, which follows from the names of its members."""
    return f"{uuid.uuid5(DATASET_NAMESPACE, ','.join(sorted(paths)))}.zip"


# ----------------------------------------------------------------------- read
def read_index(data: bytes, where: str) -> ArtifactIndex:
    """What the bytes of an index say.

    Parameters
    ----------
    data : `bytes`
        JSON text.
    where : `str`
        What it is called in messages.

    Raises
    ------
    FormatError
        It is no such index; what is wrong is named.
    SchemaVersionError
        It is of a version that is not known here.
    """
    try:
        content = json.loads(data)
    except ValueError as error:
        raise FormatError(f"{where} is no JSON text: {error}.") from error
    try:
        for found in (content["index_version"], content["refs"]["container_version"]):
            if found != _VERSION:
                raise SchemaVersionError(
                    f"{where} is of version {found!r}; known is {_VERSION!r}.",
                    hint="It was written by something newer: pip install --upgrade skybutler",
                )
        return _index_of(content)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, FormatError | SchemaVersionError):
            raise
        raise FormatError(f"{where} is not an index of artifacts: {type(error).__name__} {error}.") from error


def _index_of(content: Mapping[str, Any]) -> ArtifactIndex:
    refs = content["refs"]
    index = ArtifactIndex((str(refs["universe_namespace"]), int(refs["universe_version"])))
    index.dataset_types = {str(name): dict(kind) for name, kind in refs["dataset_types"].items()}
    for identifier, ref in refs["compact_refs"].items():
        name, run, data_id = str(ref["dataset_type_name"]), str(ref["run"]), dict(ref["data_id"])
        if name not in index.dataset_types:
            raise ValueError(f"dataset type '{name}' is not described")
        index.refs[uuid.UUID(identifier).bytes] = name, run, data_id
    for path, entry in content["artifact_map"].items():
        ids = tuple(uuid.UUID(text).bytes for text in entry["ids"])
        if unknown := [i for i in ids if i not in index.refs]:
            raise ValueError(f"{path} is said to hold {uuid.UUID(bytes=unknown[0])}, which is not described")
        index.artifacts[str(path)] = Artifact(_record(entry["info"]), ids)
    index.records = {str(name): [list(row) for row in rows] for name, rows in (refs["dimension_records"] or {}).items()}
    return index


def _record(info: Mapping[str, Any]) -> FileRecord:
    checksum = info["checksum"]
    ours = bytes.fromhex(checksum) if isinstance(checksum, str) and len(checksum) == 2 * CHECKSUM_SIZE else None
    return FileRecord(
        str(info["path"]),
        str(info["formatter"]),
        str(info["storage_class"]),
        int(info["file_size"]),
        ours,
        str(info["component"] or ""),
    )


def described_type(index: ArtifactIndex, name: str, universe: DimensionUniverse) -> DatasetType:
    """A dataset type of an index in a repository's dimensions.

    Raises
    ------
    DimensionNameError
        It has a dimension that the repository does not know.
    """
    kind = index.dataset_types[name]
    group = universe.conform([str(d) for d in kind["dimensions"] or ()])
    return DatasetType(name, group, str(kind["storageClass"]), bool(kind["isCalibration"]))
