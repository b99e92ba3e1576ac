from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from skybutler.errors import NotFoundError
from skybutler.web import ServerSettings
from skybutler.web.requests import of
from skybutler.web.served import Served


def make_client(**settings) -> TestClient:
    async def where(request):
        here = of(request)
        return PlainTextResponse(f"{here.repository.label} {here.root_url}")

    app = Starlette(routes=[Route("/x", where), Route("/repo/{label}/x", where)])
    app.state.settings = ServerSettings(repositories={"a": "/a", "b": "/b"}, **settings)
    app.state.served, app.state.threads = Served(app.state.settings), None
    return TestClient(app, base_url="http://host:81")


def test_the_address_is_that_of_the_request_unless_it_is_set():
    assert make_client().get("/x").text == "a http://host:81"
    assert make_client().get("/repo/b/x").text == "b http://host:81/repo/b"
    assert make_client(root_url="https://data.example/sky").get("/repo/b/x").text == "b https://data.example/sky/repo/b"


def test_an_unknown_label_is_refused():
    with pytest.raises(NotFoundError):
        make_client().get("/repo/c/x")
