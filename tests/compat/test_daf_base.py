"""Property sets, lists and instants with the spellings of lsst.daf.base."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.compat.daf_base import DateTime, PropertyList, PropertySet, TaskMetadata
from skybutler.compat.wrapping import to_compat
from skybutler.datasets.property_set import TaskMetadata as PlainTaskMetadata
from skybutler.errors import InvalidError
from skybutler.images import Metadata

NESTED = {"run": {"start": "2022", "cpu": [1.5, 2.5]}, "n": 3}


def test_sets_within_sets() -> None:
    made = PropertySet(NESTED)
    assert made.toDict() == NESTED == PropertySet.from_mapping(NESTED).toDict()
    assert made.names() == ["run", "n"]
    assert made.names(topLevelOnly=False) == ["run", "run.start", "run.cpu", "n"]
    assert made.paramNames(False) == ["run.start", "run.cpu", "n"]
    assert made.propertySetNames() == ["run"]
    assert isinstance(made["run"], PropertySet)
    assert made.getPropertySet("run").getArray("cpu") == [1.5, 2.5]
    assert (made.getScalar("run.cpu"), made["run.cpu"], made.get("run.cpu")) == (2.5, 2.5, 2.5)
    assert (made.get("nothing"), made.get("nothing", 4), made.exists("run.start")) == (None, 4, True)
    assert (made.valueCount("run.cpu"), made.isArray("run.cpu"), made.isArray("n")) == (2, True, False)
    assert (made.valueCount("nothing"), len(made), list(made), "n" in made) == (0, 2, ["run", "n"], True)
    assert (
        made.toString()
        == str(made)
        == 'run = {\n..start = "2022"\n..cpu = [ 1.5000000000000, 2.5000000000000 ]\n}\nn = 3\n'
    )
    with pytest.raises(TypeError, match="'n' is a value"):
        made.getPropertySet("n")


def test_changing_sets() -> None:
    made = PropertySet()
    made.set("a.b", 1)
    made.add("a.b", 2)
    made.add("c", [5, 6])
    made["d"] = PropertySet({"e": 7})
    made.update({"f": 8})
    assert made.toDict() == {"a": {"b": [1, 2]}, "c": [5, 6], "d": {"e": 7}, "f": 8}
    copied = made.deepCopy()
    made.remove("a")
    made.remove("never")
    del made["c"]
    assert made.values()[1:] == [8]
    assert [name for name, _ in made.items()] == ["d", "f"]
    assert copied["a.b"] == 2
    assert made != copied


def test_values_print_as_notebooks_show_them() -> None:
    first, _ = PropertySet(NESTED).values()
    assert str(first) == 'start = "2022"\ncpu = [ 1.5000000000000, 2.5000000000000 ]\n'


def test_task_metadata_stay_what_they_are() -> None:
    wrapped = to_compat(PlainTaskMetadata({"a": {"b": 1}}))
    assert type(wrapped) is TaskMetadata
    assert wrapped["a.b"] == 1
    assert isinstance(TaskMetadata({"a": 1}), PropertySet)
    assert str(wrapped) == str(wrapped.plain)


def test_lists_keep_order_comments_and_repetitions() -> None:
    made = PropertyList({"B": 1, "A": 2.5})
    made.add("COMMENT", "one")
    made.add("COMMENT", "two")
    made.set("C", True, "a comment")
    assert made.toDict() == {"B": 1, "A": 2.5, "COMMENT": ["one", "two"], "C": True} == made.toOrderedDict()
    assert made.names() == made.getOrderedNames() == ["B", "A", "COMMENT", "C"]
    assert made.getComment("C") == "a comment"
    assert made.toList()[-1] == ("C", True, "a comment")
    assert (made["COMMENT"], made.getScalar("COMMENT"), made.getArray("COMMENT")) == ("two", "two", ["one", "two"])
    assert dict(made)["COMMENT"] == "two"
    copied = made.deepCopy()
    made.set("B", [7, 8])
    assert (made.getArray("B"), copied["B"]) == ([7, 8], 1)
    assert PropertyList.from_mapping({"B": 1}).plain == Metadata({"B": 1})
    assert made.toString() == str(made.plain)
    with pytest.raises(KeyError, match="'BB' is not in the metadata"):
        made.getScalar("BB")


@given(st.integers(0, 4 * 10**18))
def test_nanoseconds_survive(ns: int) -> None:
    assert DateTime(ns).nsecs() == ns == DateTime(ns, DateTime.TAI).nsecs()
    assert DateTime(ns) == DateTime(ns)
    assert hash(DateTime(ns)) == hash(DateTime(ns))


def test_scales_and_systems() -> None:
    instant = DateTime("2013-11-02T06:15:55.908Z", DateTime.UTC)
    assert instant.toString(DateTime.UTC) == "2013-11-02T06:15:55.908000000Z"
    assert instant.toString(DateTime.TAI) == "2013-11-02T06:16:30.908000000"
    assert instant.nsecs() - instant.nsecs(DateTime.UTC) == 35_000_000_000
    assert instant.get(DateTime.MJD, DateTime.UTC) == pytest.approx(56598.26106374757)
    assert DateTime(56598.26106374757, DateTime.MJD, DateTime.UTC).nsecs() == pytest.approx(instant.nsecs(), abs=1e6)
    assert repr(instant) == str(instant) == 'DateTime("2013-11-02T06:16:30.908000000", TAI)'
    assert instant.toAstropy().utc.isot == "2013-11-02T06:15:55.908"


def test_no_instant() -> None:
    assert not DateTime().isValid()
    assert repr(DateTime()) == "DateTime()"
    with pytest.raises(InvalidError, match="of no instant"):
        DateTime().get()
    with pytest.raises(InvalidError, match="DateTime cannot be made of 'yesterday'"):
        DateTime("yesterday")
