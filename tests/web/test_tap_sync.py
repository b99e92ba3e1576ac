from __future__ import annotations

import io
import json
import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote_plus, urlencode

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import requests
from astropy.io.votable import parse
from astropy.table import Table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from skybutler.web import ServerSettings, create_app
from support.server import serve

FORM = "application/x-www-form-urlencoded"
N = 71
QUERY = "SELECT obs_id, s_ra, lsst_tract FROM ivoa.ObsCore ORDER BY obs_id, lsst_band"


def table(response):
    return parse(io.BytesIO(response.content), verify="exception").get_first_table()


def infos(response):
    return [i.value for i in parse(io.BytesIO(response.content)).resources[0].infos]


def test_get_and_post_in_any_case_give_the_same(client):
    found = [
        client.get("/api/tap/sync", params={"LANG": "ADQL", "QUERY": QUERY, "REQUEST": "doQuery"}),
        client.get("/api/tap/sync", params={"lang": "ADQL-2.0", "query": QUERY, "OOBLECK": "x"}),
        client.post("/api/tap/sync", data={"Lang": "ADQL", "Query": QUERY}),
        client.post("/api/tap/sync", files={"query": (None, QUERY)}),
        client.get("/repo/test/api/tap/sync", params={"query": QUERY}),
    ]
    assert {r.status_code for r in found} == {200}
    assert len({r.content for r in found}) == 1
    assert found[0].headers["content-type"] == "application/x-votable+xml"
    assert len(table(found[0]).array) == N


@pytest.mark.parametrize(
    "format, read",
    [
        ("votable/td", lambda b: parse(io.BytesIO(b)).get_first_table().to_table()),
        ("text/csv", lambda b: Table.read(io.BytesIO(b), format="ascii.csv")),
        ("TSV", lambda b: Table.read(io.BytesIO(b), format="ascii.tab")),
        ("fits", lambda b: Table.read(io.BytesIO(b), format="fits")),
        ("parquet", lambda b: Table.from_pandas(pq.read_table(io.BytesIO(b)).to_pandas())),
        ("arrow", lambda b: Table.from_pandas(pa.ipc.open_stream(b).read_all().to_pandas())),
        ("json", lambda b: Table(rows=json.loads(b)["data"], names=["obs_id", "s_ra", "lsst_tract"])),
    ],
)
def test_every_format_holds_the_same_rows(client, format, read):
    def rows(content, reader):
        return [(str(r["obs_id"]), round(float(r["s_ra"]), 9)) for r in reader(content)[:40]]

    query = QUERY.replace("ORDER", "WHERE s_ra IS NOT NULL ORDER")
    params = {"QUERY": query, "FORMAT": format}
    expected = table(client.get("/api/tap/sync", params={"QUERY": query})).to_table()
    found = client.get("/api/tap/sync", params=params)
    assert found.status_code == 200
    assert rows(found.content, read) == [(str(r["obs_id"]), round(float(r["s_ra"]), 9)) for r in expected[:40]]


def test_more_rows_than_maxrec_overflow(client):
    found = client.get("/api/tap/sync", params={"QUERY": QUERY, "MAXREC": "5"})
    assert (len(table(found).array), infos(found)) == (5, ["OK", "OVERFLOW"])
    found = client.get("/api/tap/sync", params={"QUERY": QUERY, "MAXREC": str(N)})
    assert (len(table(found).array), infos(found)) == (N, ["OK"])
    found = client.get("/api/tap/sync", params={"QUERY": QUERY, "MAXREC": "0"})
    assert (len(table(found).array), infos(found)) == (0, ["OK", "OVERFLOW"])
    for name in ("csv", "json", "parquet"):
        assert client.get("/api/tap/sync", params={"QUERY": QUERY, "MAXREC": "0", "FORMAT": name}).status_code == 200


@pytest.mark.parametrize(
    "params, message",
    [
        ({}, "no QUERY"),
        ({"QUERY": " "}, "no QUERY"),
        ({"QUERY": "SELECT nothing FROM ivoa.ObsCore"}, "no column 'nothing'"),
        ({"QUERY": "DROP TABLE dataset"}, "begins with SELECT"),
        ({"QUERY": QUERY, "LANG": "OOBLECK"}, "no language 'OOBLECK'"),
        ({"QUERY": QUERY, "REQUEST": "getCapabilities"}, "doQuery is expected"),
        ({"QUERY": QUERY, "MAXREC": "many"}, "whole number"),
        ({"QUERY": QUERY, "MAXREC": "-1"}, "0 or more"),
        ({"QUERY": QUERY, "FORMAT": "cvs"}, "Did you mean &apos;csv&apos;|Did you mean 'csv'"),
        ([("QUERY", QUERY), ("query", "SELECT 1")], "given 2 times"),
    ],
)
def test_what_is_wrong_is_told_in_a_votable(client, params, message):
    found = client.get("/api/tap/sync", params=params)
    assert found.status_code == 400
    assert found.headers["content-type"] == "application/x-votable+xml"
    (info,) = parse(io.BytesIO(found.content), verify="exception").resources[0].infos
    assert (info.name, info.value) == ("QUERY_STATUS", "ERROR")
    assert re.search(message, info.content)


@pytest.mark.parametrize(
    "value",
    [
        "s_ra / 0", "MOD(5, 0)", "EXP(1000)", "SQRT(-1)", "LOG(0)", "ACOS(2)", "CAST('x' AS INTEGER)", "LOWER(s_ra)",
        "9999999999 * lsst_visit * 9999999999999", "SUM(9223372036854775807)", "obs_id, COUNT(*)", "AVG(obs_id)",
        "(SELECT obs_id FROM ivoa.ObsCore)",
    ],
)  # fmt: skip
def test_what_databases_cannot_compute_is_no_error_of_ours(client, value):
    found = client.get("/api/tap/sync", params={"QUERY": f"SELECT {value} FROM ivoa.ObsCore"})
    assert found.status_code in (200, 400)  # SQLite answers some of them
    said = infos(found)[0]
    assert said == ("OK" if found.status_code == 200 else "ERROR")
    assert "registry" not in found.text


def test_a_repository_that_is_not_served_is_not_found(client):
    assert client.get("/repo/other/api/tap/sync", params={"QUERY": QUERY}).status_code == 404


def test_requests_that_are_too_large_are_refused(client):
    found = client.post("/api/tap/sync", data={"QUERY": "x" * 2_000_000})
    assert found.status_code == 400
    assert "larger" in found.text


def test_many_at_once(client):
    query = "SELECT a.obs_id, b.s_ra FROM ivoa.ObsCore AS a, ivoa.ObsCore AS b"
    with ThreadPoolExecutor(8) as pool:
        found = list(
            pool.map(lambda _: client.get("/api/tap/sync", params={"QUERY": query, "FORMAT": "csv"}), range(24))
        )
    assert {r.status_code for r in found} == {200}
    assert {len(r.text.splitlines()) for r in found} == {N * N + 1}


LONG = "SELECT COUNT(*) FROM " + ", ".join(f"ivoa.ObsCore t{i}" for i in range(6))


def test_a_query_that_takes_too_long_is_ended(observed):
    with (
        TestClient(create_app(ServerSettings(repositories={"test": observed}, sync_seconds=1))) as client,
    ):
        found = client.get("/api/tap/sync", params={"QUERY": LONG})
        assert (found.status_code, infos(found)) == (503, ["ERROR"])
        assert "longer than the 1 s" in found.text
        assert client.get("/api/tap/sync", params={"QUERY": QUERY}).status_code == 200


def test_queries_of_those_who_hang_up_are_ended(observed):
    """More of them than there are threads; if they went on, nobody would be answered any more."""
    with serve({"test": observed}) as address:
        query = f"/api/tap/sync?QUERY={quote_plus(LONG)}"
        for _ in range(40):
            with socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2]))) as connection:
                connection.sendall(f"GET {query} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                time.sleep(0.02)
        found = requests.get(f"{address}/api/tap/sync", params={"QUERY": QUERY}, timeout=60)
        assert len(table(found).array) == N


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["QUERY", "query", "LANG", "MAXREC", "FORMAT", "RESPONSEFORMAT", "REQUEST", "UPLOAD", "X"]),
            st.one_of(
                st.sampled_from(
                    [QUERY, "ADQL", "5", "-1", "1e3", "99999999999999999999", "csv", "doQuery", "t,param:x", "t,http://[",
                     "SELECT 1", "SELECT * FROM ivoa.ObsCore WHERE s_ra = 'x", "", ";", "\0", "'"]
                ),
                st.text(max_size=20),
            ),
        ),
        max_size=6,
    )
)  # fmt: skip
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
def test_whatever_is_asked_is_answered(client, pairs):
    found = client.post("/api/tap/sync", content=urlencode(pairs), headers={"content-type": FORM})
    assert found.status_code in (200, 400, 403)
    if found.status_code != 200:
        assert infos(found) == ["ERROR"]
