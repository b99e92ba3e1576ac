from __future__ import annotations

import time
import xml.etree.ElementTree as ET

import pytest

from support.jobs import BASE, NS, create, wait


def test_a_job_runs_and_gives_its_result(client):
    job = create(client)
    assert client.get(f"{job}/phase").text == "PENDING"
    found = client.post(f"{job}/phase", data={"phase": "RUN"}, follow_redirects=False)
    assert (found.status_code, found.headers["location"]) == (303, f"http://testserver{job}")
    assert wait(client, job) == "COMPLETED"
    result = client.get(f"{job}/results/result")
    assert result.headers["content-type"].startswith("text/csv")
    assert len(result.text.splitlines()) == 72
    again = client.get(f"{job}/results/result", headers={"If-None-Match": result.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    part = client.get(f"{job}/results/result", headers={"Range": "bytes=3-9", "If-Range": result.headers["etag"]})
    assert (part.status_code, part.content) == (206, result.content[3:10])
    assert client.get(f"{job}/results/other").status_code == 404
    assert client.get(f"{job}/error").status_code == 404
    assert b"results/result" in client.get(f"{job}/results").content


def test_a_job_may_be_started_as_it_is_made(client):
    job = create(client, PHASE="RUN", RUNID="mine")
    assert wait(client, job) == "COMPLETED"
    assert ET.fromstring(client.get(job).content).findtext(f"{NS}runId") == "mine"
    client.post(f"{job}/parameters", data={"RUNID": "other"})
    assert ET.fromstring(client.get(job).content).findtext(f"{NS}runId") == "other"


def test_who_waits_is_told_before_the_time_is_over_if_something_changes(client):
    job = create(client, PHASE="RUN")
    now, seconds = "QUEUED", 30
    while now in ("QUEUED", "EXECUTING"):
        before, began = now, time.monotonic()
        root = ET.fromstring(client.get(job, params={"WAIT": seconds, "PHASE": before}).content)
        now = str(root.findtext(f"{NS}phase"))
        assert now != before or time.monotonic() - began >= seconds
        assert now == before or time.monotonic() - began < seconds
    assert now == "COMPLETED"


def test_a_wrong_query_ends_in_error(client):
    job = create(client, PHASE="RUN", QUERY="SELECT nothing FROM ivoa.ObsCore")
    assert wait(client, job) == "ERROR"
    assert "no column 'nothing'" in client.get(f"{job}/error").text
    assert "no column" in str(ET.fromstring(client.get(job).content).findtext(f"{NS}errorSummary/{NS}message"))


def test_parameters_can_be_changed_until_it_runs(client):
    job = create(client)
    client.post(f"{job}/parameters", data={"QUERY": "SELECT TOP 1 obs_id FROM ivoa.ObsCore", "MAXREC": "9"})
    client.post(job, data={"PHASE": "RUN"})
    assert wait(client, job) == "COMPLETED"
    assert len(client.get(f"{job}/results/result").text.splitlines()) == 2
    given = {p.get("id"): p.text for p in ET.fromstring(client.get(f"{job}/parameters").content)}
    assert given["MAXREC"] == "9"
    assert client.post(f"{job}/parameters", data={"QUERY": "x"}).status_code == 200  # too late: it is left alone
    assert client.post(f"{job}/phase", data={"PHASE": "RUN"}).status_code == 409


def test_times_can_be_changed(client):
    job = create(client)
    client.post(f"{job}/executionduration", data={"EXECUTIONDURATION": "77"})
    assert client.get(f"{job}/executionduration").text == "77"
    client.post(f"{job}/destruction", data={"DESTRUCTION": "2050-01-01T00:00:00Z"})
    assert client.get(f"{job}/destruction").text < "2030"
    assert client.post(f"{job}/destruction", data={"DESTRUCTION": "never"}).status_code == 400
    assert client.get(f"{job}/quote").text == ""
    assert client.get(f"{job}/owner").text == ""


@pytest.mark.parametrize("how", ["delete", "action"])
def test_a_job_is_deleted(client, how):
    job = create(client, PHASE="RUN")
    if how == "delete":
        found = client.request("DELETE", job, follow_redirects=False)
    else:
        found = client.post(job, data={"ACTION": "DELETE"}, follow_redirects=False)
    assert (found.status_code, found.headers["location"]) == (303, f"http://testserver{BASE}")
    assert client.get(job).status_code == 404


def test_jobs_are_listed(client):
    jobs = [create(client) for _ in range(3)]
    found = [ref.get("id") for ref in ET.fromstring(client.get(BASE).content)]
    assert found == [job.rpartition("/")[2] for job in reversed(jobs)]
    assert len(ET.fromstring(client.get(BASE, params={"LAST": "2"}).content)) == 2
    assert len(ET.fromstring(client.get(BASE, params={"PHASE": "COMPLETED"}).content)) == 0
    assert client.get(BASE, params={"PHASE": "DONE"}).status_code == 400
    assert client.get(BASE, params={"AFTER": "2000-01-01"}).status_code == 200


@pytest.mark.parametrize("path", ["/x", "/x/phase", "/../../etc/passwd", "/" + "a" * 500, "/%2e%2e/results/result"])
def test_jobs_that_are_not_there(client, path):
    assert client.get(f"{BASE}{path}").status_code == 404


def test_what_xml_cannot_have_is_told_of_all_the_same(client):
    job = create(client, PHASE="RUN", QUERY="SELECT \x1b", RUNID="\x01", **{"a\x02": "\x03"})
    assert wait(client, job) == "ERROR"
    for end in ("", "/parameters", "/error"):
        ET.fromstring(client.get(f"{job}{end}").content)
    ET.fromstring(client.get(BASE).content)
