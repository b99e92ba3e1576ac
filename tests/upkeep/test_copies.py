"""Copies that one store of a chain lacks: found, told for each store, and made anew; a directory and a real bucket."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from skybutler import Butler
from skybutler.errors import UnavailableError
from skybutler.storage import Storage
from skybutler.storage.chain import Chain
from skybutler.upkeep import copies
from skybutler.upkeep.files import FileCheck
from skybutler.upkeep.problem import Problem, Remedies, quiet
from support.faults import FaultyProxy
from support.s3 import S3Server

RUN = "u/run"
N = 7


def make(database_url: str, directory: Path, stores: list[dict[str, Any]]) -> Butler:
    """A repository with some notes of two types and several stores."""
    registry = {"db": database_url} | ({"namespace": f"n{uuid.uuid4().hex[:8]}"} if "postgres" in database_url else {})
    Butler.create(directory, seed={"registry": registry, "datastore": {"datastores": stores}}, override=True)
    butler = Butler(directory, run=RUN)
    butler.insert_dimension_data("instrument", {"name": "Cam"})
    rows = ({"instrument": "Cam", "id": i, "full_name": f"D{i}"} for i in range(N))
    butler.insert_dimension_data("detector", *rows)
    butler.register_dataset_type("note", ["detector"])
    butler.register_dataset_type("secret", ["detector"])
    with butler.transaction():
        for i in range(N):
            for kind in ("note", "secret"):
                butler.put({"n": i, "text": "x" * 50}, kind, instrument="Cam", detector=i)
    return butler


@pytest.fixture
def stores(tmp_path: Path, s3_environment: S3Server) -> list[dict[str, Any]]:
    """A directory, and a bucket that takes no secrets."""
    return [
        {"name": "disk", "root": str(tmp_path / "disk")},
        {"name": "bucket", "root": s3_environment.new_root(), "constraints": {"reject": ["secret"]}},
    ]


@pytest.fixture
def butler(database_url: str, tmp_path: Path, stores: list[dict[str, Any]]) -> Iterator[Butler]:
    with make(database_url, tmp_path / "repo", stores) as butler:
        yield butler


def members(butler: Butler) -> dict[str, Storage]:
    assert isinstance(butler.datastore.storage, Chain)
    return butler.datastore.storage.members


def paths(butler: Butler, kind: str = "note") -> list[str]:
    ids = [ref.id.bytes for ref in butler.query_datasets(kind, RUN)]
    return sorted(record.path for i in ids if (record := butler.registry.file_record(i)) is not None)


def look(butler: Butler) -> dict[str, Problem]:
    check = FileCheck(butler, [], [], checksums=True, remedies=Remedies(), most=5)
    return {
        f"{p.kind} {p.what.split(chr(39))[1]}" if p.kind == "missing-copy" else p.kind: p for p in check.problems(quiet)
    }


def fill(problem: Problem) -> int:
    assert problem.repair is not None
    return problem.repair()


def contents(storage: Storage) -> dict[str, bytes]:
    return {path: storage.read(path) for path in storage.files(scratch=True)}


@pytest.mark.s3
def test_what_each_store_lacks_is_copied(butler: Butler) -> None:
    disk, bucket = members(butler).values()
    before = contents(disk), contents(bucket)
    assert look(butler) == {}
    first, second, third, fourth, *_ = paths(butler)
    bucket.remove([first])
    bucket.write(second, b"half", overwrite=True)
    disk.write(third, disk.read(third).replace(b"xxx", b"yyy"), overwrite=True)
    disk.remove([fourth])
    found = look(butler)
    assert {kind: p.count for kind, p in found.items()} == {"missing-copy disk": 2, "missing-copy bucket": 2}
    assert found["missing-copy bucket"].examples == [first, second]
    assert found["missing-copy disk"].examples[0] == fourth
    assert "has changed" in found["missing-copy disk"].examples[1]
    assert [fill(p) for p in found.values()] == [2, 2]
    assert (contents(disk), contents(bucket)) == before
    assert look(butler) == {}
    newest = next(iter(butler.registry.journal.entries(limit=2)))
    assert [(e.action, e.subject, e.count, e.details) for e in newest] == [
        ("repair", "missing-copy", 2, {"store": name}) for name in ("bucket", "disk")
    ]


@pytest.mark.s3
def test_a_new_mirror_is_filled_as_its_constraints_say(
    butler: Butler, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(copies, "_FILES", 3)  # several portions
    disk, bucket = members(butler).values()
    before = contents(bucket)
    assert len(before) == N
    bucket.remove(list(before))
    (missing,) = look(butler).values()
    assert missing.count == N
    assert "mounted?" not in missing.remedy or bucket.root in missing.remedy
    assert fill(missing) == N
    assert contents(bucket) == before
    disk.remove(paths(butler))
    assert look(butler)["missing-copy disk"].count == N
    assert fill(look(butler)["missing-copy disk"]) == N
    assert look(butler) == {}


@pytest.mark.s3
def test_nothing_wrong_is_copied(butler: Butler) -> None:
    """The whole copy is damaged between verify and repair."""
    disk, bucket = members(butler).values()
    first, second, third, *_ = paths(butler)
    bucket.remove([first, second, third])
    missing = look(butler)["missing-copy bucket"]
    good = disk.read(first)
    disk.write(first, good.replace(b"xxx", b"yyy"), overwrite=True)
    disk.remove([second])
    assert fill(missing) == 1
    assert bucket.sizes([first, second, third]).tolist() == [-1, -1, len(good)]
    assert set(look(butler)) == {"changed-file", "missing-file", "missing-copy bucket"}


@pytest.mark.s3
def test_large_files_too(butler: Butler) -> None:
    """Those that are uploaded in parts: nothing of a wrong one appears."""
    disk, bucket = members(butler).values()
    butler.put({"text": "y" * (17 << 20)}, "note", instrument="Cam", detector=0, run="u/large")
    (large,) = (p for p in disk.files("u/large"))
    content = disk.read(large)
    bucket.remove([large])
    missing = look(butler)["missing-copy bucket"]
    disk.write(large, content.replace(b"yyy", b"zzz"), overwrite=True)
    assert fill(missing) == 0
    assert not bucket.exists(large)
    disk.write(large, content, overwrite=True)
    assert fill(look(butler)["missing-copy bucket"]) == 1
    assert bucket.read(large) == content


@pytest.mark.s3
def test_what_was_pruned_meanwhile_is_not_brought_back(butler: Butler) -> None:
    _, bucket = members(butler).values()
    ref, *_ = butler.query_datasets("note", RUN)
    bucket.remove(paths(butler))
    missing = look(butler)["missing-copy bucket"]
    butler.prune_datasets([ref], unstore=True, purge=True)
    assert fill(missing) == N - 1
    assert len(contents(bucket)) == N - 1


@pytest.mark.s3
def test_what_is_pruned_while_it_is_copied_goes_again(
    database_url: str, tmp_path: Path, stores: list[dict[str, Any]], faulty: FaultyProxy
) -> None:
    stores[1]["s3"] = {"endpoint": faulty.endpoint}
    with make(database_url, tmp_path / "repo", stores) as butler:
        _, bucket = members(butler).values()
        ref, *_ = butler.query_datasets("note", RUN)
        record = butler.registry.file_record(ref.id.bytes)
        assert record is not None
        bucket.remove(paths(butler))
        missing = look(butler)["missing-copy bucket"]
        faulty.fail("slow", seconds=3.0, method="PUT", part=record.path)

        def prune() -> None:
            while not any(
                method == "PUT" and record.path in unquote(target) for method, target in list(faulty.requests)[n:]
            ):
                time.sleep(0.01)
            with Butler(tmp_path / "repo", writeable=True) as other:
                other.prune_datasets([ref], unstore=True, purge=True)

        n = len(faulty.requests)
        with ThreadPoolExecutor(1) as pool:
            pruned = pool.submit(prune)
            assert fill(missing) == N - 1
            pruned.result()
        assert len(contents(bucket)) == N - 1
        assert look(butler) == {}


@pytest.mark.s3
def test_a_store_that_fails_is_left_as_it_was(
    database_url: str, tmp_path: Path, stores: list[dict[str, Any]], faulty: FaultyProxy
) -> None:
    stores[1]["s3"] = {"endpoint": faulty.endpoint, "retry_seconds": 0.3}
    with make(database_url, tmp_path / "repo", stores) as butler:
        disk, bucket = members(butler).values()
        bucket.remove(paths(butler)[:4])
        before, kept = contents(bucket), contents(disk)
        problems = look(butler)
        journal = list(butler.registry.journal.entries())
        fault = faulty.fail("busy", times=10_000, method="PUT", part=paths(butler)[2])
        with pytest.raises(UnavailableError):
            fill(problems["missing-copy bucket"])
        assert (contents(bucket), contents(disk)) == (before, kept)
        assert list(butler.registry.journal.entries()) == journal
        fault.times = 0
        assert fill(look(butler)["missing-copy bucket"]) == 4
        assert look(butler) == {}


def test_single_stores_are_looked_at_once(database_url: str, tmp_path: Path) -> None:
    with make(database_url, tmp_path / "repo", [{"root": str(tmp_path / "only")}]) as butler:
        check = FileCheck(butler, [], [], checksums=True, remedies=Remedies(), most=5)
        assert check._copies is None
        assert list(check.problems(quiet)) == []


def test_zip_files_are_copied_once_and_whole(database_url: str, tmp_path: Path) -> None:
    with make(database_url, tmp_path / "source", [{"root": str(tmp_path / "only")}]) as source:
        zipped = source.retrieve_artifacts_zip(source.query_datasets("note", RUN), tmp_path)
    stores = [{"name": name, "root": str(tmp_path / name)} for name in ("near", "far")]
    registry = {"db": database_url} | ({"namespace": "zips"} if "postgres" in database_url else {})
    if "sqlite" in database_url:
        registry = {"db": f"sqlite:///{tmp_path}/zips.sqlite3"}
    Butler.create(tmp_path / "zips", seed={"registry": registry, "datastore": {"datastores": stores}}, override=True)
    with Butler(tmp_path / "zips", writeable=True) as butler:
        butler.insert_dimension_data("instrument", {"name": "Cam"})
        rows = ({"instrument": "Cam", "id": i, "full_name": f"D{i}"} for i in range(N))
        butler.insert_dimension_data("detector", *rows)
        butler.register_dataset_type("note", ["detector"])
        butler.ingest_zip(zipped)
        near, far = members(butler).values()
        before = contents(far)
        assert len(before) == 1
        far.remove(list(before))
        (missing,) = look(butler).values()
        assert (missing.kind, missing.count) == ("missing-copy", 1)
        assert fill(missing) == 1
        assert contents(far) == contents(near) == before
        assert look(butler) == {}
