"""Zip files go to lsst.daf.butler and come from it, with ids, runs, data IDs and content."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from skybutler import Butler

SCRIPT = Path(__file__).parents[1] / "support" / "peer_zip.py"
RECORDS: list[tuple[str, list[dict[str, Any]]]] = [
    ("instrument", [{"name": "Cam"}]),
    ("detector", [{"instrument": "Cam", "id": i, "full_name": f"R0_S{i}"} for i in range(3)]),
]


def peer(*arguments: object) -> Any:
    """What the script prints."""
    python = os.environ.get("SKYBUTLER_PEER_PYTHON")
    if not python:
        if os.environ.get("CI"):
            pytest.fail("SKYBUTLER_PEER_PYTHON names no Python with lsst.daf.butler.")
        pytest.skip("SKYBUTLER_PEER_PYTHON names no Python with lsst.daf.butler.")
    own = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    command = [python, str(SCRIPT), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, env=own, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_theirs_is_taken_in(local_pair: tuple[Butler, Butler], tmp_path: Path) -> None:
    dest = local_pair[1]
    (tmp_path / "out").mkdir()
    place = peer("write", tmp_path / "theirs", tmp_path / "out")
    assert dest.ingest_zip(place, "copy", transfer_dimensions=True) == 6
    for i in range(3):
        assert dest.get("calexp", instrument="Cam", visit=10, detector=i, collections="run/a") == {"calexp": i}
        assert dest.get("bias", instrument="Cam", detector=i, collections="run/b") == {"bias": i}
    assert dest.get_dataset_type("bias").is_calibration
    ours = dest.retrieve_artifacts_zip(list(dest.query_all_datasets("run/*")), tmp_path / "again")
    assert os.path.basename(ours) == os.path.basename(place)


def test_ours_is_taken_in_by_them(local_pair: tuple[Butler, Butler], tmp_path: Path) -> None:
    origin = local_pair[0]
    for element, rows in RECORDS:
        origin.insert_dimension_data(element, *rows)
    origin.register_dataset_type("plain", ["detector"])
    origin.register_dataset_type("note", [])
    refs = [origin.put({"a": [i, "é"]}, "plain", instrument="Cam", detector=i, run=f"run/{i}") for i in range(3)]
    refs.append(origin.put({"text": 1}, "note", run="run/0"))
    found = peer("read", tmp_path / "theirs", origin.retrieve_artifacts_zip(refs, tmp_path), json.dumps(RECORDS))
    assert found == {str(r.id): [r.dataset_type.name, r.run, dict(r.data_id.required), origin.get(r)] for r in refs}
