from __future__ import annotations

from pathlib import Path

import pytest

from skybutler import Butler


@pytest.mark.parametrize("wanted", [True, False])
def test_configuration_says_whether_ingested_files_are_checksummed(tmp_path: Path, wanted: bool) -> None:
    Butler.create(tmp_path / "repo", seed={"datastore": {"checksum": wanted}})
    (tmp_path / "a.yaml").write_text("answer: 42\n")
    with Butler(tmp_path / "repo", run="r") as butler:
        butler.register_dataset_type("plain", (), "StructuredDataDict")
        butler.ingest_columns("plain", {}, [str(tmp_path / "a.yaml")], transfer="symlink")
        ref = butler.find_dataset("plain")
        assert ref is not None
        record = butler.registry.file_record(ref.id.bytes)
        assert record is not None
        assert (record.checksum is not None) == wanted
        assert butler.get(ref) == {"answer": 42}
