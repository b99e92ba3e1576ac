from __future__ import annotations

import io
import subprocess
import sys
import uuid

import numpy as np
import pytest
from astropy.io import fits
from matplotlib.image import imread

from skybutler.errors import DatasetNotFoundError
from skybutler.images.stencils import SkyCircle
from skybutler.vo.image_work import cut_out, cutter_of, preview, write_cut_out
from skybutler.vo.soda import CutoutStyle
from support.sky_images import CENTRE, an_exposure, make_sky_images

CIRCLE = ("circle", "55.7 -32.3 0.002")
CUT = an_exposure().cutout(SkyCircle(*CENTRE, 0.002))


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    place = tmp_path_factory.mktemp("work") / "repo"
    yield str(place), make_sky_images(place)
    cutter_of(str(place)).butler.close()
    cutter_of.cache_clear()


@pytest.mark.parametrize("detail", ["Image", "MaskedImage"])
def test_small_cut_outs_leave_no_file(images, tmp_path, detail):
    place, known = images
    made = cut_out(place, known["calexp"], CIRCLE, CutoutStyle(detail=detail), tmp_path / "a.fits")
    assert made is not None
    with fits.open(io.BytesIO(made)) as hdus:
        assert np.array_equal(hdus[1].data, CUT.image.array)
    assert not [*tmp_path.iterdir()]
    write_cut_out(place, known["calexp"], CIRCLE, CutoutStyle(detail=detail), tmp_path / "b.fits")
    assert np.array_equal(fits.getdata(tmp_path / "b.fits", 1), CUT.image.array)


def test_previews(images):
    place, known = images
    assert imread(io.BytesIO(preview(place, known["calexp"], 110))).shape[:2] == (100, 110)
    with pytest.raises(DatasetNotFoundError, match="any more"):
        preview(place, uuid.uuid4(), 110)


def test_a_process_that_makes_cut_outs_loads_no_server():
    code = "import sys, skybutler.web.workers, skybutler.vo.image_work, skybutler.vo.soda_files; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert not {"starlette", "sqlglot", "pydantic", "skybutler.web.app"} & {*loaded}
