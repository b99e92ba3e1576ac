"""Objects written into afw archives and read again, and schemas of tables to compare with real files."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from astropy.io import fits

from skybutler.formatters.afw import Archive, ArchiveWriter


def archive_of(*objects: Any) -> Archive:
    """An archive in which these objects have the numbers from 1 on, if none contains another."""
    writer, buffer = ArchiveWriter(), BytesIO()
    for obj in objects:
        writer.put(obj)
    writer.file().writeto(buffer)
    return Archive(fits.open(BytesIO(buffer.getvalue())), "memory")


def round_trip(obj: Any) -> Any:
    """What is read of an object that was written; what is written of that is byte for byte the same."""
    first, second = BytesIO(), BytesIO()
    for buffer, source in ((first, obj), (second, None)):
        writer = ArchiveWriter()
        writer.put(obj if source is not None else Archive(fits.open(BytesIO(first.getvalue())), "memory").get(1))
        writer.file().writeto(buffer)
    assert first.getvalue() == second.getvalue()
    return Archive(fits.open(BytesIO(second.getvalue())), "memory").get(1)


def rewritten(archive: Archive, number: int) -> Archive:
    """An archive of the object that another one has by this number; it has the number 1."""
    return archive_of(archive.get(number))


def same_pieces(one: Archive, number: int, other: Archive, other_number: int, *, references: tuple[str, ...]) -> bool:
    """Whether the pieces of two objects have equal columns (name, format, unit, text) and values.

    Numbers of other objects, in the columns ``references``, may differ.
    """
    pieces, others = one.pieces(number), other.pieces(other_number)
    assert one.classes[number] == other.classes[other_number]
    assert len(pieces) == len(others)
    for rows, other_rows in zip(pieces, others, strict=True):
        assert len(rows) == len(other_rows)
        if not len(rows):
            continue
        assert rows.columns() == other_rows.columns()
        for column in rows.columns():
            if column.name not in references:
                a, b = rows[column.name], other_rows[column.name]
                assert [repr(v) for v in a] == [repr(v) for v in b], column.name
    return True
