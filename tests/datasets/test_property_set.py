from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.datasets.property_set import PropertySet, TaskMetadata
from skybutler.errors import FormatError, InvalidError

NAMES = st.text("abcXYZ_01", min_size=1, max_size=6)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
VALUES = SCALARS | st.lists(SCALARS, max_size=4)
NESTED = st.recursive(
    st.dictionaries(NAMES, VALUES, max_size=4),
    lambda inner: st.dictionaries(NAMES, VALUES | inner, max_size=4),
    max_leaves=8,
)


def test_dotted_names_reach_inner_sets() -> None:
    metadata = PropertySet({"calibrate": {"photo": {"zero": 31.4}}, "id": 3})
    assert metadata["calibrate.photo.zero"] == 31.4
    assert metadata["calibrate"]["photo"] == {"zero": 31.4}
    assert "calibrate.photo" in metadata
    assert "calibrate.photo.one" not in metadata
    assert "id.zero" not in metadata
    number: Any = 3
    assert number not in metadata
    assert metadata.get("calibrate.photo.one", 7) == 7
    assert metadata.names() == ["calibrate", "calibrate.photo", "calibrate.photo.zero", "id"]
    assert metadata.names(top_level_only=True) == list(metadata) == ["calibrate", "id"]


def test_setting_makes_the_sets_on_the_way() -> None:
    metadata = PropertySet()
    metadata["a.b.c"] = (1, 2)
    metadata["a.d"] = True
    assert metadata.to_dict() == {"a": {"b": {"c": [1, 2]}, "d": True}}
    del metadata["a.b.c"]
    del metadata["a.d"]
    assert metadata == {"a": {"b": {}}}
    with pytest.raises(KeyError):
        del metadata["a.x"]
    with pytest.raises(KeyError):
        del metadata["x"]


def test_values_are_appended() -> None:
    metadata = PropertySet()
    for second in (1.5, 2.5):
        metadata.add("task.time", second)
    assert metadata["task.time"] == [1.5, 2.5]
    metadata["one"] = "x"
    assert metadata.all_values("one") == ["x"]
    assert metadata.all_values("task.time") == [1.5, 2.5]


def test_unknown_name_offers_the_nearest() -> None:
    with pytest.raises(KeyError, match="runStartUtc"):
        PropertySet({"run": {"runStartUtc": "x"}})["run.runStartUct"]


@pytest.mark.parametrize("name", ["", ".a", "a.", "a..b"])
def test_empty_names_are_refused(name: str) -> None:
    with pytest.raises(InvalidError):
        PropertySet()[name] = 1


def test_a_value_has_no_inner_names() -> None:
    metadata = PropertySet({"a": 1})
    with pytest.raises(InvalidError, match="'a' is a value"):
        metadata["a.b"] = 2
    with pytest.raises(KeyError):
        metadata["a.b"]


@pytest.mark.parametrize("value", [object(), {1}, [[1]], [{"a": 1}], b"x"])
def test_other_values_are_refused(value: object) -> None:
    with pytest.raises(InvalidError, match=r"property 'x'"):
        PropertySet({"x": value})


def test_numpy_values_become_plain() -> None:
    np = pytest.importorskip("numpy")
    metadata = PropertySet({"a": np.float64(2.5), "b": np.arange(3), "c": np.int32(4), "d": [np.bool_(True)]})
    assert [type(v) for v in metadata.values()] == [float, list, int, list]
    assert metadata == {"a": 2.5, "b": [0, 1, 2], "c": 4, "d": [True]}


def test_prints_lines() -> None:
    metadata = PropertySet(
        {
            "utc": "2022-01-03",
            "time": 10567.533159602,
            "n": 8,
            "ok": True,
            "t": [1.0, 2.5],
            "none": None,
            "set": {"x": {"y": 1}},
        }
    )
    assert str(metadata) == (
        'utc = "2022-01-03"\ntime = 10567.533159602\nn = 8\nok = 1\nt = [ 1.0000000000000, 2.5000000000000 ]\nnone = \n'
        "set = {\n..x = {\n....y = 1\n..}\n}\n"
    )
    assert str(PropertySet()) == ""


def test_prints_what_the_first_seed_prints(shared: Path) -> None:
    """Every printed number of the document survives reading and printing."""
    [seed] = (shared / "seeds").glob("000_*.txt")
    printed = seed.read_text(encoding="utf-8").partition("print(v)")[2]
    lines = [m[0] for m in re.finditer(r"^run\w+ = (?:[\d.]+|\"[^\"]*\")$", printed, re.MULTILINE)]
    assert len(lines) == 22
    metadata = PropertySet()
    for line in lines:
        name, _, text = line.partition(" = ")
        metadata[name] = text.strip('"') if '"' in text else float(text) if "." in text else int(text)
    assert str(metadata).splitlines() == lines


@given(NESTED)
def test_plain_forms_come_back(values: dict[str, Any]) -> None:
    metadata, task = PropertySet(values), TaskMetadata(values)
    assert metadata.to_dict() == values
    assert metadata == values == task
    assert PropertySet.from_plain(metadata.to_plain()) == metadata
    assert TaskMetadata.from_plain(task.to_plain()) == task
    assert PropertySet(task) == TaskMetadata(metadata)
    assert all(metadata[name] == task[name] for name in metadata.names())
    assert len(str(metadata).splitlines()) >= len(metadata)


@given(NESTED)
def test_copies_share_nothing(values: dict[str, Any]) -> None:
    metadata = PropertySet(values)
    copy, plain = metadata.copy(), metadata.to_dict()
    for name in list(copy.names()):
        copy[name] = "changed"
        if "." not in name and isinstance(metadata[name], PropertySet):
            break
    assert metadata == plain == values


def test_task_metadata_keeps_kinds_apart() -> None:
    task = TaskMetadata({"a": 1, "b": [2.5], "c": {"d": "x"}})
    assert task.to_plain() == {
        "scalars": {"a": 1},
        "arrays": {"b": [2.5]},
        "metadata": {"c": {"scalars": {"d": "x"}, "arrays": {}, "metadata": {}}},
    }
    assert isinstance(task["c"], TaskMetadata)
    assert str(task) == "{'a': 1, 'b': [2.5], 'c': {'d': 'x'}}"
    assert repr(task) == "TaskMetadata({'a': 1, 'b': [2.5], 'c': {'d': 'x'}})"


@pytest.mark.parametrize("plain", [{"scalars": {}, "other": {}}, [], {"metadata": {"x": {"y": 1}}}])
def test_foreign_forms_are_refused(plain: Any) -> None:
    with pytest.raises(FormatError):
        TaskMetadata.from_plain(plain)
    if not isinstance(plain, dict):
        with pytest.raises(FormatError):
            PropertySet.from_plain(plain)
