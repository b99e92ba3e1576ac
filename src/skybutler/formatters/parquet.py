"""Tables as Parquet files, of which only the columns and rows asked for are read.  Knows no registry."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from skybutler.errors import ButlerError, ConfigError, ParameterError, UnreadableFileError, nearest

from .arrow_columns import TABLE_META
from .converters import arrow_to_pandas, pandas_to_arrow
from .formatter import TABLE_PROVENANCE, Formatter, Source, no_component, old_provenance, with_provenance
from .parquet_ranges import RangedFile, column_ranges, filter_columns, groups_that_may_match

if TYPE_CHECKING:
    from skybutler.datasets.storage_class import StorageClass

__all__ = ["ParquetFormatter"]

COMPONENTS = ("columns", "rowcount", "schema")

ROW_GROUP = 1 << 16
"""Rows of a group: half a megabyte of a column of doubles, so that a request for one is worth its while."""

_NO_COLUMN = re.compile(r"FieldRef\.Name\((.+?)\)")


class ParquetFormatter(Formatter):
    """A table as an Arrow table, data frame, astropy table, structured array or dict of arrays, or a bare schema.

    Read parameters: ``columns`` is a name, a pattern with wildcards, or a list of them; for a data frame whose
    columns have levels it is a mapping from level to values, or a list of tuples.  ``filters`` is a pyarrow
    expression or a list of ``(column, operator, value)``, see `pyarrow.parquet.read_table`;
    ``strip_astropy_meta_yaml`` leaves out the description that astropy tables bring along.  Components are
    ``columns`` (names), ``rowcount`` and ``schema`` (Arrow), for which no rows are read.

    Only the bytes of the columns asked for are read, in those groups of rows whose statistics do not exclude that the
    filters match.

    Parameters
    ----------
    row_group_size : `int`
        Rows of a group in files that are written.
    """

    extension = ".parq"
    provenance = TABLE_PROVENANCE

    def __init__(self, row_group_size: int = ROW_GROUP) -> None:
        if not (type(row_group_size) is int and row_group_size > 0):
            raise ConfigError(f"row_group_size is a number of rows, not {row_group_size!r}.")
        self._row_group_size = row_group_size

    def read(
        self, source: Source, storage_class: StorageClass, component: str | None, parameters: Mapping[str, Any]
    ) -> object:
        if component is not None and component not in COMPONENTS:
            no_component(component, storage_class, COMPONENTS)
        with _opened(source) as (held, file):
            schema = file.schema_arrow
            if component == "rowcount":
                return file.metadata.num_rows
            if component == "schema" or storage_class.pytype == "pyarrow.Schema":
                return schema
            if component == "columns":
                return [name for name in schema.names if not name.startswith("__index_level")]
            columns = _chosen(schema, parameters.get("columns"))
            with _applying(source, schema, filters := parameters.get("filters")):
                table = _read_table(held, file, columns, filters)
        if parameters.get("strip_astropy_meta_yaml"):
            notes = {key: text for key, text in (table.schema.metadata or {}).items() if key != TABLE_META}
            table = table.replace_schema_metadata(notes)
        # A frame is made here, because only its own metadata can bring back its index and levels.
        return arrow_to_pandas(table) if storage_class.pytype == "pandas.DataFrame" else table

    def read_provenance(self, source: Source) -> Mapping[str, Any]:
        with _opened(source) as (_, file):
            written = file.metadata.metadata or {}
        notes = {name.decode(errors="replace"): text.decode(errors="replace") for name, text in written.items()}
        return {name: notes[name] for name in old_provenance(notes)}

    def write(self, obj: Any, path: Path, storage_class: StorageClass, provenance: Mapping[str, Any] | None) -> None:
        if isinstance(obj, pa.Schema):
            pq.write_metadata(obj, path)
            return
        if hasattr(obj, "colnames"):
            obj = with_provenance(obj, provenance)
        table = _as_arrow(obj)
        notes = table.schema.metadata or {}
        old = old_provenance(name.decode(errors="replace") for name in notes)
        if provenance or old:
            new = {str(name).encode(): str(value).encode() for name, value in (provenance or {}).items()}
            kept = {name: text for name, text in notes.items() if name not in {name.encode() for name in old}}
            table = table.replace_schema_metadata({**kept, **new})
        # Measured values hardly ever repeat: a dictionary of them takes more than it saves.
        repeating = [f.name for f in table.schema if not (pa.types.is_floating(f.type) or pa.types.is_nested(f.type))]
        pq.write_table(table, path, row_group_size=self._row_group_size, use_dictionary=repeating)


def _as_arrow(obj: Any) -> pa.Table:
    if isinstance(obj, pa.Table):
        return obj
    from . import arrow_columns

    if isinstance(obj, Mapping):
        return arrow_columns.dict_to_arrow(obj)
    if hasattr(obj, "colnames"):
        return arrow_columns.astropy_to_arrow(obj)
    return pandas_to_arrow(obj) if hasattr(obj, "iloc") else arrow_columns.numpy_to_arrow(obj)


@contextmanager
def _opened(source: Source) -> Iterator[tuple[RangedFile, pq.ParquetFile]]:
    held = RangedFile(source)
    try:
        file = pq.ParquetFile(held)
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(source, error) from error
    with file:
        yield held, file


def _unreadable(source: Source, error: Exception) -> ButlerError:
    """The error to raise; one of our own, from reading the bytes, passes through Arrow unchanged."""
    if isinstance(error, ButlerError):
        return error
    return UnreadableFileError(f"{source.uri} is not readable as Parquet: {error}")


def _read_table(held: RangedFile, file: pq.ParquetFile, columns: list[str] | None, filters: Any) -> pa.Table:
    """The rows and columns asked for; the bytes that they need are fetched at once."""
    metadata = file.metadata
    expression = pq.filters_to_expression(filters) if isinstance(filters, list) else filters
    groups = groups_that_may_match(held, expression, metadata.num_row_groups)
    needed: Any = None
    if columns is not None:
        needed = {*columns, *_index_columns(file.schema_arrow), *filter_columns(filters, file.schema_arrow.names)}
    held.fetch(column_ranges(metadata, needed, groups))
    whole = pa.PythonFile(held, mode="r")
    return pq.read_table(whole, columns=columns, filters=filters, use_pandas_metadata=True, pre_buffer=False)


def _index_columns(schema: pa.Schema) -> list[Any]:
    """Names of the columns that are the index of a data frame."""
    text = (schema.metadata or {}).get(b"pandas")
    return [name for name in json.loads(text)["index_columns"] if isinstance(name, str)] if text is not None else []


@contextmanager
def _applying(source: Source, schema: pa.Schema, filters: Any) -> Iterator[None]:
    """Say of what Arrow raises whether the file or the filters are wrong."""
    try:
        yield
    except ButlerError:
        raise
    except OSError as error:
        raise _unreadable(source, error) from error
    except (pa.ArrowException, ValueError, TypeError) as error:
        if filters is None:
            raise _unreadable(source, error) from error
        if match := _NO_COLUMN.search(str(error)):
            hint = nearest(match[1], schema.names) or f"It has {', '.join(schema.names[:8])}."
            raise ParameterError(
                f"A filter names {match[1]!r}, which {source.uri} does not have.", hint=hint
            ) from error
        raise ParameterError(f"The filters {filters!r} cannot be applied to {source.uri}: {error}") from error


def _chosen(schema: pa.Schema, wanted: Any) -> list[str] | None:
    """Names of the file's columns that the ``columns`` parameter means; `None` for all."""
    if wanted is None:
        return None
    names = [name for name in schema.names if not name.startswith("__index_level")]
    levels = _levels(schema)
    if len(levels) > 1:
        return _chosen_by_level(names, levels, wanted)
    found: dict[str, None] = {}
    for pattern in [wanted] if isinstance(wanted, str) else list(wanted):
        matching = [name for name in names if fnmatchcase(name, pattern) or name == pattern]
        if not matching:
            raise ParameterError(f"The table has no column {pattern!r}.", hint=nearest(str(pattern), names))
        found |= dict.fromkeys(matching)
    return list(found)


def _levels(schema: pa.Schema) -> list[Any]:
    """Names of the levels of a data frame's columns; one for plain columns."""
    text = (schema.metadata or {}).get(b"pandas")
    return [level["name"] for level in json.loads(text)["column_indexes"]] if text is not None else [None]


def _chosen_by_level(names: list[str], levels: list[Any], wanted: Any) -> list[str]:
    keys = {name: ast.literal_eval(name) if name.startswith("(") else (name,) for name in names}
    if isinstance(wanted, Mapping):
        if unknown := [level for level in wanted if level not in levels]:
            raise ParameterError(f"The columns have no level {unknown[0]!r}.", hint=f"Levels: {levels}.")
        lists = {levels.index(k): [v] if isinstance(v, str) else list(v) for k, v in wanted.items()}
        chosen = [n for n, key in keys.items() if all(str(key[i]) in map(str, v) for i, v in lists.items())]
        missing: Sequence[Any] = [] if chosen else [dict(wanted)]
    else:
        tuples = [wanted] if isinstance(wanted, tuple) else list(wanted)
        by_key = {key: name for name, key in keys.items()}
        missing = [key for key in tuples if key not in by_key]
        chosen = [by_key[key] for key in tuples if key in by_key]
    if missing:
        raise ParameterError(f"The table has no columns {missing[0]!r}.", hint=f"Its levels are {levels}.")
    return chosen
