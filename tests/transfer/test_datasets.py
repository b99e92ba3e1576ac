"""Copies of datasets from one repository to another, between all engines."""

from __future__ import annotations

import os
import signal
import uuid
from pathlib import Path
from typing import Any

import pytest

from skybutler import Butler
from skybutler.datasets import DatasetRef
from skybutler.dimensions import DataId, DimensionUniverse
from skybutler.errors import (
    ChecksumMismatchError,
    ConflictingDefinitionError,
    DataIdValueError,
    DatasetExistsError,
    DatasetNotFoundError,
    FileExistsInStoreError,
    InconsistentUniverseError,
    InvalidError,
    MissingDatasetTypeError,
    ParameterError,
    ReadOnlyError,
)
from skybutler.transfer.datasets import insert_rows, transfer_from
from support.exchange import content, data_id, files_below, fill, put_calexps, run_rows
from support.world import fill_records

ALL: dict[str, Any] = {"register_dataset_types": True, "transfer_dimensions": True}


def path_of(butler: Butler, ref: DatasetRef) -> str:
    record = butler.registry.file_record(ref.id.bytes)
    assert record is not None
    return record.path


def local(butler: Butler, ref: DatasetRef) -> Path:
    return Path(butler.get_uri(ref).removeprefix("file://"))


# ------------------------------------------------------------------------------------------------------- what is copied
def test_everything_arrives_as_it_was(origin: Butler, dest: Butler) -> None:
    refs = fill(origin)
    done = dest.transfer_from(origin, refs, **ALL)
    assert sorted(done) == sorted(refs)
    assert (len(done), done.present, done.missing_count) == (len(refs), 0, 0)
    there, here = run_rows(origin), run_rows(dest)
    assert here == there
    for ref in refs:
        assert dest.get(ref) == origin.get(ref)
    assert files_below(dest) == files_below(origin)
    found = content(dest)
    assert found["provenance"] == content(origin)["provenance"]
    assert found["lineage"] == content(origin)["lineage"]
    assert dest.collections.query() == ["calib/run", "run/a", "run/b"]
    assert found["tags"] == found["certified"] == []


def test_the_answer_to_a_query_is_taken_as_columns(origin: Butler, dest: Butler) -> None:
    fill(origin)
    done = dest.transfer_from(
        origin, origin.query_datasets("calexp", "run/a", where="instrument = 'Cam' AND visit = 10"), **ALL
    )
    assert {(r.data_id["visit"], r.data_id["detector"]) for r in done} == {(10, d) for d in range(3)}
    assert len(dest.transfer_from(origin, dest.transfer_from(origin, [], **ALL))) == 0


def test_again_it_is_nothing(origin: Butler, dest: Butler) -> None:
    refs = fill(origin)
    dest.transfer_from(origin, refs, **ALL)
    before, files = content(dest), files_below(dest)
    again = dest.transfer_from(origin, refs, **ALL)
    assert not again
    assert again.present == len(refs)
    assert content(dest) == before
    assert files_below(dest) == files


def test_a_dry_run_changes_nothing_and_says_the_same(origin: Butler, dest: Butler) -> None:
    refs = fill(origin)
    before = content(dest)
    done = dest.transfer_from(origin, refs, dry_run=True, **ALL)
    assert sorted(done) == sorted(refs)
    assert content(dest) == before
    assert files_below(dest) == set()
    assert sorted(dest.transfer_from(origin, refs, **ALL)) == sorted(done)


def test_a_dry_run_needs_no_writeable_butler(local_pair: tuple[Butler, Butler]) -> None:
    origin, dest = local_pair
    refs = fill(origin)
    with Butler(dest.config, writeable=False) as reader:
        assert len(reader.transfer_from(origin, refs, dry_run=True, **ALL)) == len(refs)
        with pytest.raises(ReadOnlyError):
            reader.transfer_from(origin, refs, **ALL)


def test_progress_is_told(local_pair: tuple[Butler, Butler]) -> None:
    origin, dest = local_pair
    refs = fill(origin)
    told: list[tuple[int, int | None]] = []
    transfer_from(dest, origin, refs, progress=lambda done, total: told.append((done, total)),
                  register_dataset_types=True, transfer_dimensions=True)  # fmt: skip
    assert told[-1] == (len(refs), len(refs))


# ---------------------------------------------------------------------------------------------------- dimension records
def test_needed_records_come_with_what_defines_them(origin: Butler, dest: Butler) -> None:
    fill_records(origin.registry)
    origin.register_dataset_type("calexp", ["visit", "detector"])
    ref = origin.put({}, "calexp", instrument="Cam", visit=20, detector=1, run="run/a")
    assert dest.transfer_dimension_records_from(origin, [ref]) > 0
    there, here = content(origin), content(dest)
    assert len(here["visit"]) == 1
    assert set(here["visit"]) < set(there["visit"])
    assert len(here["visit_definition"]) == 2  # visit 20 is of exposures 10 and 11
    assert len(here["exposure"]) == 2
    assert len(here["visit_detector_region"]) == 1
    assert len(here["visit_system_membership"]) == 1
    assert len(here["physical_filter"]) == len(here["detector"]) == 1
    assert dest.transfer_dimension_records_from(origin, [ref]) == 0
    assert content(dest) == here


def test_records_of_data_ids(local_pair: tuple[Butler, Butler]) -> None:
    origin, dest = local_pair
    fill_records(origin.registry)
    patch = DataId.standardize({"skymap": "Map", "tract": 1, "patch": 2}, group=origin.dimensions.conform(["patch"]))
    empty = DataId.standardize({}, group=origin.dimensions.conform([]))
    assert dest.transfer_dimension_records_from(origin, [patch, empty]) == 3
    assert dest.expand_data_id(skymap="Map", tract=1, patch=2).region == origin.expand_data_id(patch).region


def test_without_them_the_first_missing_record_is_named(origin: Butler, dest: Butler) -> None:
    refs = fill(origin)
    with pytest.raises(DataIdValueError, match="instrument"):
        dest.transfer_from(origin, refs[:1], register_dataset_types=True)
    assert run_rows(dest) == {}
    assert files_below(dest) == set()


def test_a_record_with_another_value_is_named(origin: Butler, dest: Butler) -> None:
    refs = fill(origin)
    dest.transfer_dimension_records_from(origin, refs)
    dest.sync_dimension_data("detector", {"instrument": "Cam", "id": 1, "full_name": "other"}, update=True)
    with pytest.raises(ConflictingDefinitionError, match="full_name is 'other', not 'R0_S1'"):
        dest.transfer_from(origin, refs, **ALL)
    assert run_rows(dest) == {}
    assert files_below(dest) == set()


# ------------------------------------------------------------------------------------------------------ what is refused
@pytest.mark.parametrize("mode", ["move", "direct", "split", "coppy", None])
def test_modes_that_hurt_the_source_are_refused(local_pair: tuple[Butler, Butler], mode: str) -> None:
    origin, dest = local_pair
    with pytest.raises(ParameterError):
        dest.transfer_from(origin, fill(origin), transfer=mode, **ALL)
    assert files_below(dest) == set()


def test_universes_of_other_namespaces_are_named(tmp_path: Path, local_pair: tuple[Butler, Butler]) -> None:
    origin, _ = local_pair
    refs = fill(origin)
    definition = {**DimensionUniverse.load(8)._definition, "namespace": "elsewhere"}
    from skybutler.registry.registry import Registry

    Butler.create(tmp_path / "third")
    with Butler(tmp_path / "third", writeable=True) as third:
        other = Registry.create(f"sqlite:///{tmp_path / 'x.sqlite3'}", DimensionUniverse.from_definition(definition))
        third.registry.close()
        third.registry = other
        with pytest.raises(InconsistentUniverseError, match=r"daf_butler.*elsewhere"):
            third.transfer_from(origin, refs, **ALL)
        with pytest.raises(InconsistentUniverseError, match=r"daf_butler.*elsewhere"):
            third.transfer_dimension_records_from(origin, refs)


def test_older_universes_serve_where_dimensions_are_the_same(tmp_path: Path, local_pair: tuple[Butler, Butler]) -> None:
    origin, _ = local_pair
    fill(origin)
    Butler.create(tmp_path / "old", dimensions=6)
    with Butler(tmp_path / "old", writeable=True) as old:
        note = list(origin.query_datasets("note", "run/a"))
        assert len(old.transfer_from(origin, note, **ALL)) == 1
        assert old.get(note[0]) == {"text": "é"}
        with pytest.raises(InconsistentUniverseError, match="6"):
            old.transfer_dimension_records_from(origin, origin.query_datasets("calexp", "run/a"))


def test_missing_dataset_types_are_all_named(origin: Butler, dest: Butler) -> None:
    refs = fill(origin)
    with pytest.raises(MissingDatasetTypeError, match=r"'calexp'.*'bias'.*register"):
        dest.transfer_from(origin, refs, transfer_dimensions=True)
    assert content(dest)["dataset types"] == []


def test_a_dataset_type_of_another_meaning_is_refused(origin: Butler, dest: Butler) -> None:
    refs = fill(origin)
    dest.register_dataset_type("calexp", ["visit", "detector"], "StructuredDataList")
    with pytest.raises(ConflictingDefinitionError, match=r"StructuredDataDict.*StructuredDataList"):
        dest.transfer_from(origin, refs, **ALL)
    assert run_rows(dest) == {}


def test_another_dataset_in_the_place_is_refused_before_anything_is_written(origin: Butler, dest: Butler) -> None:
    refs = fill(origin)
    fill_records(dest.registry)
    dest.register_dataset_type("calexp", ["visit", "detector"])
    dest.put({"mine": 1}, "calexp", instrument="Cam", visit=20, detector=2, run="run/a")
    before, files = content(dest), files_below(dest)
    with pytest.raises(DatasetExistsError, match=r"visit: 20, detector: 2|detector: 2, visit: 20"):
        dest.transfer_from(origin, refs, **ALL)
    assert content(dest) == before
    assert files_below(dest) == files


def test_an_id_of_another_dataset_is_refused_before_anything_is_written(origin: Butler, dest: Butler) -> None:
    refs = fill(origin)
    fill_records(dest.registry)
    dest.register_dataset_type("calexp", ["visit", "detector"])
    taken = DatasetRef(
        dest.get_dataset_type("calexp"),
        data_id(dest, "calexp", instrument="Cam", visit=12, detector=0),
        "run/a",
        refs[3].id,
    )
    dest.put({"mine": 1}, taken)
    before = content(dest)
    with pytest.raises(ConflictingDefinitionError, match=str(refs[3].id)):
        dest.transfer_from(origin, refs, **ALL)
    assert content(dest) == before


def test_a_dataset_of_no_repository_is_named(origin: Butler, dest: Butler) -> None:
    refs = fill(origin)
    stranger = DatasetRef(refs[0].dataset_type, refs[0].data_id, "run/a", uuid.UUID(int=77))
    with pytest.raises(DatasetNotFoundError, match=str(stranger.id)):
        dest.transfer_from(origin, [*refs, stranger], **ALL)
    assert run_rows(dest) == {}


# ---------------------------------------------------------------------------------------------------------------- files
def test_missing_files_are_left_out_and_named(origin: Butler, dest: Butler) -> None:
    refs = fill(origin)
    origin.datastore.storage.remove([path_of(origin, refs[2])])
    origin.prune_datasets(refs[4:5], unstore=True, disassociate=False)
    done = dest.transfer_from(origin, refs, **ALL)
    assert sorted(done) == sorted([*refs[:2], refs[3], *refs[5:]])
    assert done.missing_count == 2
    assert str(refs[2].id) in " ".join(done.missing)
    assert str(refs[4].id) in " ".join(done.missing)


def test_missing_files_can_come_as_rows_alone(origin: Butler, dest: Butler) -> None:
    refs = fill(origin)
    origin.datastore.storage.remove([path_of(origin, refs[2])])
    done = dest.transfer_from(origin, refs, skip_missing=False, **ALL)
    assert sorted(done) == sorted(refs)
    assert dest.registry.file_record(refs[2].id.bytes) is None
    assert dest.get_dataset(refs[2].id) == refs[2]


@pytest.mark.parametrize("change", [b"{}", b'{"visit": 11, "detector": 9}\n'])
def test_a_changed_file_is_named_and_its_batch_not_written(origin: Butler, dest: Butler, change: bytes) -> None:
    refs = fill(origin)
    record = origin.registry.file_record(refs[3].id.bytes)
    assert record is not None
    old = origin.datastore.storage.read(record.path)
    change = change if len(change) < 5 else old[:-2] + b"9\n"  # of another size, or of the same
    origin.datastore.storage.write(record.path, change, overwrite=True)
    with pytest.raises(ChecksumMismatchError, match=record.path.rpartition("/")[2]):
        dest.transfer_from(origin, refs, **ALL)
    assert run_rows(dest) == {}
    assert files_below(dest) == set()
    origin.datastore.storage.write(record.path, old, overwrite=True)
    assert len(dest.transfer_from(origin, refs, **ALL)) == len(refs)


def test_files_left_by_a_killed_transfer_are_taken_over(origin: Butler, dest: Butler) -> None:
    refs = fill(origin)
    for i, ref in enumerate(refs[:4]):
        record = origin.registry.file_record(ref.id.bytes)
        assert record is not None
        half = origin.datastore.storage.read(record.path)
        dest.datastore.storage.write(record.path, half if i % 2 else half[:3])
    assert len(dest.transfer_from(origin, refs, **ALL)) == len(refs)
    assert [dest.get(ref) for ref in refs] == [origin.get(ref) for ref in refs]


def test_a_file_of_another_dataset_in_the_place_is_refused(local_pair: tuple[Butler, Butler]) -> None:
    origin, dest = local_pair
    refs = fill(origin)
    fill_records(dest.registry)
    dest.register_dataset_type("other", [])
    mine = dest.put({"mine": 1}, "other", run="run/mine")
    record, theirs = dest.registry.file_record(mine.id.bytes), origin.registry.file_record(refs[0].id.bytes)
    assert record is not None
    assert theirs is not None
    place = Path(dest.datastore.storage.local_root or "") / theirs.path
    place.parent.mkdir(parents=True)
    os.rename(local(dest, mine), place)
    with dest.transaction():
        from dataclasses import replace

        dest.registry.datasets.set_record(mine.id.bytes, replace(record, path=theirs.path))
    with pytest.raises(FileExistsInStoreError):
        dest.transfer_from(origin, refs, **ALL)
    assert dest.get(mine) == {"mine": 1}
    assert list(run_rows(dest)) == [str(mine.id)]


@pytest.mark.parametrize("mode", ["auto", "copy", "link", "hardlink", "symlink", "relsymlink"])
def test_modes_on_a_local_disk(local_pair: tuple[Butler, Butler], mode: str) -> None:
    origin, dest = local_pair
    refs = fill(origin)
    dest.transfer_from(origin, refs, transfer=mode, **ALL)
    assert local(dest, refs[0]).is_symlink() == (mode in ("symlink", "relsymlink"))
    assert os.path.samefile(local(dest, refs[0]), local(origin, refs[0])) == (mode != "copy")
    dest.prune_datasets(refs, unstore=True, purge=True)
    assert [origin.get(ref) for ref in refs]
    assert files_below(dest) == set()


def test_links_into_an_object_store_are_refused(origin: Butler, dest: Butler) -> None:
    refs = fill(origin)
    if origin.datastore.storage.local_root and dest.datastore.storage.local_root:
        pytest.skip("both are local")
    with pytest.raises(InvalidError, match="link"):
        dest.transfer_from(origin, refs, transfer="hardlink", **ALL)
    assert run_rows(dest) == {}


def test_files_outside_the_root_stay_there_unless_told_otherwise(
    tmp_path: Path, local_pair: tuple[Butler, Butler]
) -> None:
    origin, dest = local_pair
    fill_records(origin.registry)
    origin.register_dataset_type("calexp", ["visit", "detector"])
    place = tmp_path / "outside.yaml"
    place.write_text("a: 1")
    from skybutler.datasets import FileDataset

    ref = DatasetRef(
        origin.get_dataset_type("calexp"),
        data_id(origin, "calexp", instrument="Cam", visit=10, detector=0),
        "run/a",
        uuid.uuid4(),
    )
    origin.ingest(FileDataset(place, ref), transfer="direct")
    dest.transfer_from(origin, [ref], **ALL)
    assert dest.get_uri(ref) == f"file://{place}"
    dest.prune_datasets([ref], unstore=True, purge=True)
    assert place.exists()
    dest.transfer_from(origin, [ref], transfer="copy", **ALL)
    assert local(dest, ref).is_relative_to(Path(dest.datastore.storage.local_root or ""))
    assert dest.get(ref) == {"a": 1}


def test_a_file_of_several_datasets_is_brought_once_and_goes_with_the_last(origin: Butler, dest: Butler) -> None:
    fill_records(origin.registry)
    origin.register_dataset_type("calexp", ["visit", "detector"])
    origin.datastore.storage.write("shared/one.yaml", b"a: 1")
    columns: dict[str, list[Any]] = {"instrument": ["Cam"] * 3, "visit": [10] * 3, "detector": [0, 1, 2]}
    origin.ingest_columns("calexp", columns, ["shared/one.yaml"] * 3, run="run/a", transfer=None)
    refs = list(origin.query_datasets("calexp", "run/a"))
    dest.transfer_from(origin, refs[:1], **ALL)
    dest.transfer_from(origin, refs, **ALL)
    assert files_below(dest) == {"shared/one.yaml"}
    for left in range(3):
        assert dest.get(refs[left]) == {"a": 1}
        dest.prune_datasets([refs[left]], unstore=True, purge=True)
    assert files_below(dest) == set()


def test_one_repository_after_another_collects_runs(origin: Butler, dest: Butler) -> None:
    fill_records(origin.registry)
    origin.register_dataset_type("calexp", ["visit", "detector"])
    first, second = put_calexps(origin), put_calexps(origin, "run/b")
    dest.transfer_from(origin, first, **ALL)
    dest.transfer_from(origin, [*first, *second])
    assert run_rows(dest) == run_rows(origin)


def test_a_killed_transfer_goes_on_where_it_was(origin: Butler, dest: Butler, monkeypatch: pytest.MonkeyPatch) -> None:
    if not (origin.datastore.storage.local_root and dest.datastore.storage.local_root):
        pytest.skip("a client of an object store does not survive a fork")
    refs = fill(origin)
    monkeypatch.setattr("skybutler.transfer.datasets._AT_ONCE", 3)
    child = os.fork()
    if child == 0:  # it ends in the middle of writing the third batch
        from skybutler.transfer import datasets

        count = 0

        def insert_or_die(*arguments: Any) -> None:
            nonlocal count
            count += 1
            if count == 3:
                os.kill(os.getpid(), signal.SIGKILL)
            insert_rows(*arguments)

        try:
            setattr(datasets, "insert_rows", insert_or_die)  # noqa: B010 - mypy knows the function it stands for
            dest.transfer_from(origin, refs, **ALL)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    dest.registry.refresh()
    assert len(run_rows(dest)) == 6
    assert len(files_below(dest)) == 9  # of which three have no rows yet
    done = dest.transfer_from(origin, refs, **ALL)
    assert (len(done), done.present) == (len(refs) - 6, 6)
    assert run_rows(dest) == run_rows(origin)
    assert files_below(dest) == files_below(origin)
    assert [dest.get(ref) for ref in refs] == [origin.get(ref) for ref in refs]
