from __future__ import annotations

import io

from pyvo.io.vosi import parse_capabilities

from skybutler.vo.soda_capabilities import capabilities_document


def test_clients_find_the_service_by_its_identifiers():
    made = capabilities_document("https://x.org/api/cutout", ("ivo://ivoa.net/sso#BasicAA",))
    found = {c.standardid: c.interfaces[0] for c in parse_capabilities(io.BytesIO(made))}
    assert found["ivo://ivoa.net/std/SODA#sync-1.0"].accessurls[0].content == "https://x.org/api/cutout/sync"
    assert found["ivo://ivoa.net/std/SODA#async-1.0"].accessurls[0].content == "https://x.org/api/cutout/jobs"
    assert found["ivo://ivoa.net/std/SODA#sync-1.0"].securitymethods[0].standardid == "ivo://ivoa.net/sso#BasicAA"
    assert len(found) == 4
