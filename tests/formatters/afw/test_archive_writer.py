"""What the writer of archives shares between objects, and what it refuses."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from astropy.io import fits

from skybutler.errors import FormatError, UnreadableFileError
from skybutler.formatters.afw import Archive, ArchiveWriter, Column
from skybutler.formatters.afw.unknown import StoredObject
from skybutler.images.point_maps import Affine


def opened(writer: ArchiveWriter) -> tuple[Archive, fits.HDUList]:
    buffer = BytesIO()
    writer.file().writeto(buffer)
    hdus = fits.open(BytesIO(buffer.getvalue()))
    return Archive(hdus, "memory"), hdus


def test_classes_with_the_same_columns_share_a_table() -> None:
    writer = ArchiveWriter()
    text = (Column("bytes", "QB"),)
    for kind, other in (("One", "1D"), ("Two", "2D"), ("Three", "2D")):
        number = writer.number()
        writer.add(number, writer.table(text), kind, "", [{"bytes": kind.encode()}])
        writer.add(number, writer.table((Column("v", other),)), "Same", "", [{"v": [1.0] * int(other[0])}])
    archive, hdus = opened(writer)
    assert [archive.pieces(n)[0].one("bytes") for n in (1, 2, 3)] == [b"One", b"Two", b"Three"]
    assert [c.value for c in hdus[2].header.cards if c.keyword == "AR_NAME"] == ["One", "Two", "Three"]
    assert hdus[2].header["EXTNAME"] == "Three"
    assert [hdu.header.get("EXTVER") for hdu in hdus[2:]] == [None, None, 2]


def test_an_object_is_written_and_read_once(tmp_path: Path) -> None:
    shift = Affine.scaling((1.0, 1.0), (2.0, 3.0))
    writer = ArchiveWriter()
    assert [writer.put(obj) for obj in (shift, None, Affine.scaling((1.0, 1.0)), shift)] == [1, 0, 2, 1]
    archive, _ = opened(writer)
    assert archive.get(0) is None
    assert archive.get(1) == shift
    assert archive.get(1, Affine) is archive.get(1)
    with pytest.raises(UnreadableFileError, match="1 is a TransformPoint2ToPoint2 where a StoredObject should be"):
        archive.get(1, StoredObject)
    with pytest.raises(FormatError, match="A PosixPath cannot be written into an archive"):
        writer.put(tmp_path)


def test_the_same_object_makes_the_same_file() -> None:
    made = []
    for _ in range(2):
        writer = ArchiveWriter()
        writer.put(Affine.scaling((1.0, 1.0), (2.0, 3.0)))
        buffer = BytesIO()
        writer.file().writeto(buffer)
        made.append(buffer.getvalue())
    assert made[0] == made[1]


def test_no_objects_no_tables() -> None:
    assert list(ArchiveWriter().hdus()) == []
