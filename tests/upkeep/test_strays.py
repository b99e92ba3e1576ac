"""Files that nobody knows, on both databases and both storages."""

from __future__ import annotations

import dataclasses
import io
import os
import zipfile
from pathlib import Path

import pytest

from skybutler import Butler, FileDataset
from skybutler.registry.removal import Removal
from skybutler.registry.stored import StoredFiles
from skybutler.storage.local import SCRATCH_PREFIX
from skybutler.storage.places import member_path
from skybutler.upkeep.problem import Problem, Remedies, quiet
from skybutler.upkeep.strays import StrayCheck, trash_problems
from support.kept import RUN, make_kept, path, refs, wait_a_little
from support.s3 import S3Server, begin_upload

NOW = Remedies(older_than=0.0)
DELETE = Remedies(delete_orphans=True, older_than=0.0)


def look(butler: Butler, remedies: Remedies = NOW, most: int | None = 5) -> dict[str, Problem]:
    found = list(StrayCheck(butler, remedies=remedies, most=most).problems(quiet))
    return {p.kind: p for p in [*found, *trash_problems(butler, most)]}


def write(butler: Butler, *paths: str) -> None:
    for each in paths:
        butler.datastore.storage.write(each, b"x")
    wait_a_little()


def test_a_tidy_repository(kept: Butler) -> None:
    assert look(kept) == {}


def test_what_services_keep_in_a_repository_is_ours(kept: Butler) -> None:
    write(kept, "obscore.yaml", "obscore-snapshot/obscore-1-2-3.parquet", "obscore-snapshot/.lock")
    ours = kept.datastore.storage.local_root is not None
    assert look(kept).keys() == (set() if ours else {"unrelated-file"})


def test_orphans(kept: Butler) -> None:
    inside = [f"{RUN}/note.wcs/lost.fits", f"{RUN}/note/é 1.yaml"]
    write(kept, *inside, "README", "u/notes/x", f"{RUN}/x", "w/note/y")
    found = look(kept)
    orphans, others = found.pop("orphaned-file"), found.pop("unrelated-file")
    assert found == {}
    assert sorted(orphans.examples) == inside
    assert orphans.repair is None
    assert "--delete-orphans" in orphans.remedy
    assert sorted(others.examples) == ["README", "u/notes/x", f"{RUN}/x", "w/note/y"]
    assert not others.is_wrong
    delete = look(kept, DELETE)["orphaned-file"].repair
    assert delete is not None
    assert delete() == 2
    assert look(kept).keys() == {"unrelated-file"}
    assert sorted(kept.datastore.storage.files())[0] in ("README", "butler.yaml")
    assert all(kept.datastore.exist([path(kept, ref) for ref in refs(kept)]))
    (newest,) = next(iter(kept.registry.journal.entries(limit=1)))
    assert (newest.action, newest.subject, newest.count) == ("repair", "orphaned-file", 2)


def test_new_files_may_be_those_of_a_process_at_work(kept: Butler) -> None:
    write(kept, f"{RUN}/note/lost.fits")
    found = look(kept, Remedies(delete_orphans=True))
    assert found.keys() == {"recent-file"}
    assert not found["recent-file"].is_wrong


def test_a_dataset_that_came_meanwhile_keeps_its_file(kept: Butler) -> None:
    ref = refs(kept)[0]
    other = type(ref)(ref.dataset_type, ref.data_id, "u/other")
    kept.collections.register("u/other")
    place = kept.get_uri("note", other.data_id, run="u/other", predict=True)
    inner = place.removesuffix("#predicted").removeprefix(kept.datastore.root)
    write(kept, inner)
    orphans = look(kept, DELETE)["orphaned-file"]
    kept.put({"a": 1}, other)
    assert orphans.repair is not None
    assert orphans.repair() == 0
    assert kept.get(other) == {"a": 1}


def test_files_that_datasets_have_by_uri(kept: Butler) -> None:
    """A file below the root that was ingested as somebody else's has a dataset."""
    write(kept, f"{RUN}/note/by uri.yaml")
    ref = refs(kept)[0]
    other = type(ref)(ref.dataset_type, ref.data_id, "u/other")
    uri = kept.datastore.storage.url(f"{RUN}/note/by uri.yaml")
    kept.ingest(FileDataset(uri, [other]), transfer="direct")
    assert look(kept) == {}


def test_members_of_zip_files(kept: Butler) -> None:
    """A zip file that datasets are members of has datasets."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.yaml", "a: 1\n")
    kept.datastore.storage.write(f"{RUN}/note/some.zip", buffer.getvalue())
    wait_a_little()
    assert look(kept).keys() == {"orphaned-file"}
    with kept.registry.transaction():
        record = kept.registry.file_record(refs(kept)[0].id.bytes)
        assert record is not None
        kept.registry.datasets.set_record(
            refs(kept)[0].id.bytes, dataclasses.replace(record, path=member_path(f"{RUN}/note/some.zip", "a.yaml"))
        )
    kept.datastore.storage.remove([record.path])
    assert look(kept) == {}


def test_trash(kept: Butler) -> None:
    """A removal was interrupted between its rows and its files."""
    gone = path(kept, refs(kept)[0])
    Removal(kept.registry.database).remove([refs(kept)[0].id.bytes])
    trash = look(kept)["trashed-file"]
    assert (trash.count, trash.examples) == (1, [gone])
    assert trash.repair is not None
    assert trash.repair() == 1
    assert look(kept) == {}
    assert not kept.datastore.storage.exists(gone)


def test_a_deletion_that_is_interrupted_is_completed_later(kept: Butler) -> None:
    """The process ended after the rows of a deletion were committed, and before any file was deleted."""
    write(kept, f"{RUN}/note/a", f"{RUN}/note/b")
    registry = kept.registry
    with registry.transaction():
        StoredFiles(registry.database, registry.dataset_types, registry.collections).discard(
            [f"{RUN}/note/a", f"{RUN}/note/b"]
        )
    trash = look(kept)["trashed-file"]
    assert trash.count == 2
    assert trash.repair is not None
    assert trash.repair() == 2
    assert look(kept) == {}
    assert not kept.datastore.storage.exists(f"{RUN}/note/a")


def test_half_written_files(database_url: str, tmp_path: Path) -> None:
    with Butler(make_kept(database_url, tmp_path / "repo"), writeable=True) as kept:
        scratch = tmp_path / "repo" / RUN / f"{SCRATCH_PREFIX}1-2.fits"
        scratch.write_text("x")
        unnamed = os.fsencode(tmp_path) + b"/repo/u/run/\xff"
        Path(os.fsdecode(unnamed)).write_text("x")
        wait_a_little()
        found = look(kept)
        assert found.keys() == {"leftover-file", "unrelated-file"}
        assert found["unrelated-file"].examples == ["u/run/\\udcff"]
        delete = found["leftover-file"].repair
        assert delete is not None
        assert delete() == 1
        assert not scratch.exists()
        assert look(kept).keys() == {"unrelated-file"}


@pytest.mark.s3
def test_broken_uploads(tmp_path: Path, s3_environment: S3Server) -> None:
    made = make_kept(f"sqlite:///{tmp_path}/r.sqlite3", tmp_path / "repo", s3_environment.new_root())
    with Butler(made, writeable=True) as kept:
        begin_upload(kept.datastore.storage, f"{RUN}/large.fits")
        assert look(kept, Remedies()) == {}  # it may be under way
        wait_a_little()
        wait_a_little()
        problem = look(kept)["broken-upload"]
        assert (problem.count, problem.examples) == (1, [f"{RUN}/large.fits"])
        assert problem.repair is not None
        assert problem.repair() == 1
        assert look(kept) == {}


def test_more_files_than_fit_into_a_statement(database_url: str, tmp_path: Path) -> None:
    with Butler(make_kept(database_url, tmp_path / "repo"), writeable=True) as kept:
        folder = tmp_path / "repo" / RUN / "note"
        for i in range(4_500):
            (folder / f"{i}").touch()
        wait_a_little()
        orphans = look(kept, DELETE)["orphaned-file"]
        assert (orphans.count, len(orphans.examples)) == (4_500, 5)
        assert orphans.repair is not None
        assert orphans.repair() == 4_500
        assert look(kept) == {}
