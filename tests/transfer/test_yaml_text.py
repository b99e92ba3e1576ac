"""Values as text: what YAML reads is what was written."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from skybutler.sky.timespan import Timespan
from skybutler.transfer.yaml_text import column_texts, hash_text, region_text, text_of, time_text, uuid_texts
from skybutler.transfer.yaml_values import ExportLoader

VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text())
TIMES = st.integers(-(10**18), 8 * 10**18)


def read(text: str) -> Any:
    return yaml.load(f"key: {text}\nnext: 1\n", ExportLoader)


@given(VALUES)
@example("y")
@example("1e5")
@example("0x1f")
@example("12:30:45")
@example("2020-01-01")
@example(": ")
@example("a #b")
@example("- x")
@example("e\u0301\u2028\x85")
@example("a\nb\n")
@example("x" * 200 + " " + "y" * 200)
@example(1e17)
@example(float("inf"))
def test_what_is_read_is_what_was_written(value: Any) -> None:
    text = text_of(value)
    assert "\n" not in text
    assert read(text) == {"key": value, "next": 1}


@given(st.text(st.characters(codec="ascii"), max_size=12))
def test_texts_are_those_of_the_library(value: str) -> None:
    if "\n" not in value:
        assert text_of(value) == yaml.safe_dump(value, width=1 << 30).removesuffix("...\n").rstrip("\n")


@given(st.lists(VALUES))
def test_columns_are_their_values(values: list[Any]) -> None:
    assert column_texts(values) == [text_of(v) for v in values]


@given(TIMES)
def test_times(ns: int) -> None:
    assert read(time_text(ns))["key"] == ns


def test_unbounded_ends_are_null() -> None:
    assert time_text(Timespan.MIN_NS) == time_text(Timespan.MAX_NS) == "null"


@given(st.binary(min_size=1, max_size=300), st.uuids())
def test_bytes(content: bytes, identifier: uuid.UUID) -> None:
    assert read(hash_text(content, ""))["key"] == content
    assert read(region_text(content, ""))["key"] == content
    assert read(uuid_texts(identifier.bytes)[0])["key"] == identifier


@pytest.mark.parametrize("byte, name", [(b"p", "ConvexPolygon"), (b"c", "Circle"), (b"b", "Box"), (b"e", "Ellipse")])
def test_regions_have_the_tag_of_their_class(byte: bytes, name: str) -> None:
    assert region_text(byte + bytes(8), "    ").startswith(f"!<lsst.sphgeom.{name}>\n      encoded: ")
