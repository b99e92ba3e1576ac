from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from skybutler.errors import InvalidError
from skybutler.vo.arrays import array_of, arrow_type, plain
from skybutler.vo.field import Field


@pytest.mark.parametrize(
    "datatype, values, kind",
    [
        ("long", [1, None, 2.0], pa.int64()),
        ("double", [1, 2.5, None], pa.float64()),
        ("float", [1, None], pa.float32()),
        ("char", ["a", None, 3], pa.string()),
        ("boolean", [1, 0, None], pa.bool_()),
        ("short", [], pa.int16()),
    ],
)
def test_values_are_of_the_type_of_their_column(datatype, values, kind):
    field = Field(name="x", datatype=datatype, arraysize="*" if datatype == "char" else None)
    found = array_of(field, values)
    assert arrow_type(field) == found.type == kind
    converted = [None if v is None else str(v) if datatype == "char" else v for v in values]
    assert found.to_pylist() == converted


@pytest.mark.parametrize(
    "datatype, value", [("long", 1e30), ("int", 1 << 40), ("long", Decimal(1 << 70)), ("double", "x")]
)
def test_values_that_do_not_fit_are_refused(datatype, value):
    with pytest.raises(InvalidError, match="A value of 'x' cannot be given"):
        array_of(Field(name="x", datatype=datatype), [1, value])


def test_arrays_come_as_their_bytes():
    field = Field(name="x", datatype="float", arraysize="*")
    found = array_of(field, [np.array([1.5, 2], np.float32).tobytes(), None, b""])
    assert found.type == pa.list_(pa.float32())
    assert found.to_pylist() == [[1.5, 2.0], None, []]


def test_dictionaries_become_their_values():
    columns = [pa.array(["a", None, "a"]).dictionary_encode(), pa.array([1, 2, 3])]
    batch = pa.RecordBatch.from_arrays(columns, names=["t", "n"])
    found = plain(batch)
    assert found.schema.types == [pa.string(), pa.int64()]
    assert found.to_pylist() == batch.to_pylist()
    assert plain(found) is found
