from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from skybutler.errors import InvalidError, ParameterError
from skybutler.web.parameters import Parameters, read_parameters


async def echo(request):
    try:
        async with read_parameters(request, 1000, 5000) as found:
            files = {name: (await file.read()).decode() for name, file in found.files.items()}
            return JSONResponse({"pairs": list(found), "files": files})
    except InvalidError as error:
        return JSONResponse({"error": str(error)}, 400)


@pytest.fixture(scope="module")
def client():
    with TestClient(Starlette(routes=[Route("/", echo, methods=["GET", "POST"])])) as client:
        yield client


def test_names_have_no_case_and_values_keep_their_order():
    found = Parameters([("ID", "a"), ("Circle", "1 2 3"), ("id", "b")])
    assert found.all("Id") == ["a", "b"]
    assert found.get("POS", "CIRCLE") == "1 2 3"
    assert found.get("absent") is None
    assert found.get("absent", default="x") == "x"
    with pytest.raises(ParameterError, match="ID was given 2 times"):
        found.get("id")
    assert Parameters([("a", "1"), ("A", "1")]).get("a") == "1"


def test_whole_numbers():
    found = Parameters([("n", "7"), ("x", "1e3"), ("m", "-2"), ("empty", " ")])
    assert found.number("N") == 7
    assert found.number("n", most=5) == 5
    assert found.number("empty") is None
    assert found.number("absent") is None
    with pytest.raises(ParameterError, match="X must be a whole number"):
        found.number("x")
    with pytest.raises(ParameterError, match="M must be 0 or more"):
        found.number("m")


def test_url_and_body_are_read_together(client):
    found = client.post("/?A=1&b=x+y%2Bz", data={"c": "ü", "D": ""}).json()
    assert found == {"pairs": [["a", "1"], ["b", "x y+z"], ["c", "ü"], ["d", ""]], "files": {}}
    found = client.post("/?A=1", files={"UP": ("t.xml", b"content"), "c": (None, "v")}).json()
    assert found == {"pairs": [["a", "1"], ["c", "v"]], "files": {"up": "content"}}


@pytest.mark.parametrize(
    "options, message",
    [
        ({"data": {"a": "x" * 2000}}, "larger than 1000"),
        ({"files": {"a": ("f", b"x" * 9000)}}, "larger than 6000"),
        ({"content": b"{}", "headers": {"content-type": "application/json"}}, "application/json"),
        ({"content": b"a=\xff", "headers": {"content-type": "application/x-www-form-urlencoded"}}, "no form"),
        ({"content": b"nonsense", "headers": {"content-type": "multipart/form-data; boundary=x"}}, ""),
    ],
)
def test_bodies_that_are_not_taken(client, options, message):
    found = client.post("/", **options)
    assert found.status_code in (200, 400)
    if message:
        assert message in found.json()["error"]
