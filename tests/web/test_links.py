from __future__ import annotations

import io
import time

import pytest
import pyvo
import requests
from astropy.io.votable import parse
from itsdangerous import TimestampSigner
from pyvo.dal.adhoc import DatalinkResults
from starlette.testclient import TestClient

from skybutler import Butler, DatasetProvenance
from skybutler.vo.datalink import STANDARD
from skybutler.web import ServerSettings, create_app
from support.observations import RUN, make_observations
from support.server import serve


def rows(response):
    table = parse(io.BytesIO(response.content), verify="exception").get_first_table().to_table()
    return [dict(zip(table.colnames, (str(v) for v in row), strict=True)) for row in table]


@pytest.fixture
def dataset(observed):
    with Butler(observed) as butler:
        ref = butler.find_dataset("calexp", instrument="Cam", visit=11, detector=2, collections="run/images")
        assert ref is not None
        yield ref.id


def test_links_begin_with_the_file(client, dataset):
    found = client.get("/api/datalink/links", params={"ID": f"butler://test/{dataset}"})
    assert found.headers["content-type"] == "application/x-votable+xml;content=datalink"
    first = rows(found)[0]
    assert (first["ID"], first["semantics"], first["error_message"]) == (f"butler://test/{dataset}", "#this", "")
    file = client.get(first["access_url"])
    assert file.text == "image: calexp\n"
    assert int(first["content_length"]) == len(file.content)
    assert client.head(first["access_url"]).headers["content-length"] == first["content_length"]
    part = client.get(first["access_url"], headers={"Range": "bytes=2-6"})
    assert (part.status_code, part.content) == (206, file.content[2:7])


def test_several_identifiers_and_wrong_ones_have_rows_each(client, dataset):
    nothing = "butler://test/20d28216-534a-4102-b8a7-1c7f32a9b78c"
    wanted = [f"butler%3A//test/{dataset}", nothing, "butler://other/x", "../../etc/passwd", "<&>", str(dataset)]
    found = rows(client.post("/api/datalink/links", data={"id": wanted}))
    assert [row["ID"] for row in found] == wanted
    assert found[1]["error_message"].startswith("NotFoundFault: ")
    assert found[2]["error_message"].startswith("UsageFault: ")
    assert found[3]["error_message"].startswith("UsageFault: ")
    assert found[5]["access_url"].startswith("http")
    assert rows(client.get("/api/datalink/links")) == []
    assert client.get("/api/datalink/links", params={"ID": ["x"] * 2_000}).status_code == 400


def test_calibrations_come_before_what_else_it_was_made_from(tmp_path):
    make_observations(tmp_path / "repo", f"sqlite:///{tmp_path / 'registry.sqlite3'}")
    where = {"instrument": "Cam", "detector": 0}
    with Butler(tmp_path / "repo", writeable=True, run="u/ada/flat-fielded") as butler:
        butler.register_dataset_type("flat", ["instrument", "detector"], "StructuredDataDict", is_calibration=True)
        butler.register_dataset_type("flattened", ["instrument", "detector"], "StructuredDataDict")
        raw = butler.find_dataset("raw", {**where, "exposure": 10}, collections=RUN)
        assert raw is not None
        flat, gone = butler.put({}, "flat", where), butler.put({}, "notes", instrument="Cam")
        made = butler.put({}, "flattened", where, provenance=DatasetProvenance([raw, flat, gone]))
        butler.prune_datasets([gone], unstore=True, purge=True)
    with TestClient(create_app(ServerSettings(repositories={"own": str(tmp_path / "repo")}))) as client:
        found = rows(client.get("/api/datalink/links", params={"ID": str(made.id)}))
        assert [row["semantics"] for row in found] == ["#this", "#calibration", "#progenitor"]
        assert [row["access_url"].rpartition("/")[2] for row in found[1:]] == [str(flat.id), str(raw.id)]
        (this,) = rows(client.get(found[1]["access_url"]))
        assert (this["semantics"], this["error_message"]) == ("#this", "")


@pytest.mark.parametrize("change", ["forged", "other", "late"])
def test_links_that_are_not_good_are_refused(client, dataset, change, monkeypatch):
    url = rows(client.get("/api/datalink/links", params={"ID": str(dataset)}))[0]["access_url"]
    word = url.split("/")[-2]
    if change == "forged":
        url = url.replace(word, word[:-3] + ("abc" if not word.endswith("abc") else "xyz"))
    elif change == "other":
        url = url.replace(word, "e30.x.y")
    else:
        later = int(time.time()) + 4000
        monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda self: later)
    found = client.get(url)
    assert found.status_code == 403
    assert "link" in found.text


def test_pyvo_reads_links(observed, dataset):
    with serve({"test": observed}) as address, requests.Session() as session:
        url = f"{address}/api/datalink/links?ID=butler%3A//test/{dataset}"
        found = DatalinkResults.from_result_url(url, session=session)
        assert found.status[0] == "OK"
        assert session.get(found.getrecord(0).get("access_url")).text == "image: calexp\n"
        assert isinstance(found, pyvo.dal.DALResults)


@pytest.mark.parametrize("prefix", ["", "/repo/test"])
def test_the_service_tells_of_itself(client, prefix):
    told = client.get(f"{prefix}/api/datalink/capabilities")
    assert told.headers["content-type"].startswith("text/xml")
    assert f">http://testserver{prefix}/api/datalink/links<" in told.text
    assert STANDARD in told.text
    assert "true" in client.get(f"{prefix}/api/datalink/availability").text
