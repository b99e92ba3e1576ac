from __future__ import annotations

import io

import numpy as np
import pytest
from astropy.table import Table
from hypothesis import given
from hypothesis import strategies as st

from skybutler.errors import InvalidError
from skybutler.vo.adql import TapTables
from skybutler.vo.answer import answer
from skybutler.vo.obscore import ObsCoreRelation, ObsCoreSettings, obscore_table
from skybutler.vo.uploaded_table import uploaded_table
from support.vo_tables import rows_of
from support.votables import EVERY_TYPE, votable_bytes


def read(content, name="mine", most_bytes=1_000_000, most_rows=1000):
    return uploaded_table(name, io.BytesIO(content), most_bytes=most_bytes, most_rows=most_rows)


def ask(observations, adql, *tables):
    registry = observations.butler.registry
    obscore = ObsCoreRelation(registry, ObsCoreSettings(), "https://data.example/", "ivo://example/")
    return rows_of(answer(registry, obscore, TapTables([obscore_table(), *tables]), adql))


@pytest.mark.parametrize("serialization", ["tabledata", "binary", "binary2"])
def test_values_of_every_type_go_through_a_database(observations, serialization):
    whole = EVERY_TYPE if serialization == "binary2" else EVERY_TYPE.filled(0)  # only BINARY2 has nulls of any type
    table = read(votable_bytes(whole, serialization))
    found = ask(observations, "SELECT * FROM tap_upload.mine", table)
    assert list(found[0]) == EVERY_TYPE.colnames
    first, second, last = found
    assert (first["flag"], second["tiny"], second["big"]) == (True, 255, 2**62 + 1)
    assert (first["precise"], second["precise"], second["single"]) == (1 / 3, -1e300, float(np.float32(-2.25e30)))
    assert (first["text"], last["text"], first["wide"]) == ("a'b", "x?y%z", "α Ori")
    assert (last["order"], last["[Fe/H] & more"]) == (2, 0.3)
    assert (second["vector"], second["pixels"], second["wave"]) == ([2.0, 3.0], [4, 5, 6, 7], [3.0, 4.0])
    if serialization == "binary2":
        assert [last[name] for name in ("flag", "tiny", "small", "plain", "big", "single", "precise")] == [None] * 7


def test_uploads_are_joined_with_what_is_served(observations):
    mine = read(votable_bytes(Table({"visit": [10, 12, 99], "size": [1.5, 2.5, 3.5]})))
    found = ask(
        observations,
        'SELECT m."size", COUNT(*) AS n FROM tap_upload.mine AS m JOIN ivoa.ObsCore AS o ON o.lsst_visit = m.visit '
        'WHERE o.dataproduct_subtype LIKE \'%calexp\' GROUP BY m."size" ORDER BY m."size"',
        mine,
    )
    assert found == [{"size": 1.5, "n": 4}, {"size": 2.5, "n": 4}]


def test_uploaded_places_are_found_in_a_circle(observations):
    mine = read(votable_bytes(Table({"ra": [10.0, 10.001, 200.0], "dec": [0.0, 0.0, 0.0]})))
    query = "SELECT ra FROM tap_upload.mine WHERE CONTAINS(POINT('ICRS', ra, dec), CIRCLE('ICRS', 10, 0, 0.01)) = 1"
    assert [r["ra"] for r in ask(observations, query, mine)] == [10.0, 10.001]


def test_many_rows_are_all_there(observations):
    mine = read(votable_bytes(Table({"n": np.arange(60_000)}), "binary"), most_rows=100_000)
    (row,) = ask(observations, "SELECT COUNT(*) AS n, SUM(n) AS s FROM tap_upload.mine", mine)
    assert (row["n"], row["s"]) == (60_000, 60_000 * 59_999 // 2)
    assert len(ask(observations, "WITH w AS (SELECT n FROM tap_upload.mine) SELECT n FROM w", mine)) == 60_000


HEAD = b'<VOTABLE version="1.3" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE><TABLE nrows="2">'
FIELD = b'<FIELD name="a" datatype="int"/>'
END = b"</TABLE></RESOURCE></VOTABLE>"
LAUGHS = (
    b'<!DOCTYPE lolz [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(20))
    + b"]>"
)


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "is not a VOTable"),
        (b"a,b\n1,2\n", "is not a VOTable .line 1"),
        (b"<html><body/></html>", "begins with the element 'html'"),
        (HEAD + FIELD, "is not a VOTable .line 1: no element found"),
        (b"SIMPLE  =                    T", "is not a VOTable"),
        (bytes(range(256)), "is not a VOTable"),
        (b'<?xml version="1.0" encoding="KOI-99"?><VOTABLE/>', "is not a VOTable"),
        (b"<VOTABLE/>", "without a table"),
        (HEAD + END, "has no columns"),
        (LAUGHS + b"<VOTABLE>&u;</VOTABLE>", "document type"),
        ((LAUGHS + b"<VOTABLE>&u;</VOTABLE>").decode().encode("utf-16"), "document type"),
        (b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><VOTABLE/>', "document type"),
        (HEAD.replace(b'"2"', b'"99999999999"') + FIELD + END, "says that it has 99999999999 rows"),
        (HEAD + b'<FIELD name="a" datatype="double" arraysize="99999x99999"/>' + END, "cells of size"),
        (HEAD + FIELD + b'<DATA><BINARY><STREAM href="file:///etc/passwd"/></BINARY></DATA>' + END, "rows elsewhere"),
        (HEAD + FIELD + b'<DATA><BINARY><STREAM x=">" href="http://h/"/></BINARY></DATA>' + END, "rows elsewhere"),
        (HEAD + FIELD + b'<DATA><BINARY><STREAM encoding="gzip"/></BINARY></DATA>' + END, "compressed"),
        (HEAD + FIELD + b"<DATA><FITS><STREAM>AA</STREAM></FITS></DATA>" + END, "FITS"),
        (HEAD + b'<FIELD name="a" datatype="quaternion"/>' + END, "cannot be read"),
        (HEAD + FIELD + b"<DATA><TABLEDATA>" + b"<TR><TD>1</TD></TR>" * 1001 + b"</TABLEDATA></DATA>" + END, "1000"),
        (HEAD + FIELD + b'<FIELD name="A" datatype="int"/>' + END, "'a' and 'A', which are the same"),
        (HEAD + b'<FIELD name="a&quot;; DROP" datatype="int"/>' + END, "whose name no query can have"),
        (HEAD + b'<FIELD name="" datatype="int"/>' + END, "column '', whose name no query can have"),
        (HEAD + FIELD + b"<DATA><BINARY2><STREAM>AAAA!AAB</STREAM></BINARY2></DATA>" + END, "'!' among .* base64"),
        (HEAD + FIELD + b"<DATA><TABLEDATA><TR><TD>4294967297</TD></TR></TABLEDATA></DATA>" + END, "out of range"),
        (HEAD + b'<FIELD name="relation_of_0_" datatype="int"/>' + END, "whose name no query can have"),
        (votable_bytes(Table({"a": np.arange(900)})) + b" " * 1_000_000, "larger than 1000000"),
    ],
)
def test_what_is_not_a_plain_votable_is_refused(content, message):
    with pytest.raises(InvalidError, match=message):
        read(content)


@pytest.mark.parametrize("name", ["", "1", "a b", "a.b", "x" * 80, "a;--", "TAP_UPLOAD.x"])
def test_names_that_no_table_can_have(name):
    with pytest.raises(InvalidError, match="no name of a table"):
        read(votable_bytes(EVERY_TYPE), name)


@given(st.data())
def test_broken_documents_are_refused_in_words(data):
    whole = votable_bytes(EVERY_TYPE["order", "text"])
    start = data.draw(st.integers(0, len(whole)))
    content = whole[:start] + data.draw(st.binary(max_size=8)) + whole[start + data.draw(st.integers(0, 40)) :]
    try:
        table = read(content)
    except InvalidError as error:
        assert "uploaded table" in str(error)  # noqa: PT017 - it may also be good
    else:
        assert table.fields
