from __future__ import annotations

import logging


def test_every_request_has_an_id_and_a_line(client, caplog):
    with caplog.at_level(logging.INFO, "skybutler.web.logs"):
        one = client.get("/health")
        two = client.get("/api/nothing?token=secret", headers={"X-Request-ID": "from-the.proxy_1"})
        three = client.get("/health", headers={"X-Request-ID": "bad id\x7f"})
    ids = [found.headers["x-request-id"] for found in (one, two, three)]
    assert len(set(ids)) == 3
    assert ids[1] == "from-the.proxy_1"
    assert ids[2] != "bad id\x7f"
    details = [record.details for record in caplog.records]
    assert [d["request"] for d in details] == ids
    assert [d["status"] for d in details] == [200, 404, 200]
    assert details[0]["bytes"] == len(one.content)
    assert "secret" not in caplog.text


def test_paths_are_one_line_and_let_nobody_in(client, caplog):
    with caplog.at_level(logging.INFO, "skybutler.web.logs"):
        client.get("/api/nothing%0AINFO:%20GET%20/forged")
        client.get("/api/" + "x" * 10_000)
        for kind, end in (("files", "/a.b.fits"), ("preview", ".png")):
            client.get(f"/api/{kind}/WyJh.aw31.s3cr-e_t{end}")
    paths = [record.details["path"] for record in caplog.records]
    assert paths[0] == "/api/nothing%0AINFO: GET /forged"
    assert len(paths[1]) < 400
    assert paths[2:] == ["/api/files/WyJh.aw31..../a.b.fits", "/api/preview/WyJh.aw31.....png"]
