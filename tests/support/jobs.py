"""Jobs over HTTP, as a client of UWS makes and awaits them."""

from __future__ import annotations

import xml.etree.ElementTree as ET

NS = "{http://www.ivoa.net/xml/UWS/v1.0}"
BASE = "/api/tap/async"
QUERY = {"LANG": "ADQL", "QUERY": "SELECT obs_id FROM ivoa.ObsCore", "FORMAT": "csv"}
LONG = {"LANG": "ADQL", "QUERY": "SELECT a.obs_id FROM ivoa.ObsCore a, ivoa.ObsCore b, ivoa.ObsCore c, ivoa.ObsCore d"}


def create(client, **data) -> str:
    found = client.post(BASE, data=QUERY | data, follow_redirects=False)
    assert found.status_code == 303
    return found.headers["location"].removeprefix("http://testserver")


def wait(client, job: str, seconds: int = 30) -> str:
    root = ET.fromstring(client.get(job, params={"WAIT": seconds}).content)
    while (phase := root.findtext(f"{NS}phase")) in ("QUEUED", "EXECUTING"):
        root = ET.fromstring(client.get(job, params={"WAIT": seconds, "PHASE": phase}).content)
    return str(phase)
