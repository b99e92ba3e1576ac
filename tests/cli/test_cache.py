"""``butler cache``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from skybutler import Butler
from support.s3 import S3Server


def test_a_repository_without_a_cache(bad: Callable[..., str], repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAF_BUTLER_CACHE_DIRECTORY", raising=False)
    assert "has no cache. Write 'cached: {}'" in " ".join(bad("cache", repo).split())


@pytest.mark.s3
def test_showing_and_clearing(
    good: Callable[..., str], rows: Callable[..., list[dict[str, Any]]], tmp_path: Path, s3_environment: S3Server
) -> None:
    cached = {"root": "<butlerRoot>/copies", "expiry": {"mode": "files", "threshold": 10}}
    seed = tmp_path / "seed.yaml"
    seed.write_text(yaml.safe_dump({"datastore": {"root": s3_environment.new_root(), "cached": cached}}))
    good("create", tmp_path / "repo", "--seed-config", seed)
    with Butler(tmp_path / "repo", run="r") as butler:
        butler.register_dataset_type("note")
        butler.put({"a": 1}, "note")
    directory = str(tmp_path / "repo" / "copies")
    assert rows("cache", tmp_path / "repo") == [{"directory": directory, "files": 1, "bytes": 5, "limit": "files=10"}]
    assert f"Deleted 1 file, 5 bytes, from {directory}." in good("cache", tmp_path / "repo", "--clear")
    assert rows("cache", tmp_path / "repo")[0]["files"] == 0
    with Butler(tmp_path / "repo", collections="r") as butler:
        assert butler.get("note") == {"a": 1}
