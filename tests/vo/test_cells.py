from __future__ import annotations

import struct

import pyarrow as pa

from skybutler.vo.cells import binary2_rows, tabledata_rows
from skybutler.vo.field import Field

FIELDS = [
    Field(name="n", datatype="int"),
    Field(name="t", datatype="char", arraysize="*"),
    Field(name="x", datatype="double"),
]
BATCH = pa.RecordBatch.from_pydict({"n": pa.array([7, None], pa.int32()), "t": ["a<b", None], "x": [1.5, float("inf")]})


def test_binary2_is_a_mask_and_big_endian_values():
    assert bytes(binary2_rows(FIELDS, BATCH)) == (
        b"\x00" + struct.pack(">iI", 7, 3) + b"a<b" + struct.pack(">d", 1.5)
        + b"\xc0" + struct.pack(">iI", 0, 0) + struct.pack(">d", float("inf"))
    )  # fmt: skip


def test_tabledata_is_text():
    assert bytes(tabledata_rows(FIELDS, BATCH)) == (
        b"<TR><TD>7</TD><TD>a&lt;b</TD><TD>1.5</TD></TR>\n<TR><TD></TD><TD></TD><TD>+Inf</TD></TR>\n"
    )


def test_a_slice_is_written_as_if_it_stood_alone():
    for rows in (binary2_rows, tabledata_rows):
        assert bytes(rows(FIELDS, BATCH)) == bytes(rows(FIELDS, BATCH.slice(0, 1))) + bytes(
            rows(FIELDS, BATCH.slice(1))
        )
