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
