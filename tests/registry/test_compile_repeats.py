"""A dataset is one result, however many of the collections searched hold it."""

from __future__ import annotations

from pathlib import Path

import pytest

from skybutler import Butler, CollectionType


@pytest.mark.parametrize(
    "collections", [["tag", "run"], ["run", "tag"], "chain", ["chain", "run"], "*", ["tag", "run", "other"]], ids=str
)
@pytest.mark.parametrize("find_first", [True, False])
def test_each_dataset_once(tmp_path: Path, collections: str | list[str], find_first: bool) -> None:
    Butler.create(tmp_path / "repo")
    with Butler(tmp_path / "repo", run="run") as butler:
        butler.insert_dimension_data("instrument", {"name": "Cam"})
        butler.insert_dimension_data(
            "detector", *({"instrument": "Cam", "id": i, "full_name": f"D{i}"} for i in range(3))
        )
        butler.register_dataset_type("m", ["detector"], "StructuredDataDict")
        refs = [butler.put({"n": i}, "m", detector=i) for i in range(3)]
        other = butler.put({"n": 9}, "m", detector=0, run="other")
        butler.collections.register("tag", CollectionType.TAGGED)
        butler.registry.datasets.associate("tag", [ref.id.bytes for ref in refs[:2]])
        butler.collections.register("chain", CollectionType.CHAINED)
        butler.collections.redefine_chain("chain", ["tag", "run"])
        expected = set(refs)
        if not find_first and ("other" in collections or collections == "*"):
            expected.add(other)
        found = butler.query_datasets("m", collections, find_first=find_first)
        if find_first and collections == "*":
            assert {ref.data_id["detector"] for ref in found} == {0, 1, 2}
        else:
            assert set(found) == expected
        assert found.count() == len(list(found)) == len(found.to_arrow()) == len(set(found))
