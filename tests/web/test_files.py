from __future__ import annotations

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
