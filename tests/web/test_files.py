from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from pyvo.dal.adhoc import DatalinkResults

from skybutler import Butler
from skybutler.web.files import media_type_of
from support.server import serve


@pytest.mark.parametrize(
    "name, kind",
    [("a.FITS", "application/fits"), ("a.fits.gz", "application/fits"), ("a.parq", "application/vnd.apache.parquet"),
     ("a.json", "application/json"), ("a.unknown", "application/octet-stream")],
)  # fmt: skip
def test_media_types(name, kind):
    assert media_type_of(name) == kind


@pytest.mark.parametrize("kind", ["folder", "chain", pytest.param("s3", marks=pytest.mark.s3)])
def test_files_are_read_wherever_they_are(kind, tmp_path, request):
    """An object store serves them itself, by an address that it has signed; all else comes from us."""
    datastore: dict[str, Any] = {"root": str(tmp_path / "files")}
    if kind == "s3":
        datastore = {"root": request.getfixturevalue("s3_environment").new_root()}
    elif kind == "chain":
        datastore = {"datastores": [{"root": str(tmp_path / "a")}, {"root": str(tmp_path / "b")}]}
    Butler.create(tmp_path / "repo", seed={"datastore": datastore}, override=True)
    with Butler(tmp_path / "repo", run="r") as butler:
        butler.register_dataset_type("note")
        ref = butler.put({"a": list(range(100))}, "note")
        record = butler.registry.file_record(ref.id.bytes)
        assert record is not None
        content = butler.datastore.storage.read(record.path)
    with serve({"own": str(tmp_path / "repo")}) as address, requests.Session() as session:
        links = DatalinkResults.from_result_url(f"{address}/api/datalink/links?ID={ref.id}", session=session)
        url = links.getrecord(0).access_url
        first = session.get(url, allow_redirects=False)
        assert first.status_code == (307 if kind == "s3" else 200)
        assert session.get(url).content == content
        part = session.get(url, headers={"Range": "bytes=3-9"})
        assert (part.status_code, part.content) == (206, content[3:10])
        head = session.head(url)
        assert (head.status_code, head.headers["content-length"]) == (200, str(len(content)))


@pytest.fixture(scope="module")
def member(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[requests.Session, str, bytes]]:
    """Address and content of a file that is a member of a zip file."""
    folder = tmp_path_factory.mktemp("members")
    for name in ("origin", "repo"):
        Butler.create(folder / name)
    with Butler(folder / "origin", run="r", writeable=True) as butler:
        butler.register_dataset_type("note")
        ref = butler.put({"a": list(range(30_000))}, "note")
        record = butler.registry.file_record(ref.id.bytes)
        assert record is not None
        content = butler.datastore.storage.read(record.path)
        place = butler.retrieve_artifacts_zip([ref], folder / "out")
    with Butler(folder / "repo", writeable=True) as butler:
        butler.ingest_zip(place, "copy")
        assert "#zip-path=" in butler.get_uri(ref)
    with serve({"own": str(folder / "repo")}) as address, requests.Session() as session:
        links = DatalinkResults.from_result_url(f"{address}/api/datalink/links?ID={ref.id}", session=session)
        yield session, links.getrecord(0).access_url, content


def test_a_member_of_a_zip_file_is_not_sent_to_those_who_have_it(member):
    session, url, content = member
    whole = session.get(url)
    assert (whole.content, whole.headers["accept-ranges"]) == (content, "bytes")
    etag = whole.headers["etag"]
    for method in ("GET", "HEAD"):
        again = session.request(method, url, headers={"If-None-Match": etag})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    head = session.head(url)
    assert (head.status_code, head.headers["content-length"], head.headers["etag"]) == (200, str(len(content)), etag)


@pytest.mark.parametrize(
    "headers, status, begin, end",
    [
        ({"Range": "bytes=3-9"}, 206, 3, 10),
        ({"Range": "bytes=100000-"}, 206, 100_000, None),
        ({"Range": "bytes=-5"}, 206, -5, None),
        ({"Range": "bytes=3-9", "If-Range": '"other"'}, 200, 0, None),
        ({"Range": "bytes=3-9,20-30"}, 200, 0, None),  # several are not made
        ({"Range": "bytes=9-3"}, 200, 0, None),
        ({"Range": "bytes=99999999-"}, 416, 0, 0),
    ],
)
def test_a_member_of_a_zip_file_is_sent_in_parts(member, headers, status, begin, end):
    session, url, content = member
    found = session.get(url, headers=headers)
    wanted = content[begin:end]
    assert (found.status_code, found.content) == (status, wanted)
    if status == 206:
        start = begin % len(content)
        assert found.headers["content-range"] == f"bytes {start}-{start + len(wanted) - 1}/{len(content)}"
    if status == 416:
        assert found.headers["content-range"] == f"bytes */{len(content)}"
