"""JSON of plain data and time spans."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skybutler.errors import FormatError, UnknownComponentError, UnreadableFileError
from skybutler.sky.timespan import Timespan
from support.files import Files

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(data=plain)
def test_plain_data_come_back(files: Callable[[str, str], Files], data: Any) -> None:
    assert files("json", "StructuredDataDict").round_trip(data) == data


def test_numpy_numbers_and_nan(files: Callable[[str, str], Files]) -> None:
    found = files("json", "StructuredDataDict").round_trip({"a": np.float32(0.5), "b": np.arange(2), "c": math.nan})
    assert (found["a"], found["b"], math.isnan(found["c"])) == (0.5, [0, 1], True)


def test_what_is_not_plain_is_refused(files: Callable[[str, str], Files]) -> None:
    with pytest.raises(FormatError, match="builtins.object"):
        files("json", "StructuredDataDict").write({"a": object()})
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(FormatError, match="JSON"):
        files("json", "StructuredDataList").write(loop)


@pytest.mark.parametrize("content", [b"{", b"\xff", b"", b"[" * 100_000])
def test_what_is_no_json_is_named(files: Callable[[str, str], Files], content: bytes) -> None:
    with pytest.raises(UnreadableFileError, match=r"d/x\.json"):
        files("json", "StructuredDataDict").read_bytes(content)


def test_there_are_no_components(files: Callable[[str, str], Files]) -> None:
    json = files("json", "StructuredDataDict")
    json.write({})
    with pytest.raises(UnknownComponentError, match="'a'"):
        json.read("a")


# The peer (lsst-daf-butler 30.2026.4300) writes 2020-01-01 to infinity like this.
PEER_TIMESPAN = b"[1577836800000000000,4102444800000000000]"


def test_time_spans_are_the_peers(files: Callable[[str, str], Files]) -> None:
    json = files("json", "Timespan")
    span = Timespan.from_ns(1577836800000000000, None)
    assert json.read_bytes(PEER_TIMESPAN) == span
    json.write(span)
    assert json.storage.read(json.path).replace(b" ", b"") == PEER_TIMESPAN


@pytest.mark.parametrize(
    "span", [Timespan.make_empty(), Timespan.from_ns(None, None), Timespan.from_ns(None, 5), Timespan.from_ns(5, 6)]
)
def test_every_kind_of_time_span_comes_back(files: Callable[[str, str], Files], span: Timespan) -> None:
    assert files("json", "Timespan").round_trip(span) == span


@pytest.mark.parametrize("content", [b"5", b"[1]", b'["a", 2]', b"{}"])
def test_what_is_no_time_span_is_named(files: Callable[[str, str], Files], content: bytes) -> None:
    with pytest.raises(UnreadableFileError, match="two integers"):
        files("json", "Timespan").read_bytes(content)
