"""Raws in buckets are found, described and taken as those in folders are."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest

from skybutler import Butler
from skybutler.errors import UnavailableError
from skybutler.ingest import ingest_raws, register_instrument
from skybutler.ingest.raw_objects import Listing
from skybutler.ingest.raw_search import DEFAULT_REGEX, find_raws
from skybutler.storage import Storage, open_storage
from support.faults import FaultyProxy
from support.raws import IMSIM, RUN, cards, header_of, write_raw
from support.s3 import S3Server

pytestmark = pytest.mark.s3


@pytest.fixture
def bucket(s3_environment: S3Server) -> Storage:
    return open_storage(s3_environment.new_root(), s3_environment.options)


@pytest.fixture
def local(tmp_path: Path) -> Butler:
    """A repository in a directory, with the camera."""
    Butler.create(tmp_path / "repo")
    butler = Butler(tmp_path / "repo", writeable=True)
    register_instrument(butler, IMSIM)
    return butler


def test_a_listing_knows_index_and_sidecar_files(bucket: Storage) -> None:
    for name in (
        "a b/x.fits",
        "a b/x.json",
        "a b/sub/y.fits.gz",
        "a b/sub/_index.json",
        "a b/_index.json",
        "a b/z.txt",
    ):
        bucket.write(name, b"{}")
    listing = Listing(bucket.root + "a%20b")
    url = bucket.url
    assert not listing.is_object
    assert list(listing.raws(re.compile(DEFAULT_REGEX))) == [
        (url("a b/x.fits"), (url("a b/_index.json"),), url("a b/x.json")),
        (url("a b/sub/y.fits.gz"), (url("a b/sub/_index.json"), url("a b/_index.json")), None),
    ]
    one = Listing(url("a b/x.fits"))
    assert (one.is_object, one.index_beside, one.sidecar) == (True, url("a b/_index.json"), url("a b/x.json"))
    assert Listing(bucket.root + "nothing").is_empty


def test_each_object_is_found_once(bucket: Storage) -> None:
    for name in ("r/1.fits", "r/2.fits", "r/sub/3.fits", "other/4.fits"):
        bucket.write(name, b"")
    problems: list[str] = []
    places = [bucket.url("r/2.fits"), bucket.root + "r/", bucket.root + "r/sub", bucket.root + "none"]
    batches = find_raws(
        places, regex=DEFAULT_REGEX, search_indexes=True, problem=lambda path, reason: problems.append(reason)
    )
    found = [path for batch in batches for path in batch.paths]
    assert found == [bucket.url(f"r/{name}.fits") for name in ("2", "1", "sub/3")]
    assert problems == [f"{bucket.root}none: there are no such objects."]


def test_headers_of_objects_are_read(bucket: Storage, local: Butler, tmp_path: Path) -> None:
    bucket.write("in/a 1.fits", header_of(500, 1))
    bucket.write("in/b.fits.gz", gzip.compress(header_of(500, 2)))
    bucket.write("in/long.fits", header_of(501, 1, **{f"KEY{i:05d}": i for i in range(2000)}))
    bucket.write("in/bad.fits", b"no FITS file")
    bucket.write("in/empty.fits", b"")
    report = ingest_raws(local, bucket.root + "in", transfer="direct")
    assert report.ingested == 3
    assert {failure.path: failure.reason for failure in report.failures} == {
        bucket.url("in/bad.fits"): "not FITS, primary HDU begins with b'no FITS f'.",
        bucket.url("in/empty.fits"): "empty file.",
    }
    write_raw(tmp_path / "same", 500, 1)
    with Butler(tmp_path / "repo", writeable=True) as other:
        assert ingest_raws(other, tmp_path / "same", run="again").ingested == 1  # the same exposure record
    refs = list(local.query_datasets("raw", collections=RUN))
    assert local.get_uri(refs[0]).startswith(bucket.root + "in/")
    assert {ref.data_id["exposure"] for ref in refs} == {500, 501}


def test_what_lies_beside_objects_is_believed(bucket: Storage, local: Butler, faulty: FaultyProxy) -> None:
    for name in ("x.fits", "y.fits", "z.fits"):
        bucket.write(f"in/{name}", b"never opened")
    content = {"__CONTENT__": "metadata", "__COMMON__": {}, "x.fits": cards(500, 1), "./y.fits": cards(500, 2)}
    bucket.write("in/_index.json", json.dumps(content).encode())
    bucket.write("in/z.json", json.dumps({"__CONTENT__": "metadata", **cards(500, 3)}).encode())
    assert ingest_raws(local, bucket.root + "in", transfer="direct").ingested == 3
    assert ingest_raws(local, bucket.url("in/_index.json"), run="again", transfer="direct").ingested == 2
    bucket.write("in/_index.json", b"no JSON", overwrite=True)
    report = ingest_raws(local, bucket.url("in/x.fits"), run="third", transfer="direct")
    assert any("_index.json" in failure.path for failure in report.failures)


def test_objects_are_copied_into_a_directory(bucket: Storage, local: Butler) -> None:
    bucket.write("in/x.fits", header_of(500, 1))
    assert ingest_raws(local, bucket.root + "in", transfer="copy").ingested == 1
    (ref,) = local.query_datasets("raw", collections=RUN)
    assert local.get_uri(ref).startswith("file://")


def test_processes_know_the_settings_of_the_repository(tmp_path: Path, s3_server: S3Server) -> None:
    root = s3_server.new_root()
    Butler.create(tmp_path / "repo", seed={"datastore": {"root": root, "s3": s3_server.options}})
    incoming = open_storage(f"{root}/incoming", s3_server.options)
    for detector in range(40):
        incoming.write(f"{detector}.fits", header_of(500, detector))
    with Butler(tmp_path / "repo", writeable=True) as butler:
        register_instrument(butler, IMSIM)
        assert ingest_raws(butler, incoming.root, processes=2).ingested == 40
        uris = {butler.get_uri(ref) for ref in butler.query_datasets("raw", collections=RUN)}
        assert uris == {incoming.url(f"{detector}.fits") for detector in range(40)}  # they are in the root: left there


def test_a_store_that_goes_away_ends_the_ingest(local: Butler, s3_server: S3Server, faulty: FaultyProxy) -> None:
    settings = {**s3_server.options, "endpoint": faulty.endpoint, "retry_seconds": 0.2}
    storage = open_storage(s3_server.new_root(), settings)
    storage.write("in/x.fits", header_of(500, 1))
    faulty.fail("busy", times=1000, method="GET")
    with pytest.raises(UnavailableError, match="503"):
        ingest_raws(local, storage.root + "in", transfer="direct")
