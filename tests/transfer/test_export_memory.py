"""A hundred thousand datasets go out and in through a file with little memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skybutler import Butler
from support.repositories import Command

DATASETS, DETECTORS = 100_000, 100
MEGABYTES = 250
"""Of a whole process; half of what the issue allows, twice what is measured."""


@pytest.fixture
def large(tmp_path: Path) -> Path:
    Butler.create(tmp_path / "large")
    with Butler(tmp_path / "large", run="u/run") as butler:
        exposures = DATASETS // DETECTORS
        cam: dict[str, Any] = {"instrument": ["Cam"] * exposures}
        butler.insert_dimension_data("instrument", {"name": "Cam"})
        insert = butler.registry.elements.insert
        names = [f"S{i}" for i in range(DETECTORS)]
        insert("detector", {"instrument": ["Cam"] * DETECTORS, "id": range(DETECTORS), "full_name": names})
        insert("physical_filter", {"instrument": ["Cam"], "name": ["r_1"], "band": ["r"]})
        insert("day_obs", {"instrument": ["Cam"], "id": [20260101]})
        groups = [f"2026-01-01T{i}" for i in range(exposures)]
        insert("group", {**cam, "name": groups})
        more: dict[str, Any] = {
            "physical_filter": ["r_1"] * exposures,
            "day_obs": [20260101] * exposures,
            "group": groups,
        }
        insert("exposure", {**cam, "id": range(exposures), "obs_id": groups, **more})
        butler.register_dataset_type("raw", ["exposure", "detector"])
        exposure, detector = np.repeat(np.arange(exposures), DETECTORS), np.tile(np.arange(DETECTORS), exposures)
        columns: dict[str, Any] = {"instrument": ["Cam"] * DATASETS, "exposure": exposure, "detector": detector}
        paths = [f"s3://away/raw/{i // DETECTORS:06}/MC_O_{i:08}_R22_S11.fits.gz" for i in range(DATASETS)]
        butler.ingest_columns("raw", columns, paths, transfer="direct", record_validation_info=False)
    return tmp_path / "large"


def test_memory_is_bounded(large: Path, tmp_path: Path) -> None:
    out = Command("export", large, tmp_path / "out", "raw", "-t", "direct").end()
    assert (out.status, out.out) == (0, f"Exported {DATASETS} datasets to {tmp_path / 'out'}.\n")
    Butler.create(tmp_path / "new")
    into = Command("import", tmp_path / "new", tmp_path / "out", "-t", "direct", "--no-track-file-attrs").end()
    assert into.status == 0, into.err
    assert f"Imported {DATASETS} datasets" in into.out
    with Butler(tmp_path / "new") as butler:
        assert butler.query_datasets("raw", "u/run").count() == DATASETS
    assert 0 < out.memory < MEGABYTES << 20
    assert 0 < into.memory < MEGABYTES << 20
