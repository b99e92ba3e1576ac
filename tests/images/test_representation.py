"""What notebooks show of images: facts that are right, of exposures that know much and that know nothing."""

from __future__ import annotations

from typing import Any

import numpy as np

from skybutler.errors import FormatError
from skybutler.images import Exposure, FilterLabel, Image, Mask, MaskedImage, SkyWcs, VisitInfo
from skybutler.images.photo_calib import PhotoCalib
from skybutler.images.psf import GaussianPsf


def test_an_exposure_that_knows_nothing() -> None:
    page = Exposure(Image(np.full((4, 6), np.nan), (10, 20)))._repr_html_()
    assert "6 x 4" in page
    assert "[y=20:24, x=10:16]" in page
    assert ">values</th>" not in page


def test_an_exposure_says_what_it_is() -> None:
    wcs = SkyWcs.from_affine(50.0, -30.0, [[-5e-5, 0], [0, 5e-5]], (3, 2))
    info = VisitInfo(id=42, exposure_time=30.0, date_ns=1_700_000_000_000_000_000, instrument="<Cam>")
    array = np.random.default_rng(1).normal(100, 1, (5, 7))
    page = Exposure(
        Image(array, unit="adu"), wcs=wcs, visit_info=info, filter_label=FilterLabel("r", "r_57"), id=7
    )._repr_html_()
    for text in ("r (r_57)", "&lt;Cam&gt;", "2023-11-14T22:13:20 TAI", "30 s", "0.1800″", "adu", "none set", "<img"):
        assert text in page
    assert "<Cam>" not in page


def test_parts_of_an_exposure_and_those_that_cannot_be_read() -> None:
    class Refused(Exposure):
        """Its PSF is one that is refused when it is looked at."""

        @property
        def psf(self) -> Any:  # type: ignore[override]
            raise FormatError("os.system is <refused>.")

    image = Image(np.ones((3, 3)))
    page = Exposure(image, psf=GaussianPsf(5, 5, 2.0), photo_calib=PhotoCalib.from_zero_point(27.0))._repr_html_()
    assert "GaussianPsf, FWHM 4." in page
    assert ">27.000<" in page
    refused = Refused.__new__(Refused)
    plain = Exposure(image)
    for name in ("masked_image", "metadata", "wcs", "id", "filter_label", "visit_info", "detector", "photo_calib"):
        setattr(refused, name, getattr(plain, name))
    assert "cannot be read: os.system is &lt;refused&gt;." in refused._repr_html_()


def test_images_and_masks() -> None:
    mask = Mask(np.array([[1, 0], [0, 2]]))
    image = Image(np.arange(4.0).reshape(2, 2))
    assert "BAD, SAT" in mask._repr_html_()
    assert "ImageD" in image._repr_html_()
    assert "BAD, SAT" in MaskedImage(image, mask)._repr_html_()
    assert "0 x 0" in Image(np.zeros((0, 0)))._repr_html_()
