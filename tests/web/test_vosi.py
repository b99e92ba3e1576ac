from __future__ import annotations

import pytest
import pyvo
import requests

from support.server import serve


def test_pyvo_reads_what_the_service_tells_of_itself(observed):
    with serve({"test": observed}) as address, requests.Session() as session:
        service = pyvo.dal.TAPService(f"{address}/api/tap", session=session)
        assert set(service.tables.keys()) >= {"ivoa.ObsCore", "tap_schema.columns"}
        assert len(service.tables["ivoa.ObsCore"].columns) >= 36
        assert (service.maxrec, service.hardlimit) == (100_000_000, 100_000_000)
        assert {m.ivo_id.partition("#")[2] for m in service.upload_methods} == {"upload-inline", "upload-http"}
        assert len(service.examples) >= 5
        assert len(service.examples[0].execute()) >= 6


@pytest.mark.parametrize("prefix", ["", "/repo/test"])
def test_documents_are_xml_of_their_own_address(client, prefix):
    found = client.get(f"{prefix}/api/tap/capabilities")
    assert found.headers["content-type"].startswith("text/xml")
    assert f"http://testserver{prefix}/api/tap<" in found.text
    assert "<column>" in client.get(f"{prefix}/api/tap/tables").text
    assert "<column>" not in client.get(f"{prefix}/api/tap/tables?DETAIL=min").text
    assert "<column>" in client.get(f"{prefix}/api/tap/tables/ivoa.obscore").text
    assert "true" in client.get(f"{prefix}/api/tap/availability").text
    assert "xhtml" in client.get(f"{prefix}/api/tap/examples").headers["content-type"]


def test_a_table_that_is_not_there_is_not_found(client):
    found = client.get("/api/tap/tables/ivoa.obscor")
    assert found.status_code == 404
    assert "Did you mean" in found.text
