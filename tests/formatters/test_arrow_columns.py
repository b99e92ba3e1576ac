"""Arrow keeps what numpy and astropy columns have."""

from __future__ import annotations

from typing import Any

import astropy.units as u
import hypothesis.extra.numpy as hnp
import numpy as np
import pyarrow as pa
import pytest
from astropy.table import MaskedColumn, QTable, Table
from astropy.time import Time
from hypothesis import given
from hypothesis import strategies as st

from skybutler.errors import FormatError
from skybutler.formatters.arrow_columns import (
    TABLE_META,
    arrow_to_astropy,
    arrow_to_dict,
    arrow_to_numpy,
    astropy_to_arrow,
    dict_to_arrow,
    dict_to_numpy,
    numpy_to_arrow,
    numpy_to_dict,
)

dtypes = st.sampled_from(["i1", "u1", ">i2", "<i4", ">i8", "u8", ">f4", "f8", "?", "U3", "S3", "M8[us]", "m8[ns]"])
shapes = st.sampled_from([(4,), (0,), (3, 2), (2, 3, 4)])


@given(array=hnp.arrays(dtypes, shapes))
def test_arrays_come_back(array: np.ndarray[Any, Any]) -> None:
    array = array if array.dtype.kind not in "mM" or array.ndim == 1 else array.astype("i8")
    columns = {"x": array, "y": np.arange(len(array))}
    found = arrow_to_dict(dict_to_arrow(columns))["x"]
    assert found.shape == array.shape
    assert found.dtype == array.dtype.newbyteorder("=")
    assert np.array_equal(found, array, equal_nan=array.dtype.kind in "fmM")


@given(
    st.lists(st.tuples(st.integers(-5, 5), st.booleans()), min_size=1, max_size=5),
    st.sampled_from(["i2", ">i8", "f4", "U2", "S2"]),
)
def test_masks_come_back(rows: list[tuple[int, bool]], dtype: str) -> None:
    values = np.array([v for v, _ in rows]).astype(dtype)
    array = np.ma.MaskedArray(values, mask=[m for _, m in rows])
    found = arrow_to_dict(dict_to_arrow({"x": array}))["x"]
    assert np.array_equal(np.ma.getmaskarray(found), np.ma.getmaskarray(array))
    assert np.array_equal(np.ma.compressed(found), np.ma.compressed(array))
    assert found.dtype.kind == array.dtype.kind
    assert isinstance(found, np.ma.MaskedArray) == any(m for _, m in rows)


def test_shapes_and_lengths_are_recorded_as_lsst_does() -> None:
    table = dict_to_arrow({"a": np.zeros((2, 3, 4)), "b": np.array(["x", "y"], dtype="U7"), "c": np.zeros((2, 5))})
    assert table.schema.metadata == {
        b"lsst::arrow::rowcount": b"2",
        b"lsst::arrow::shape::a": b"(3, 4)",
        b"lsst::arrow::len::b": b"7",
    }
    found = arrow_to_numpy(table)
    assert found.dtype == np.dtype([("a", "f8", (3, 4)), ("b", "U7"), ("c", "f8", (5,))])


def test_structured_arrays() -> None:
    array = np.array([(1, [1.0, 2.0]), (2, [3.0, 4.0])], dtype=[("a", ">i4"), ("b", "f4", (2,))])
    found = arrow_to_numpy(numpy_to_arrow(array))
    assert found.dtype.names == ("a", "b")
    assert found["b"].tolist() == [[1, 2], [3, 4]]
    masked = dict_to_numpy({"a": np.ma.masked_equal([1, 2], 1), "b": [5, 6]})
    assert masked.tolist() == [(None, 5), (2, 6)]
    assert list(numpy_to_dict(array)) == ["a", "b"]
    assert len(dict_to_numpy({})) == 0


@pytest.mark.parametrize("function", [dict_to_arrow, dict_to_numpy])
def test_lengths_must_agree(function: Any) -> None:
    with pytest.raises(FormatError, match="one length"):
        function({"a": [1, 2], "b": [1, 2, 3]})


def test_what_is_no_column_is_refused() -> None:
    with pytest.raises(FormatError, match="one length"):
        dict_to_arrow({"a": 5})
    with pytest.raises(FormatError, match="'a'"):
        dict_to_arrow({"a": np.array([{1}, object()])})
    with pytest.raises(FormatError, match="'a'"):
        dict_to_arrow({"a": np.array([1j, 2j])})
    with pytest.raises(FormatError, match="structured"):
        numpy_to_arrow(np.arange(3))


def test_astropy_tables_keep_what_describes_them() -> None:
    table = Table({"ra": [1.0, 2.0] * u.deg, "name": ["a", "b"]}, meta={"RUN": "x", "n": [1, {"b": 2}]})
    table["ra"].description, table["ra"].format = "Right ascension", ".3f"
    table["m"] = MaskedColumn([1, 2], mask=[True, False], unit="mag")
    arrow = astropy_to_arrow(table)
    assert arrow.schema.field("ra").metadata == {b"description": b"Right ascension", b"unit": b"deg"}
    found = arrow_to_astropy(arrow)
    assert found.meta == {"RUN": "x", "n": [1, {"b": 2}]}
    assert (found["ra"].unit, found["ra"].description, found["ra"].format) == (u.deg, "Right ascension", ".3f")
    assert found["m"].tolist() == [None, 2]
    assert found["m"].unit == u.mag


def test_field_metadata_alone_describe_columns_too() -> None:
    field = pa.field("x", pa.float64(), metadata={"unit": "nJy", "description": "Flux"})
    found = arrow_to_astropy(pa.Table.from_arrays([pa.array([1.0])], schema=pa.schema([field])))
    assert (found["x"].unit, found["x"].description) == (u.nJy, "Flux")


def test_quantities_and_times_become_their_columns() -> None:
    table = QTable({"q": [1.0, 2.0] * u.m, "t": Time([50000.0, 50001.0], format="mjd")})
    found = astropy_to_arrow(table)
    assert found["q"].to_pylist() == [1.0, 2.0]
    assert found.schema.field("q").metadata[b"unit"] == b"m"
    assert len(found.column_names) >= 2


def test_table_metadata_never_make_objects() -> None:
    text = b"datatype:\n- {name: x, unit: !!python/object/apply:os.getcwd []}\nmeta: !!omap\n- {a: 1}\n"
    arrow = pa.table({"x": [1]}).replace_schema_metadata({TABLE_META: text})
    found = arrow_to_astropy(arrow)
    assert found["x"].unit is None
    assert found.meta == {"a": 1}


def test_other_arrow_types() -> None:
    table = pa.table(
        {
            "d": pa.array(["a", "b", "a"]).dictionary_encode(),
            "l": pa.array([[1], [], [2, 3]]),
            "n": pa.array([None, None, None]),
            "t": pa.array([1, 2, None], pa.timestamp("us")),
            "s": pa.array(["x", None, "yyy"], pa.large_string()),
            "o": pa.array([True, None, False]),
        }
    )
    found = arrow_to_dict(table)
    assert found["d"].tolist() == ["a", "b", "a"]
    assert [list(x) for x in found["l"]] == [[1], [], [2, 3]]
    assert found["s"].tolist() == ["x", None, "yyy"]
    assert found["o"].tolist() == [True, None, False]
    assert np.isnat(found["t"]).tolist() == [False, False, True]
    assert len(found["n"]) == 3


def test_a_wrong_shape_is_noticed() -> None:
    table = dict_to_arrow({"a": np.zeros((2, 3, 4))})
    wrong = table.replace_schema_metadata({b"lsst::arrow::shape::a": b"(3, 5)"})
    with pytest.raises(FormatError, match="shape"):
        arrow_to_dict(wrong)
