"""Task metadata as JSON, and as the YAML of older pipelines."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from skybutler.datasets.property_set import TaskMetadata
from skybutler.errors import UnreadableFileError
from support.files import Files

DATA = {"a": 1, "b": [1.5], "c": {"d": {"e": True}, "f": "x"}}


def test_metadata_come_back(files: Callable[[str, str], Files]) -> None:
    task = files("task-metadata", "TaskMetadata")
    found = task.round_trip(TaskMetadata(DATA))
    assert (type(found), found) == (TaskMetadata, TaskMetadata(DATA))
    assert json.loads(task.storage.read(task.path)) == {
        "scalars": {"a": 1},
        "arrays": {"b": [1.5]},
        "metadata": {
            "c": {
                "scalars": {"f": "x"},
                "arrays": {},
                "metadata": {"d": {"scalars": {"e": True}, "arrays": {}, "metadata": {}}},
            }
        },
    }


def test_older_files_are_property_sets(files: Callable[[str, str], Files]) -> None:
    content = (
        b"!<lsst.daf.base.PropertySet> [[a, Int, 5], [b, PropertySet, !<lsst.daf.base.PropertySet> [[c, Int, 6]]]]"
    )
    found = files("task-metadata", "TaskMetadata").read_bytes(content, "x.yaml")
    assert (type(found), found) == (TaskMetadata, TaskMetadata({"a": 5, "b": {"c": 6}}))


@pytest.mark.parametrize("content", [b"[]", b'{"other": 1}', b'{"metadata": {"a": 5}}', b"{"])
def test_what_is_no_metadata_is_named(files: Callable[[str, str], Files], content: bytes) -> None:
    with pytest.raises(UnreadableFileError, match=r"d/x\.json"):
        files("task-metadata", "TaskMetadata").read_bytes(content)
