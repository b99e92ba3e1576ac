"""What read parameters ask for."""

from __future__ import annotations

import pytest

from skybutler.errors import ParameterError
from skybutler.formatters.cutout_parameters import Request
from skybutler.images import Box
from skybutler.images.stencils import SkyBox, SkyCircle, SkyPolygon, SkyRange
from skybutler.sky import region

BBOX = Box((10, 110), (20, 220))


def test_nothing_asks_for_all() -> None:
    assert Request.of({}) is None
    assert Request.of({"bbox": None, "origin": "LOCAL", "circle": None, "pad": False}) is None


def test_shapes() -> None:
    corners = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)]
    for parameters, shape in (
        ({"circle": [1, "2", 3.0]}, SkyCircle(1.0, 2.0, 3.0)),
        ({"circle": SkyCircle(1.0, 2.0, 3.0)}, SkyCircle(1.0, 2.0, 3.0)),
        ({"box": (1, 2, 3, 4)}, SkyBox(1.0, 2.0, 3.0, 4.0, "deg")),
        ({"box": (1, 2, 3, 4, "arcsec")}, SkyBox(1.0, 2.0, 3.0, 4.0, "arcsec")),
        ({"polygon": corners}, SkyPolygon(corners)),
        ({"polygon": [0, 0, 1, 0, 0, 1]}, SkyPolygon(corners)),
        ({"bbox": BBOX}, BBOX),
        ({"region": BBOX}, BBOX),
    ):
        request = Request.of(parameters)
        assert request is not None
        assert request.cut.shape == shape
        assert request.needs_wcs is not isinstance(shape, Box)
    request = Request.of({"region": region.box(0.0, 0.0, 1.0, 1.0), "mask_outside": True})
    assert request is not None
    assert isinstance(request.cut.shape, SkyRange)
    assert (request.cut.pad, request.cut.mask_outside) == (False, True)


def test_local_boxes_count_from_the_first_pixel() -> None:
    request = Request.of({"bbox": Box((0, 5), (1, 7)), "origin": "local"})
    assert request is not None
    assert request.box(BBOX, None, "x.fits") == Box((10, 15), (21, 27))


def test_boxes_are_inside_or_padded() -> None:
    box = Box((0, 20), (20, 30))
    inside = Request.of({"bbox": box})
    padded = Request.of({"bbox": box, "pad": True})
    assert inside is not None
    assert padded is not None
    with pytest.raises(ParameterError, match=r"is not inside .* of x\.fits"):
        inside.box(BBOX, None, "x.fits")
    assert padded.box(BBOX, None, "x.fits") == Box((10, 20), (20, 30))
