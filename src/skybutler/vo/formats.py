"""Formats of tables: by name or media type, and how rows are written in each.  Knows no request."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from skybutler.errors import ParameterError, nearest

from .html_table import html_table
from .votable import MEDIA_TYPE, votable

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    from .field import Field

__all__ = ["FORMATS", "TableFormat", "find_format", "is_page"]

Batches = Iterator["pa.RecordBatch"]
Write = Callable[[Sequence["Field"], Batches, "int | None"], Iterator[bytes]]


@dataclass(frozen=True, slots=True)
class TableFormat:
    """A format.

    Parameters
    ----------
    name : `str`
        As FORMAT has it.
    media_type : `str`
        Of the answer.
    others : `tuple` [`str`]
        Further names.
    write : callable
        Makes the pieces of a file from columns, rows and the largest number of rows.
    extension : `str`
        Of files.
    dictionaries : `bool`
        Whether columns may be encoded as dictionaries.
    """

    name: str
    media_type: str
    others: tuple[str, ...]
    write: Write
    extension: str
    dictionaries: bool = False


def _votable(serialization: str) -> Write:
    return lambda fields, batches, limit: votable(fields, batches, serialization=serialization, limit=limit)


def limited(batches: Batches, limit: int | None) -> Batches:
    """At most so many rows; of formats that cannot say that there are more."""
    left = limit
    for batch in batches:
        if left is not None and batch.num_rows >= left:
            yield batch.slice(0, left)
            return
        left = None if left is None else left - batch.num_rows
        yield batch


def _separated(separator: str) -> Write:
    def write(fields: Sequence[Field], batches: Batches, limit: int | None) -> Iterator[bytes]:
        import pyarrow.csv as csv

        names = separator.join(_quoted(field.name, separator) for field in fields)
        yield f"{names}\r\n".encode()
        options = csv.WriteOptions(include_header=False, delimiter=separator, quoting_style="needed")
        for batch in limited(batches, limit):
            buffer = io.BytesIO()
            csv.write_csv(batch, buffer, options)
            yield buffer.getvalue()

    return write


def _quoted(name: str, separator: str) -> str:
    return f'"{name}"' if separator in name else name


def _arrow(fields: Sequence[Field], batches: Batches, limit: int | None) -> Iterator[bytes]:
    import pyarrow as pa

    sink, writer = _Pieces(), None
    for batch in limited(batches, limit):
        if writer is None:
            writer = pa.ipc.new_stream(sink, batch.schema)
        writer.write_batch(batch)
        yield sink.taken()
    if writer is None:
        writer = pa.ipc.new_stream(sink, _schema(fields))
    writer.close()
    yield sink.taken()


def _parquet(fields: Sequence[Field], batches: Batches, limit: int | None) -> Iterator[bytes]:
    import pyarrow.parquet as pq

    sink, writer = _Pieces(), None
    for batch in limited(batches, limit):
        if writer is None:
            writer = pq.ParquetWriter(sink, batch.schema)
        writer.write_batch(batch)
        yield sink.taken()
    if writer is None:
        writer = pq.ParquetWriter(sink, _schema(fields))
    writer.close()
    yield sink.taken()


def _schema(fields: Sequence[Field]) -> pa.Schema:
    import pyarrow as pa

    from .arrays import arrow_type

    return pa.schema([pa.field(field.name, arrow_type(field)) for field in fields])


class _Pieces(io.RawIOBase):
    """A file that is taken away piece by piece."""

    def __init__(self) -> None:
        self._buffer, self._before = bytearray(), 0

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(data)  # type: ignore[call-overload]
        self._buffer += piece
        return len(piece)

    def tell(self) -> int:
        return self._before + len(self._buffer)

    def taken(self) -> bytes:
        """What was written since this was last asked for."""
        piece = bytes(self._buffer)
        self._before += len(piece)
        self._buffer.clear()
        return piece


def _json(fields: Sequence[Field], batches: Batches, limit: int | None) -> Iterator[bytes]:
    import json

    described = [
        {n: v for n in ("name", "datatype", "unit", "ucd", "description") if (v := getattr(f, n))} for f in fields
    ]
    yield f'{{"columns": {json.dumps(described)}, "data": ['.encode()
    first = True
    for batch in limited(batches, limit):
        rows = zip(*(_plain(column) for column in batch.columns), strict=True)
        text = ",\n".join(json.dumps(row) for row in rows)
        if text:
            yield f"{'' if first else ','}\n{text}".encode()
            first = False
    yield b"\n]}\n"


def _plain(column: pa.Array) -> list[object]:
    """Values that JSON has; infinities and not-a-numbers are null."""
    values = column.to_pylist()
    return [None if isinstance(v, float) and (v != v or v in (float("inf"), float("-inf"))) else v for v in values]


def _fits(fields: Sequence[Field], batches: Batches, limit: int | None) -> Iterator[bytes]:
    """FITS says in its header how many rows there are, so that all of them are needed first."""
    import pyarrow as pa
    from astropy.io import fits
    from astropy.table import MaskedColumn, Table

    parts = list(limited(batches, limit))
    table = pa.Table.from_batches(parts) if parts else _schema(fields).empty_table()
    made = Table()
    for field, column in zip(fields, table.columns, strict=True):
        if field.is_text:
            values: object = _ascii(column)
        else:
            empty = float("nan") if pa.types.is_floating(column.type) else field.datatype != "boolean" and 0
            filled = column.fill_null(empty)
            values = MaskedColumn(filled.to_numpy(), mask=column.is_null().to_numpy())
        made[field.name] = values
        if field.unit:
            made[field.name].unit = field.unit
    buffer = io.BytesIO()
    hdu = fits.table_to_hdu(made, character_as_bytes=True)
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(buffer)
    yield buffer.getvalue()


def _ascii(column: pa.ChunkedArray) -> npt.NDArray[np.bytes_]:
    """Texts as FITS has them; other characters become question marks."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    if pc.all(pc.string_is_ascii(column)).as_py() is False:
        return np.array([(v or "").encode("ascii", "replace") for v in column.to_pylist()], dtype=bytes)
    return np.array(column.cast(pa.binary()).fill_null(b"").to_pylist(), dtype=bytes)


FORMATS: tuple[TableFormat, ...] = (
    TableFormat(
        "votable", MEDIA_TYPE, ("text/xml", "application/xml", "votable/b2", f"{MEDIA_TYPE};serialization=BINARY2"),
        _votable("BINARY2"), "vot", True,
    ),
    TableFormat(
        "votable/td", f"{MEDIA_TYPE};serialization=TABLEDATA", ("tabledata",), _votable("TABLEDATA"), "vot"
    ),
    TableFormat("csv", "text/csv;header=present", ("text/csv",), _separated(","), "csv"),
    TableFormat("tsv", "text/tab-separated-values", ("text/tsv",), _separated("\t"), "tsv"),
    TableFormat("fits", "application/fits", ("image/fits", "application/x-fits"), _fits, "fits"),
    TableFormat("parquet", "application/vnd.apache.parquet", ("application/x-parquet",), _parquet, "parquet"),
    TableFormat("arrow", "application/vnd.apache.arrow.stream", (), _arrow, "arrows"),
    TableFormat("json", "application/json", (), _json, "json"),
    TableFormat("html", "text/html", (), html_table, "html"),
)  # fmt: skip
"""In the order in which they are told of; the first is the usual one."""

_BY_NAME: Mapping[str, TableFormat] = {
    name.lower().replace(" ", ""): f for f in FORMATS for name in (f.name, f.media_type, *f.others)
}


def _find(name: str) -> TableFormat | None:
    return _BY_NAME.get(name.lower().replace(" ", ""))


def is_page(name: str | None) -> bool:
    """Whether a name or media type means pages for browsers."""
    found = _find(name or "")
    return found is not None and found.name == "html"


def find_format(name: str | None) -> TableFormat:
    """The format of a name or media type, the usual one if none is given.

    Raises
    ------
    ParameterError
        There is none.
    """
    if not name:
        return FORMATS[0]
    found = _find(name)
    if found is None:
        known = [f.name for f in FORMATS]
        raise ParameterError(
            f"There is no format '{name[:60]}'.", hint=nearest(name[:60], known) or f"Formats: {', '.join(known)}."
        )
    return found
