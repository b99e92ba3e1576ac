"""Text that an XML document can have.  Knows no document."""

from __future__ import annotations

import re

__all__ = ["xml_text"]

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def xml_text(text: str) -> str:
    """The text, with what no XML document can have replaced (XML 1.0, section 2.2); it still has to be escaped."""
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
