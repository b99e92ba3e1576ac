"""Bundles on a real object store: written and read as on disk, and nothing is left of one that fails."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from skybutler import Butler
from skybutler.errors import ChecksumMismatchError, DeniedError, FileExistsInStoreError, InvalidError, UnavailableError
from skybutler.storage import open_storage
from skybutler.transfer.bundle_in import is_bundle
from skybutler.transfer.bundle_places import opened_bundle
from support.exchange import content, files_below, fill, spoil
from support.faults import FaultyProxy
from support.s3 import BUCKET, S3Server

pytestmark = pytest.mark.s3

FORMS = ["bundle", "bundle.zip"]


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go, of which none may stay."""
    place = tmp_path / "scratch"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place


def held(root: str) -> list[str]:
    return sorted(open_storage(root).files())


@pytest.mark.parametrize("form", FORMS)
def test_written_and_read(
    form: str, local_pair: tuple[Butler, Butler], s3_environment: S3Server, scratch: Path
) -> None:
    origin, dest = local_pair
    fill(origin)
    root = s3_environment.new_root()
    manifest = origin.export_bundle(f"{root}/{form}", transfer="copy")
    assert manifest.files == len(files_below(origin))
    if form == "bundle":
        tables = {entry.path for entry in manifest.tables}
        files = {f"files/{path}" for path in files_below(origin)}
        assert set(held(f"{root}/{form}")) == {*tables, *files, "manifest.json"}
    assert is_bundle(f"{root}/{form}")
    report = dest.import_bundle(f"{root}/{form}")
    assert report.files == manifest.files
    assert content(dest) == content(origin)
    assert files_below(dest) == files_below(origin)
    assert not dest.import_bundle(f"{root}/{form}").is_change
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize("form", FORMS)
def test_places_that_are_taken_are_refused(
    form: str, local_pair: tuple[Butler, Butler], s3_environment: S3Server
) -> None:
    origin, _ = local_pair
    fill(origin)
    root = s3_environment.new_root()
    origin.export_bundle(f"{root}/{form}")
    before = held(root)
    with pytest.raises(FileExistsInStoreError, match=form):
        origin.export_bundle(f"{root}/{form}", transfer="copy")
    assert held(root) == before
    with pytest.raises(InvalidError, match="cannot be linked"):
        origin.export_bundle(f"{root}/other", transfer="hardlink")
    assert held(root) == before


@pytest.mark.parametrize("form", FORMS)
def test_what_fails_leaves_nothing(
    form: str, local_pair: tuple[Butler, Butler], s3_environment: S3Server, scratch: Path
) -> None:
    origin, _ = local_pair
    refs = fill(origin)
    spoil(origin, refs[6])
    root = s3_environment.new_root()
    with pytest.raises(ChecksumMismatchError):
        origin.export_bundle(f"{root}/{form}", transfer="copy")
    assert held(root) == []
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize("kind, error", [("busy", UnavailableError), ("denied", DeniedError)])
@pytest.mark.parametrize("part", ["manifest.json", "/files/", "bundle.zip"])
def test_a_store_that_fails(
    kind: str,
    error: type[Exception],
    part: str,
    local_pair: tuple[Butler, Butler],
    s3_environment: S3Server,
    faulty: FaultyProxy,
) -> None:
    """The settings of the repository's store hold for the bundle in the same bucket."""
    origin, dest = local_pair
    fill(origin)
    root = s3_environment.new_root()
    place = f"{root}/bundle.zip" if "zip" in part else f"{root}/bundle"
    open_storage(f"s3://{BUCKET}", {"endpoint": faulty.endpoint, "retry_seconds": 0.3})  # as a datastore does
    faulty.fail(kind, times=10_000, method="PUT", part=part)
    try:
        with pytest.raises(error):
            origin.export_bundle(place, transfer="copy")
        faulty.faults.clear()
        assert faulty.count("PUT") > 0
        assert list(opened_bundle(root).files()) == []
        origin.export_bundle(place, transfer="copy")
        faulty.fail(kind, times=10_000, method="GET")
        before = content(dest)
        with pytest.raises(error):
            dest.import_bundle(place)
        faulty.faults.clear()
        assert content(dest) == before
        assert files_below(dest) == set()
    finally:
        open_storage(f"s3://{BUCKET}")
