"""Filters in an archive."""

from __future__ import annotations

from io import BytesIO

import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st

from skybutler.formatters.afw import Archive, ArchiveWriter
from skybutler.formatters.afw.filter_label import fits_into_table
from skybutler.images import FilterLabel

names = st.none() | st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=32).map(str.rstrip)


@settings(max_examples=15, deadline=None)
@given(st.builds(FilterLabel, names, names))
def test_round_trip(label: FilterLabel) -> None:
    writer, buffer = ArchiveWriter(), BytesIO()
    assert fits_into_table(label)
    writer.put(label)
    writer.file().writeto(buffer)
    assert Archive(fits.open(BytesIO(buffer.getvalue())), "memory").get(1) == label


@pytest.mark.parametrize("name", ["x" * 33, "µ", "a\nb"])
def test_what_does_not_fit(name: str) -> None:
    assert not fits_into_table(FilterLabel("i", name))
