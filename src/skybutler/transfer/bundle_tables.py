"""Columns to and from Parquet files, some thousand rows at a time.  Knows no repository."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skybutler.errors import FormatError
from skybutler.storage import Storage
from skybutler.storage.checksum import of_stream

from .bundle_manifest import TableEntry

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["TableWriter", "read_table"]

_ROW_GROUP = 20_000


class TableWriter:
    """Writes one table as its rows come; memory is that of one row group.

    Parameters
    ----------
    folder : `~pathlib.Path`
        The bundle.
    path : `str`
        File below it.
    kind, name : `str`
        What the table holds, for the manifest.
    types : mapping
        Arrow type names by column: ``string``, ``int64``, ``double``, ``bool``, ``binary``, ``id`` (16 bytes).
    """

    def __init__(self, folder: Path, path: str, kind: str, name: str, types: Mapping[str, str]) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._place, self._entry, self._rows = folder / path, (path, kind, name), 0
        self._place.parent.mkdir(parents=True, exist_ok=True)
        self._schema = pa.schema([(column, _arrow_type(text)) for column, text in types.items()])
        self._writer = pq.ParquetWriter(self._place, self._schema, compression="zstd")
        self._waiting: list[pa.Table] = []

    def add(self, columns: Mapping[str, Sequence[Any]]) -> None:
        """Append rows, given as plain columns."""
        import pyarrow as pa

        arrays = [pa.array(columns[field.name], field.type) for field in self._schema]
        table = pa.Table.from_arrays(arrays, schema=self._schema)
        if not table.num_rows:
            return
        self._rows += table.num_rows
        self._waiting.append(table)
        if sum(part.num_rows for part in self._waiting) >= _ROW_GROUP:
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa

        if self._waiting:
            self._writer.write_table(pa.concat_tables(self._waiting), row_group_size=_ROW_GROUP)
            self._waiting = []

    def close(self) -> TableEntry:
        """End the file; give its entry for the manifest."""
        self._flush()
        self._writer.close()
        with self._place.open("rb") as stream:
            stored = of_stream(stream)
        path, kind, name = self._entry
        return TableEntry(path, kind, name, self._rows, stored.size, stored.checksum.hex())

    def abandon(self) -> None:
        """Close the file without more ado."""
        self._writer.close()


def _arrow_type(name: str) -> pa.DataType:
    import pyarrow as pa

    return pa.binary(16) if name == "id" else getattr(pa, {"double": "float64", "bool": "int8"}.get(name, name))()


def read_table(storage: Storage, entry: TableEntry, columns: Sequence[str]) -> Iterator[dict[str, list[Any]]]:
    """The rows of a table as plain columns, some thousand at a time.

    Raises
    ------
    FormatError
        It is no Parquet file, or has not these columns.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with storage.open(entry.path) as stream, pq.ParquetFile(stream) as opened:
            names = opened.schema_arrow.names
            if missing := [c for c in columns if c not in names]:
                raise FormatError(f"{entry.path} has no column {', '.join(missing)}; it has {', '.join(names)}.")
            for batch in opened.iter_batches(batch_size=10_000, columns=list(columns)):
                yield {c: batch.column(c).to_pylist() for c in columns}
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, FormatError):
            raise
        raise FormatError(f"{entry.path} cannot be read as Parquet: {error}.") from error
