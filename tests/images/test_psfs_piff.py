"""PSFs of Piff, drawn by Piff."""

from __future__ import annotations

import copy
import math
import pickle
import sys
from typing import Any

import numpy as np
import pytest

from skybutler.errors import FormatError, InvalidError, MissingExtraError
from skybutler.images import Box, PiffPsf
from skybutler.images.psfs_piff import require_piff
from support.piff_psfs import WIDTH, fitted_piff


def made() -> PiffPsf:
    return PiffPsf(WIDTH, WIDTH, copy.deepcopy(fitted_piff()))


@pytest.mark.parametrize("position", [(100.0, 100.0), (20.3, 170.7), (99.5, 60.49), (-30.2, 10.9)])
def test_pixels_are_piffs_own(position: tuple[float, float]) -> None:
    x, y = position
    psf, piff_psf = made(), copy.deepcopy(fitted_piff())
    image, kernel = psf.compute_image(x, y), psf.compute_kernel_image(x, y)
    assert image.array.sum() == pytest.approx(1.0, abs=1e-12)
    drawn = piff_psf.draw(x, y, stamp_size=WIDTH)
    if x % 1 != 0.5:  # of two pixels equally near, Piff takes the other one
        assert (image.bbox.x.start, image.bbox.y.start) == (drawn.bounds.xmin, drawn.bounds.ymin)
        np.testing.assert_allclose(image.array, drawn.array / drawn.array.sum(), atol=1e-15)
    centred = piff_psf.draw(x, y, stamp_size=WIDTH, center=True).array
    np.testing.assert_allclose(kernel.array, centred / centred.sum(), atol=1e-15)
    assert kernel.bbox == psf.kernel_box() == Box.from_shape((WIDTH, WIDTH), (-7, -7))
    assert image.bbox == kernel.bbox.shifted(math.floor(x + 0.5), math.floor(y + 0.5))


def test_it_fits_the_stars_it_was_made_from() -> None:
    psf = made()
    assert psf.sigma(100, 100) == pytest.approx(1.5, rel=0.02)
    assert psf.sigma(170, 100) > psf.sigma(30, 100)
    stars = [star.image_pos for star in psf.model.stars]
    assert psf.average_position == pytest.approx((np.mean([s.x for s in stars]), np.mean([s.y for s in stars])))
    assert psf.compute_image().same_as(psf.compute_image(*psf.average_position))


def test_equal_by_pickle() -> None:
    psf = made()
    psf.compute_image(10, 10)  # Piff keeps what it has calculated
    again = pickle.loads(pickle.dumps(psf))
    assert again == psf
    assert hash(again) == hash(psf)
    assert psf != PiffPsf(WIDTH, WIDTH + 2, copy.deepcopy(fitted_piff()))
    assert repr(psf) == "PiffPsf(15, 15, PixelGrid by BasisPolynomial from 7 stars)"


def aged(model: Any) -> Any:
    """As Piff before 1.4 would have made it."""
    for owner, names in (
        (model, ["_num"]),
        (model.interp, ["_num"]),
        (model.model, ["_num", "_fit_flux", "_maxk", "_stepk"]),
    ):
        for name in names:
            delattr(owner, name)
    return model


def test_old_models_are_completed() -> None:
    old = PiffPsf(WIDTH, WIDTH, aged(copy.deepcopy(fitted_piff())))
    np.testing.assert_allclose(old.compute_image(50.2, 60.1).array, made().compute_image(50.2, 60.1).array, atol=1e-15)


def test_what_is_no_psf() -> None:
    with pytest.raises(InvalidError, match="0 x 5 pixels"):
        PiffPsf(0, 5, fitted_piff())
    two = copy.deepcopy(fitted_piff())
    two.wcs[1] = two.wcs[0]
    with pytest.raises(InvalidError, match="of 2 images at once"):
        PiffPsf(WIDTH, WIDTH, two)
    coloured = copy.deepcopy(fitted_piff())
    coloured.interp._keys = ("u", "v", "ri_color")
    with pytest.raises(InvalidError, match="depends on ri_color"):
        PiffPsf(WIDTH, WIDTH, coloured)
    starless = made()
    starless.model.stars = []
    with pytest.raises(InvalidError, match="from no stars"):
        starless.compute_image()
    broken = made()
    broken.model.interp.q = "nonsense"
    with pytest.raises(FormatError, match=r"cannot be drawn at \(1.0, 2.0\)"):
        broken.compute_image(1, 2)


def test_without_piff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "piff", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'skybutler\[piff\]'"):
        require_piff()
