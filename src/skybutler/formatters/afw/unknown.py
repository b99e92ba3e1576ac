"""Persisted objects of unknown classes: kept as rows, and written back where that is safe.  Knows no files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from skybutler.errors import FormatError

if TYPE_CHECKING:
    from .archive import Archive, ArchiveWriter
    from .tables import Column

__all__ = ["StoredObject", "write_stored"]


@dataclass(frozen=True, slots=True, eq=False)
class StoredObject:
    """An object of a class that is not known.

    Parameters
    ----------
    kind : `str`
        The name that the file has for its class.
    module : `str`
        What other software imports to read it.
    pieces : `tuple` of (columns, rows)
        Columns of each piece, and its rows as values by column.
    """

    kind: str
    module: str
    pieces: tuple[tuple[tuple[Column, ...], tuple[dict[str, Any], ...]], ...]

    @staticmethod
    def read(archive: Archive, number: int) -> StoredObject:
        """All the rows of an object."""
        pieces = []
        for rows in archive.pieces(number):
            columns = rows.columns()
            values = [rows[column.name] for column in columns]
            names = [column.name for column in columns]
            pieces.append((columns, tuple(dict(zip(names, row, strict=True)) for row in zip(*values, strict=True))))
        return StoredObject(archive.classes[number], archive.modules[number], tuple(pieces))

    @property
    def may_refer(self) -> bool:
        """Whether it has whole numbers, any of which may refer to an object that has another number elsewhere."""
        return any(column.form.endswith(("J", "I", "QJ")) for columns, _ in self.pieces for column in columns)


def write_stored(writer: ArchiveWriter, number: int, obj: StoredObject) -> None:
    """Write the rows as they were.

    Raises
    ------
    FormatError
        It may refer to other objects, and which of its numbers do so is not known.
    """
    if obj.may_refer:
        raise FormatError(f"A {obj.kind} may refer to other persisted objects and cannot be written again.")
    for columns, rows in obj.pieces:
        writer.add(number, writer.table(columns), obj.kind, obj.module, rows)
