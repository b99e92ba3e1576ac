from __future__ import annotations

import xml.etree.ElementTree as ET

from skybutler.vo.uws import Job, JobResult, Phase
from skybutler.vo.uws_documents import (
    job_document,
    jobs_document,
    parameters_document,
    results_document,
    time_text,
)

NS = "{http://www.ivoa.net/xml/UWS/v1.0}"
XLINK = "{http://www.w3.org/1999/xlink}"
JOB = Job(
    "ab", "tap", "x", None, "mine", Phase.ERROR, (("query", "SELECT <1>"), ("ID", "a"), ("ID", "b")), 1e9, 1e9 + 1,
    None, 1e9 + 99, 60, "bad & ugly", (JobResult("result", "r.vot", "a/b", 5),),
)  # fmt: skip


def test_a_job_tells_all_that_is_known():
    root = ET.fromstring(job_document(JOB, "http://h/async/ab"))
    assert root.tag == f"{NS}job"
    values = {child.tag.removeprefix(NS): child.text for child in root}
    assert values["jobId"] == "ab"
    assert values["runId"] == "mine"
    assert values["phase"] == "ERROR"
    assert values["creationTime"] == "2001-09-09T01:46:40.000Z"
    assert values["executionDuration"] == "60"
    assert root.find(f"{NS}errorSummary/{NS}message").text == "bad & ugly"  # type: ignore[union-attr]
    given = [(p.get("id"), p.text) for p in root.iter(f"{NS}parameter")]
    assert given == [("QUERY", "SELECT <1>"), ("ID", "a"), ("ID", "b")]
    (result,) = root.iter(f"{NS}result")
    assert result.get(f"{XLINK}href") == "http://h/async/ab/results/result"


def test_lists_refer_to_jobs():
    root = ET.fromstring(jobs_document([JOB, JOB], lambda job: f"http://h/{job.id}"))
    assert [ref.get(f"{XLINK}href") for ref in root.iter(f"{NS}jobref")] == ["http://h/ab"] * 2
    assert len(ET.fromstring(jobs_document([], str))) == 0
    assert len(ET.fromstring(parameters_document(JOB))) == 3
    assert len(ET.fromstring(results_document(JOB, "http://h"))) == 1


def test_times_are_utc():
    assert time_text(None) is None
    assert time_text(0.5) == "1970-01-01T00:00:00.500Z"
