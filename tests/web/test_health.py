from __future__ import annotations

import threading

from starlette.testclient import TestClient

from skybutler import Butler
from skybutler.web import ServerSettings, create_app


def test_a_server_that_is_well_says_so(client):
    found = client.get("/health")
    assert found.status_code == 200
    content = found.json()
    assert content["status"] == "ok"
    assert content["repositories"]["test"]["status"] == "ok"
    assert content["repositories"]["test"]["snapshot"] is False


def test_a_repository_that_is_gone_is_told_of(observed):
    with TestClient(create_app(ServerSettings(repositories={"test": observed, "gone": "/nowhere"}))) as client:
        found = client.get("/health")
        assert found.status_code == 503
        assert found.json()["status"] == "degraded"
        assert "/nowhere" in found.json()["repositories"]["gone"]["message"]
        assert found.json()["repositories"]["test"]["status"] == "ok"


def test_settings_of_obscore_that_do_not_fit_are_told_of_but_do_not_make_a_server_ill(tmp_path):
    Butler.create(tmp_path / "odd")
    with Butler(tmp_path / "odd", writeable=True) as butler:
        butler.register_dataset_type("calexp", ["instrument"], "StructuredDataDict")
    with TestClient(create_app(ServerSettings(repositories={"odd": str(tmp_path / "odd")}))) as client:
        found = client.get("/health")
    assert found.status_code == 200
    assert "its data IDs have no visit" in found.json()["repositories"]["odd"]["obscore"]


def test_a_server_whose_threads_are_busy_is_well(client):
    done = threading.Event()
    busy = [client.app.state.threads._pool.submit(done.wait, 60) for _ in range(100)]
    try:
        assert client.get("/health").status_code == 200
    finally:
        done.set()
    assert all(one.result() for one in busy)
