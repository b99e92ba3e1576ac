"""A repository in a bucket from its making to its emptying, as somebody types it, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from skybutler import Butler
from skybutler.storage import open_storage
from support.raws import CAMERA, RUN, header_of, write_raw
from support.s3 import S3Server

pytestmark = pytest.mark.s3


def test_a_repository_in_a_bucket(
    good: Callable[..., str],
    bad: Callable[..., str],
    rows: Callable[..., list[dict[str, Any]]],
    database_url: str,
    tmp_path: Path,
    s3_environment: S3Server,
) -> None:
    repo, seed, root = tmp_path / "repo", tmp_path / "seed.yaml", s3_environment.new_root()
    files = open_storage(root, s3_environment.options)
    incoming = open_storage(s3_environment.new_root(), s3_environment.options)
    seed.write_text(yaml.safe_dump({"registry": {"db": database_url}, "datastore": {"root": root}}))
    good("create", repo, "--seed-config", seed, "--override")
    good("register-instrument", repo, CAMERA)

    for detector in range(3):
        write_raw(tmp_path / "night", 500, detector)
        incoming.write(f"night 2/{detector}.fits", header_of(501, detector))
    assert rows("ingest-raws", repo, tmp_path / "night")[0]["ingested"] == 3
    assert rows("ingest-raws", repo, incoming.root, "-t", "direct", "-j", 2)[0]["ingested"] == 3
    good("register-dataset-type", repo, "note", "StructuredDataDict", "instrument", "detector")
    incoming.write("notes/a.yaml", b"a: 1")
    table = tmp_path / "notes.csv"
    table.write_text("path,detector\nnotes/a.yaml,1\n")
    good("ingest-files", repo, "note", "u/me", table, "--prefix", incoming.root, "-t", "copy",
         "--data-id", f"instrument={CAMERA}")  # fmt: skip

    uris = [row["uri"] for row in rows("query-datasets", repo, "raw", "--show-uri")]
    assert sorted(uri.startswith(root) for uri in uris) == [False] * 3 + [True] * 3
    with Butler(repo, collections=[RUN, "u/me"], instrument=CAMERA) as butler:
        assert butler.get("note", detector=1) == {"a": 1}
        assert butler.get("raw.metadata", exposure=501, detector=2)["RUNNUM"] == "501"
    assert "no such objects" in bad("ingest-raws", repo, incoming.root + "nothing")

    good("retrieve-artifacts", repo, tmp_path / "out", "-d", "raw")
    assert len(list((tmp_path / "out").rglob("*.fits"))) == 6
    assert len(list(files.files())) == 4
    good("prune-datasets", repo, "u/me", "-d", "note", "--purge", "u/me", "--no-confirm")
    assert len(list(files.files())) == 3
    good("remove-runs", repo, RUN, "--no-confirm")
    assert list(files.files()) == []
    assert len(list(incoming.files())) == 4  # those of others stay


def test_a_store_that_is_away_is_said_without_a_traceback(bad: Callable[..., str], tmp_path: Path) -> None:
    s3 = {"endpoint": "http://127.0.0.1:9", "access_key_id": "a", "secret_access_key": "hidden", "retry_seconds": 0.1}
    seed = tmp_path / "seed.yaml"
    seed.write_text(yaml.safe_dump({"datastore": {"root": "s3://bucket/x", "s3": s3}}))
    Butler.create(tmp_path / "repo", seed=seed)
    said = bad("ingest-raws", tmp_path / "repo", "s3://bucket/incoming")
    assert "The object store at http://127.0.0.1:9 did not answer" in " ".join(said.split())
    assert "hidden" not in said
