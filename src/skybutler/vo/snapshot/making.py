"""Making a snapshot: all rows of ObsCore as they were at one moment, sorted, as one Parquet file.  Knows no queries.

Rows are sorted by kind and place on the sky, so that neighbours are read together and columns take little space.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skybutler.errors import MissingExtraError, UnavailableError
from skybutler.vo.arrays import arrow_type
from skybutler.vo.obscore import FIELDS, ObsCoreRelation, ObsCoreSettings
from skybutler.vo.obscore.columns import CONSTANTS, REGION
from skybutler.vo.texts import region_texts

from .folder import SnapshotFolder

if TYPE_CHECKING:
    import pyarrow as pa

    from skybutler.registry.registry import Registry
    from skybutler.vo.field import Field

__all__ = ["DERIVED", "Made", "connect", "literal", "make_snapshot"]

DERIVED = ("access_url", "obs_publisher_did")
"""Columns that are not kept: they end with the identifier of the dataset, and begin as each server says."""

_STORED = tuple(f for f in FIELDS if f.name not in DERIVED)
_PLAIN = tuple(f for f in _STORED if f.name not in CONSTANTS)
_ROWS = 20_000
_ORDER = 14
"""Order of the HEALPix pixels by which rows are sorted: a quarter of an arcminute."""
_MEMORY = "512MB"
_GROUP = 40_960
"""Rows that are stored together: the first ones come when all columns of so many are unpacked, and each query looks at
what is said of all groups."""


@dataclass(frozen=True, slots=True)
class Made:
    """A snapshot that is there: its file, how many rows it has, and whether it had to be made."""

    file: Path
    rows: int
    is_new: bool


def connect(**options: str | int | bool) -> Any:
    """DuckDB in this process, without a file of its own; it fetches nothing from anywhere.

    Raises
    ------
    MissingExtraError
        It is not installed.
    """
    try:
        import duckdb
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            "Snapshots need the package duckdb.", hint="Install it with: pip install 'skybutler[web]'"
        ) from error
    return duckdb.connect(
        ":memory:", config={"autoinstall_known_extensions": False, "autoload_known_extensions": False, **options}
    )


def make_snapshot(
    registry: Registry,
    settings: ObsCoreSettings,
    folder: SnapshotFolder,
    advance: Callable[[int], None] = lambda rows: None,
) -> Made:
    """Make the snapshot of today, unless it is there; others that nobody reads are removed.

    Parameters
    ----------
    registry : `skybutler.registry.registry.Registry`
        Of the repository; it may be written to meanwhile.
    settings : `ObsCoreSettings`
        What ObsCore tells.
    folder : `SnapshotFolder`
        Where to.
    advance : callable, optional
        Told how many rows were read.

    Raises
    ------
    UnavailableError
        Another process is making one, or there is no space.
    """
    with folder.writing() as scratch, registry.database.frozen("journal"):
        registry.refresh()
        obscore = ObsCoreRelation(registry, settings, "", "")
        file = folder.file(registry.journal.generation(), obscore.fingerprint)
        if file.exists():
            return Made(file, _count(file), is_new=False)
        try:
            _write(scratch / "rows", _batches(registry, obscore, advance))
            _sort(scratch / "rows", scratch / "sorted")
            folder.publish(scratch / "sorted", file)
        except OSError as error:
            raise UnavailableError(f"The snapshot could not be written: {error}.") from error
        return Made(file, _count(file), is_new=True)


def _count(file: Path) -> int:
    import pyarrow.parquet as pq

    return int(pq.read_metadata(file).num_rows)


def _batches(registry: Registry, obscore: ObsCoreRelation, advance: Callable[[int], None]) -> Iterator[pa.RecordBatch]:
    columns = ("kind", "dataset_id", *(f.name for f in _PLAIN))
    named = ", ".join(f'o."{name}"' for name in columns)
    done = 0
    for rows in registry.database.stream(f"SELECT {named} FROM ({obscore.sql(columns=columns)}) o", size=_ROWS):
        yield _batch(obscore, rows)
        done += len(rows)
        advance(done)


def _batch(obscore: ObsCoreRelation, rows: Sequence[tuple[Any, ...]]) -> pa.RecordBatch:
    import pyarrow as pa

    kinds, identifiers, *values = zip(*rows, strict=True)
    storage = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(16), len(rows), [None, pa.py_buffer(b"".join(identifiers))]
    )
    found = {"dataset_id": pa.ExtensionArray.from_storage(pa.uuid(), storage), "kind": pa.array(kinds, pa.int64())}
    for f, column in zip(_PLAIN, values, strict=True):
        found[f.name] = region_texts(column) if f.name == REGION else _array(column, _type(f))
    places = {kind: place for place, kind in enumerate(obscore.constants)}
    chosen = pa.array([places[kind] for kind in kinds], pa.int32())
    for f in _STORED:
        if f.name in CONSTANTS:
            said = pa.array([constants[f.name] for constants in obscore.constants.values()], _type(f))
            found[f.name] = said.take(chosen)
    found["place"] = _places(found["s_ra"], found["s_dec"])
    return pa.RecordBatch.from_arrays([found[name] for name in _schema().names], schema=_schema())


def _array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    import pyarrow as pa

    try:
        return pa.array(values, kind)
    except (pa.ArrowInvalid, pa.ArrowTypeError):  # PostgreSQL gives numbers with a point that are exact
        return pa.array([None if v is None else float(v) for v in values], kind)


@cache
def _schema() -> pa.Schema:
    import pyarrow as pa

    own = [("dataset_id", pa.uuid()), ("kind", pa.int64())]
    return pa.schema([*own, *((f.name, _type(f)) for f in _STORED), ("place", pa.int64())])


def _type(field: Field) -> pa.DataType:
    """Integers have 64 bits, as in the databases: sums and products of them come out the same."""
    import pyarrow as pa

    return pa.int64() if field.datatype in ("short", "int", "long") else arrow_type(field)


def _places(ra: pa.Array, dec: pa.Array) -> pa.Array:
    """Pixels of positions, -1 where there is none."""
    import hpgeom
    import numpy as np
    import pyarrow as pa

    lon, lat = (np.asarray(column.fill_null(math.nan)) for column in (ra, dec))
    known = np.isfinite(lon) & np.isfinite(lat)
    found = np.full(len(lon), -1, np.int64)
    found[known] = hpgeom.angle_to_pixel(1 << _ORDER, lon[known] % 360.0, lat[known])
    return pa.array(found)


def _write(file: Path, batches: Iterator[pa.RecordBatch]) -> None:
    """Rows as they come."""
    import pyarrow.parquet as pq

    with pq.ParquetWriter(file, _schema(), compression="lz4") as writer:
        for batch in batches:
            writer.write_batch(batch)


def _sort(source: Path, target: Path) -> None:
    """All rows in their order, in bounded memory."""
    import duckdb

    try:
        with connect(memory_limit=_MEMORY, threads=2, temp_directory=str(source.parent)) as connection:
            connection.execute(
                f"COPY (SELECT * EXCLUDE (place) FROM read_parquet({literal(str(source))}) ORDER BY kind, place) "
                f"TO {literal(str(target))} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {_GROUP})"
            )
    except duckdb.Error as error:
        raise UnavailableError(f"The snapshot could not be written: {error}.") from error


def literal(text: str) -> str:
    """A text as SQL."""
    return "'" + text.replace("'", "''") + "'"
