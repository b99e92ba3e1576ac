from __future__ import annotations

import http.server
import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import pyvo
import requests
from astropy.io.votable import parse
from astropy.table import Table

from skybutler.errors import DeniedError, InvalidError, ParameterError
from skybutler.web import ServerSettings
from skybutler.web.parameters import Parameters
from skybutler.web.uploads import read_uploads
from support.server import serve
from support.votables import EVERY_TYPE, votable_bytes

MINE = Table({"visit": [10, 12, 99], "size": [1.5, 2.5, 3.5]})
JOIN = (
    'SELECT m."size", COUNT(*) AS n FROM tap_upload.mine AS m JOIN ivoa.ObsCore AS o ON o.lsst_visit = m.visit '
    'WHERE o.dataproduct_subtype LIKE \'%calexp\' GROUP BY m."size" ORDER BY m."size"'
)
SETTINGS = ServerSettings(repositories={}, upload_bytes=10_000)


class _Here(http.server.BaseHTTPRequestHandler):
    """Has a table, one that is too large, and somebody else's address."""

    def do_GET(self):
        content = votable_bytes(MINE)
        self.send_response(302 if self.path == "/elsewhere" else 200)
        if self.path == "/elsewhere":
            self.send_header("Location", f"http://{self.headers['Host'].replace('localhost', '127.0.0.1')}/table")
        self.end_headers()
        self.wfile.write(content * 100 if self.path == "/large" else content)

    def log_message(self, *_):
        """Say nothing."""


@contextmanager
def tables_elsewhere() -> Iterator[int]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Here)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def elsewhere():
    with tables_elsewhere() as port:
        yield port


def test_pyvo_uploads(observed):
    with serve({"test": observed}) as address, requests.Session() as session:
        service = pyvo.dal.TAPService(f"{address}/api/tap", session=session)
        found = service.search(JOIN, uploads={"mine": MINE})
        assert [(r["size"], r["n"]) for r in found] == [(1.5, 4), (2.5, 4)]


def test_jobs_have_uploads(client):
    data = {"QUERY": JOIN, "LANG": "ADQL", "FORMAT": "csv", "UPLOAD": "mine,param:Table", "PHASE": "RUN"}
    job = str(client.post("/api/tap/async", data=data, files={"table": votable_bytes(MINE)}).url)
    for _ in range(50):
        if client.get(f"{job}/phase").text not in ("QUEUED", "EXECUTING"):
            break
        client.get(job, params={"WAIT": 1})
    assert client.get(f"{job}/results/result").text.split() == ["size,n", "1.5,4", "2.5,4"]


def test_every_type_comes_back_as_it_was(client):
    found = client.post(
        "/api/tap/sync",
        data={"QUERY": "SELECT * FROM TAP_UPLOAD.t", "UPLOAD": "t,param:file"},
        files={"FILE": ("t.vot", votable_bytes(EVERY_TYPE, "binary2"))},
    )
    table = parse(io.BytesIO(found.content), verify="ignore").get_first_table().to_table(use_names_over_ids=True)
    assert table.colnames == EVERY_TYPE.colnames
    for name in ("big", "precise", "single", "text", "vector", "order", "flag"):
        assert table[name].tolist() == EVERY_TYPE[name].tolist(), name


def test_one_part_may_be_two_tables(client):
    found = client.post(
        "/api/tap/sync",
        data={"QUERY": "SELECT COUNT(*) AS n FROM tap_upload.a, tap_upload.b", "UPLOAD": "a,param:p;b,param:P",
              "FORMAT": "csv"},
        files={"p": votable_bytes(MINE)},
    )  # fmt: skip
    assert found.text.replace('"', "").split() == ["n", "9"], found.text


def test_uploads_are_of_one_request_only(client):
    found = client.get("/api/tap/sync", params={"QUERY": "SELECT * FROM tap_upload.mine"})
    assert (found.status_code, "no table" in found.text) == (400, True)


@pytest.mark.parametrize(
    "uploads, message",
    [
        ("mine", "UPLOAD is 'mine'"),
        ("mine,", "UPLOAD is 'mine,'"),
        ("mine,param:file2", "not in the request. Did you mean 'file'"),
        ("mine,file:///etc/passwd", "not fetched by 'file'"),
        ("mine,ftp://host/x", "not fetched by 'ftp'"),
        ("a,param:file;A,param:file", "two tables 'A'"),
        (";".join(f"t{i},param:file" for i in range(11)), "10 are the most"),
        ("a b,param:file", "no name of a table"),
    ],
)
def test_what_upload_cannot_be(uploads, message):
    files = {"file": lambda: io.BytesIO(votable_bytes(MINE))}
    with pytest.raises((ParameterError, InvalidError), match=message):
        read_uploads(Parameters([("UPLOAD", uploads)]), SETTINGS, files)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254",
             "10.0.0.1", "0.0.0.0"]
)  # fmt: skip
def test_addresses_that_are_not_public_are_not_fetched(host, elsewhere):
    given = Parameters([("UPLOAD", f"mine,http://{host}:{elsewhere}/table")])
    with pytest.raises(DeniedError, match="not a public one"):
        read_uploads(given, SETTINGS, {})


def test_hosts_of_the_settings_are_fetched_from_but_not_where_they_send_us(elsewhere):
    settings = ServerSettings(repositories={}, upload_bytes=10_000, upload_hosts=frozenset({"localhost"}))

    def fetch(path):
        return read_uploads(Parameters([("UPLOAD", f"mine,http://localhost:{elsewhere}{path}")]), settings, {})

    (table,) = fetch("/table")
    assert table.rows == [(10, 1.5), (12, 2.5), (99, 3.5)]
    with pytest.raises(InvalidError, match="larger than 10000 bytes"):
        fetch("/large")
    with pytest.raises(DeniedError, match="not a public one"):
        fetch("/elsewhere")


def test_a_host_that_does_not_answer():
    settings = ServerSettings(repositories={}, upload_hosts=frozenset({"127.0.0.1"}))
    with pytest.raises(InvalidError, match="cannot be fetched"):
        read_uploads(Parameters([("UPLOAD", "mine,http://127.0.0.1:1/table")]), settings, {})


def test_a_large_form_is_refused_before_it_is_read_whole(observed):
    def pieces():
        yield b'--b\r\nContent-Disposition: form-data; name="p"; filename="p"\r\n\r\n'
        for _ in range(100):
            yield b"x" * 100_000

    with serve({"test": observed}, upload_bytes=100_000) as address:
        found = requests.post(
            f"{address}/api/tap/sync",
            params={"QUERY": "SELECT 1", "UPLOAD": "m,param:p"},
            headers={"Content-Type": "multipart/form-data; boundary=b"},
            data=pieces(),
            timeout=100,
        )
        assert (found.status_code, "larger than" in found.text) == (400, True)


def test_jobs_whose_uploads_are_made_up_say_so(client):
    data = {"QUERY": JOIN, "UPLOAD": "mine,param:x", "UPLOAD-FILES": "x,../../jobs.sqlite3", "PHASE": "RUN"}
    job = str(client.post("/api/tap/async", data=data).url)
    for _ in range(50):
        if client.get(f"{job}/phase").text not in ("QUEUED", "EXECUTING"):
            break
        client.get(job, params={"WAIT": 1})
    assert "not in the request" in client.get(f"{job}/error").text
