from __future__ import annotations

from starlette.testclient import TestClient

from skybutler.vo.tap_examples import EXAMPLES
from skybutler.web import ServerSettings, create_app

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def test_programs_are_told_in_json(client):
    found = client.get("/")
    assert found.json()["repositories"] == {"test": "http://testserver/repo/test"}
    assert found.headers["vary"] == "Accept"


def test_people_are_told_on_a_page(observed):
    repositories = {"test": observed, "again": observed}
    with TestClient(create_app(ServerSettings(repositories=repositories))) as client:
        found = client.get("/", headers=BROWSER)
    assert found.headers["content-type"] == "text/html; charset=utf-8"
    assert "<h1>Images of test, again</h1>" in found.text
    for label in repositories:
        assert f'formaction="http://testserver/repo/{label}/api/tap/sync"' in found.text
    assert all(example.name in found.text for example in EXAMPLES)


def test_questions_of_a_page_are_answered_with_pages(client):
    asked = {"LANG": "ADQL", "RESPONSEFORMAT": "html", "QUERY": "SELECT TOP 2 * FROM ivoa.ObsCore"}
    found = client.get("/repo/test/api/tap/sync", params=asked)
    assert found.headers["content-type"] == "text/html; charset=utf-8"
    assert "2 rows." in found.text
    wrong = client.get("/api/tap/sync", params=asked | {"QUERY": "SELECT <b> FROM ivoa.ObsCore"})
    assert (wrong.status_code, wrong.headers["content-type"]) == (400, "text/html; charset=utf-8")
    assert "&lt;b&gt;" in wrong.text
    assert "<b>" not in wrong.text


def test_links_are_a_page_for_those_who_ask_for_one(client):
    found = client.get("/api/datalink/links", params={"ID": "butler://test/<x>", "RESPONSEFORMAT": "html"})
    assert found.headers["content-type"] == "text/html; charset=utf-8"
    assert "UsageFault" in found.text
    assert "<x>" not in found.text
    assert client.get("/api/datalink/links", params={"ID": "x", "RESPONSEFORMAT": "pages"}).status_code == 400
