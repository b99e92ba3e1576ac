from __future__ import annotations

import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape

from hypothesis import given
from hypothesis import strategies as st

from skybutler.vo.xml_text import xml_text


@given(st.text())
def test_any_text_can_be_in_a_document(text):
    made = xml_text(text)
    assert len(made) == len(text)
    found = ET.fromstring(f"<a>{escape(made)}</a>".encode()).text or ""
    assert found == made.replace("\r\n", "\n").replace("\r", "\n")
