"""Property sets and lists, as LSST software writes them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from skybutler.datasets.property_set import PropertySet
from skybutler.errors import UnreadableFileError
from skybutler.images import Metadata
from support.files import Files


def test_a_real_file(files: Callable[[str, str], Files], shared: Path) -> None:
    (path,) = (shared / "data/gen2_repos/phosim/processCcd_metadata").rglob("*.yaml")
    found = files("property-set", "PropertySet").read_bytes(path.read_bytes())
    assert isinstance(found, PropertySet)
    deblend = found["processCcd:calibrate:deblend"]
    assert deblend["runStartUtc"] == "2018-12-11T17:51:12.280088"
    assert deblend["runStartCpuTime"] == 98.09
    assert deblend["runStartMaxResidentSetSize"] == 1282208
    assert len(found) == 31


def test_sets_come_back(files: Callable[[str, str], Files]) -> None:
    data = PropertySet({"a": 1, "b": [1.5, 2.5], "c": {"d": {"e": True}, "f": None}, "g": "x", "h": 2**40, "i": []})
    sets = files("property-set", "PropertySet")
    assert sets.round_trip(data) == data
    text = sets.storage.read(sets.path).decode()
    assert text.startswith("!<lsst.daf.base.PropertySet>\n")
    assert text.count("!<lsst.daf.base.PropertySet>") == 3
    for name in ("Int", "Double", "PropertySet", "Bool", "Undef", "String", "LongLong"):
        assert f"- {name}\n" in text


def test_lists_keep_order_comments_and_repeated_keys(files: Callable[[str, str], Files]) -> None:
    data = Metadata([("B", 1, "first"), ("COMMENT", "x"), ("A", 2.5, ""), ("COMMENT", "y")])
    found = files("property-set", "PropertyList").round_trip(data)
    assert isinstance(found, Metadata)
    assert list(found) == ["B", "COMMENT", "A"]
    assert found.all_values("COMMENT") == ["x", "y"]
    assert found.comment("B") == "first"


def test_a_plain_mapping_is_read_as_either(files: Callable[[str, str], Files]) -> None:
    assert files("property-set", "PropertySet").read_bytes(b"a: {b: 5}") == PropertySet({"a": {"b": 5}})
    assert files("property-set", "PropertyList").read_bytes(b"a: 5") == Metadata({"a": 5})


def test_a_list_is_read_as_a_set_and_old_tags_work(files: Callable[[str, str], Files]) -> None:
    content = b"!<PropertySet>\n- [a, PropertySet, !<lsst.daf.base.PropertyList> [[k, Int, 1, c], [k, Int, 2, c]]]\n"
    assert files("property-set", "PropertySet").read_bytes(content) == PropertySet({"a": {"k": [1, 2]}})


@pytest.mark.parametrize(
    "content", [b"[1, 2]", b"!<lsst.daf.base.PropertySet> [[a]]", b"5", b"!<lsst.daf.base.PropertySet> 5", b"a: {"]
)
def test_what_is_no_property_set_is_named(files: Callable[[str, str], Files], content: bytes) -> None:
    with pytest.raises(UnreadableFileError, match=r"d/x\.yaml"):
        files("property-set", "PropertySet").read_bytes(content)
