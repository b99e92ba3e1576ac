"""PSFs of coadds in archives."""

from __future__ import annotations

import numpy as np
import pytest

from skybutler.errors import UnreadableFileError
from skybutler.images import Box, CoaddPsf, ExposureRecord, GaussianPsf, Polygon, SkyWcs
from support.archives import archive_of, round_trip

BOX = Box((0, 1000), (0, 2000))


def wcs(ra: float) -> SkyWcs:
    return SkyWcs.from_affine(ra, 2.0, [[-5e-5, 0.0], [0.0, 5e-5]], (500.0, 500.0))


def made() -> CoaddPsf:
    inputs = [
        ExposureRecord(
            number,
            BOX,
            {"psf": GaussianPsf(21, 21, 1.5 + number / 10), "wcs": wcs(150.0), "valid_polygon": Polygon.from_box(BOX)},
            {"weight": 1.0 / number, "ccd": number, "filter": "i"},
        )
        for number in (1, 2)
    ]
    return CoaddPsf(inputs, wcs(150.001), (600.5, 510.25), "lanczos4", 123)


def test_round_trip() -> None:
    psf, again = made(), round_trip(made())
    assert again == round_trip(again)  # the WCS of the first was defined by cards, that of a file is by a text
    for one, other in zip(again.inputs, psf.inputs, strict=True):
        assert (one.id, one.bbox, dict(one.fields)) == (other.id, other.bbox, dict(other.fields))
        assert (one.psf, one.valid_polygon) == (other.psf, other.valid_polygon)
    assert (again.warping, again.cache_size, again.average_position) == ("lanczos4", 123, (600.5, 510.25))
    found, expected = again.compute_image(700.3, 600.6), psf.compute_image(700.3, 600.6)
    assert found.bbox == expected.bbox
    np.testing.assert_allclose(found.array, expected.array, atol=1e-9)


def test_tables() -> None:
    archive = archive_of(made())
    whole, inputs = archive.pieces(1, 2)
    assert [c.name for c in whole.columns()] == ["coaddwcs", "cachesize", "avgpos_x", "avgpos_y", "warpingkernelname"]
    assert len(inputs) == 2
    assert [c.name for c in inputs.columns()][8:] == [
        "id", "bbox_min_x", "bbox_min_y", "bbox_max_x", "bbox_max_y", "weight", "ccd", "filter",
    ]  # fmt: skip


def test_without_its_wcs() -> None:
    archive = archive_of(made())
    archive._hdus[2].data["coaddwcs"][0] = 0
    with pytest.raises(UnreadableFileError, match="PSF of a coadd has no WCS"):
        archive.get(1)
