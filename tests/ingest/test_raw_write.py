"""What fails is divided until it stands alone; what another process did in between is no failure."""

from __future__ import annotations

import threading
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from skybutler import Butler
from skybutler.errors import UnavailableError
from skybutler.ingest import ingest_raws
from support.raws import CAMERA, RUN, cards, write_index, write_raw


@pytest.fixture
def night(tmp_path: Path) -> Path:
    """Eight exposures of four detectors."""
    for exposure in range(501, 509):
        for detector in range(4):
            write_raw(tmp_path / "raws", exposure, detector)
    return tmp_path / "raws"


def count(butler: Butler) -> int:
    return butler.query_datasets("raw", RUN).count()


@pytest.mark.parametrize("n_gone", [1, 3, 7])
def test_vanished_files_are_found_by_division(butler: Butler, tmp_path: Path, n_gone: int) -> None:
    chips = [("R22", f"S{i}{j}") for i in range(3) for j in range(3)]
    entries = {f"{i}.fits": {"RAFTNAME": raft, "SENSNAME": sensor} for i, (raft, sensor) in enumerate(chips)}
    common = {k: v for k, v in cards(501, 0).items() if k not in ("RAFTNAME", "SENSNAME")}
    index = write_index(tmp_path / "raws", entries, common)
    for i in range(n_gone, 9):
        (tmp_path / "raws" / f"{i}.fits").touch()
    report = ingest_raws(butler, index, transfer="direct")
    assert report.ingested == count(butler) == 9 - n_gone
    assert {Path(f.path).name for f in report.failures} == {f"{i}.fits" for i in range(n_gone)}
    assert report.exposures == 1


@pytest.mark.parametrize("transfer, most", [("copy", 5), ("hardlink", 5), ("direct", 32)])
def test_copying_holds_the_database_for_few_files(
    butler: Butler, night: Path, monkeypatch: pytest.MonkeyPatch, transfer: str, most: int
) -> None:
    monkeypatch.setattr("skybutler.ingest.raw_write._AT_ONCE_MOVED", 5)
    sizes: list[int] = []
    butler.register_dataset_type("raw", ["instrument", "detector", "exposure"], "Exposure")
    butler.collections.register(RUN)
    butler.registry.database.before_commit.append(lambda: sizes.append(count(butler)))
    assert ingest_raws(butler, night, transfer=transfer).ingested == count(butler) == 32
    assert max(after - before for before, after in pairwise([0, *sizes])) == most


def test_two_processes_ingest_the_same(butler: Butler, night: Path) -> None:
    """Whoever is second skips; nobody fails."""
    reports: list[Any] = []

    def ingest() -> None:
        with Butler(butler.config.root, writeable=True) as own:
            reports.append(ingest_raws(own, night, transfer="direct"))

    threads = [threading.Thread(target=ingest) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [r.failures for r in reports] == [[]] * 3
    assert sum(r.ingested for r in reports) == count(butler) == 32
    assert sum(r.exposures for r in reports) == 8


def test_record_made_by_another_process_in_between(
    butler: Butler, night: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The comparison found nothing, yet at the time of writing the exposures are there."""
    with Butler(butler.config.root, writeable=True) as other:
        original = butler.registry.elements.fetch_many
        calls: list[str] = []

        def fetch_then_lose(name: str, columns: Any) -> Any:
            found = original(name, columns)
            if name == "exposure" and not calls:
                calls.append(name)
                ingest_raws(other, night, transfer="direct", regex="S00")
            return found

        monkeypatch.setattr(butler.registry.elements, "fetch_many", fetch_then_lose)
        report = ingest_raws(butler, night, transfer="direct")
    assert calls == ["exposure"]
    assert (report.failures, report.ingested, report.skipped, report.exposures) == ([], 24, 8, 0)
    assert count(butler) == 32


def test_database_that_does_not_answer_is_no_fault_of_files(
    butler: Butler, night: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skybutler.ingest.patience._PAUSE_S", 0.0)
    tries: list[int] = []

    def refuse(*_: Any, **__: Any) -> None:
        tries.append(1)
        raise UnavailableError("The database went away.")

    monkeypatch.setattr(butler.registry.elements, "insert", refuse)
    with pytest.raises(UnavailableError, match="went away"):
        ingest_raws(butler, night, transfer="direct")
    assert len(tries) == 2  # once more after a moment, then the error is the user's to see
    monkeypatch.undo()
    assert ingest_raws(butler, night, transfer="direct").ingested == 32
    assert butler.query_dimension_records("exposure", instrument=CAMERA).count() == 8
