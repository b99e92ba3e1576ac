"""Objects of classes that nothing here reads."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from astropy.io import fits

from skybutler.errors import FormatError
from skybutler.formatters.afw import Archive, ArchiveWriter, Column
from skybutler.formatters.afw.unknown import StoredObject

PART = (Column("good", "X"), Column("bytes", "QB"), Column("pair", "2D", "mm", "two"), Column("name", "8A"))


def read(writer: ArchiveWriter) -> Archive:
    buffer = BytesIO()
    writer.file().writeto(buffer)
    return Archive(fits.open(BytesIO(buffer.getvalue())), "memory")


def test_what_nobody_knows_is_kept() -> None:
    writer = ArchiveWriter()
    row = {"good": True, "bytes": b"abc", "pair": [1.0, 0.5], "name": "it"}
    writer.add(writer.number(), writer.table(PART), "Part", "some.module", [row])
    part = read(writer).get(1)
    assert isinstance(part, StoredObject)
    assert (part.kind, part.module, part.may_refer) == ("Part", "some.module", False)
    writer = ArchiveWriter()
    writer.put(part)
    again = read(writer)
    assert (again.classes, again.modules) == ({1: "Part"}, {1: "some.module"})
    (rows,) = again.pieces(1)
    assert rows.columns() == PART
    assert (rows.one("good"), rows.one("bytes"), rows.one("name")) == (True, b"abc", "it")
    np.testing.assert_array_equal(rows.one("pair"), [1.0, 0.5])


def test_references_are_not_written_again() -> None:
    writer = ArchiveWriter()
    writer.add(writer.number(), writer.table([Column("part", "J")]), "Whole", "", [{"part": 0}])
    whole = read(writer).get(1)
    with pytest.raises(FormatError, match="A Whole may refer to other persisted objects"):
        ArchiveWriter().put(whole)
