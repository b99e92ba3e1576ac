"""Documents are read back by astropy, which did not write them."""

import base64
import io
import math
import warnings

import numpy as np
import pyarrow as pa
import pytest
from astropy.io.votable import parse
from hypothesis import given, settings
from hypothesis import strategies as st

from skybutler.errors import InvalidError, UnavailableError
from skybutler.vo.field import NUMBERS, Field, field_of_arrow
from skybutler.vo.votable import _base64, votable, votable_error

KINDS = sorted([*NUMBERS, "boolean", "char", "unicodeChar"])
ARROW = {
    "unsignedByte": pa.uint8(),
    "short": pa.int16(),
    "int": pa.int32(),
    "long": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "char": pa.string(),
    "unicodeChar": pa.string(),
}


def values_of(kind: str) -> st.SearchStrategy:
    if kind in ("float", "double"):
        return st.floats(width=32 if kind == "float" else 64)
    if kind == "boolean":
        return st.booleans()
    if kind == "char":
        return st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=9)
    if kind == "unicodeChar":
        return st.text(st.characters(min_codepoint=32, max_codepoint=0xD7FF), max_size=9)
    info = np.iinfo(NUMBERS[kind])
    return st.integers(int(info.min), int(info.max))


@st.composite
def tables(draw):
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=12))
    n = draw(st.integers(0, 12))
    columns = [
        pa.array(draw(st.lists(st.none() | values_of(kind), min_size=n, max_size=n)), ARROW[kind]) for kind in kinds
    ]
    fields = [
        Field(name=f"c{i}", datatype=kind, arraysize="*" if "har" in kind else None) for i, kind in enumerate(kinds)
    ]
    return fields, pa.RecordBatch.from_arrays(columns, names=[f.name for f in fields])


def read(document):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return parse(io.BytesIO(b"".join(document)), verify="exception")


def pieces(batch, size):
    return [batch.slice(i, size) for i in range(0, batch.num_rows, size)]


def same(found, expected):
    if isinstance(expected, float):
        return math.isnan(found) if math.isnan(expected) else found == expected
    return found == expected


@given(tables(), st.sampled_from(["BINARY2", "TABLEDATA"]), st.integers(1, 5))
@settings(max_examples=150, deadline=None)
def test_rows_come_back(made, serialization, size):
    fields, batch = made
    found = read(votable(fields, pieces(batch, size), serialization=serialization)).get_first_table()
    assert [f.datatype for f in found.fields] == [f.datatype for f in fields]
    assert len(found.array) == batch.num_rows
    for field, column in zip(fields, batch.columns, strict=True):
        mask = found.array.mask[field.name]
        for i, expected in enumerate(column.to_pylist()):
            value = found.array.data[field.name][i]
            if expected is None and field.is_text:
                assert value == ""
            elif expected is None:
                assert mask[i] or np.isnan(value)
            else:
                if serialization == "TABLEDATA" and field.is_text:  # whose blanks at the ends the reader drops
                    expected, value = expected.strip(" \t\r\n"), value.strip(" \t\r\n")
                assert same(value.item() if hasattr(value, "item") else value, expected), (field, value, expected)


@given(st.lists(st.binary(max_size=9), max_size=9), st.sampled_from([3, 6, 3 * (1 << 18)]))
def test_parts_of_any_size_are_one_text(parts, size):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("skybutler.vo.votable._PIECE", size)
        assert b"".join(_base64(map(memoryview, parts))) == base64.b64encode(b"".join(parts))


def test_arrays_of_numbers_come_back():
    columns = {
        "v": pa.array([[1.5, -2.0], [], None], pa.list_(pa.float64())),
        "f": pa.array([[1, 2]] * 3, pa.list_(pa.int32(), 2)),
    }
    batch = pa.RecordBatch.from_pydict(columns)
    fields = [field_of_arrow(column) for column in batch.schema]
    assert [f.arraysize for f in fields] == ["*", "2"]
    for serialization in ("BINARY2", "TABLEDATA"):
        array = (
            read(votable(fields, [batch.slice(0, 1), batch.slice(1)], serialization=serialization))
            .get_first_table()
            .array
        )
        assert [list(v) for v in array["v"].data] == [[1.5, -2.0], [], []]
        assert array["f"].tolist() == [[1, 2]] * 3


def test_more_rows_than_the_limit_are_told_of_behind_the_table():
    batch = pa.RecordBatch.from_pydict({"a": pa.array(range(10))})
    fields = [field_of_arrow(batch.schema[0])]
    asked = []

    def rows():
        for part in pieces(batch, 3):
            asked.append(part.num_rows)
            yield part

    document = b"".join(votable(fields, rows(), limit=4))
    assert sum(asked) == 6, "no more than needed are asked for"
    found = read([document])
    assert found.get_first_table().array["a"].tolist() == [0, 1, 2, 3]
    assert [i.value for i in found.resources[0].infos] == ["OK", "OVERFLOW"]
    assert document.index(b"OVERFLOW") > document.index(b"</TABLE>")
    assert [i.value for i in read(votable(fields, [batch], limit=10)).resources[0].infos] == ["OK"]


def test_an_error_among_the_rows_is_told_in_the_document():
    batch = pa.RecordBatch.from_pydict({"a": pa.array(range(10))})

    def rows():
        yield batch
        raise UnavailableError("The database went away.")

    for serialization in ("BINARY2", "TABLEDATA"):
        found = read(votable([field_of_arrow(batch.schema[0])], rows(), serialization=serialization))
        last = found.resources[0].infos[-1]
        assert (last.value, last.content) == ("ERROR", "The database went away.")
        assert len(found.get_first_table().array) == 10


def test_what_xml_cannot_say_is_escaped_or_replaced():
    rows = ['<a href="x">&amp;</a>', "nul\x00 esc\x1b", "]]>", "a\tb\r\nc"]
    batch = pa.RecordBatch.from_pydict({"a": rows})
    for kind, instead in (("char", "?"), ("unicodeChar", "\ufffd")):
        field = Field(name="a", datatype=kind, arraysize="*", description="<b>&</b>")
        document = votable([field], [batch], serialization="TABLEDATA", infos={"q": "a<b & \"c\" 'd'"})
        found = read(document)
        assert found.resources[0].infos[1].value == "a<b & \"c\" 'd'"
        table = found.get_first_table()
        expected = [row.replace("\x00", instead).replace("\x1b", instead) for row in rows]
        assert table.array.data["a"].tolist() == expected
        assert table.fields[0].description == "<b>&</b>"


def test_text_that_is_not_ascii_needs_another_type():
    batch = pa.RecordBatch.from_pydict({"a": ["Çınar"]})
    for serialization in ("BINARY2", "TABLEDATA"):
        found = read(votable([Field(name="a", datatype="char", arraysize="*")], [batch], serialization=serialization))
        assert found.get_first_table().array.data["a"].tolist() == ["??nar"]


def test_an_error_document():
    found = read([votable_error("No <table> like that.", {"LANG": "ADQL"})])
    assert [(i.name, i.value, i.content) for i in found.resources[0].infos] == [
        ("QUERY_STATUS", "ERROR", "No <table> like that."),
        ("LANG", "ADQL", None),
    ]


def test_wrong_words_are_refused():
    with pytest.raises(InvalidError, match="BINARY3"):
        list(votable([], [], serialization="BINARY3"))
    with pytest.raises(InvalidError, match="'dbl'"):
        Field(name="x", datatype="dbl")
    with pytest.raises(InvalidError, match="decimal"):
        field_of_arrow(pa.field("x", pa.decimal128(5)))
