from __future__ import annotations

import struct

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from skybutler.vo.cells import binary2_rows, tabledata_rows
from skybutler.vo.few_cells import MOST
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


VALUES = {
    "int": (pa.int32(), st.none() | st.integers(-9, 9)),
    "char": (pa.string(), st.none() | st.text("ab<", max_size=3)),
    "double": (pa.float64(), st.none() | st.floats(-1, 1)),
    "boolean": (pa.bool_(), st.none() | st.booleans()),
}


@st.composite
def dictionaries(draw):
    """Columns of which some are dictionaries, and some of these share their indices."""
    n = draw(st.integers(1, 9))
    times = draw(st.sampled_from([1, MOST]))  # few rows are written in another way
    drawn = [draw(st.lists(st.integers(0, k), min_size=n, max_size=n)) for k in (0, 2, 2)]
    indices = [pa.array(numbers * times, pa.int32()) for numbers in drawn]
    fields, columns = [], []
    for i in range(draw(st.integers(1, 10))):
        datatype = draw(st.sampled_from(sorted(VALUES)))
        kind, values = VALUES[datatype]
        fields.append(Field(name=f"c{i}", datatype=datatype, arraysize="*" if datatype == "char" else None))
        which = draw(st.integers(0, 4))
        if which < 3:
            size = 1 if which == 0 else 3
            entries = pa.array(draw(st.lists(values, min_size=size, max_size=size)), kind)
            columns.append(pa.DictionaryArray.from_arrays(indices[which], entries))
        elif which == 3:
            columns.append(pa.array(draw(st.lists(values, min_size=n, max_size=n)) * times, kind).dictionary_encode())
        else:
            columns.append(pa.array(draw(st.lists(values, min_size=n, max_size=n)) * times, kind))
    return fields, pa.RecordBatch.from_arrays(columns, names=[f.name for f in fields])


@settings(max_examples=150, deadline=None)
@given(made=dictionaries(), begin=st.integers(0, 3))
def test_dictionaries_are_written_as_their_values(made, begin):
    fields, batch = made
    values = [c.dictionary_decode() if pa.types.is_dictionary(c.type) else c for c in batch.columns]
    expected = pa.RecordBatch.from_arrays(values, names=batch.schema.names)
    assert bytes(binary2_rows(fields, batch)) == bytes(binary2_rows(fields, expected))
    part = batch.slice(min(begin, batch.num_rows - 1))
    assert bytes(binary2_rows(fields, part)) == bytes(binary2_rows(fields, expected.slice(len(batch) - len(part))))
