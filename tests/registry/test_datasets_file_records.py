"""File records of many datasets at once."""

from __future__ import annotations

from pathlib import Path

from skybutler import Butler


def test_rows_and_records_by_id(tmp_path: Path) -> None:
    Butler.create(tmp_path / "repo")
    with Butler(tmp_path / "repo", run="a/run") as butler:
        butler.insert_dimension_data("instrument", *({"name": f"Cam{i}"} for i in range(3)))
        butler.register_dataset_type("note", ["instrument"])
        refs = [butler.put({"i": i}, "note", instrument=f"Cam{i}") for i in range(3)]
        butler.prune_datasets(refs[:1], disassociate=False, unstore=True)
        ids = [ref.id.bytes for ref in refs]
        found = butler.registry.datasets.file_records([*ids, b"unknown id here."])
        expected = {i: (row, record) for i, (_, row, record) in butler.registry.datasets.get_many(ids).items()}
    assert found == expected
    assert [found[i][1] is None for i in ids] == [True, False, False]
