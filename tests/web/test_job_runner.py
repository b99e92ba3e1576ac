"""Jobs run, and stop when they shall; what is told of them over HTTP is in test_jobs."""

from __future__ import annotations

import contextlib
import sqlite3
import time

from support.jobs import LONG, create, wait


def test_a_running_job_is_aborted(client):
    job = create(client, PHASE="RUN", **LONG)
    deadline = time.monotonic() + 20
    while client.get(f"{job}/phase").text == "QUEUED":
        assert time.monotonic() < deadline
    client.post(f"{job}/phase", data={"PHASE": "ABORT"})
    assert client.get(f"{job}/phase").text == "ABORTED"
    again = create(client, PHASE="RUN")
    assert wait(client, again) == "COMPLETED"


def test_a_job_may_not_take_longer_than_it_said(client):
    job = create(client, PHASE="RUN", EXECUTIONDURATION="1", **LONG)
    assert wait(client, job) == "ERROR"
    assert "longer than the 1 s" in client.get(f"{job}/error").text


def test_an_aborted_query_stops_at_once(client):
    """Four run at a time: if they went on, the last one would never be done."""
    heavy = "SELECT COUNT(*) FROM " + ", ".join(f"ivoa.ObsCore t{i}" for i in range(6))
    for _ in range(8):
        job = create(client, PHASE="RUN", QUERY=heavy)
        for _ in range(300):
            if client.get(f"{job}/phase").text == "EXECUTING":
                break
            time.sleep(0.02)
        client.post(f"{job}/phase", data={"PHASE": "ABORT"})
        assert client.get(f"{job}/phase").text == "ABORTED"
    assert wait(client, create(client, PHASE="RUN")) == "COMPLETED"


def test_a_job_ends_with_its_time(client):
    heavy = "SELECT COUNT(*) FROM " + ", ".join(f"ivoa.ObsCore t{i}" for i in range(6))
    job = create(client, PHASE="RUN", QUERY=heavy, EXECUTIONDURATION="1")
    assert wait(client, job) == "ERROR"
    assert "longer than the 1 s" in client.get(f"{job}/error").text
    job = create(client, EXECUTIONDURATION="0")
    assert client.get(f"{job}/executionduration").text == "14400"


def test_jobs_run_again_once_their_file_can_be_used_again(client):
    file = client.app.state.jobs.store.folder_of("x").parents[1] / "jobs.sqlite3"
    job = create(client)
    with contextlib.closing(sqlite3.connect(file)) as other:
        other.execute("ALTER TABLE job RENAME TO gone")
        time.sleep(1.2)  # longer than between two looks
        other.execute("ALTER TABLE gone RENAME TO job")
    client.post(f"{job}/phase", data={"PHASE": "RUN"})
    assert wait(client, job) == "COMPLETED"
