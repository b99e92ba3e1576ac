"""Files in and out of a repository: ingest, prune, removal of runs, retrieval, the trash."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skybutler import Butler
from skybutler.datasets import CollectionType, DatasetExistence, DatasetRef, FileDataset
from skybutler.dimensions import DataId
from skybutler.errors import (
    ButlerError,
    DatasetExistsError,
    InvalidError,
    MissingFileError,
    OrphanedRecordError,
    ParameterError,
)

MODES = ["auto", "copy", "move", "link", "hardlink", "symlink", "relsymlink", "direct", "split"]


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder of files that are nobody's datasets yet."""
    folder = tmp_path / "outside"
    folder.mkdir()
    for i in range(4):
        (folder / f"f{i}.yaml").write_text(json.dumps({"v": i}))
    return folder


def ref_of(butler: Butler, detector: int, run: str = "run/in") -> DatasetRef:
    kind = butler.get_dataset_type("plain")
    data_id = DataId.standardize({"instrument": "Cam", "detector": detector}, group=kind.dimensions)
    return DatasetRef(kind, data_id, run, uuid.uuid4())


def item(butler: Butler, path: Path | str, *detectors: int, run: str = "run/in") -> FileDataset:
    return FileDataset(str(path), [ref_of(butler, d, run) for d in detectors])


def datasets(butler: Butler) -> int:
    return butler.query_datasets("plain", "*", find_first=False).count() if butler.collections.query() else 0


def local(butler: Butler, ref: DatasetRef) -> Path:
    return Path(butler.get_uri(ref).removeprefix("file://"))


def columns(*detectors: int) -> dict[str, Any]:
    return {"instrument": ["Cam"] * len(detectors), "detector": list(detectors)}


# -------------------------------------------------------------------------------------------------------------- ingest
@pytest.mark.parametrize("mode", MODES)
def test_files_come_in_by_every_mode(small: Butler, outside: Path, repository: Path, mode: str) -> None:
    taken = item(small, outside / "f1.yaml", 1)
    small.ingest(taken, transfer=mode)
    assert small.get("plain", detector=1, collections="run/in") == {"v": 1}
    assert (outside / "f1.yaml").exists() == (mode != "move")
    place = local(small, taken.refs[0])
    assert place.is_relative_to(outside if mode in ("direct", "split") else repository)
    assert place.is_symlink() == (mode in ("symlink", "relsymlink"))
    small.prune_datasets(taken.refs, unstore=True, purge=True)
    assert (outside / "f1.yaml").exists() == (mode != "move")
    assert mode in ("direct", "split") or not place.is_symlink()
    assert mode in ("direct", "split") or not place.exists()


@pytest.mark.parametrize("mode", MODES)
def test_an_ingest_that_fails_changes_nothing(small: Butler, outside: Path, repository: Path, mode: str) -> None:
    before = {p for p in repository.rglob("*") if p.is_file()}
    with pytest.raises(MissingFileError, match="gone"):
        small.ingest(item(small, outside / "f1.yaml", 1), item(small, outside / "gone.yaml", 2), transfer=mode)
    assert datasets(small) == 0
    assert (outside / "f1.yaml").exists()
    assert {p for p in repository.rglob("*") if p.is_file()} == before
    small.ingest(item(small, outside / "f1.yaml", 1), transfer=mode)
    assert datasets(small) == 1


def test_files_already_inside_stay_where_they_are(small: Butler, repository: Path, outside: Path) -> None:
    (repository / "mine").mkdir()
    (outside / "f1.yaml").rename(repository / "mine" / "f1.yaml")
    taken = item(small, "mine/f1.yaml", 1)
    small.ingest(taken, transfer=None)
    assert local(small, taken.refs[0]) == repository / "mine" / "f1.yaml"
    with pytest.raises(ButlerError):
        small.ingest(item(small, outside / "f2.yaml", 2), transfer=None)
    with pytest.raises(ButlerError):
        small.ingest(item(small, "../outside/f2.yaml", 2), transfer=None)


def test_an_unknown_mode_is_named(small: Butler, outside: Path) -> None:
    with pytest.raises(ParameterError, match="copy"):
        small.ingest(item(small, outside / "f1.yaml", 1), transfer="copi")


@pytest.mark.parametrize("mode", ["copy", "direct", "move"])
def test_the_same_dataset_twice_is_refused(small: Butler, outside: Path, mode: str) -> None:
    with pytest.raises(ButlerError):
        small.ingest(item(small, outside / "f1.yaml", 1), item(small, outside / "f2.yaml", 1), transfer=mode)
    assert datasets(small) == 0
    small.ingest(item(small, outside / "f1.yaml", 1), transfer="copy")
    with pytest.raises(DatasetExistsError):
        small.ingest(item(small, outside / "f2.yaml", 1), transfer=mode)
    assert (outside / "f2.yaml").exists()
    assert small.get("plain", detector=1, collections="run/in") == {"v": 1}


@pytest.mark.parametrize("mode", ["copy", "direct"])
def test_what_exists_can_be_skipped(small: Butler, outside: Path, mode: str) -> None:
    small.ingest(item(small, outside / "f1.yaml", 1), transfer=mode)
    small.ingest(
        item(small, outside / "f3.yaml", 1), item(small, outside / "f2.yaml", 2), transfer=mode, skip_existing=True
    )
    assert small.get("plain", detector=1, collections="run/in") == {"v": 1}
    assert small.get("plain", detector=2, collections="run/in") == {"v": 2}


def test_one_file_of_several_datasets_goes_with_the_last(small: Butler, repository: Path, outside: Path) -> None:
    (outside / "f1.yaml").rename(repository / "shared.yaml")
    taken = item(small, repository / "shared.yaml", 0, 1, 2)
    small.ingest(taken, transfer=None)
    for ref in taken.refs:
        assert small.get(ref) == {"v": 1}
    for n, ref in enumerate(taken.refs):
        assert (repository / "shared.yaml").exists()
        small.prune_datasets([ref], unstore=True, purge=bool(n % 2))
    assert not (repository / "shared.yaml").exists()


def test_several_datasets_in_a_file_are_not_copied(small: Butler, outside: Path) -> None:
    with pytest.raises(InvalidError, match="direct"):
        small.ingest(item(small, outside / "f1.yaml", 0, 1), transfer="copy")
    small.ingest(item(small, outside / "f1.yaml", 0, 1), transfer="direct")
    assert small.remove_runs("run/in") == 2
    assert (outside / "f1.yaml").exists()


@pytest.mark.parametrize("together", [True, False])
def test_a_file_ingested_for_one_dataset_after_another_goes_with_the_last(
    small: Butler, repository: Path, outside: Path, together: bool
) -> None:
    (outside / "f1.yaml").rename(repository / "shared.yaml")
    first, second = item(small, "shared.yaml", 0), item(small, "shared.yaml", 1)
    if together:
        small.ingest(first, second, transfer=None)
    else:
        small.ingest(first, transfer=None)
        small.ingest(second, transfer=None)
    small.prune_datasets(first.refs, unstore=True, purge=True)
    assert small.get(second.refs[0]) == {"v": 1}
    small.prune_datasets(second.refs, unstore=True, purge=True)
    assert not (repository / "shared.yaml").exists()


def test_columns_of_files(small: Butler, outside: Path) -> None:
    paths = [str(outside / f"f{i}.yaml") for i in range(3)]
    added = small.ingest_columns("plain", columns(0, 1, 2), paths, run="run/in", transfer="copy")
    assert added.tolist() == [True] * 3
    with pytest.raises(DatasetExistsError, match="3 of 3"):
        small.ingest_columns("plain", columns(0, 1, 2), paths, run="run/in", transfer="copy")
    more = [*paths, str(outside / "f3.yaml")]
    ids = np.frombuffer(b"".join(uuid.uuid4().bytes for _ in more), np.uint8).reshape(-1, 16)
    added = small.ingest_columns(
        "plain", columns(0, 1, 2, 3), more, run="run/in", transfer="copy", skip_existing=True, ids=ids
    )
    assert added.tolist() == [False, False, False, True]
    found = small.find_dataset("plain", detector=3, collections="run/in")
    assert found is not None
    assert found.id.bytes == ids[3].tobytes()
    assert small.ingest_columns("plain", columns(), [], run="run/in").tolist() == []


def test_columns_must_fit(small: Butler, outside: Path) -> None:
    paths = [str(outside / "f0.yaml"), str(outside / "f1.yaml")]
    for wrong in (columns(0), {"detector": [0, 1]}, columns(0, 99), columns(0, 1) | {"nonsense": [1, 2]}):
        with pytest.raises(ButlerError):
            small.ingest_columns("plain", wrong, paths, run="run/in", transfer="direct")
        assert datasets(small) == 0


# -------------------------------------------------------------------------------------------------------------- remove
def test_options_of_prune_must_agree(small: Butler) -> None:
    ref = small.put({}, "plain", detector=1)
    wrong: list[dict[str, Any]] = [{"purge": True}, {"purge": True, "unstore": True, "disassociate": False}, {}]
    for options in wrong:
        with pytest.raises(ParameterError):
            small.prune_datasets([ref], **options)
    assert small.exists(ref) is DatasetExistence.VERIFIED


def test_datasets_leave_tags_and_stay(small: Butler) -> None:
    ref = small.put({}, "plain", detector=1)
    for tag in ("tag/a", "tag/b"):
        small.collections.register(tag, CollectionType.TAGGED)
        small.registry.datasets.associate(tag, [ref.id.bytes])
    small.prune_datasets([ref], tags=["tag/a"])
    assert small.find_dataset("plain", detector=1, collections="tag/a") is None
    assert small.find_dataset("plain", detector=1, collections="tag/b") == ref
    assert small.exists(ref) is DatasetExistence.VERIFIED
    small.prune_datasets([ref], unstore=True, purge=True)
    assert small.find_dataset("plain", detector=1, collections="tag/b") is None


def test_unstored_files_are_gone_and_datasets_stay(small: Butler) -> None:
    refs = [small.put({}, "plain", detector=d) for d in range(3)]
    places = [local(small, r) for r in refs]
    assert small.prune_datasets(refs[:2], unstore=True) == 2
    assert [p.exists() for p in places] == [False, False, True]
    assert small.exists(refs[0]) is DatasetExistence.RECORDED
    small.prune_datasets(refs[:2], unstore=True)
    assert datasets(small) == 3


def test_a_pruned_dataset_can_be_put_again(small: Butler) -> None:
    ref = small.put({"a": 1}, "plain", detector=1)
    small.prune_datasets([ref], unstore=True, purge=True)
    assert small.put({"a": 2}, "plain", detector=1).id != ref.id
    assert small.get("plain", detector=1) == {"a": 2}


def test_pruning_within_a_failed_transaction_keeps_files(small: Butler) -> None:
    ref = small.put({"a": 1}, "plain", detector=1)

    def fail() -> None:
        with small.transaction():
            small.prune_datasets([ref], unstore=True, purge=True)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert small.get(ref) == {"a": 1}
    small.put({}, "plain", detector=2)
    assert small.get(ref) == {"a": 1}


def test_a_freed_path_written_by_another_butler_is_kept(small: Butler, repository: Path) -> None:
    """One process frees a path and dies before it deletes the file; another writes there; then the trash is emptied."""
    ref = small.put({"a": 1}, "plain", detector=1)
    with small.registry.transaction():
        small.registry.datasets.remove([ref.id.bytes])
    assert len(small.registry.datasets.trash()) == 1
    with Butler(repository, run="run/mine", instrument="Cam") as other:
        again = other.put({"a": 2}, "plain", detector=1)
        third = other.put({"a": 3}, "plain", detector=2)
        small.prune_datasets([third], unstore=True, purge=True)
        assert other.get(again) == {"a": 2}
    assert small.registry.datasets.trash() == []


def test_a_freed_file_that_is_ingested_again_where_it_is_is_kept(small: Butler, repository: Path) -> None:
    ref = small.put({"a": 1}, "plain", detector=1)
    with small.registry.transaction():
        small.registry.datasets.remove([ref.id.bytes])
    taken = item(small, repository / small.datastore.path_of(ref), 2)
    small.ingest(taken, transfer=None)
    small.prune_datasets([small.put({}, "plain", detector=3)], unstore=True, purge=True)
    assert small.get(taken.refs[0]) == {"a": 1}


def test_runs_go_with_their_files(small: Butler, repository: Path) -> None:
    refs = [small.put({"d": d}, "plain", detector=d, run=f"run/{d % 2}") for d in range(4)]
    places = [local(small, r) for r in refs]
    assert small.remove_runs(["run/0"]) == 2
    assert [p.exists() for p in places] == [False, True, False, True]
    assert "run/0" not in small.collections.query()
    assert small.get(refs[1]) == {"d": 1}
    small.put({}, "plain", detector=0, run="run/0")


def test_a_chain_guards_its_runs_before_anything_is_touched(small: Butler) -> None:
    refs = [small.put({}, "plain", detector=1, run=r) for r in ("run/a", "run/b")]
    small.collections.register("chain", CollectionType.CHAINED)
    small.collections.redefine_chain("chain", ["run/b", "run/mine"])
    with pytest.raises(OrphanedRecordError, match="chain"):
        small.remove_runs(["run/a", "run/b"])
    assert all(small.exists(r) is DatasetExistence.VERIFIED for r in refs)
    assert small.remove_runs(["run/a", "run/b"], unlink_from_chains=True) == 2
    assert small.collections.get_info("chain").children == ("run/mine",)


def test_only_runs_can_be_removed_as_runs(small: Butler) -> None:
    small.collections.register("tag", CollectionType.TAGGED)
    for name in ("tag", "none"):
        with pytest.raises(ButlerError, match=name):
            small.remove_runs(["run/mine", name])
    assert "run/mine" in small.collections.query()
