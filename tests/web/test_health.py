from __future__ import annotations

import threading

from starlette.testclient import TestClient

from skybutler.web import ServerSettings, create_app


def test_a_server_that_is_well_says_so(client):
    found = client.get("/health")
    assert found.status_code == 200
    content = found.json()
    assert content["status"] == "ok"
    assert content["repositories"]["test"]["status"] == "ok"
    assert content["repositories"]["test"]["snapshot"] is False
    assert client.get("/").json()["repositories"] == {"test": "http://testserver/repo/test"}


def test_a_repository_that_is_gone_is_told_of(observed):
    with TestClient(create_app(ServerSettings(repositories={"test": observed, "gone": "/nowhere"}))) as client:
        found = client.get("/health")
        assert found.status_code == 503
        assert found.json()["status"] == "degraded"
        assert "/nowhere" in found.json()["repositories"]["gone"]["message"]
        assert found.json()["repositories"]["test"]["status"] == "ok"


def test_a_server_whose_threads_are_busy_is_well(client):
    done = threading.Event()
    busy = [client.app.state.threads._pool.submit(done.wait, 60) for _ in range(100)]
    try:
        assert client.get("/health").status_code == 200
    finally:
        done.set()
    assert all(one.result() for one in busy)
