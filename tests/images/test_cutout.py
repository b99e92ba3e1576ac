"""Cut-outs in memory."""

from __future__ import annotations

import numpy as np
import pytest

from skybutler.errors import InvalidError
from skybutler.images import Box, Exposure, FilterLabel, GaussianPsf, Image, Mask, Metadata, SkyWcs
from skybutler.images.cutout import NO_DATA, OUTSIDE, CutOut
from skybutler.images.stencils import SkyBox, SkyCircle

WCS = SkyWcs.from_affine(150.0, 2.0, [[-5e-5, 0.0], [0.0, 5e-5]], (30.0, 20.0))
BBOX = Box((10, 60), (20, 80))


def an_exposure(kind: str = "F", wcs: SkyWcs | None = WCS) -> Exposure:
    image = Image.zeros(BBOX, kind, "nJy")
    image.array[:] = np.arange(BBOX.area).reshape(BBOX.shape)
    return Exposure(image, wcs=wcs, metadata=Metadata({"A": 1}), filter_label=FilterLabel("i"), id=5)


def test_a_cut_out_is_a_view_with_everything_else() -> None:
    exposure = an_exposure()
    cut = exposure.cutout(SkyCircle(150.0, 2.0, 5e-5 * 5.2))
    assert cut.bbox == Box((15, 26), (25, 36))
    assert np.shares_memory(cut.image.array, exposure.image.array)
    assert cut.same_as(exposure[cut.bbox])
    assert cut.wcs is WCS
    assert cut.filter_label == FilterLabel("i")
    assert exposure.cutout(Box((15, 26), (25, 36))).same_as(cut)


def test_the_psf_stays_in_the_frame_of_the_parent() -> None:
    exposure = an_exposure()
    exposure.psf = psf = GaussianPsf(11, 11, 1.5)
    cut = exposure.cutout(SkyBox(150.0, 2.0, 9, 9, "pixel"))
    place = cut.bbox.center
    assert cut.psf is not None
    assert cut.psf.compute_image(*place).same_as(psf.compute_image(*place))
    assert cut.psf.compute_image(*place).bbox.contains(place)


def test_what_is_outside_is_masked_in_a_copy() -> None:
    exposure = an_exposure()
    cut = exposure.cutout(SkyCircle(150.0, 2.0, 5e-5 * 5.2), mask_outside=True)
    outside = cut.mask.where(OUTSIDE)
    y, x = np.mgrid[15:26, 25:36]
    assert np.array_equal(outside, np.hypot(x - 30, y - 20) > 5.2)
    assert OUTSIDE not in exposure.mask.planes
    assert not exposure.mask.array.any()
    assert np.shares_memory(cut.image.array, exposure.image.array)


@pytest.mark.parametrize("kind", ["F", "D", "I", "U", "L"])
def test_padding(kind: str) -> None:
    exposure = an_exposure(kind)
    exposure.mask.set("SAT")
    cut = exposure.cutout(SkyBox(150.0, 2.0, 41, 31, "pixel"), pad=True)
    assert cut.bbox == Box((5, 36), (10, 51))
    held = cut.bbox.intersection(BBOX)
    assert cut[held].same_as(exposure[held])
    away = np.ones(cut.bbox.shape, bool)
    away[held.slices(cut.bbox)] = False
    assert np.array_equal(cut.mask.where(NO_DATA), away)
    assert not cut.mask.where("SAT")[away].any()
    assert np.isnan(cut.variance.array[away]).all()
    values = cut.image.array[away]
    assert np.isnan(values).all() if kind in "FD" else (values == 0).all()
    assert cut.image.unit == "nJy"


def test_padding_that_is_not_needed_changes_nothing() -> None:
    exposure = an_exposure()
    cut = exposure.cutout(SkyBox(150.0, 2.0, 5, 5, "pixel"), pad=True)
    assert np.shares_memory(cut.image.array, exposure.image.array)
    both = exposure.cutout(Box((0, 20), (0, 40)), pad=True, mask_outside=True)
    assert both.bbox == Box((0, 20), (0, 40))
    assert OUTSIDE not in both.mask.planes


def test_errors() -> None:
    exposure = an_exposure()
    with pytest.raises(InvalidError, match=r"is not in the image, which covers 0\.003 x 0\.0025 degrees around RA 14"):
        exposure.cutout(SkyCircle(150.0, 3.0, 0.01))
    with pytest.raises(InvalidError, match="is not in the image, which covers"):
        exposure.cutout(Box((0, 5), (0, 5)))
    with pytest.raises(InvalidError, match="no sky coordinates"):
        an_exposure(wcs=None).cutout(SkyCircle(150.0, 2.0, 0.01))
    with pytest.raises(InvalidError, match="too large to be padded"):
        exposure.cutout(SkyBox(150.0, 2.0, 10.0, 10.0), pad=True)
    with pytest.raises(InvalidError, match="A tuple is no shape"):
        exposure.cutout((1, 2, 3))  # type: ignore[arg-type]
    full = an_exposure()
    full.masked_image.mask = Mask.zeros(BBOX, {f"P{i}": i for i in range(31)})
    with pytest.raises(InvalidError, match="No bit is left for mask plane OUTSIDE_STENCIL"):
        full.cutout(SkyCircle(150.0, 2.0, 1e-4), mask_outside=True)


def test_a_request_is_a_value() -> None:
    assert CutOut.of(SkyCircle(1.0, 2.0, 3.0), pad=True) == CutOut(SkyCircle(1.0, 2.0, 3.0), True, False)
