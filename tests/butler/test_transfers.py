"""The butler's methods that lead out of a repository and into another."""

from __future__ import annotations

from pathlib import Path

import pytest

from skybutler import Butler
from skybutler.errors import ReadOnlyError
from support.exchange import put_calexps
from support.world import fill_records


def test_out_of_one_and_into_another(small: Butler, tmp_path: Path) -> None:
    small.put({"a": 1}, "plain", instrument="Cam", detector=2)
    with small.export(directory=tmp_path / "out", format="yaml", transfer="copy") as export:
        export.save_datasets(small.query_datasets("plain", "run/mine"))
    Butler.create(tmp_path / "other")
    with Butler(tmp_path / "other", writeable=True) as other:
        report = other.import_(directory=tmp_path / "out", transfer="copy")
        assert (report.datasets.new, report.files) == (1, 1)
        assert other.get("plain", instrument="Cam", detector=2, collections="run/mine") == {"a": 1}


def test_importing_needs_a_writeable_butler(repository: Path, tmp_path: Path) -> None:
    with Butler(repository) as butler, pytest.raises(ReadOnlyError):
        butler.import_(filename=tmp_path / "x.yaml")


def test_datasets_and_records_of_another_repository(butler: Butler, tmp_path: Path) -> None:
    fill_records(butler.registry)
    butler.register_dataset_type("calexp", ["visit", "detector"])
    refs = put_calexps(butler)
    Butler.create(tmp_path / "other")
    with Butler(tmp_path / "other", writeable=True) as other:
        assert other.transfer_dimension_records_from(butler, refs) > 0
        assert sorted(other.transfer_from(butler, refs, register_dataset_types=True)) == sorted(refs)
        assert other.get(refs[0]) == butler.get(refs[0])
