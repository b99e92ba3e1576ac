from __future__ import annotations

import pytest

from skybutler.web.files import media_type_of


@pytest.mark.parametrize(
    "name, kind",
    [("a.FITS", "application/fits"), ("a.fits.gz", "application/fits"), ("a.parq", "application/vnd.apache.parquet"),
     ("a.json", "application/json"), ("a.unknown", "application/octet-stream")],
)  # fmt: skip
def test_media_types(name, kind):
    assert media_type_of(name) == kind
