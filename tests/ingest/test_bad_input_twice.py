"""Two processes ingest the same folder at once, or one ingests while another puts: every file once, reports agree."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from skybutler import Butler
from skybutler.ingest import RawIngestReport, ingest_raws
from support.many_raws import data_ids, write_many
from support.raws import CAMERA, RUN
from support.repositories import Command, require_whole

N = 450


@pytest.mark.parametrize("transfer", ["copy", "hardlink", "direct"])
def test_same_folder_at_once(butler: Butler, tmp_path: Path, transfer: str) -> None:
    raws = write_many(tmp_path / "raws", data_ids(N))
    root = butler.config.root
    both = [Command("ingest-raws", root, tmp_path / "raws", "-t", transfer, "--json") for _ in range(2)]
    ended = [command.end() for command in both]
    assert [(e.status, e.err) for e in ended] == [(0, ""), (0, "")]
    reports = [json.loads(e.out)[0] for e in ended]
    assert [r["ingested"] + r["skipped"] for r in reports] == [N, N]
    assert sum(r["ingested"] for r in reports) == N
    assert sum(r["exposures"] for r in reports) == 3
    with Butler(root) as reader:
        require_whole(reader, raws)


def test_the_other_takes_its_files_back(butler: Butler, tmp_path: Path) -> None:
    """Both bring the same files to the same places; one fails, and must not take away what the other has recorded."""
    raws = write_many(tmp_path / "raws", data_ids(20))
    ingest_raws(butler, raws.pop((501, 0)), transfer="copy")  # the exposure is known: nothing else makes them wait
    root, waits = butler.config.root, threading.Event()

    def ingest() -> RawIngestReport:
        with Butler(root, writeable=True) as own:
            waits.set()
            return ingest_raws(own, tmp_path / "raws", transfer="copy")

    def inodes() -> dict[Path, int]:
        return {path: path.stat().st_ino for path in Path(root).rglob("raw_*")}

    def bring_and_fail() -> None:
        ids: dict[str, list[object]] = {
            "instrument": [CAMERA] * 19,
            "exposure": [501] * 19,
            "detector": [*range(1, 20)],
        }
        with butler.transaction():
            butler.ingest_columns("raw", ids, [str(path) for path in raws.values()], run=RUN, transfer="copy")
            brought = inodes()
            other = pool.submit(ingest)
            waits.wait()
            with pytest.raises(TimeoutError):
                other.result(1.0)
            assert inodes() == brought
            raise ZeroDivisionError

    with ThreadPoolExecutor(1) as pool, pytest.raises(ZeroDivisionError):
        bring_and_fail()
    report = ingest()
    assert report.failures == []
    raws[501, 0] = tmp_path / "raws" / "lsst_a_501_R01_S00_i.fits"
    with Butler(root) as reader:
        require_whole(reader, raws)
