"""Answers: lazy, iterable, and as columns without a Python object per row.  Knows queries, not how they compile."""

from __future__ import annotations

import dataclasses
import gc
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from itertools import repeat
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from skybutler.datasets.ref import DatasetRef
from skybutler.dimensions import DataId, DimensionGroup, DimensionRecord, SkyPixDimension
from skybutler.errors import InvalidQueryError
from skybutler.expressions.order_by import bind_order, parse_order

from .batches import Decoder
from .compile import compiled, listed
from .query import Query
from .registry import Registry

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from astropy.table import Table

__all__ = ["DataIdResults", "DatasetResults", "RecordResults", "Results"]

T = TypeVar("T")
Self = TypeVar("Self", bound="Results[Any]")

_BATCH = 10_000
_SHOWN = 20
"""Rows that a notebook shows."""


class Results(Generic[T]):
    """What a query found.  Nothing runs before it is looked at; every look runs the query anew.

    Parameters
    ----------
    registry : `Registry`
        Where to ask.
    queries : sequence of `Query`
        One per dataset type (otherwise exactly one), answered one after the other.
    text : `str`
        The ``where`` text, for explanations.
    """

    def __init__(self, registry: Registry, queries: Sequence[Query], text: str = "") -> None:
        self._registry, self._queries, self._text = registry, tuple(queries), text
        self._counted: list[T] | None = None
        self._with_records = False

    # -------------------------------------------------------------- sequences
    def __iter__(self) -> Iterator[T]:
        if self._counted is not None:
            counted, self._counted = self._counted, None
            yield from counted
            return
        for query in self._queries_left():
            for decoder, stored, n in self._stored(query):
                with _uncollected():
                    found = self._objects(query, decoder.lists(stored, n), n)
                yield from map(self._expanded, found) if self._with_records else found

    def __len__(self) -> int:
        """How many; what was fetched for it serves the next iteration (``list`` asks for the length first)."""
        self._counted = list(iter(self.__iter__()))
        return len(self._counted)

    def __bool__(self) -> bool:
        return self.any()

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
    def __getitem__(self, index: int | slice) -> T | list[T]:
        return list(self)[index]

    def __repr__(self) -> str:
        kind = self._queries[0].kind.replace("_", " ") if self._queries else "datasets"
        return f"<{type(self).__name__}: {self.count()} {kind}>"

    # ---------------------------------------------------------------- queries
    def count(self) -> int:
        """How many there are."""
        total = 0
        for query in self._queries_left():
            with compiled(self._registry, query, count=True) as statement:
                row = self._registry.database.query_one(statement.sql, statement.values)
                total += int(row[0]) if row else 0
        return total

    def any(self) -> bool:
        """Whether there is any."""
        for query in self._queries:
            one = dataclasses.replace(query, limit=1 if query.limit is None else min(query.limit, 1), order_by=())
            with compiled(self._registry, one) as statement:
                if self._registry.database.query_one(statement.sql, statement.values) is not None:
                    return True
        return False

    def limit(self: Self, n: int | None) -> Self:
        """The same, at most ``n`` of them (all when `None`).

        Raises
        ------
        InvalidQueryError
            ``n`` is negative.
        """
        _check_count("limit", n)
        return self._changed(limit=n)

    def offset(self: Self, n: int) -> Self:
        """The same without the first ``n`` (of each dataset type).

        Raises
        ------
        InvalidQueryError
            ``n`` is negative.
        """
        _check_count("offset", n)
        return self._changed(offset=n)

    def order_by(self: Self, *names: str) -> Self:
        """The same in another order: names as in ``where``, ``-`` in front for descending."""
        changed = []
        for query in self._queries:
            terms = bind_order(
                [t for name in names for t in parse_order(name)],
                universe=self._registry.universe,
                group=query.dimensions,
                element=query.element,
                dataset_types={query.dataset.dataset_type: query.dimensions} if query.dataset else {},
            )
            changed.append(dataclasses.replace(query, order_by=tuple(terms)))
        return self._copy(changed)

    def with_dimension_records(self: Self) -> Self:
        """The same, with dimension records attached to data IDs."""
        other = self._changed()
        other._with_records = True
        return other

    def _expanded(self, item: T) -> T:
        """A result with dimension records attached."""
        return item

    def _changed(self: Self, **fields: Any) -> Self:
        return self._copy([dataclasses.replace(q, **fields) for q in self._queries])

    def _copy(self: Self, queries: Sequence[Query]) -> Self:
        other = type(self)(self._registry, queries, self._text)
        other._with_records = self._with_records
        return other

    def _queries_left(self) -> Iterator[Query]:
        """The queries one after the other, a limit counting down over all of them."""
        if len(self._queries) < 2 or self._queries[0].limit is None:
            yield from self._queries
            return
        left = self._queries[0].limit
        for query in self._queries:
            if left <= 0:
                return
            part = dataclasses.replace(query, limit=left)
            yield part
            left -= self._size(part)

    def _size(self, query: Query) -> int:
        with compiled(self._registry, query, count=True) as statement:
            row = self._registry.database.query_one(statement.sql, statement.values)
        return int(row[0]) if row else 0

    def explain(self) -> list[str]:
        """Why there is nothing, as sentences; empty when there is something."""
        from .explain import reasons

        return [] if self.any() else reasons(self._registry, self._queries, self._text)

    # ------------------------------------------------------------------- rows
    def _stored(self, query: Query) -> Iterator[tuple[Decoder, dict[str, Sequence[Any]], int]]:
        """Columns as they are stored and how many rows they have, some thousand at a time, with what decodes them."""
        self._registry.refresh()
        with _uncollected():
            answer = listed(self._registry, query)
        if answer is not None:
            constants, arrays, n = answer
            decoder = Decoder(self._registry, query.dimensions, constants, arrays)
            for start in range(0, n, _BATCH):
                part = slice(start, min(start + _BATCH, n))
                yield decoder, {name: values[part] for name, values in arrays.items()}, part.stop - start
            return
        with (
            compiled(self._registry, query) as statement,
            closing(self._registry.database.stream(statement.sql, statement.values, size=_BATCH)) as batches,
        ):
            decoder = Decoder(self._registry, self._group(query), statement.constants, statement.columns)
            while True:
                with _uncollected():
                    rows = next(batches, None)
                if rows is None:
                    return
                columns = zip(statement.columns, zip(*rows, strict=True), strict=False)  # an order may add some
                yield decoder, dict(columns), len(rows)

    def _group(self, query: Query) -> DimensionGroup:
        """The dimensions whose columns are decoded."""
        return query.dimensions

    @abstractmethod
    def _objects(self, query: Query, columns: dict[str, list[Any]], n: int) -> list[T]:
        """One object for each of n rows."""

    # ----------------------------------------------------------------- tables
    def column_batches(self) -> Iterator[dict[str, list[Any]]]:
        """The rows as plain columns by name, some thousand at a time; the names change with the dataset type.

        Columns are those of `to_arrow`; this way needs neither Arrow nor memory for all rows.
        """
        for query in self._queries_left():
            for decoder, stored, n in self._stored(query):
                yield self._named(query, decoder.lists(stored, n))

    def _named(self, query: Query, columns: dict[str, list[Any]]) -> dict[str, list[Any]]:
        """Columns as users see them."""
        return columns

    def to_batches(self) -> Iterator[pa.RecordBatch]:
        """The rows as Arrow record batches, some thousand at a time; columns are those of `to_arrow`.

        Memory is that of one batch, however many rows there are.  The schema changes with the dataset type.
        """
        for query in self._queries_left():
            for decoder, stored, n in self._stored(query):
                yield self._arrow(query, decoder, stored, n)

    def to_arrow(self) -> pa.Table:
        """All rows as an Arrow table."""
        import pyarrow as pa

        tables = [pa.Table.from_batches([batch]) for batch in self.to_batches()]
        if not tables:
            schema = pa.schema(list(self._schema(self._queries[0]).items())) if self._queries else pa.schema([])
            return schema.empty_table()
        return pa.concat_tables(tables, promote_options="default")

    def _arrow(self, query: Query, decoder: Decoder, stored: Mapping[str, Sequence[Any]], n: int) -> pa.RecordBatch:
        """One batch of rows."""
        import pyarrow as pa

        columns = decoder.arrow(stored, n)
        schema = self._schema(query)
        return pa.record_batch([columns[name] for name in schema], schema=pa.schema(list(schema.items())))

    def _schema(self, query: Query) -> dict[str, Any]:
        """Arrow type of each column."""
        import pyarrow as pa

        keys = self._registry.keys
        return {
            name: pa.string() if keys.is_text(name) else pa.int64()
            for name in (*query.dimensions.required, *query.dimensions.implied)
        }

    def to_pandas(self) -> pd.DataFrame:
        """All rows as a pandas data frame."""
        frame: pd.DataFrame = self.to_arrow().to_pandas()
        return frame

    def to_astropy(self) -> Table:
        """All rows as an astropy table; ids as text."""
        from astropy.table import MaskedColumn, Table

        table = self.to_arrow()
        columns = []
        for name in table.column_names:
            values = table[name]
            filled = values.to_pylist()
            if values.null_count:
                blank = "" if values.type == "string" else b"" if "binary" in str(values.type) else 0
                data = [blank if v is None else v for v in filled]
                columns.append(MaskedColumn(data, name=name, mask=[v is None for v in filled]))
            else:
                columns.append(values.to_numpy() if values.type in ("int64", "double") else filled)
        return Table(columns, names=table.column_names)

    def _repr_html_(self) -> str:
        from skybutler.notebook import table

        shown = self.limit(_SHOWN + 1).to_arrow()
        rows = [[_short(value) for value in row.values()] for row in shown.slice(0, _SHOWN).to_pylist()]
        note = f"The first {_SHOWN} rows; count() tells how many there are." if shown.num_rows > _SHOWN else ""
        return table(shown.column_names, rows, note=note)


def _short(value: Any) -> Any:
    """A value in a cell: encoded regions and hashes are too long for one."""
    return f"{len(value)} bytes" if isinstance(value, bytes) else value


class DataIdResults(Results[DataId]):
    """Data IDs with their implied values."""

    def _objects(self, query: Query, columns: dict[str, list[Any]], n: int) -> list[DataId]:
        return _data_ids(query, columns, n)

    def _expanded(self, item: DataId) -> DataId:
        return self._registry.data_ids.expand(item)


class DatasetResults(Results[DatasetRef]):
    """Dataset references."""

    def _objects(self, query: Query, columns: dict[str, list[Any]], n: int) -> list[DatasetRef]:
        assert query.dataset is not None
        dataset_type = self._registry.dataset_types.get(query.dataset.dataset_type).dataset_type
        return DatasetRef.from_columns(dataset_type, _data_ids(query, columns, n), columns["run"], columns["id"])

    def ids(self) -> Iterator[bytes]:
        """Ids of 16 bytes each, without an object per dataset."""
        for query in self._queries_left():
            for _, stored, _ in self._stored(query):
                yield from map(bytes, stored["id"])

    def _expanded(self, item: DatasetRef) -> DatasetRef:
        return item.expanded(self._registry.data_ids.expand(item.data_id))

    def _named(self, query: Query, columns: dict[str, list[Any]]) -> dict[str, list[Any]]:
        assert query.dataset is not None
        ids = columns.get("id", [])
        text = b"".join(map(bytes, ids)).hex()
        digits = (text[i : i + 32] for i in range(0, 32 * len(ids), 32))
        shown = [f"{d[:8]}-{d[8:12]}-{d[12:16]}-{d[16:20]}-{d[20:]}" for d in digits]
        kinds = [query.dataset.dataset_type] * len(ids)
        keys = {name: columns[name] for name in query.dimensions.data_id_keys if name in columns}
        return {"type": kinds, "run": columns.get("run", []), "id": shown, **keys}

    def _arrow(self, query: Query, decoder: Decoder, stored: Mapping[str, Sequence[Any]], n: int) -> pa.RecordBatch:
        import pyarrow as pa

        assert query.dataset is not None
        schema = self._schema(query)
        columns = {**decoder.arrow(stored, n), "type": pa.repeat(query.dataset.dataset_type, n)}
        return pa.record_batch([columns[name] for name in schema], schema=pa.schema(list(schema.items())))

    def _schema(self, query: Query) -> dict[str, Any]:
        import pyarrow as pa

        return {"type": pa.string(), "run": pa.string(), "id": pa.string(), **super()._schema(query)}


class RecordResults(Results[DimensionRecord]):
    """Dimension records."""

    def _objects(self, query: Query, columns: dict[str, list[Any]], n: int) -> list[DimensionRecord]:
        element = self._registry.universe[str(query.element)]
        if isinstance(element, SkyPixDimension):
            return [element.record(id=index, region=element.region(index)) for index in columns[element.name]]
        return [self._registry.elements.from_row(element, row) for row in zip(*columns.values(), strict=True)]

    def _group(self, query: Query) -> DimensionGroup:
        return self._registry.universe.conform([])  # fields of records are decoded by name, see _named

    def _arrow(self, query: Query, decoder: Decoder, stored: Mapping[str, Sequence[Any]], n: int) -> pa.RecordBatch:
        import pyarrow as pa

        named = self._named(query, decoder.lists(stored, n))
        kinds = self._schema(query).items()
        return pa.record_batch([pa.array(named[k], kind) for k, kind in kinds], schema=pa.schema(list(kinds)))

    def _named(self, query: Query, columns: dict[str, list[Any]]) -> dict[str, list[Any]]:
        element = self._registry.universe[str(query.element)]
        if isinstance(element, SkyPixDimension):
            from skybutler.sky.region import encode

            indices = columns.get(element.name, [])
            return {"id": indices, "region": [encode(element.region(i)) for i in indices]}
        named = dict(columns)
        for field in self._registry.elements.text_fields(self._registry.universe[str(query.element)]):
            if field in named:
                codes = named[field]
                texts: dict[Any, Any] = dict(self._registry.names.texts(sorted({c for c in codes if c is not None})))
                texts[None] = None
                named[field] = [texts[c] for c in codes]
        return named

    def _schema(self, query: Query) -> dict[str, Any]:
        import pyarrow as pa

        element = self._registry.universe[str(query.element)]
        kinds = {
            "string": pa.string(),
            "int": pa.int64(),
            "float": pa.float64(),
            "bool": pa.int8(),
            "hash": pa.binary(),
        }
        text = self._registry.elements.text_fields(element)
        schema: dict[str, Any] = {}
        for field in element.fields:
            if field == "timespan":
                schema["timespan_begin"] = schema["timespan_end"] = pa.int64()
            elif field == "region":
                schema["region"] = pa.binary()
            elif field in element.columns:
                schema[field] = kinds[element.columns[field].type]
            else:
                schema[field] = pa.string() if field in text else pa.int64()
        return schema


def _data_ids(query: Query, columns: dict[str, list[Any]], n: int) -> list[DataId]:
    keys = query.dimensions.data_id_keys
    rows = zip(*(columns[k] for k in keys), strict=True) if keys else repeat((), n)
    return DataId.from_full_rows(query.dimensions, rows)


def _check_count(name: str, n: int | None) -> None:
    if n is not None and n < 0:
        raise InvalidQueryError(f"A query's {name} cannot be {n}.", hint="Leave it out to get everything.")


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the garbage collector from walking a batch again and again while it is made (half the cost of a ref)."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
