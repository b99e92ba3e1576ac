"""Where export files are found, and what is done with them as a whole."""

from __future__ import annotations

import io
import logging
from pathlib import Path

import pytest

from skybutler import Butler
from skybutler.errors import InvalidError, MissingFileError, ParameterError
from skybutler.transfer.importing import find_export
from support.transfer import content_of, save_everything

EMPTY = "version: 1.0.2\nuniverse_version: 8\ndata: []\n"


def test_here_or_in_the_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    monkeypatch.chdir(here)
    with pytest.raises(MissingFileError, match=f"{here}/export.yaml or {there}/export.yaml"):
        find_export("export.yaml", there)
    (here / "export.yaml").write_text(EMPTY)
    assert find_export("export.yaml", there) == "export.yaml"
    (there / "export.yaml").write_text(EMPTY)
    with caplog.at_level(logging.WARNING):
        assert find_export("export.yaml", there) == str(there / "export.yaml")
    assert "the latter is used" in caplog.text
    assert find_export(str(here / "export.yaml"), there) == str(here / "export.yaml")
    assert find_export("export.yaml", here) == str(here / "export.yaml")


def test_streams_are_read_too(source: Butler, target: Butler, tmp_path: Path) -> None:
    with source.export(filename=tmp_path / "x.yaml") as export:
        save_everything(source, export)
    target.import_(filename=io.StringIO((tmp_path / "x.yaml").read_text()))
    assert content_of(target) == content_of(source)


def test_wrong_arguments(target: Butler, tmp_path: Path) -> None:
    (tmp_path / "x.yml").write_text(EMPTY)
    with pytest.raises(InvalidError, match="unknown export format 'yml'"):
        target.import_(filename=tmp_path / "x.yml")
    assert not target.import_(filename=tmp_path / "x.yml", format="yaml").is_change
    with pytest.raises(ParameterError, match="teleport"):
        target.import_(filename=tmp_path / "x.yml", format="yaml", transfer="teleport")
    with pytest.raises(InvalidError, match="Did you mean 'detector'"):
        target.import_(filename=tmp_path / "x.yml", format="yaml", skip_dimensions=["detectr"])
