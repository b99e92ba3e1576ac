from __future__ import annotations

import io
import uuid
from typing import Any

import numpy as np
import pytest
from astropy import wcs
from astropy.io import fits
from matplotlib.image import imread

from skybutler import Butler
from skybutler.errors import DatasetNotFoundError, ParameterError
from skybutler.images.stencils import SkyCircle
from skybutler.vo.soda import FORMATS, CutoutStyle
from skybutler.vo.soda_files import Cutter
from support.sky_images import CENTRE, WCS, an_exposure, make_sky_images

CIRCLE = ("circle", "55.7 -32.3 0.002")
CUT = an_exposure().cutout(SkyCircle(*CENTRE, 0.002))


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    place = tmp_path_factory.mktemp("images") / "repo"
    known = make_sky_images(place)
    with Butler(place) as butler:
        yield Cutter(butler), known


def test_pixels_alone_have_their_place_on_the_sky(images):
    cutter, known = images
    for _ in range(2):  # what was kept is as good
        made = cutter.image(known["calexp"], CIRCLE, CutoutStyle())
        with fits.open(io.BytesIO(made)) as hdus:
            assert len(hdus) == 2
            assert np.array_equal(hdus[1].data, CUT.image.array)
            assert hdus[0].header["OBJECT"] == "a field"
            x, y = CUT.bbox.xy0
            sky = wcs.WCS(hdus[1].header).pixel_to_world_values(0, 0)
            assert np.allclose(sky, WCS.pixel_to_sky(x, y), rtol=0, atol=1e-9)


@pytest.mark.parametrize("detail", ["MaskedImage", "Exposure"])
def test_details(images, tmp_path, detail):
    cutter, known = images
    cutter.write(known["calexp"], CIRCLE, CutoutStyle(detail=detail), tmp_path / "a.fits")
    with fits.open(tmp_path / "a.fits") as hdus:
        for hdu, plane in zip(hdus[1:4], (CUT.image, CUT.mask, CUT.variance), strict=True):
            pixels: Any = plane
            assert np.array_equal(hdu.data, pixels.array)
            assert hdu.header["CTYPE1"] == "RA---TAN"
        assert (hdus[0].header.get("PSF_ID", 0) > 0) == (detail == "Exposure")


def test_a_picture_has_a_dot_per_pixel_with_the_last_row_on_top(images, tmp_path):
    cutter, known = images
    for stretch in ("linear", "asinh"):
        style = CutoutStyle(format=FORMATS[1], stretch=stretch, scale="minmax")
        cutter.write(known["calexp"], CIRCLE, style, tmp_path / f"{stretch}.png")
        dots = imread(tmp_path / f"{stretch}.png")
        assert dots.shape == (*CUT.bbox.shape, 4)
        pixels = CUT.image.array[::-1]
        brightest = np.unravel_index(np.argmax(pixels), pixels.shape)
        assert dots[brightest][0] == dots[..., 0].max() > 0.9
        assert dots[np.unravel_index(np.argmin(pixels), pixels.shape)][0] == 0.0


def test_what_cannot_be_cut_out(images, tmp_path):
    cutter, known = images
    with pytest.raises(DatasetNotFoundError):
        cutter.image(uuid.UUID(int=1), CIRCLE, CutoutStyle())
    with pytest.raises(ParameterError, match="nothing can be cut out"):
        cutter.image(known["notes"], CIRCLE, CutoutStyle())
    with pytest.raises(ParameterError, match="no Exposure"):
        cutter.write(known["masked"], CIRCLE, CutoutStyle(detail="Exposure"), tmp_path / "a.fits")
    with pytest.raises(ParameterError, match="no sky coordinates"):
        cutter.image(known["plain"], CIRCLE, CutoutStyle())
    with pytest.raises(ParameterError, match=f"is not in calexp {known['calexp']}, which covers") as caught:
        cutter.image(known["calexp"], ("circle", "10 10 0.1"), CutoutStyle())
    assert "file:" not in str(caught.value)
