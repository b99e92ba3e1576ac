"""Zip files of datasets taken in, read where they are, deleted with their last dataset, and refused when wrong."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from skybutler import Butler
from skybutler.errors import (
    ButlerError,
    ChecksumMismatchError,
    ConflictingDefinitionError,
    DataIdValueError,
    DatasetExistsError,
    FormatError,
    InconsistentUniverseError,
    InvalidError,
    MissingFileError,
    ReadOnlyError,
    SchemaVersionError,
    UnreadableFileError,
)
from skybutler.transfer.artifact_index import INDEX_NAME
from support.exchange import content, files_below, fill, run_rows


def test_a_zip_file_is_taken_back(origin: Butler, dest: Butler, tmp_path: Path) -> None:
    refs = fill(origin)
    place = origin.retrieve_artifacts_zip(refs, tmp_path / "out")
    with pytest.raises(DataIdValueError, match="instrument"):
        dest.ingest_zip(place, "copy")
    assert run_rows(dest) == {}
    assert files_below(dest) == set()
    assert dest.ingest_zip(place, "copy", transfer_dimensions=True, dry_run=True) == len(refs)
    assert run_rows(dest) == {}
    assert dest.ingest_zip(place, "copy", transfer_dimensions=True) == len(refs)
    assert [dest.get(ref) for ref in refs] == [origin.get(ref) for ref in refs]
    name = os.path.basename(place)
    assert files_below(dest) == {f"zips/{name[:4]}/{name}"}
    assert all("#zip-path=" in dest.get_uri(ref) for ref in refs)
    assert {i: row[:3] for i, row in run_rows(dest).items()} == {i: row[:3] for i, row in run_rows(origin).items()}
    before = content(dest)
    with pytest.raises(DatasetExistsError, match=f"{len(refs)} of the {len(refs)}"):
        dest.ingest_zip(place, "copy")
    assert dest.ingest_zip(place, "copy", skip_existing=True) == 0
    assert content(dest) == before


def test_it_goes_with_its_last_dataset(origin: Butler, dest: Butler, tmp_path: Path) -> None:
    refs = fill(origin)
    dest.ingest_zip(origin.retrieve_artifacts_zip(refs, tmp_path / "out"), "copy", transfer_dimensions=True)
    dest.prune_datasets(refs[1:5], unstore=True, purge=True)
    dest.prune_datasets(refs[5:7], unstore=True, disassociate=False)
    assert dest.get(refs[0]) == origin.get(refs[0])
    dest.remove_runs(["run/b", "calib/run"])
    assert len(files_below(dest)) == 1
    assert dest.get(refs[0]) == origin.get(refs[0])
    dest.remove_runs(["run/a"])
    assert files_below(dest) == set()


def test_it_can_go_on_to_other_repositories(origin: Butler, dest: Butler, tmp_path: Path) -> None:
    refs = fill(origin)
    runs = run_rows(origin)
    place = origin.retrieve_artifacts_zip(refs, tmp_path / "out")
    files = [origin.get(ref) for ref in refs]
    origin.prune_datasets(refs, unstore=True, purge=True)
    assert origin.ingest_zip(place, "copy") == len(refs)
    done = dest.transfer_from(origin, refs, register_dataset_types=True, transfer_dimensions=True)
    assert len(done) == len(refs)
    assert [dest.get(ref) for ref in refs] == files
    assert len(files_below(dest)) == 1
    assert run_rows(dest) == run_rows(origin)
    assert {i: row[:3] for i, row in runs.items()} == {i: row[:3] for i, row in run_rows(dest).items()}
    assert len(dest.retrieve_artifacts(refs, tmp_path / "again")) == len(refs)
    again = dest.retrieve_artifacts_zip(refs, tmp_path / "zip")
    assert os.path.basename(again) == os.path.basename(place)
    dest.prune_datasets(refs, unstore=True, purge=True)
    assert files_below(dest) == set()


@pytest.mark.parametrize(
    "mode", ["auto", "copy", "move", "link", "hardlink", "symlink", "relsymlink", "direct", "split"]
)
def test_modes(local_pair: tuple[Butler, Butler], tmp_path: Path, mode: str) -> None:
    origin, dest = local_pair
    refs = fill(origin)
    place = Path(origin.retrieve_artifacts_zip(refs, tmp_path / "a folder"))
    dest.ingest_zip(place, mode, transfer_dimensions=True)
    assert place.exists() == (mode != "move")
    assert dest.get(refs[0]) == origin.get(refs[0])
    assert bool(files_below(dest)) == (mode not in ("direct", "split"))
    dest.prune_datasets(refs, unstore=True, purge=True)
    assert place.exists() == (mode != "move")
    assert files_below(dest) == set()


def test_a_zip_file_inside_the_root_stays_where_it_is(local_pair: tuple[Butler, Butler]) -> None:
    origin, dest = local_pair
    refs = fill(origin)
    inside = Path(dest.datastore.storage.local_root or "") / "mine"
    place = origin.retrieve_artifacts_zip(refs, inside)
    dest.ingest_zip(place, None, transfer_dimensions=True)
    assert files_below(dest) == {f"mine/{os.path.basename(place)}"}
    assert dest.get(refs[3]) == origin.get(refs[3])


def test_some_of_it_there_already_is_refused(origin: Butler, dest: Butler, tmp_path: Path) -> None:
    refs = fill(origin)
    place = origin.retrieve_artifacts_zip(refs, tmp_path / "out")
    dest.transfer_from(origin, refs[:3], register_dataset_types=True, transfer_dimensions=True)
    before, files = content(dest), files_below(dest)
    for skip in (True, False):
        with pytest.raises(DatasetExistsError, match=f"3 of the {len(refs)}"):
            dest.ingest_zip(place, "copy", transfer_dimensions=True, skip_existing=skip)
    assert content(dest) == before
    assert files_below(dest) == files


def test_other_dimension_records_are_refused(origin: Butler, dest: Butler, tmp_path: Path) -> None:
    refs = fill(origin)
    place = origin.retrieve_artifacts_zip(refs, tmp_path / "out")
    dest.insert_dimension_data("instrument", {"name": "Cam", "detector_max": 77})
    with pytest.raises(ConflictingDefinitionError, match="detector_max is 77"):
        dest.ingest_zip(place, "copy", transfer_dimensions=True)
    assert run_rows(dest) == {}
    assert files_below(dest) == set()


# -------------------------------------------------------------------------------------------------------- bad zip files
@pytest.fixture
def made(local_pair: tuple[Butler, Butler], tmp_path: Path) -> Path:
    """A zip file of the first repository."""
    return Path(local_pair[0].retrieve_artifacts_zip(fill(local_pair[0]), tmp_path / "out"))


def rewritten(place: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The zip file with other members."""
    with zipfile.ZipFile(place) as opened:
        held = {name: opened.read(name) for name in opened.namelist()}
    change(held)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as new:
        for name, data in held.items():
            new.writestr(name, data)
    place.write_bytes(out.getvalue())
    return place


def of_index(change: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, bytes]], None]:
    def apply(held: dict[str, bytes]) -> None:
        index = json.loads(held[INDEX_NAME])
        change(index)
        held[INDEX_NAME] = json.dumps(index).encode()

    return apply


def first_renamed(name: str) -> Callable[[dict[str, bytes]], None]:
    def apply(held: dict[str, bytes]) -> None:
        index = json.loads(held[INDEX_NAME])
        old = next(iter(index["artifact_map"]))
        index["artifact_map"][name] = index["artifact_map"].pop(old)
        held[name] = held.pop(old)
        held[INDEX_NAME] = json.dumps(index).encode()

    return apply


def longer(held: dict[str, bytes]) -> None:
    held[next(n for n in held if n != INDEX_NAME)] += b" "


def other(held: dict[str, bytes]) -> None:
    name = next(n for n in held if n != INDEX_NAME)
    held[name] = b"x" * len(held[name])


CASES: list[tuple[str, Callable[[dict[str, bytes]], Any], type[ButlerError], str]] = [
    ("no index", lambda held: held.pop(INDEX_NAME), FormatError, "has no index"),
    ("broken index", lambda held: held.update({INDEX_NAME: b"{"}), FormatError, "no JSON"),
    ("newer", of_index(lambda i: i.update(index_version="V9")), SchemaVersionError, "V9"),
    ("missing member", lambda held: held.pop(next(n for n in held if n != INDEX_NAME)), FormatError, "has no member"),
    ("longer member", longer, ChecksumMismatchError, "bytes"),
    ("other member", other, ChecksumMismatchError, "content"),
    ("leaves the root", first_renamed("../../etc/x"), InvalidError, "would leave"),
    ("absolute", first_renamed("/etc/x"), InvalidError, "not a relative path"),
    ("dataset without file", of_index(lambda i: i["artifact_map"].popitem()), FormatError, "no file of 1 datasets"),
    ("other namespace", of_index(lambda i: i["refs"].update(universe_namespace="x")), InconsistentUniverseError, "'x'"),
    (
        "unknown dimension",
        of_index(lambda i: i["refs"]["dataset_types"]["bias"].update(dimensions=["pixie"])),
        InconsistentUniverseError,
        "pixie",
    ),
    (
        "no value",
        of_index(lambda i: [r["data_id"].pop("detector", None) for r in i["refs"]["compact_refs"].values()]),
        FormatError,
        "detector",
    ),
    (
        "short record",
        of_index(lambda i: i["refs"]["dimension_records"].update(instrument=[["Cam"]])),
        FormatError,
        "instrument record has 1 values",
    ),
    (
        "unknown records",
        of_index(lambda i: i["refs"]["dimension_records"].update(pixie=[[1]])),
        InconsistentUniverseError,
        "pixie",
    ),
]


@pytest.mark.parametrize("change, error, said", [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_wrong_zip_files(
    local_pair: tuple[Butler, Butler],
    made: Path,
    change: Callable[[dict[str, bytes]], Any],
    error: type[ButlerError],
    said: str,
) -> None:
    dest = local_pair[1]
    rewritten(made, change)
    with pytest.raises(error, match=said):
        dest.ingest_zip(made, "copy", transfer_dimensions=True)
    assert run_rows(dest) == {}
    assert files_below(dest) == set()


def test_what_is_no_zip_file(local_pair: tuple[Butler, Butler], made: Path, tmp_path: Path) -> None:
    dest, whole = local_pair[1], made.read_bytes()
    for cut in (whole[:100], whole[: len(whole) // 2], whole[:-10], b"", b"not a zip"):
        made.write_bytes(cut)
        with pytest.raises(UnreadableFileError, match="not a whole zip"):
            dest.ingest_zip(made, "copy", transfer_dimensions=True)
    with pytest.raises(MissingFileError, match="none"):
        dest.ingest_zip(tmp_path / "none.zip")
    with Butler(dest.config, writeable=False) as reader, pytest.raises(ReadOnlyError):
        reader.ingest_zip(made)
