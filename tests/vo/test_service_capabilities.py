from __future__ import annotations

import io

from pyvo.io.vosi import parse_capabilities

from skybutler.vo.service_capabilities import Way, service_capabilities

BASIC = "ivo://ivoa.net/sso#BasicAA"


def test_clients_find_services_by_their_identifiers():
    sync = Way("ivo://ivoa.net/std/SODA#sync-1.0", "1.0", "https://x.example/api/cutout/sync")
    jobs = Way("ivo://ivoa.net/std/SODA#async-1.0", "1.0", "https://x.example/api/cutout/jobs", "base")
    made = service_capabilities("https://x.example/api/cutout", [sync, jobs], (BASIC,))
    found = {c.standardid: c.interfaces[0] for c in parse_capabilities(io.BytesIO(made))}
    assert list(found) == [
        sync.standard, jobs.standard, "ivo://ivoa.net/std/VOSI#capabilities", "ivo://ivoa.net/std/VOSI#availability",
    ]  # fmt: skip
    for way in (sync, jobs):
        (address,) = found[way.standard].accessurls
        assert (address.content, address.use) == (way.url, way.use)
        assert [method.standardid for method in found[way.standard].securitymethods] == [BASIC]
    availability = found["ivo://ivoa.net/std/VOSI#availability"]
    assert availability.accessurls[0].content == "https://x.example/api/cutout/availability"
    assert not availability.securitymethods
