"""Columns of scalars: what is read many at a time is what the YAML library reads one by one."""

from __future__ import annotations

import uuid
from typing import Any

import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from skybutler.transfer.yaml_columns import id_column, instant_column, region_column, scalar_column
from skybutler.transfer.yaml_text import region_text, text_of, time_text
from skybutler.transfer.yaml_values import ExportLoader, Instant, instant

VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text())
LINE = st.text(st.characters(exclude_characters="\n"), max_size=20)


def one_by_one(texts: list[str]) -> list[Any] | None:
    """What the library reads of each, as the value of a record's field."""
    try:
        rows = [yaml.load(f"  - a: 0\n    k: {text}\n", ExportLoader) for text in texts]
        return [row[0]["k"] for row in rows if [list(r) for r in row] == [["a", "k"]]]
    except (yaml.YAMLError, ValueError, LookupError, TypeError):
        return None


@given(st.lists(VALUES))
def test_what_is_written_is_read(values: list[Any]) -> None:
    found = scalar_column([text_of(v) for v in values])
    assert found == values
    assert list(map(type, found or [])) == list(map(type, values))


@given(st.lists(LINE, min_size=1, max_size=4))
@example(["1_000", "0x1f", "010", "1e5", "1.5", ".5", "12:30", "~", "=", "<<", "yes", "y", "No", "null", "Null"])
@example(["'it''s'", "'a'", '"a\\n"', "a b", "a: b", "a #b", "a#b", "!!str 5", "[1, 2]", "{a: 1}", "|", ">-", "&x y"])
@example(["a/b", "/", "a/b:", "a/b: c", "a/b #c", "s3://x/y", "'\u2028'", "a\u2028b", "a\r", "2020-01-01", "-0", "+1"])
@example(["*alias"])
@example(["'open"])
def test_any_line_is_read_as_the_library_does(texts: list[str]) -> None:
    expected, found = one_by_one(texts), scalar_column(texts)
    if found is not None:
        assert found == expected
        assert list(map(type, found)) == list(map(type, expected or []))


@given(st.lists(st.one_of(st.none(), st.integers(-8 * 10**18, 8 * 10**18))))
def test_instants(values: list[int | None]) -> None:
    assert instant_column(["null" if v is None else time_text(v) for v in values]) == values


def test_unusual_instants() -> None:
    texts = ["2020-01-01", "!butler_time/tai/iso '2020-01-01 00:00:01.5'", "!butler_time/tai/iso 2250-01-01"]
    assert instant_column(texts) == [
        instant("2020-01-01T00:00:37"), instant("2020-01-01T00:00:01.5"), instant("2250-01-01"),
    ]  # fmt: skip
    assert all(isinstance(v, Instant) for v in instant_column(texts) or [])
    assert instant_column(["5"]) is None
    assert instant_column(["!butler_time/tai/iso '2020-13-01 00:00:01.500000000'"]) is None


@given(st.lists(st.one_of(st.none(), st.binary(min_size=1, max_size=80), st.binary(max_size=80).map(b"p".__add__))))
def test_regions(values: list[bytes | None]) -> None:
    assert region_column(["null" if v is None else region_text(v, "    ") for v in values]) == values


def test_regions_that_are_none() -> None:
    assert region_column(["!<lsst.sphgeom.Box>\n      encoded: 62zz"]) is None


@given(st.lists(st.uuids()))
def test_ids(values: list[uuid.UUID]) -> None:
    assert id_column(list(map(str, values))) == b"".join(v.bytes for v in values)
