"""Reports say in a line what was done, and every failure with its reason."""

from __future__ import annotations

import pytest

from skybutler.errors import IngestError
from skybutler.ingest.report import RawFailure, RawIngestReport


def test_nothing_found() -> None:
    assert str(RawIngestReport()) == "No files found."


def test_nothing_to_do() -> None:
    report = RawIngestReport(files=3, skipped=3)
    assert str(report).startswith("Nothing to do: all 3 files are in the run already")
    assert report.is_complete
    report.raise_for_failures()


def test_everything_is_counted() -> None:
    report = RawIngestReport(
        files=12,
        ingested=5,
        skipped=3,
        failures=[RawFailure(f"/d/{i}.fits", "empty file.") for i in range(12)],
        exposures=2,
        updated_exposures={("Cam", 1): {"seq_num": (1, 2)}},
        seconds=0.25,
    )
    line = str(report)
    assert line.startswith("5 of 12 files ingested, 3 skipped as they are in the run already, 12 failed,")
    assert "2 new exposures, 1 exposures updated" in line
    assert not report.is_complete
    with pytest.raises(IngestError) as caught:
        report.raise_for_failures()
    text = str(caught.value)
    assert "Some failures encountered during ingestion" in text
    assert "  /d/0.fits: empty file." in text
    assert text.endswith("and 2 more")


def test_path_is_said_once() -> None:
    assert str(RawFailure("/d/x.fits", "/d/x.fits: empty file.")) == "/d/x.fits: empty file."
    assert str(RawFailure("/d/x.fits", "no such detector.")) == "/d/x.fits: no such detector."
