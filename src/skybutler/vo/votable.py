"""VOTable documents, written while rows come in.  Knows neither queries nor the web.

VOTable 1.4 (IVOA Recommendation 2019-10-21); the INFO elements are those of DALI 1.1, section 4.4: how a query ended
is said behind its table, since nobody knows before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from skybutler.errors import ButlerError, InvalidError

from .field import Field
from .xml_text import xml_text

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["MEDIA_TYPE", "votable", "votable_error"]

MEDIA_TYPE = "application/x-votable+xml"

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xsi:schemaLocation="http://www.ivoa.net/xml/VOTable/v1.3 http://www.ivoa.net/xml/VOTable/v1.3">\n'
    '<RESOURCE type="results">\n'
)
_DATA = {
    "TABLEDATA": ("<TABLEDATA>\n", "</TABLEDATA>"),
    "BINARY2": ('<BINARY2>\n<STREAM encoding="base64">\n', "\n</STREAM>\n</BINARY2>"),
}
_PIECE = 3 * (1 << 18)
"""Bytes that are encoded at once: base64 makes four characters of three."""


def votable(
    fields: Sequence[Field],
    batches: Iterable[pa.RecordBatch],
    *,
    serialization: str = "BINARY2",
    limit: int | None = None,
    infos: Mapping[str, str] | None = None,
    resources: Sequence[str] = (),
    name: str | None = None,
    identified: bool = False,
) -> Iterator[bytes]:
    """A document with one table of results, piece by piece.

    Parameters
    ----------
    fields : sequence of `Field`
        Columns.
    batches : iterable of `pyarrow.RecordBatch`
        Rows; read as the document is asked for.
    serialization : `str`
        ``BINARY2`` or ``TABLEDATA``.
    limit : `int`, optional
        Most rows; if there are more, the document says OVERFLOW.
    infos : mapping, optional
        INFO elements before the table.
    resources : sequence of `str`
        Elements behind the results, such as service descriptors, as XML.
    name : `str`, optional
        Of the table.
    identified : `bool`
        Whether columns have their name as ID too, to be referred to by services.

    Yields
    ------
    piece : `bytes`

    Raises
    ------
    InvalidError
        There is no such serialization.

    Notes
    -----
    An error of ours while rows are read ends the table and is told in the document, as TAP 1.1 section 3.2 has it: the
    reader has the rows before it already.
    """
    if serialization not in _DATA:
        raise InvalidError(f"A VOTable is not written as {serialization}.", hint="BINARY2 or TABLEDATA.")
    begin, end = _DATA[serialization]
    table = f"<TABLE name={quoteattr(name)}>\n" if name else "<TABLE>\n"
    head = [_HEAD, _info("QUERY_STATUS", "OK"), *(_info(*item) for item in (infos or {}).items()), table]
    yield "".join([*head, *(_field(f, identified) for f in fields), "<DATA>\n", begin]).encode()
    status = _Status()
    rows = status.watched(_limited(batches, limit, status))
    yield from _tabledata(fields, rows) if serialization == "TABLEDATA" else _binary2(fields, rows)
    yield "".join([end, "\n</DATA>\n</TABLE>\n", status.text, "</RESOURCE>\n", *resources, "</VOTABLE>\n"]).encode()


def votable_error(message: str, infos: Mapping[str, str] | None = None) -> bytes:
    """A document that says why there are no results (DALI 1.1, section 4.4.1)."""
    said = "".join(_info(*item) for item in (infos or {}).items())
    return f"{_HEAD}{_info('QUERY_STATUS', 'ERROR', message)}{said}</RESOURCE>\n</VOTABLE>\n".encode()


class _Status:
    """How a query ended."""

    def __init__(self) -> None:
        self.text = ""

    def watched(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        try:
            yield from batches
        except ButlerError as error:
            self.text = _info("QUERY_STATUS", "ERROR", str(error))


def _limited(batches: Iterable[pa.RecordBatch], limit: int | None, status: _Status) -> Iterator[pa.RecordBatch]:
    left = limit
    for batch in batches:
        if left is not None and batch.num_rows > left:
            yield batch.slice(0, left)
            status.text = _info("QUERY_STATUS", "OVERFLOW")
            return
        left = None if left is None else left - batch.num_rows
        yield batch


def _binary2(fields: Sequence[Field], batches: Iterator[pa.RecordBatch]) -> Iterator[bytes]:
    from .cells import binary2_rows

    return _base64(binary2_rows(fields, batch) for batch in batches if batch.num_rows)


def _base64(parts: Iterable[memoryview]) -> Iterator[bytes]:
    """Bytes as they are written in one text, without copying most of them before."""
    from pybase64 import b64encode

    rest = b""
    for part in parts:
        begin = -len(rest) % 3  # the text is that of the whole: what is left is completed by what follows
        rest += part[:begin]
        if len(rest) % 3:
            continue
        yield b64encode(rest)
        end = begin + (len(part) - begin) // 3 * 3
        for start in range(begin, end, _PIECE):
            yield b64encode(part[start : min(start + _PIECE, end)])
        rest = bytes(part[end:])
    yield b64encode(rest)


def _tabledata(fields: Sequence[Field], batches: Iterator[pa.RecordBatch]) -> Iterator[bytes]:
    from .cells import tabledata_rows

    for batch in batches:
        if batch.num_rows:
            yield bytes(tabledata_rows(fields, batch))


def _info(name: str, value: str, text: str = "") -> str:
    value, text = xml_text(value), xml_text(text)
    return f"<INFO name={quoteattr(name)} value={quoteattr(value)}{f'>{escape(text)}</INFO>' if text else '/>'}\n"


@lru_cache(maxsize=2_000)
def _field(field: Field, identified: bool) -> str:
    names = ("name", "datatype", "arraysize", "unit", "ucd", "utype", "xtype")
    own = f"ID={quoteattr(field.name)} " if identified else ""
    said = own + " ".join(f"{n}={quoteattr(v)}" for n in names if (v := getattr(field, n)))
    if field.description:
        return f"<FIELD {said}>\n<DESCRIPTION>{escape(field.description)}</DESCRIPTION>\n</FIELD>\n"
    return f"<FIELD {said}/>\n"
