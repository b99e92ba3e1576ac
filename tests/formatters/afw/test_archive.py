"""Archives of persisted objects, written and read."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from skybutler.errors import UnreadableFileError
from skybutler.formatters.afw import Archive, ArchiveWriter, Column

WHOLE = (
    Column("good", "X", "", "is it good?"),
    Column("bad", "X"),
    Column("name", "QA", "", "its name"),
    Column("part", "J"),
    Column("turn", "D", "rad"),
)
PART = (
    Column("value", "D", "mm"),
    Column("list", "QD"),
    Column("bytes", "QB"),
    Column("pair", "2D"),
    Column("one", "1D"),
)


def made() -> ArchiveWriter:
    writer = ArchiveWriter()
    numbers = [writer.number() for _ in range(4)]
    whole, part = writer.table(WHOLE), writer.table(PART)
    for i, number in enumerate(numbers[1:]):
        row = {"value": i / 2, "list": list(range(i)), "bytes": b"x" * i, "pair": [i, 0.5], "one": [2.0]}
        writer.add(number, part, "Part", "", [row])
    writer.add(2, part, "Part", "", [])
    rows = [{"good": True, "bad": i > 0, "name": f"n {i}", "part": 2 + i, "turn": 0.1} for i in range(3)]
    writer.add(1, whole, "Whole", "some.module", rows)
    return writer


def opened(folder: Path, writer: ArchiveWriter, **cells: Any) -> Archive:
    """The archive as a file, after first cells of columns of the index or tables were changed."""
    writer.file().writeto(folder / "a.fits", overwrite=True)
    hdus = fits.open(BytesIO((folder / "a.fits").read_bytes()))
    for column, (row, value) in cells.items():
        (place, *_) = [hdu for hdu in hdus[1:] if column in hdu.columns.names]
        place.data[column][row] = value
    return Archive(hdus, "a.fits")


def test_round_trip(tmp_path: Path) -> None:
    archive = opened(tmp_path, made())
    assert archive.classes == {1: "Whole", 2: "Part", 3: "Part", 4: "Part"}
    assert archive.modules[1] == "some.module"
    (whole,) = archive.pieces(1)
    assert (whole.table, whole.start, whole.stop, len(whole)) == (1, 0, 3, 3)
    assert whole["name"] == ["n 0", "n 1", "n 2"]
    assert whole["part"].tolist() == [2, 3, 4]
    assert whole["good"].tolist() == [True] * 3
    assert whole["bad"].tolist() == [False, True, True]
    assert whole.columns() == WHOLE
    assert "bad" in whole
    assert "worse" not in whole
    part, empty = archive.pieces(2, 2)
    assert len(empty) == 0
    assert part.columns() == PART
    assert (part.one("value"), part.one("bytes"), part.one("colour", "red")) == (0.0, b"", "red")
    assert part.one("pair").tolist() == [0.0, 0.5]
    np.testing.assert_array_equal(archive.pieces(4)[0].one("list"), [0.0, 1.0])


@pytest.mark.parametrize(
    "cells, number, said",
    [
        ({}, 9, "refers to a persisted object 9, which it does not have"),
        ({"cat.archive": (0, 7)}, 2, "no table 7 of persisted objects in HDU 8"),
        ({"cat.archive": (0, -1)}, 2, "no table -1 of persisted objects"),
        ({"nrows": (0, 100)}, 2, "object 2 is in rows 0 to 99 of table 2, which has not as many"),
        ({"row0": (0, -3)}, 2, "object 2 is in rows -3 to -3 of table 2"),
    ],
)
def test_an_index_that_points_nowhere(tmp_path: Path, cells: dict[str, Any], number: int, said: str) -> None:
    archive = opened(tmp_path, made(), **cells)
    with pytest.raises(UnreadableFileError, match=said):
        archive.get(number)


def test_what_is_not_there(tmp_path: Path) -> None:
    archive = opened(tmp_path, made())
    (whole,) = archive.pieces(1)
    with pytest.raises(UnreadableFileError, match="Part 2 has 2 pieces instead of 3"):
        archive.pieces(2, 3)
    with pytest.raises(UnreadableFileError, match="no column colour"):
        _ = whole["colour"]
    with pytest.raises(UnreadableFileError, match="an object has 3 rows where it needs one"):
        whole.one("part")
    with fits.open(tmp_path / "a.fits") as hdus, pytest.raises(UnreadableFileError, match="no index"):
        Archive(fits.HDUList([hdus[0], hdus[2]]), "a.fits")
