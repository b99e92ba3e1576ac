"""Files of several datasets are brought once, and their formatter is kept as it is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from skybutler import Butler

TEXT = """version: 1.0.2
universe_version: 8
data:
- {type: dimension, element: instrument, records: [{name: Cam}]}
- {type: dimension, element: detector, records: [{instrument: Cam, id: 0}, {instrument: Cam, id: 1}]}
- {type: dataset_type, name: plain, dimensions: [detector], storage_class: StructuredDataDict}
- type: dataset
  dataset_type: plain
  run: r
  records:
  - dataset_id: [1, 2]
    data_id: [{instrument: Cam, detector: 0}, {instrument: Cam, detector: 1}]
    path: both.yaml
"""


@pytest.mark.parametrize("mode", ["copy", "move", "symlink", "direct"])
def test_a_file_of_several_datasets_is_brought_once(target: Butler, tmp_path: Path, mode: str) -> None:
    (tmp_path / "both.yaml").write_text("a: 1\n")
    (tmp_path / "x.yaml").write_text(TEXT)
    target.import_(directory=tmp_path, filename="x.yaml", transfer=mode)
    refs = list(target.query_datasets("plain", "r"))
    assert [target.get(ref) for ref in refs] == [{"a": 1}] * 2
    assert len({target.get_uri(ref) for ref in refs}) == 1
    target.prune_datasets(refs[:1], unstore=True, purge=True)
    assert target.get(refs[1]) == {"a": 1}  # the other one still has the file


def test_the_usual_formatter_where_none_is_named(target: Butler, tmp_path: Path) -> None:
    (tmp_path / "both.yaml").write_text("a: 1\n")
    (tmp_path / "x.yaml").write_text(TEXT)
    target.import_(directory=tmp_path, filename="x.yaml", transfer="copy")
    ids = [ref.id.bytes for ref in target.query_datasets("plain", "r")]
    records = [record for _, record in target.registry.datasets.file_records(ids).values()]
    assert [record and record.formatter for record in records] == ["yaml"] * 2


def test_files_of_datasets_that_had_none_are_a_change_that_the_journal_has(target: Butler, tmp_path: Path) -> None:
    (tmp_path / "both.yaml").write_text("a: 1\n")
    (tmp_path / "x.yaml").write_text(TEXT)
    target.import_(directory=tmp_path, filename="x.yaml", transfer="copy")
    refs = target.query_datasets("plain", "r")
    target.prune_datasets(refs, unstore=True, disassociate=False)
    before = target.registry.journal.generation()
    target.import_(directory=tmp_path, filename="x.yaml", transfer="copy")
    assert [target.get(ref) for ref in refs] == [{"a": 1}] * 2
    assert target.registry.journal.generation() != before
    (entry, *_) = next(target.registry.journal.entries(actions=["store"]))
    assert (entry.subject, entry.count) == ("plain in r", 2)
