"""Archives of persisted objects, written and read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from skybutler.errors import UnreadableFileError
from skybutler.formatters.afw_archive import Archive, ArchiveWriter, Piece


def made() -> ArchiveWriter:
    writer = ArchiveWriter()
    whole = writer.table("Whole", {"good": "X", "bad": "X", "name": "QA()", "part": "J"})
    part = writer.table("Part", {"value|mm": "D", "list": "QD()", "bytes": "QB()"})
    rows = [{"good": True, "bad": i > 0, "name": f"n {i}", "part": 2 + i} for i in range(3)]
    writer.add(1, whole, 0, "some.module", rows)
    for i in range(3):
        writer.add(2 + i, part, 0, "", [{"value": i / 2, "list": list(range(i)), "bytes": b"x" * i}])
    writer.add(2, part, 1, "", [])
    return writer


def test_round_trip(tmp_path: Path) -> None:
    made().hdus().writeto(tmp_path / "a.fits")
    with fits.open(tmp_path / "a.fits") as hdus:
        archive = Archive(hdus, "a.fits")
        assert archive.classes == {1: "Whole", 2: "Part", 3: "Part", 4: "Part"}
        assert archive.pieces(1, "Whole") == [Piece(1, 0, 3)]
        assert archive.pieces(2, "Part") == [Piece(2, 0, 1), Piece(2, 3, 3)]
        assert archive.column(1, "name") == ["n 0", "n 1", "n 2"]
        assert archive.column(1, "part").tolist() == [2, 3, 4]
        assert {k: v.tolist() for k, v in archive.flags(1).items()} == {"good": [True] * 3, "bad": [False, True, True]}
        assert archive.flags(2) == {}
        assert archive.column(2, "bytes") == [b"", b"x", b"xx"]
        np.testing.assert_array_equal(archive.column(2, "list")[2], [0.0, 1.0])
        assert hdus[3].columns["value"].unit == "mm"


def test_what_is_not_there(tmp_path: Path) -> None:
    hdus = made().hdus()
    hdus.writeto(tmp_path / "a.fits")
    with fits.open(tmp_path / "a.fits") as opened:
        archive = Archive(opened, "a.fits")
        with pytest.raises(UnreadableFileError, match="object 1 is no Part, but Whole"):
            archive.pieces(1, "Part")
        with pytest.raises(UnreadableFileError, match="object 9 is no Part, but None"):
            archive.pieces(9, "Part")
        with pytest.raises(UnreadableFileError, match="no column colour"):
            archive.column(1, "colour")
        with pytest.raises(UnreadableFileError, match="no index"):
            Archive(fits.HDUList([opened[0], opened[2]]), "a.fits")


def test_the_same_object_makes_the_same_file(tmp_path: Path) -> None:
    for name in "ab":
        made().hdus().writeto(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
