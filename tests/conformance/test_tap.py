"""TAP as STILTS sees it."""

from __future__ import annotations

import pytest
import requests

from support.stilts import lint, lint_votable, validate

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(400)]

STAGES = [
    "TMV", "TME", "TMS", "TMC", "CPV", "CAP", "AVV", "QGE", "QPO", "QAS", "UWS", "MDQ", "OBS", "LOC", "UPL", "EXA",
]  # fmt: skip


def test_taplint_has_nothing_to_say(address):
    complaints, stages = lint("taplint", f"tapurl={address}/api/tap")
    assert complaints == []
    assert stages == STAGES


@pytest.mark.parametrize(
    "query, format",
    [
        ("SELECT TOP 50 * FROM ivoa.ObsCore", "votable"),
        ("SELECT TOP 50 * FROM ivoa.ObsCore", "votable/td"),
        ("SELECT * FROM tap_schema.columns", "votable"),
        ("SELECT obs_id, s_region FROM ivoa.ObsCore WHERE 1 = 0", "votable/td"),
        ("SELECT calib_level, COUNT(*) AS n, AVG(s_ra) AS ra FROM ivoa.ObsCore GROUP BY calib_level", "votable"),
        ("SELECT nothing FROM ivoa.ObsCore", "votable"),
    ],
)
def test_answers_are_good_votables(address, query, format, tmp_path):
    found = requests.get(
        f"{address}/api/tap/sync", params={"QUERY": query, "FORMAT": format, "MAXREC": "40"}, timeout=60
    )
    file = tmp_path / "answer.vot"
    file.write_bytes(found.content)
    assert lint_votable(file) == []
    assert validate(found.content, tmp_path) == []


@pytest.mark.parametrize(
    "document", ["tables", "tables?detail=min", "tables/ivoa.ObsCore", "capabilities", "availability", "async"]
)
def test_documents_are_valid(address, document, tmp_path):
    assert validate(requests.get(f"{address}/api/tap/{document}", timeout=60).content, tmp_path) == []


@pytest.mark.parametrize("query", ["SELECT TOP 1 obs_id FROM ivoa.ObsCore", "SELECT nothing <&> '"])
def test_documents_about_jobs_are_valid(address, query, tmp_path):
    job = requests.post(
        f"{address}/api/tap/async", data={"QUERY": query, "LANG": "ADQL", "RUNID": "<1>"}, timeout=60
    ).url
    for phase in (None, "RUN"):
        if phase is not None:
            requests.post(f"{job}/phase", data={"PHASE": phase}, timeout=60)
            requests.get(job, params={"WAIT": "10", "PHASE": "QUEUED"}, timeout=60)
            requests.get(job, params={"WAIT": "10", "PHASE": "EXECUTING"}, timeout=60)
        for end in ("", "/parameters", "/results"):
            assert validate(requests.get(f"{job}{end}", timeout=60).content, tmp_path) == []


def test_the_validator_would_complain(address, tmp_path):
    content = requests.get(f"{address}/api/tap/async", timeout=60).content
    assert validate(content.replace(b"jobs", b"joobs"), tmp_path) != []
    content = requests.get(f"{address}/api/tap/availability", timeout=60).content
    assert validate(content.replace(b"true", b"perhaps"), tmp_path) != []
