"""An ingest is killed at any moment: the repository opens, is whole, and the same again completes it."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from skybutler import Butler
from skybutler.ingest import ingest_raws
from support.many_raws import data_ids, opened_in, write_many
from support.repositories import Command, ingested, require_whole

N = 450


@pytest.mark.parametrize("seed", range(4))
def test_killed(butler: Butler, tmp_path: Path, seed: int) -> None:
    raws = write_many(tmp_path / "raws", data_ids(N))
    root = butler.config.root
    wait = opened_in(tmp_path / "raws")
    command = Command("ingest-raws", root, tmp_path / "raws", "--transfer", "copy")
    wait()
    time.sleep(random.Random(seed).uniform(0.0, 1.0))
    command.process.kill()
    command.end()
    with Butler(root) as reader:
        types = [kind.name for kind in reader.query_dataset_types()]
        there = ingested(reader) if "raw" in types else set()
        for ref in reader.query_datasets("raw", "LSSTCam-imSim/raw/all") if there else ():
            key = ref.data_id["exposure"], ref.data_id["detector"]
            assert Path(reader.get_uri(ref).removeprefix("file://")).read_bytes() == raws[key].read_bytes()
    report = ingest_raws(butler, tmp_path / "raws", transfer="copy")
    assert (report.ingested, report.skipped, report.failures) == (N - len(there), len(there), [])
    require_whole(butler, raws, scraps=1)
