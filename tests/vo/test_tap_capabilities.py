from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from skybutler.vo.tap_capabilities import OfferedFormat, TapLimits, capabilities_document

LIMITS = TapLimits(rows=10, most_rows=20, upload_bytes=30, job_seconds=40, kept_seconds=50)
FORMATS = [OfferedFormat("application/x-votable+xml", ("votable",), "binary2"), OfferedFormat("text/csv", ("csv",))]


@pytest.mark.parametrize("security, written", [((), []), (("ivo://ivoa.net/sso#BasicAA",), ["Basic"])])
def test_what_the_service_can_do(security, written):
    root = ET.fromstring(capabilities_document("http://x.example/api/tap", FORMATS, LIMITS, security))
    tap, *others = root.findall("capability")
    assert tap.get("standardID") == "ivo://ivoa.net/std/TAP"
    assert tap.findtext("interface/accessURL") == "http://x.example/api/tap"
    methods = [e.get("standardID") for e in tap.findall("interface/securityMethod")]
    assert [str(m).partition("#")[2][:5] for m in methods] == written
    assert [e.text for e in tap.findall("outputFormat/mime")] == ["application/x-votable+xml", "text/csv"]
    assert (tap.findtext("outputLimit/hard"), tap.findtext("uploadLimit/hard")) == ("20", "30")
    forms = {e.text for e in tap.findall("language/languageFeatures/feature/form")}
    assert {"CONTAINS", "INTERSECTS", "ILIKE", "IN_UNIT", "OFFSET", "WITH"} <= forms
    assert [str(c.findtext("interface/accessURL")).rpartition("/")[2] for c in others] == [
        "capabilities", "availability", "tables", "examples",
    ]  # fmt: skip
