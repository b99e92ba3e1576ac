"""``SkyWcs`` with points of lsst.geom: one or many, there and back, and made of what lsst.afw.geom takes."""

from __future__ import annotations

import numpy as np
import pytest

from skybutler.compat.afw.exposure import ExposureF
from skybutler.compat.afw.wcs import SkyWcs, makeCdMatrix, makeSkyWcs
from skybutler.compat.daf_base import PropertyList
from skybutler.compat.geom import Extent2D, Point2D, SpherePoint, arcseconds, degrees
from skybutler.errors import InvalidError

CRPIX, CRVAL = Point2D(130.0, 220.0), SpherePoint(150.0, 2.0, degrees)


@pytest.fixture
def wcs(exposure: ExposureF) -> SkyWcs:
    return exposure.getWcs()


def test_one_pixel_and_many(wcs: SkyWcs) -> None:
    sky = wcs.pixelToSky(Point2D(100.0, 210.0))
    assert isinstance(sky, SpherePoint)
    assert wcs.pixelToSky(100.0, 210.0) == sky == wcs.pixelToSky(100, 210)
    points = [Point2D(100.0, 210.0), Point2D(130.0, 220.0)]
    places = wcs.pixelToSky(points)
    assert places[0] == sky
    assert places[1].separation(CRVAL).asArcseconds() < 1e-9
    back = wcs.skyToPixel(places)
    assert [list(p) for p in back] == [pytest.approx(list(p), abs=1e-8) for p in points]
    assert list(wcs.skyToPixel(sky)) == pytest.approx([100.0, 210.0], abs=1e-8)
    with pytest.raises(InvalidError, match=r"Point2D\(x, y\)"):
        wcs.pixelToSky()


def test_arrays_are_in_radians_unless_in_degrees(wcs: SkyWcs) -> None:
    x, y = np.array([100.0, 130.0]), np.array([210.0, 220.0])
    radians, in_degrees = wcs.pixelToSkyArray(x, y), wcs.pixelToSkyArray(x, y, degrees=True)
    np.testing.assert_allclose(np.degrees(radians), in_degrees, rtol=1e-15)
    np.testing.assert_allclose(wcs.skyToPixelArray(*radians), (x, y), atol=1e-8)
    np.testing.assert_allclose(wcs.skyToPixelArray(*in_degrees, degrees=True), (x, y), atol=1e-8)


def test_scale_origin_and_matrix(wcs: SkyWcs) -> None:
    assert wcs.getPixelScale().asArcseconds() == pytest.approx(0.1656, rel=1e-9)
    assert wcs.getPixelScale(Point2D(100.0, 210.0)).asArcseconds() == pytest.approx(0.1656, rel=1e-6)
    assert wcs.getPixelOrigin() == CRPIX
    assert wcs.getSkyOrigin().separation(CRVAL).asArcseconds() < 1e-9
    np.testing.assert_allclose(wcs.getCdMatrix(), [[-4.6e-5, 0.0], [0.0, 4.6e-5]], rtol=1e-8, atol=1e-13)
    np.testing.assert_allclose(wcs.getCdMatrix(CRPIX), wcs.getCdMatrix(), atol=1e-16)
    assert wcs.isFits
    assert not wcs.isFlipped


def test_moved_origin(wcs: SkyWcs) -> None:
    moved = wcs.copyAtShiftedPixelOrigin(Extent2D(10.0, 20.0))
    assert moved.getPixelOrigin() == Point2D(140.0, 240.0)
    assert moved.pixelToSky(110.0, 230.0).separation(wcs.pixelToSky(100.0, 210.0)).asArcseconds() < 1e-9


def test_made_of_pixel_place_and_matrix(wcs: SkyWcs) -> None:
    matrix = makeCdMatrix(scale=4.6e-5 * degrees)
    np.testing.assert_allclose(matrix, [[-4.6e-5, 0.0], [0.0, 4.6e-5]])
    assert makeSkyWcs(crpix=CRPIX, crval=CRVAL, cdMatrix=matrix) == makeSkyWcs(CRPIX, CRVAL, matrix)
    made = makeSkyWcs(crpix=CRPIX, crval=CRVAL, cdMatrix=matrix)
    assert made.pixelToSky(7.0, 9.0).separation(wcs.pixelToSky(7.0, 9.0)).asArcseconds() < 1e-9
    turned = makeSkyWcs(CRPIX, CRVAL, makeCdMatrix(0.2 * arcseconds, 30.0 * degrees, flipX=True))
    assert turned.isFlipped
    assert turned.getPixelScale().asArcseconds() == pytest.approx(0.2)
    with pytest.raises(InvalidError, match="crpix, crval and cdMatrix"):
        makeSkyWcs(CRPIX, CRVAL)


def test_made_of_cards(wcs: SkyWcs) -> None:
    cards = wcs.getFitsMetadata()
    assert isinstance(cards, PropertyList)
    assert makeSkyWcs(cards) == SkyWcs(cards) == makeSkyWcs(metadata=cards) == wcs
