from __future__ import annotations

import io
import re

import pytest
import pyvo
import requests
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io.votable import parse

from support.server import serve


def infos(response):
    resource = parse(io.BytesIO(response.content), verify="exception").resources[0]
    return {info.name: info.value for info in resource.infos}


def test_pyvo_finds_images(observed):
    with serve({"test": observed}) as address, requests.Session() as session:
        for base in (f"{address}/api/sia", f"{address}/api/sia/test", f"{address}/repo/test/api/sia"):
            service = pyvo.dal.SIA2Service(base, session=session)
            assert service.query_ep.startswith(address)
            found = service.search(pos=(SkyCoord(0.35, 0.2, unit="deg"), 0.01 * u.deg), calib_level=[2, 3])
            assert len(found) > 0
            assert set(found["calib_level"]) <= {2, 3}
            assert found[0].getdataurl().startswith(f"{address}")
        assert b"available>true<" in session.get(f"{base}/availability").content
        service = pyvo.dal.SIA2Service(f"{address}/api/sia", session=session)
        two = service.search(instrument="Cam", data_type="image", maxrec=2)
        assert len(two) == 2
        query = pyvo.dal.sia2.SIA2Query(service.query_ep, session=session)
        query["CALIB"] = "9"  # which its search() would not let through
        with pytest.raises(pyvo.DALQueryError, match="CALIB: '9' is no calibration level"):
            query.execute()


def test_get_and_post_are_the_same_and_names_have_any_case(client):
    parameters = {"calib": "2", "Pos": "CIRCLE 0.35 0.2 0.1", "ResponseFormat": "csv"}
    found = client.get("/api/sia/query", params=parameters)
    assert found.status_code == 200
    assert client.post("/api/sia/query", data=parameters).content == found.content
    assert len(found.text.splitlines()) > 1


def test_the_number_of_rows_is_limited(client):
    found = client.get("/api/sia/query", params={"MAXREC": "3"})
    assert infos(found)["QUERY_STATUS"] == "OVERFLOW"
    assert "request_date" in infos(found)
    described = client.get("/api/sia/query", params={"MAXREC": "0"})
    assert infos(described)["QUERY_STATUS"] == "OVERFLOW"
    assert b'name="SPATRES"' in described.content
    assert client.get("/api/sia/query", params={"MAXREC": "-1"}).status_code == 400


def test_rows_lead_to_their_links(client):
    found = client.get("/api/sia/query", params={"MAXREC": "1"})
    votable = parse(io.BytesIO(found.content), verify="exception")
    (identifier,) = votable.resources[1].groups[0].entries
    assert votable.get_field_by_id(identifier.ref).name == "obs_publisher_did"
    did = votable.get_first_table().array["obs_publisher_did"][0]
    assert client.get("/api/datalink/links", params={"ID": did}).status_code == 200


@pytest.mark.parametrize(
    "parameters, message",
    [
        ({"POS": "CIRCLE 1"}, "POS: Cannot read region"),
        ({"BAND": "2 1"}, "BAND: The range from 2 to 1 is empty"),
        ({"RESPONSEFORMAT": "cvs"}, "csv"),
        ([("MAXREC", "1"), ("MAXREC", "2")], "given 2 times"),
    ],
)
def test_errors_are_documents(client, parameters, message):
    found = client.get("/api/sia/query", params=parameters)
    assert found.status_code == 400
    (info,) = parse(io.BytesIO(found.content), verify="exception").resources[0].infos
    assert (info.name, info.value) == ("QUERY_STATUS", "ERROR")
    assert re.search(message, info.content)


def test_a_repository_that_is_not_served_is_not_found(client):
    assert client.get("/api/sia/other/query").status_code == 404
