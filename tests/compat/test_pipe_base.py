"""``TaskMetadata`` of lsst.pipe.base."""

from __future__ import annotations

from skybutler.compat.pipe_base import TaskMetadata


def test_metadata_are_dictionaries_that_know_their_last_values() -> None:
    metadata = TaskMetadata.from_dict({"quantum": {"startUtc": ["a", "b"], "n": 3}, "isr": {}})
    assert metadata["quantum"]["startUtc"] == "b"
    assert metadata["quantum"].getArray("startUtc") == ["a", "b"]
    assert metadata.getScalar("quantum.n") == 3
    assert metadata.to_dict() == {"quantum": {"startUtc": ["a", "b"], "n": 3}, "isr": {}}
    assert str(metadata) == "{'quantum': {'startUtc': ['a', 'b'], 'n': 3}, 'isr': {}}"
    metadata["quantum"].add("n", 4)
    assert metadata.getArray("quantum.n") == [3, 4]
