"""The inputs of a real coadd."""

from __future__ import annotations

from pathlib import Path

import pytest
from astropy.io import fits

from skybutler.formatters.afw import Archive
from skybutler.images import Box, CoaddInputs, GaussianPsf, Polygon
from support.archives import archive_of, round_trip, same_pieces


def test_of_a_real_file(shared: Path) -> None:
    with fits.open(shared / "data/exposures/testCoaddInputs_coadd_with_version_1_data.fits") as hdus:
        inputs = Archive(hdus, "coadd", 4).get(hdus[0].header["COADD_INPUTS_ID"], CoaddInputs)
    assert inputs is not None
    # The file is closed, and objects are still read.
    assert [record.id for record in inputs.ccds] == [record.id for record in inputs.visits] == [0, 1, 2]
    for i, record in enumerate(inputs.ccds):
        assert record.bbox == Box((100, 110), (100, 110))
        assert {name: value.item() for name, value in record.fields.items()} == {
            "ccd": i, "visit": i, "goodpix": 100, "weight": 1 / 3,
        }  # fmt: skip
        assert record.psf == GaussianPsf(5, 5, 2.5)
        assert record.psf is inputs.visits[i].psf
        assert record.photo_calib is not None
        assert record.photo_calib.inst_flux_at_zero_magnitude == pytest.approx(1.1e12)
        assert record.aperture_corrections is not None
        assert list(record.aperture_corrections) == ["a", "b", "c"]
        assert record.valid_polygon == Polygon([(99.5, 99.5), (99.5, 109.5), (109.5, 109.5), (109.5, 99.5)])
        assert record.visit_info is None


def test_of_an_exposure_that_is_no_coadd(shared: Path) -> None:
    with fits.open(shared / "data/exposures/calexp.fits") as hdus:
        archive = Archive(hdus, "calexp", 4)
        number = hdus[0].header["COADD_INPUTS_ID"]
        inputs = archive.get(number, CoaddInputs)
        assert inputs == CoaddInputs() == round_trip(CoaddInputs())
        again = archive_of(inputs)
        assert same_pieces(archive, number, again, 1, references=())
        assert again.schema(1) == archive.schema(14)
