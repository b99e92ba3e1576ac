"""The butler's methods that lead out of a repository and into another."""

from __future__ import annotations

from pathlib import Path

import pytest

from skybutler import Butler
from skybutler.errors import ReadOnlyError


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
