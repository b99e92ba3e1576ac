"""Tables of files in every format give the same columns, in order."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.table import MaskedColumn, Table

from skybutler.errors import MissingFileError, UnreadableFileError
from skybutler.ingest.tables import read_columns

COLUMNS = {"filename": ["a b.fits", "c.fits"], "htm7": [131072, 131073], "band": ["r", "i"]}


@pytest.mark.parametrize(
    "name, form",
    [
        ("t.ecsv", "ascii.ecsv"),
        ("t.csv", "ascii.csv"),
        ("t.fits", "fits"),
        ("t.vot", "votable"),
        ("t.rdb", "ascii.rdb"),
    ],
)
def test_formats_of_astropy(tmp_path: Path, name: str, form: str) -> None:
    Table(COLUMNS).write(tmp_path / name, format=form)
    found = read_columns(tmp_path / name)
    assert found == COLUMNS
    assert list(found) == list(COLUMNS)


def test_parquet(tmp_path: Path) -> None:
    pq.write_table(pa.table(COLUMNS), tmp_path / "t.parquet")
    assert read_columns(str(tmp_path / "t.parquet")) == COLUMNS


def test_masked_values_are_none(tmp_path: Path) -> None:
    Table([MaskedColumn([1, 2], name="x", mask=[False, True])]).write(tmp_path / "t.ecsv")
    assert read_columns(tmp_path / "t.ecsv") == {"x": [1, None]}


def test_missing_and_broken(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="no table"):
        read_columns(tmp_path / "t.ecsv")
    for name in ("t.ecsv", "t.fits", "t.parquet", "t.vot"):
        (tmp_path / name).write_text("%ECSV is not this\x00\n")
        with pytest.raises(UnreadableFileError, match=name):
            read_columns(tmp_path / name)


ECSV = """\
# %ECSV 1.0
# ---
# datatype:
# - {name: filename, datatype: string}
# - {name: htm7, datatype: int64}
# schema: astropy-2.0
filename htm7
"""


@pytest.mark.parametrize(
    "name, content, words",
    [
        ("t.ecsv", ECSV + "1.fits\n", "inconsistent with data columns"),
        ("t.ecsv", ECSV + "1.fits abc\n", "column 'htm7' failed to convert"),
        ("t.ecsv", ECSV + "1.fits 99999999999999999999\n", "too large"),
        ("t.ecsv", ECSV.replace("filename htm7", "name htm7") + "1.fits 147092\n", "column names"),
        ("t.csv", b"filename,htm7\n\xff\xfe.fits,147092\n", "can't decode"),
    ],
)
def test_tables_with_wrong_content(tmp_path: Path, name: str, content: str | bytes, words: str) -> None:
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UnreadableFileError, match=words):
        read_columns(tmp_path / name)


def test_nothing_in_a_table_is_executed(tmp_path: Path) -> None:
    attack = f'# meta: !!python/object/apply:os.system ["touch {tmp_path}/executed"]\n# schema: astropy-2.0\n'
    (tmp_path / "t.ecsv").write_text(ECSV.replace("# schema: astropy-2.0\n", attack) + "1.fits 147092\n")
    with pytest.raises(UnreadableFileError):
        read_columns(tmp_path / "t.ecsv")
    assert not (tmp_path / "executed").exists()


def test_table_without_rows(tmp_path: Path) -> None:
    (tmp_path / "t.ecsv").write_text(ECSV)
    assert read_columns(tmp_path / "t.ecsv") == {"filename": [], "htm7": []}
