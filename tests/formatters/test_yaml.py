"""YAML of plain data, and foreign YAML read as plain data."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skybutler.errors import FormatError, UnreadableFileError
from support.files import Files

text = st.text(st.characters(exclude_categories=["Cs", "Cc"]))
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=10,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(data=plain)
def test_plain_data_come_back(files: Callable[[str, str], Files], data: Any) -> None:
    assert files("yaml", "StructuredDataDict").round_trip(data) == data


def test_what_is_like_plain_data(files: Callable[[str, str], Files]) -> None:
    data = {"a": np.float32(0.5), "b": np.arange(2), "c": (1, 2), "d": OrderedDict(z=1, a=2), "e": MappingProxyType({})}
    found = files("yaml", "StructuredDataDict").round_trip(data)
    assert found == {"a": 0.5, "b": [0, 1], "c": [1, 2], "d": {"z": 1, "a": 2}, "e": {}}
    assert list(found["d"]) == ["z", "a"]


def test_what_is_not_plain_is_refused(files: Callable[[str, str], Files]) -> None:
    with pytest.raises(FormatError, match="builtins.object"):
        files("yaml", "StructuredDataDict").write({"a": object()})
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(FormatError, match="contain themselves"):
        files("yaml", "StructuredDataList").write(loop)


DANGEROUS = [
    "!!python/object/apply:os.system ['touch {}']",
    "!!python/object/new:subprocess.Popen [['touch', '{}']]",
    "a: !!python/name:os.system",
    "!!python/module:antigravity",
    "- !!python/object/apply:builtins.open ['{}', 'w']",
]


@pytest.mark.parametrize("content", DANGEROUS)
def test_nothing_is_executed(files: Callable[[str, str], Files], tmp_path: Path, content: str) -> None:
    canary = tmp_path / "canary"
    found = files("yaml", "StructuredDataDict").read_bytes(content.replace("{}", str(canary)).encode())
    assert isinstance(found, dict | list | str)
    assert not canary.exists()


def test_tags_are_dropped(files: Callable[[str, str], Files]) -> None:
    content = b"""\
a: !lsst.daf.butler.Timespan {begin: !butler_time/tai/iso '2020-01-01 00:00:00.000000000', end: null}
b: !!python/tuple [1, !mine 2]
c: !<lsst.sphgeom.ConvexPolygon> {encoded: 7063}
"""
    assert files("yaml", "StructuredDataDict").read_bytes(content) == {
        "a": {"begin": "2020-01-01 00:00:00.000000000", "end": None},
        "b": [1, "2"],
        "c": {"encoded": 7063},
    }


@pytest.mark.parametrize("content", [b"a: [", b"\xff\xfe\xff", b"? {}\n: 1", b"a: 2001-99-99", b"a: *b"])
def test_what_is_no_yaml_is_named(files: Callable[[str, str], Files], content: bytes) -> None:
    with pytest.raises(UnreadableFileError, match=r"d/x\.yaml"):
        files("yaml", "StructuredDataDict").read_bytes(content)
