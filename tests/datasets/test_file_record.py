from __future__ import annotations

import dataclasses

import pytest

from skybutler.datasets import FileRecord


def test_records_are_values() -> None:
    record = FileRecord("a/b.fits", "fits-image", "ExposureF")
    assert (record.size, record.checksum, record.component) == (-1, None, "")
    assert record == FileRecord("a/b.fits", "fits-image", "ExposureF", -1, None, "")
    assert record != FileRecord("a/b.fits", "fits-image", "ExposureF", component="wcs")
    assert len({record, dataclasses.replace(record), dataclasses.replace(record, size=3)}) == 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        record.size = 5  # type: ignore[misc]
