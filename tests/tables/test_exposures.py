"""Catalogs of exposures."""

from __future__ import annotations

import numpy as np
import pytest

from skybutler.errors import InvalidError
from skybutler.images import Box, ExposureRecord, SkyWcs
from skybutler.tables import ExposureCatalog, Field


def _wcs(ra: float) -> SkyWcs:
    return SkyWcs.from_fits_header(
        {
            "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": ra, "CRVAL2": 0.0, "CRPIX1": 50.0, "CRPIX2": 50.0,
            "CD1_1": -1e-4, "CD1_2": 0.0, "CD2_1": 0.0, "CD2_2": 1e-4,
        }
    )  # fmt: skip


@pytest.fixture
def records() -> list[ExposureRecord]:
    boxes = [Box((0, 100), (0, 100)), Box((0, 100), (-5, 100))]
    return [
        ExposureRecord(i + 1, box, {"wcs": _wcs(10.0 + i)}, {"weight": 0.5 * i, "filter": "HSC-I"})
        for i, box in enumerate(boxes)
    ]


def test_records_and_back(records: list[ExposureRecord]) -> None:
    catalog = ExposureCatalog.from_records(records, [Field("weight", "D", "its weight")])
    assert catalog.names == ["id", "bbox_min_x", "bbox_min_y", "bbox_max_x", "bbox_max_y", "weight", "filter"]
    assert catalog.schema["weight"].doc == "its weight"
    assert [row.to_exposure_record() for row in catalog] == records
    assert len(ExposureCatalog.from_records([])) == 0


def test_rows(records: list[ExposureRecord]) -> None:
    catalog = ExposureCatalog.from_records(records)
    row = catalog.find(2)
    assert row.bbox == Box((0, 100), (-5, 100))
    assert row.wcs is records[1].wcs
    assert row.psf is None
    row.bbox = Box((1, 2), (3, 5))
    row.set_part("psf", "a psf")
    assert (catalog["bbox_max_x"][1], catalog["bbox_max_y"][1]) == (4, 1)
    assert catalog[1].psf == "a psf"
    assert catalog.find(3) is None
    for name in (
        "photo_calib",
        "aperture_corrections",
        "valid_polygon",
        "visit_info",
        "transmission_curve",
        "detector",
    ):
        assert getattr(row, name) is None


def test_an_empty_box() -> None:
    catalog = ExposureCatalog(length=1)
    catalog[0].bbox = Box((0, 0), (0, 0))
    assert catalog["bbox_max_x"].tolist() == [-1]
    assert catalog[0].bbox == Box((0, 0), (0, 0))


def test_which_exposures_saw_a_place(records: list[ExposureRecord]) -> None:
    catalog = ExposureCatalog.from_records(records)
    assert catalog.containing(11.0, 0.0)["id"].tolist() == [2]
    assert len(catalog.containing(50.0, 0.0)) == 0
    with pytest.raises(InvalidError, match="no WCS"):
        ExposureCatalog({"id": np.array([1])}).containing(0.0, 0.0)


def test_records_of_different_values(records: list[ExposureRecord]) -> None:
    other = ExposureRecord(9, Box((0, 1), (0, 1)), fields={"weight": 1.0})
    with pytest.raises(InvalidError, match="Exposure 9 has no filter"):
        ExposureCatalog.from_records([*records, other])
