from __future__ import annotations

from starlette.testclient import TestClient

from skybutler.web import ServerSettings, create_app


def test_an_application_needs_no_repository_before_it_is_asked():
    with TestClient(create_app(ServerSettings(repositories={"gone": "/nowhere"}))) as client:
        assert client.get("/api/tap/sync").status_code == 400
        assert client.get("/repo/none/api/tap/sync").json()["error"] == "not-found"
        found = client.get("/api/tap/sync", params={"QUERY": "SELECT TOP 1 * FROM ivoa.ObsCore"})
        assert found.status_code == 404
        assert "/nowhere" in found.text


def test_a_secret_is_not_shown():
    settings = ServerSettings(repositories={}, secret=b"hidden")
    assert "hidden" not in repr(settings)
