from __future__ import annotations

import pyarrow as pa
import pytest

from skybutler.errors import InvalidError
from skybutler.vo.field import Field, field_of_arrow


def test_fields_of_arrow_columns():
    def described(kind: pa.DataType) -> tuple[str, str | None]:
        field = field_of_arrow(pa.field("x", kind))
        return field.datatype, field.arraysize

    assert described(pa.string()) == ("unicodeChar", "*")
    assert described(pa.uint8()) == ("unsignedByte", None)
    assert described(pa.uint16()) == ("int", None)
    assert described(pa.bool_()) == ("boolean", None)
    assert described(pa.list_(pa.float64())) == ("double", "*")
    assert described(pa.list_(pa.int32(), 3)) == ("int", "3")


def test_types_without_a_place_are_refused():
    for kind in (pa.decimal128(5), pa.list_(pa.string()), pa.struct([]), pa.timestamp("ns")):
        with pytest.raises(InvalidError, match="no place in a VOTable"):
            field_of_arrow(pa.field("x", kind))
    with pytest.raises(InvalidError, match="Did you mean 'double'"):
        Field(name="x", datatype="doubel")


def test_texts_and_arrays():
    assert Field(name="x", datatype="char", arraysize="*").is_text
    assert not Field(name="x", datatype="char", arraysize="*").is_array
    assert Field(name="x", datatype="double", arraysize="2").is_array
