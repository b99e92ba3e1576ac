"""Reference catalogs as tables: datasets that are shards of the sky, of which those under a circle are read.

A catalog is a dataset type whose only dimension is a pixelization of the sky (``htm7``) and whose datasets are afw
catalogs with positions.  Knows no query and no web.
"""

from __future__ import annotations

import logging
import re
import threading
import uuid
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from skybutler.dimensions import SkyPixDimension
from skybutler.errors import ButlerError, InvalidQueryError
from skybutler.registry.database import quoted

from .adql import Cone, TapTable
from .field import Field

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from skybutler.butler import Butler
    from skybutler.registry.dataset_types import RegisteredType
    from skybutler.registry.registry import Registry
    from skybutler.tables import Catalog
    from skybutler.tables import Field as CatalogField

__all__ = ["SCHEMA", "ReferenceCatalog", "ShardCache", "reference_catalogs", "reference_types"]

SCHEMA = "refcat"
"""Schema of the tables."""
POSITION = ("coord_ra", "coord_dec")
"""Columns of positions, as afw names them; degrees here."""
MOST_ROWS = 500_000
"""Rows that a query may need of one catalog: they are staged in the database for it."""
_LOG = logging.getLogger(__name__)
_STORAGE_CLASSES = ("SimpleCatalog", "SourceCatalog", "Catalog")
_DATATYPES = {"f8": "double", "f4": "float", "i8": "long", "i4": "int", "u2": "int", "u1": "short", "b1": "short"}


@dataclass(frozen=True, slots=True)
class Shard:
    """What a dataset holds: columns of the table, and positions in radians."""

    batch: pa.RecordBatch
    ra: np.ndarray[Any, Any]
    dec: np.ndarray[Any, Any]

    def within(self, cones: Sequence[Cone]) -> pa.RecordBatch:
        """The rows in all of some circles."""
        import numpy as np
        import pyarrow as pa

        from skybutler.tables.cone import in_cone

        if not cones:
            return self.batch
        inside = np.ones(len(self.ra), dtype=bool)
        for cone in cones:
            inside &= in_cone(self.ra, self.dec, cone.ra, cone.dec, cone.radius)
        return self.batch.take(pa.array(np.flatnonzero(inside)))


class ShardCache:
    """Shards that were read, the latest used ones; shared by threads.

    Parameters
    ----------
    most_bytes : `int`
        Of all together.
    """

    def __init__(self, most_bytes: int = 256_000_000) -> None:
        self._most, self._held = most_bytes, 0
        self._shards: OrderedDict[uuid.UUID, Shard] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, dataset: uuid.UUID) -> Shard | None:
        """A shard, if it is held."""
        with self._lock:
            if (found := self._shards.get(dataset)) is not None:
                self._shards.move_to_end(dataset)
            return found

    def put(self, dataset: uuid.UUID, shard: Shard) -> None:
        """Hold a shard, and no longer those that were not used for long."""
        with self._lock:
            if dataset in self._shards or shard.batch.nbytes > self._most:
                return
            self._shards[dataset] = shard
            self._held += shard.batch.nbytes
            while self._held > self._most:
                _, gone = self._shards.popitem(last=False)
                self._held -= gone.batch.nbytes


class ReferenceCatalog:
    """One catalog.

    Parameters
    ----------
    butler : `skybutler.butler.Butler`
        Where its shards are.
    name : `str`
        Its dataset type.
    number : `int`
        That type's row in the registry.
    key_table : `str`
        Where its data IDs are.
    pixels : `skybutler.dimensions.SkyPixDimension`
        The pixelization.
    cache : `ShardCache`

    Raises
    ------
    InvalidQueryError
        It has no shard, or they have no positions.
    """

    def __init__(
        self, butler: Butler, name: str, number: int, key_table: str, pixels: SkyPixDimension, cache: ShardCache
    ) -> None:
        self.name = name
        self._butler, self._number, self._key_table, self._pixels, self._cache = (
            butler, number, key_table, pixels, cache,
        )  # fmt: skip
        first = next(self._datasets(()), None)
        if first is None:
            raise InvalidQueryError(f"{name} has no shards.")
        catalog = self._read(first)
        self._columns = [field for field in catalog.schema if _is_told(field)]
        if not set(POSITION) <= {field.name for field in self._columns}:
            raise InvalidQueryError(f"{name} has no positions.", hint=f"They are in {' and '.join(POSITION)}.")
        self.fields = tuple(map(_told, self._columns))

    @property
    def table(self) -> TapTable:
        """As users see it."""
        name = re.sub(r"\W", "_", self.name, flags=re.ASCII)
        said = f"Reference catalog {self.name}, in shards by {self._pixels.name}: ask for a position"
        return TapTable(SCHEMA, name, self.fields, "", description=said, source=self, position=POSITION)

    def rows(self, cones: Sequence[Cone], most: int | None) -> Iterator[tuple[Any, ...]]:
        """Rows for a query, see `skybutler.vo.adql.RowSource`."""
        n = 0
        for batch in self.batches(cones):
            if most is not None:
                batch = batch.slice(0, most - n)
            n += batch.num_rows
            if n > MOST_ROWS and (most is None or most > MOST_ROWS):
                raise InvalidQueryError(
                    f"The query needs more than {MOST_ROWS} rows of {SCHEMA}.{self.name}.",
                    hint=f"Ask for a small circle: 1 = CONTAINS(POINT({', '.join(POSITION)}), CIRCLE(ra, dec, radius))",
                )
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)
            if most is not None and n >= most:
                return

    def batches(self, cones: Sequence[Cone]) -> Iterator[pa.RecordBatch]:
        """Rows in all of some circles, shard by shard."""
        for dataset in self._datasets(cones):
            yield self._shard(dataset).within(cones)

    # ------------------------------------------------------------------ shards
    def _datasets(self, cones: Sequence[Cone]) -> Iterator[uuid.UUID]:
        """Datasets of the pixels under all of some circles; of several for a pixel the one that came last."""
        pixel = f"kt.{quoted(self._pixels.name)}"
        conditions = ["d.dataset_type = ?", "d.path IS NOT NULL"]
        for cone in cones:
            ranges = self._ranges(cone)
            found = " OR ".join(f"{pixel} BETWEEN {begin} AND {end - 1}" for begin, end in ranges)
            conditions.append(f"({found or '1 = 0'})")
        rows = self._butler.registry.database.query(
            f"SELECT {pixel}, d.id FROM dataset d JOIN {quoted(self._key_table)} kt ON kt.k = d.data_id "
            f"WHERE {' AND '.join(conditions)} ORDER BY {pixel}, d.ingested, d.k",
            (self._number,),
        )
        latest = {int(pixel): identifier for pixel, identifier in rows}
        for identifier in latest.values():
            yield identifier if isinstance(identifier, uuid.UUID) else uuid.UUID(bytes=bytes(identifier))

    def _ranges(self, cone: Cone) -> list[tuple[int, int]]:
        from skybutler.sky.region import circle

        region = circle(cone.ra % 360.0, cone.dec, min(cone.radius + 1e-9, 180.0))
        return [(int(begin), int(end)) for begin, end in self._pixels.pixelization.envelope(region).ranges()]

    def _shard(self, dataset: uuid.UUID) -> Shard:
        found = self._cache.get(dataset)
        if found is None:
            catalog = self._read(dataset)
            found = self._decoded(catalog)
            self._cache.put(dataset, found)
        return found

    def _read(self, dataset: uuid.UUID) -> Catalog:
        ref = self._butler.get_dataset(dataset)
        if ref is None:
            raise InvalidQueryError(f"A shard of {self.name} is no longer there.", hint="Ask again.")
        read: Catalog = self._butler.get(ref)
        return read

    def _decoded(self, catalog: Catalog) -> Shard:
        import numpy as np
        import pyarrow as pa

        from .arrays import arrow_type

        arrays = []
        for column, field in zip(self._columns, self.fields, strict=True):
            values = catalog[column.name] if column.name in catalog else column.blank(len(catalog))
            if column.type == "Angle":
                values = np.degrees(values)
            if field.is_text:
                arrays.append(pa.array([str(v) for v in values], pa.string()))
            else:  # what is no number is not known
                arrays.append(pa.array(np.ascontiguousarray(values), from_pandas=True).cast(arrow_type(field)))
        batch = pa.RecordBatch.from_arrays(arrays, names=[field.name for field in self.fields])
        return Shard(batch, *(np.ascontiguousarray(catalog[name], dtype=float) for name in POSITION))


def _is_told(field: CatalogField) -> bool:
    """Arrays have no place in the tables."""
    return not field.is_array and (field.type == "String" or field.dtype.str[1:] in _DATATYPES)


def _told(field: CatalogField) -> Field:
    """A column as users see it."""
    is_text = field.type == "String"
    ucds = {"id": "meta.id;meta.main", POSITION[0]: "pos.eq.ra;meta.main", POSITION[1]: "pos.eq.dec;meta.main"}
    flux = "phot.flux.density" if field.unit == "nJy" else None
    if flux and field.name.lower().endswith(("err", "sigma")):
        flux = "stat.error;phot.flux.density"
    return Field(
        name=field.name,
        datatype="char" if is_text else _DATATYPES[field.dtype.str[1:]],
        arraysize="*" if is_text else None,
        unit="deg" if field.type == "Angle" else (field.unit or None),
        ucd=ucds.get(field.name) or flux,
        description=field.doc or None,
        principal=field.name in ucds or flux == "phot.flux.density",
        indexed=field.name in POSITION,
    )


def reference_types(registry: Registry) -> list[tuple[RegisteredType, SkyPixDimension]]:
    """Dataset types that are reference catalogs, with or without shards."""
    types = []
    for found in registry.dataset_types.all():
        required = found.dataset_type.dimensions.required
        if len(required) == 1 and found.dataset_type.storage_class in _STORAGE_CLASSES:
            pixels = registry.universe[required[0]]
            if isinstance(pixels, SkyPixDimension):
                types.append((found, pixels))
    return types


def reference_catalogs(butler: Butler, cache: ShardCache) -> Iterator[ReferenceCatalog]:
    """All reference catalogs of a repository that have shards.

    Parameters
    ----------
    butler : `skybutler.butler.Butler`
    cache : `ShardCache`
        For their shards.
    """
    for found, pixels in reference_types(butler.registry):
        try:
            yield ReferenceCatalog(butler, found.dataset_type.name, found.k, found.key_table, pixels, cache)
        except InvalidQueryError:  # there is nothing that could be asked for
            continue
        except ButlerError as error:  # it cannot be read now; all other tables can
            _LOG.warning("Reference catalog %s is not served: %s", found.dataset_type.name, error.message)
