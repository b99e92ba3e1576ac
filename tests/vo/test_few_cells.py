from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skybutler.vo.cells import binary2_rows
from skybutler.vo.few_cells import MOST, few_rows
from skybutler.vo.field import Field

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
COLUMNS = {
    "unsignedByte": (pa.uint8(), st.integers(0, 255)),
    "short": (pa.int16(), st.integers(-(2**15), 2**15 - 1)),
    "int": (pa.int32(), st.integers(-(2**31), 2**31 - 1)),
    "long": (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    "float": (pa.float32(), st.floats(width=32)),
    "double": (pa.float64(), st.floats()),
    "boolean": (pa.bool_(), st.booleans()),
    "char": (pa.string(), TEXT),
    "unicodeChar": (pa.string(), TEXT),
}


@st.composite
def tables(draw):
    kinds = draw(st.lists(st.sampled_from(sorted(COLUMNS)), min_size=1, max_size=11))
    row = st.tuples(*(st.none() | COLUMNS[kind][1] for kind in kinds))
    rows = draw(st.lists(row, min_size=1, max_size=5)) * (2 * MOST)
    fields = [
        Field(name=f"c{i}", datatype=kind, arraysize="*" if kind.endswith("har") else None)
        for i, kind in enumerate(kinds)
    ]
    arrays = [pa.array(values, COLUMNS[kind][0]) for kind, values in zip(kinds, zip(*rows, strict=True), strict=True)]
    return fields, pa.RecordBatch.from_arrays(arrays, names=[f.name for f in fields])


@settings(max_examples=60, deadline=None)
@given(tables())
def test_few_rows_are_written_as_many_are(table):
    fields, batch = table
    parts = [few_rows(fields, batch.slice(start, MOST)) for start in range(0, batch.num_rows, MOST)]
    assert b"".join(part or b"" for part in parts) == bytes(binary2_rows(fields, batch))


@pytest.mark.parametrize(
    "datatype, values",
    [
        ("long", pa.array([1.0, 2.0])),
        ("short", pa.array([70_000])),
        ("char", pa.array([1, 2])),
    ],
)
def test_values_of_other_types_are_written_in_the_general_way(datatype, values):
    fields = [Field(name="c", datatype=datatype, arraysize="*" if datatype == "char" else None)]
    batch = pa.RecordBatch.from_arrays([values], names=["c"])
    assert few_rows(fields, batch) is None
    many = pa.RecordBatch.from_arrays([pa.concat_arrays([values] * MOST * 2)], names=["c"])
    n = batch.num_rows
    whole = bytes(binary2_rows(fields, many))
    assert bytes(binary2_rows(fields, batch)) == whole[: len(whole) * n // many.num_rows]


def test_arrays_are_written_in_the_general_way():
    fields = [Field(name="c", datatype="double", arraysize="*")]
    batch = pa.RecordBatch.from_arrays([pa.array([[1.0], []])], names=["c"])
    assert few_rows(fields, batch) is None
    assert len(binary2_rows(fields, batch)) == 2 + 2 * 4 + 8
