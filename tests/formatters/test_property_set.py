"""Property sets and lists, as LSST software writes them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from skybutler.datasets.property_set import PropertySet
from skybutler.errors import UnreadableFileError
from skybutler.formatters.catalog import short_name
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


NESTED = PropertySet(
    {"isr": {"runStartUtc": "2022-01-03T14:26:50.961867", "times": [10514.103577533, 1.5]}, "empty": {}}
)
FORMS = {
    "tagged.yaml": b"""!<lsst.daf.base.PropertySet>
- - isr
  - PropertySet
  - !<lsst.daf.base.PropertyList>
    - [runStartUtc, String, '2022-01-03T14:26:50.961867', '']
    - [times, Double, [10514.103577533, 1.5], '']
- [empty, PropertySet, !<lsst.daf.base.PropertySet> []]
""",
    "short.yaml": b"""!<PropertySet>
- [isr, PropertySet, !<PropertySet> [[runStartUtc, String, '2022-01-03T14:26:50.961867'],
  [times, Double, [10514.103577533, 1.5]]]]
- [empty, PropertySet, !<PropertySet> ]
""",
    "plain.yaml": b"isr: {runStartUtc: '2022-01-03T14:26:50.961867', times: [10514.103577533, 1.5]}\nempty: {}\n",
    "plain.json": b"""{"isr": {"runStartUtc": "2022-01-03T14:26:50.961867", "times": [10514.103577533, 1.5]},
        "empty": {}}""",
    "task.json": b"""{"scalars": {}, "arrays": {}, "metadata": {
        "isr": {"scalars": {"runStartUtc": "2022-01-03T14:26:50.961867"}, "arrays": {"times": [10514.103577533, 1.5]},
                "metadata": {}},
        "empty": {"scalars": {}, "arrays": {}, "metadata": {}}}}""",
}


@pytest.mark.parametrize("name", FORMS)
def test_files_of_all_years_hold_the_same(files: Callable[[str, str], Files], name: str) -> None:
    found = files("property-set", "PropertySet").read_bytes(FORMS[name], name)
    assert found == NESTED
    printed = "".join(f"{value}\n" for value in found.values())
    assert printed == ('runStartUtc = "2022-01-03T14:26:50.961867"\ntimes = [ 10514.103577533, 1.5000000000000 ]\n\n\n')


@pytest.mark.parametrize(
    "recorded", ["lsst.daf.butler.formatters.yaml.YamlFormatter", "lsst.daf.butler.formatters.json.JsonFormatter"]
)
@pytest.mark.parametrize("storage_class", ["PropertySet", "TaskMetadata"])
def test_recorded_formatters_give_the_class_that_is_registered(recorded: str, storage_class: str) -> None:
    assert (
        short_name(recorded, storage_class)
        == {"PropertySet": "property-set", "TaskMetadata": "task-metadata"}[storage_class]
    )


@pytest.mark.parametrize(
    "content, message",
    [
        (b'{"scalars": 5, "arrays": {}, "metadata": {}}', "'scalars' of task metadata is a int"),
        (b'{"a": [[1]]}', "'a' is a list"),
        (b"[1]", "but a list"),
        (b'{"a": ', "not readable as JSON"),
    ],
)
def test_what_is_no_json_of_properties_is_named(
    files: Callable[[str, str], Files], content: bytes, message: str
) -> None:
    with pytest.raises(UnreadableFileError, match=message) as caught:
        files("property-set", "PropertySet").read_bytes(content, "d/x.json")
    assert "d/x.json" in str(caught.value)


def test_names_are_texts(files: Callable[[str, str], Files]) -> None:
    with pytest.raises(UnreadableFileError, match="5 is no name"):
        files("property-set", "PropertySet").read_bytes(b"5: 6")


def test_the_oldest_lists_have_comments_but_no_types(files: Callable[[str, str], Files]) -> None:
    content = b"!<lsst.daf.base.PropertyList> [[EXPTIME, 30.0, seconds], [OBJECT, M31, '']]"
    found = files("property-set", "PropertyList").read_bytes(content)
    assert found == Metadata({"EXPTIME": 30.0, "OBJECT": "M31"})
    assert found.comment("EXPTIME") == "seconds"
    mapping = b"!<lsst.daf.base.PropertySet> {isr: !<lsst.daf.base.PropertyList> [[n, 3, '']]}"
    assert files("property-set", "PropertySet").read_bytes(mapping) == PropertySet({"isr": {"n": 3}})


def test_dates_are_texts(files: Callable[[str, str], Files]) -> None:
    content = b"!<lsst.daf.base.PropertyList> [[T, DateTime, !<lsst.daf.base.DateTime> '2014-05-13T02:00:00.0', c]]"
    assert files("property-set", "PropertyList").read_bytes(content)["T"] == "2014-05-13T02:00:00.0"
