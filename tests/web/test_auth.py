from __future__ import annotations

import base64
import hmac

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from skybutler.errors import UnauthorizedError
from skybutler.vo import tokens
from skybutler.vo.tokens import TokenStore
from skybutler.web import ServerSettings, create_app
from skybutler.web.auth import anonymous_by_default, is_loopback

QUERY = {"REQUEST": "doQuery", "LANG": "ADQL", "QUERY": "SELECT TOP 1 obs_id FROM ivoa.ObsCore"}
SYNC = "/api/tap/sync"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return TokenStore(tmp_path_factory.mktemp("keys") / "tokens.json")


@pytest.fixture(scope="module")
def closed(observed, store):
    """A server that wants tokens."""
    with TestClient(_app(observed, store)) as client:
        yield client


def _app(place, store, **more):
    return create_app(ServerSettings(repositories={"test": place}, anonymous=False, token_file=store.file, **more))


def _basic(user, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def test_without_a_token_nothing_is_told_but_what_the_service_is(closed):
    refused = closed.get(SYNC, params=QUERY)
    assert refused.status_code == 401
    assert "wants a token" in refused.text
    assert [c.partition(" ")[0] for c in refused.headers.get_list("www-authenticate")] == ["Bearer", "Basic"]
    for prefix in ("", "/repo/test"):
        told = closed.get(f"{prefix}/api/tap/capabilities")
        assert told.status_code == 200
        assert "ivo://ivoa.net/sso#BasicAA" in told.text
        assert closed.get(f"{prefix}/api/tap/availability").status_code == 200
    for service in ("cutout", "datalink", "sia", "sia/test", "scs/gaia"):
        told = closed.get(f"/api/{service}/capabilities")
        assert told.status_code == 200, service
        assert "ivo://ivoa.net/sso#BasicAA" in told.text, service
    for path in (
        "/api/tap/async",
        "/api/scs/capabilities",
        "/api/tap/tables/capabilities",
        "/api/tap/async/capabilities",
    ):
        assert closed.get(path).status_code == 401, path
    assert closed.get("/api/nothing").status_code == 401
    assert closed.get("/").status_code == 401


def test_capabilities_are_told_with_any_token(closed, store):
    text, _ = store.create("ada")
    for token in (text, "wrong"):
        answer = closed.get("/api/tap/capabilities", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200


@pytest.mark.parametrize("form", ["Bearer", "bearer", "user", "password"])
def test_a_token_comes_in_several_forms(closed, store, form):
    text, _ = store.create("ada")
    headers = {
        "user": _basic(text, "x-oauth-basic"),
        "password": _basic("ada.l", text),
    }.get(form, {"Authorization": f"{form} {text}"})
    assert closed.get(SYNC, params=QUERY, headers=headers).status_code == 200
    assert closed.post(f"/repo/test{SYNC}", data=QUERY, headers=headers).status_code == 200


def test_scopes_are_looked_at(closed, store):
    images, _ = store.create("ada", ["read:image"])
    refused = closed.get(SYNC, params=QUERY, headers={"Authorization": f"Bearer {images}"})
    assert refused.status_code == 403
    assert "it lacks read:tap" in refused.text
    assert 'error="insufficient_scope", scope="read:tap"' in refused.headers["www-authenticate"]
    queries, _ = store.create("ada", ["read:tap"])
    refused = closed.get("/api/scs/gaia", headers={"Authorization": f"Bearer {images}"})
    assert refused.status_code == 403
    for service in ("datalink/links", "cutout/sync", "image/soda/sync", "sia/test/query"):
        refused = closed.get(f"/repo/test/api/{service}", headers={"Authorization": f"Bearer {queries}"})
        assert refused.status_code == 403, service


def test_revoked_and_wrong_tokens_are_refused_even_where_none_is_wanted(client, closed, store, observed):
    text, made = store.create("ada")
    headers = {"Authorization": f"Bearer {text}"}
    assert closed.get(SYNC, params=QUERY, headers=headers).status_code == 200
    assert client.get(SYNC, params=QUERY).status_code == 200
    assert "knows no tokens" in client.get(SYNC, params=QUERY, headers=headers).text
    store.revoke(made.id)
    assert closed.get(SYNC, params=QUERY, headers=headers).status_code == 401


def test_jobs_belong_to_the_owner_of_the_token(closed, store):
    ada, ben = ({"Authorization": f"Bearer {store.create(name)[0]}"} for name in ("ada", "ben"))
    job = closed.post("/api/tap/async", data=QUERY, headers=ada).url
    assert closed.get(f"{job}/owner", headers=ada).text == "ada"
    assert closed.get(str(job), headers=ben).status_code in (403, 404)
    assert closed.get(str(job)).status_code == 401


def test_a_file_of_tokens_that_cannot_be_read_is_not_told_about(closed, store):
    text, _ = store.create("ada")
    store.file.chmod(0o644)
    try:
        refused = closed.get(SYNC, params=QUERY, headers={"Authorization": f"Bearer {text}"})
    finally:
        store.file.chmod(0o600)
    assert refused.status_code == 503
    assert "tokens.json" not in refused.text


def test_any_header_is_answered(observed, store):
    with TestClient(_app(observed, store, wrong_tokens=1000)) as client:

        @settings(max_examples=100, deadline=None)
        @given(st.sampled_from(["Bearer ", "Basic ", "Digest ", ""]), st.binary(max_size=60))
        def check(scheme, rest):
            assert client.get(SYNC, params=QUERY, headers={"Authorization": scheme.encode() + rest}).status_code == 401

        check()


def test_guesses_are_answered_so_often_only(observed, store):
    good, late = (store.create(name)[0] for name in ("ada", "ben"))
    with TestClient(_app(observed, store, wrong_tokens=5), client=("192.0.2.7", 1)) as client:

        def status(token, **more):
            return client.get(SYNC, params=QUERY, headers={"Authorization": f"Bearer {token}", **more}).status_code

        assert status(good) == 200
        assert [status("abcd1234.wrong") for _ in range(10)] == [401] * 10
        assert [status(f"abcd1234.wrong{i}") for i in range(10)] == [401] * 4 + [429] * 6
        refused = client.get(SYNC, params=QUERY, headers=_basic("ada", late))
        assert refused.status_code == 429
        assert "www-authenticate" not in refused.headers
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert status(good) == 200
        assert status(late, **{"X-Forwarded-For": "192.0.2.8"}) == 429  # not from a proxy
        assert client.get("/api/tap/capabilities").status_code == 200
    with TestClient(_app(observed, store, wrong_tokens=5), client=("192.0.2.8", 1)) as client:
        assert client.get(SYNC, params=QUERY, headers=_basic("ada", late)).status_code == 200


def test_an_unknown_token_takes_the_same_way_as_a_known_one(store, monkeypatch):
    """As long for those that begin like one that there is: what is compared is digests of the whole."""
    text, made = store.create("ada")
    compared = []

    def compare(a, b):
        compared.append((a, b))
        return hmac.compare_digest(a, b)

    monkeypatch.setattr(tokens, "compare_digest", compare)
    for wrong in ("", "nothing", f"{made.id}.x", text[:-1], text + "x"):
        with pytest.raises(UnauthorizedError):
            store.recognize(wrong)
    store.recognize(text)
    assert len(compared) == 6
    assert {len(a) for pair in compared for a in pair} == {64}


@pytest.mark.parametrize(
    "path", ["/api/tap/sync/../capabilities", "/api/tap/async/x/capabilities/../..", "//api/tap/sync", "/API/tap/sync"]
)
def test_tricks_with_paths_open_nothing(closed, path):
    answer = closed.request("GET", f"http://testserver{path}", params=QUERY)
    assert answer.status_code != 200 or "<capability" in answer.text


@pytest.mark.parametrize(
    "host, alone",
    [("127.0.0.1", True), ("::1", True), ("[::1]", True), ("localhost", True), ("0.0.0.0", False), ("data.org", False)],
)
def test_loopback(host, alone):
    assert is_loopback(host) is alone


def test_behind_a_proxy_everybody_seems_to_be_near():
    assert anonymous_by_default("127.0.0.1", None)
    assert not anonymous_by_default("127.0.0.1", "https://data.example")
    assert not anonymous_by_default("0.0.0.0", None)
