"""Files that are gone or changed, on both databases and both storages."""

from __future__ import annotations

from pathlib import Path

from skybutler import Butler, FileDataset
from skybutler.datasets import CollectionType, DatasetExistence, FileRecord
from skybutler.upkeep.files import FileCheck
from skybutler.upkeep.problem import Problem, Remedies, quiet
from support.kept import RUN, content, path, refs, rewrite


def look(
    butler: Butler,
    remedies: Remedies | None = None,
    *,
    checksums: bool = True,
    most: int | None = 5,
    **chosen: list[str],
) -> dict[str, Problem]:
    check = FileCheck(
        butler,
        chosen.get("dataset_types", []),
        chosen.get("collections", []),
        checksums=checksums,
        remedies=remedies or Remedies(),
        most=most,
    )
    return {problem.kind: problem for problem in check.problems(quiet)}


def repair(problem: Problem) -> int:
    assert problem.repair is not None
    return problem.repair()


def test_everything_is_there(kept: Butler) -> None:
    assert look(kept) == {}


def test_missing_files(kept: Butler) -> None:
    notes = refs(kept)
    kept.datastore.storage.remove([path(kept, ref) for ref in notes[:2]])
    missing = look(kept)["missing-file"]
    assert missing.count == 2
    assert missing.examples[0] == f"note {{instrument: 'Cam', detector: 0}} in {RUN}: {path(kept, notes[0])}"
    assert [len(look(kept, most=n)["missing-file"].examples) for n in (0, 1, None)] == [0, 1, 2]
    assert repair(missing) == 2
    assert look(kept) == {}
    assert kept.exists(notes[0]) == DatasetExistence.RECORDED
    assert kept.exists(notes[2]) == DatasetExistence.VERIFIED
    newest = next(iter(kept.registry.journal.entries(limit=2)))
    assert {(e.action, e.subject, e.count) for e in newest} == {
        ("unstore", f"note in {RUN}", 2),
        ("repair", "missing-file", 2),
    }


def test_datasets_whose_files_are_gone_can_be_removed(kept: Butler) -> None:
    notes = refs(kept)
    kept.datastore.storage.remove([path(kept, ref) for ref in notes[:2]])
    missing = look(kept, Remedies(remove_missing=True))["missing-file"]
    assert "remove" in missing.remedy
    assert repair(missing) == 2
    assert refs(kept) == notes[2:]


def test_a_file_that_came_back_is_not_forgotten(kept: Butler) -> None:
    first, second, *_ = refs(kept)
    data = content(kept, first)
    kept.datastore.storage.remove([path(kept, first), path(kept, second)])
    missing = look(kept, Remedies(remove_missing=True))["missing-file"]
    kept.datastore.storage.write(path(kept, first), data)
    kept.prune_datasets([second], unstore=True, purge=True)
    assert repair(missing) == 0
    assert kept.get(first)["detector"] == 0


def test_changed_files(kept: Butler) -> None:
    first, second, *_ = refs(kept)
    rewrite(kept, first, content(kept, first) + b"\n")
    rewrite(kept, second, content(kept, second).replace(b"xxx", b"yyy"))
    changed = look(kept)["changed-file"]
    assert changed.count == 2
    size, checksum = changed.examples
    assert f"{len(content(kept, first))} bytes, recorded {len(content(kept, first)) - 1}" in size
    assert "checksum" in checksum
    assert changed.repair is None
    assert "--accept-changed" in changed.remedy
    assert look(kept, checksums=False)["changed-file"].count == 1
    assert repair(look(kept, Remedies(accept_changed=True))["changed-file"]) == 2
    assert look(kept) == {}
    assert kept.get(second)["text"].startswith("yyy")


def test_only_what_is_chosen(kept: Butler) -> None:
    first, second, *_ = refs(kept)
    kept.datastore.storage.remove([path(kept, first), path(kept, second)])
    with kept.transaction():
        kept.registry.collections.register("tag", CollectionType.TAGGED)
        kept.registry.datasets.associate("tag", [second.id.bytes])
    assert look(kept, collections=["tag"])["missing-file"].count == 1
    assert look(kept, collections=["tag"], dataset_types=["n*"])["missing-file"].count == 1


def test_files_ingested_in_place(kept: Butler, tmp_path: Path) -> None:
    """Files of somebody else are looked at like ours; forgetting them deletes nothing."""
    file = tmp_path / "else where" / "d e.yaml"
    file.parent.mkdir()
    file.write_text("a: 1\n")
    ref = refs(kept)[0]
    other = type(ref)(ref.dataset_type, ref.data_id, "u/other")
    kept.ingest(FileDataset(str(file), [other]), transfer="direct")
    assert look(kept) == {}
    file.write_text("a: 12\n")
    assert look(kept)["changed-file"].count == 1
    file.unlink()
    assert repair(look(kept)["missing-file"]) == 1
    assert look(kept) == {}


def test_copies_in_several_stores(database_url: str, tmp_path: Path) -> None:
    """A copy that one store lacks, or has otherwise, is trouble of that store; with no whole one it is of the file."""
    stores = [{"name": name, "root": str(tmp_path / name)} for name in ("near", "far")]
    registry = {"db": database_url} | ({"namespace": "stores"} if "postgres" in database_url else {})
    Butler.create(tmp_path / "repo", seed={"registry": registry, "datastore": {"datastores": stores}}, override=True)
    with Butler(tmp_path / "repo", run=RUN) as butler:
        butler.insert_dimension_data("instrument", {"name": "Cam"})
        butler.register_dataset_type("note", ["instrument"])
        butler.put({"a": "x" * 50}, "note", instrument="Cam")
        (ref,) = butler.query_datasets("note", RUN)
        near, far = (tmp_path / name / path(butler, ref) for name in ("near", "far"))
        assert look(butler) == {}
        content = far.read_bytes()
        far.unlink()
        assert set(look(butler)) == {"missing-copy"}
        far.write_bytes(content + b" ")
        assert set(look(butler, checksums=False)) == {"missing-copy"}
        far.write_bytes(content.replace(b"xxx", b"yyy"))
        assert look(butler, checksums=False) == {}
        assert set(look(butler)) == {"missing-copy"}
        near.write_bytes(content.replace(b"xxx", b"zzz"))
        assert set(look(butler)) == {"changed-file"}
        near.write_bytes(content + b" ")
        far.write_bytes(content + b" ")
        assert set(look(butler, checksums=False)) == {"changed-file"}
        far.unlink()
        near.unlink()
        assert look(butler)["missing-file"].count == 1


def test_a_store_that_is_not_mounted_is_no_reason_to_forget_everything(kept: Butler) -> None:
    kept.datastore.storage.remove([path(kept, ref) for ref in refs(kept)])
    missing = look(kept)["missing-file"]
    assert (missing.count, missing.repair) == (6, None)
    assert "mounted?" in missing.remedy
    assert repair(look(kept, collections=[RUN])["missing-file"]) == 6  # who names them means them
    assert look(kept) == {}


def test_components_whose_file_is_gone(kept: Butler) -> None:
    """The other components of the dataset stay."""
    ref, datasets, storage = refs(kept)[0], kept.registry.datasets, kept.datastore.storage
    for name in ("image", "mask"):
        storage.write(f"{RUN}/{name}", b"x")
    with kept.registry.transaction():
        datasets.remove([ref.id.bytes], unstore_only=True)
        row = datasets.get_many([ref.id.bytes])[ref.id.bytes][1]
        for name in ("image", "mask"):
            datasets.add_artifact(row, FileRecord(f"{RUN}/{name}", "fits", "ExposureF", 1, None, name))
    assert look(kept) == {}
    storage.remove([f"{RUN}/mask"])
    missing = look(kept)["missing-file"]
    assert missing.examples[0].startswith("note.mask {")
    assert repair(missing) == 1
    assert look(kept) == {}
    assert list(datasets.artifacts(row)) == ["image"]
    assert storage.exists(f"{RUN}/image")
