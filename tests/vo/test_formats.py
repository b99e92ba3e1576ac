from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.table import Table

from skybutler.errors import ParameterError
from skybutler.vo.field import Field
from skybutler.vo.formats import FORMATS, find_format, is_page

FIELDS = [
    Field(name="n", datatype="long", unit="m"),
    Field(name="x", datatype="double"),
    Field(name="t", datatype="char", arraysize="*"),
    Field(name="b", datatype="boolean"),
]
SCHEMA = pa.schema([("n", pa.int64()), ("x", pa.float64()), ("t", pa.string()), ("b", pa.bool_())])
BATCH = pa.RecordBatch.from_pylist(
    [
        {"n": 1, "x": 1.5, "t": 'a,"b"\t', "b": True},
        {"n": None, "x": float("inf"), "t": None, "b": None},
        {"n": 3, "x": None, "t": "ü", "b": False},
    ],
    SCHEMA,
)


def written(name: str, batches=(BATCH,), limit: int | None = None) -> bytes:
    return b"".join(find_format(name).write(FIELDS, iter(batches), limit))


def test_formats_are_found_by_name_and_media_type():
    assert find_format(None).name == find_format("").name == "votable"
    assert find_format("TEXT/CSV").name == "csv"
    assert find_format("application/x-votable+xml; serialization=TABLEDATA").name == "votable/td"
    for known in FORMATS:
        assert find_format(known.media_type) is known
    with pytest.raises(ParameterError, match="Did you mean 'parquet'"):
        find_format("parket")


def test_pages_are_known_by_all_their_names():
    assert all(map(is_page, ("html", "HTML", "text/html")))
    assert not any(map(is_page, (None, "", "csv", "htm", "application/xhtml+xml")))


@pytest.mark.parametrize("name", [f.name for f in FORMATS])
def test_every_format_can_be_empty_and_limited(name):
    assert written(name, ())
    assert written(name, (BATCH,), 0)
    assert len(written(name, [BATCH] * 300)) > len(written(name, [BATCH] * 300, 5))


def test_values_survive():
    table = pq.read_table(io.BytesIO(written("parquet", [BATCH, BATCH])))
    assert table.to_pylist() == BATCH.to_pylist() * 2
    assert pa.ipc.open_stream(written("arrow", [BATCH, BATCH])).read_all().to_pylist() == BATCH.to_pylist() * 2
    assert pq.read_table(io.BytesIO(written("parquet", ()))).schema.names == SCHEMA.names
    found = Table.read(io.BytesIO(written("fits")), format="fits")
    assert found["n"].unit == "m"
    assert list(found["n"].mask) == [False, True, False]
    assert found["t"].filled("").tolist() == ['a,"b"', "", "?"]  # astropy leaves out the white space at ends
    lines = written("csv").decode().splitlines()
    assert lines[0] == "n,x,t,b"
    assert lines[1] == '1,1.5,"a,""b""\t",true'
    assert len(Table.read(written("tsv").decode(), format="ascii.tab")) == 3
