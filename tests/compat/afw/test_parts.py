"""Aperture corrections, polygons, statistics and inputs of coadds with the spellings of lsst.afw."""

from __future__ import annotations

import numpy as np
import pytest

from skybutler.compat.afw.parts import ApCorrMap, BoundedField, CoaddInputs, Polygon, SummaryStats, TransmissionCurve
from skybutler.compat.afw.wcs import SkyWcs
from skybutler.compat.geom import Box2D, Box2I, Extent2I, Point2D, Point2I, SpherePoint, degrees
from skybutler.compat.wrapping import to_compat
from skybutler.images import Box
from skybutler.images import SkyWcs as PlainWcs
from skybutler.images.aperture_corrections import ApertureCorrections
from skybutler.images.coadd_inputs import CoaddInputs as PlainCoaddInputs
from skybutler.images.coadd_inputs import ExposureRecord
from skybutler.images.fields import ChebyshevField
from skybutler.images.summary_stats import SummaryStats as PlainStats
from skybutler.images.transmission import SpatiallyConstantTransmission

FIELD = ChebyshevField(Box((0, 100), (0, 200)), [[1.0, 0.5]])


def test_fields() -> None:
    field = to_compat(FIELD)
    assert isinstance(field, BoundedField)
    assert field.evaluate(Point2D(99.5, 50.0)) == field.evaluate(99.5, 50.0) == pytest.approx(1.0)
    np.testing.assert_allclose(field.evaluate(np.array([-0.5, 199.5]), np.array([0.0, 0.0])), [0.5, 1.5])
    assert field.getBBox() == Box2I(Point2I(0, 0), Extent2I(200, 100))
    assert field.mean() == pytest.approx(1.0)
    assert field.integrate() == pytest.approx(20000.0)
    assert (field * 2.0).evaluate(99.5, 50.0) == pytest.approx(2.0)


def test_aperture_corrections() -> None:
    corrections = to_compat(ApertureCorrections({"base_PsfFlux_instFlux": FIELD}))
    assert isinstance(corrections, ApCorrMap)
    assert corrections["base_PsfFlux_instFlux"].evaluate(Point2D(99.5, 0.0)) == pytest.approx(1.0)
    assert corrections.get("nothing") is None
    corrections["other"] = to_compat(FIELD)
    assert list(corrections) == corrections.keys() == [name for name, _ in corrections.items()]
    assert "other" in corrections
    assert len(corrections.values()) == len(corrections) == 2
    assert len(ApCorrMap()) == 0
    with pytest.raises(LookupError, match="Did you mean 'base_PsfFlux_instFlux'"):
        corrections["base_PsfFlx_instFlux"]


def test_polygons() -> None:
    polygon = Polygon(Box2D(Box2I(Point2I(0, 0), Extent2I(4, 2))))
    assert polygon == Polygon([Point2D(-0.5, -0.5), Point2D(3.5, -0.5), Point2D(3.5, 1.5), Point2D(-0.5, 1.5)])
    assert (polygon.calculateArea(), polygon.calculatePerimeter()) == (8.0, 12.0)
    assert polygon.calculateCenter() == Point2D(1.5, 0.5)
    assert polygon.contains(Point2D(1.0, 1.0))
    assert polygon.contains([Point2D(1.0, 1.0), Point2D(9.0, 1.0)]).tolist() == [True, False]
    assert polygon.contains(np.array([1.0, 9.0]), np.array([1.0, 1.0])).tolist() == [True, False]
    assert len(polygon.getVertices()) == 4
    assert polygon.getBBox() == Box2D(Point2D(-0.5, -0.5), Point2D(3.5, 1.5))
    image = polygon.createImage(Box2I(Point2I(-1, 0), Extent2I(3, 1)))
    assert image.array.tolist() == [[0.0, 1.0, 1.0]]


def test_statistics_by_both_spellings() -> None:
    stats = to_compat(PlainStats(psf_sigma=2.5, dec=-3.0, ra_corners=(1.0, 2.0)))
    assert isinstance(stats, SummaryStats)
    assert (stats.psfSigma, stats.psf_sigma, stats.decl, stats.raCorners) == (2.5, 2.5, -3.0, (1.0, 2.0))
    assert np.isnan(stats.zeroPoint)
    with pytest.raises(AttributeError):
        stats.psfSgma  # noqa: B018


def test_inputs_of_a_coadd_are_catalogs() -> None:
    wcs = PlainWcs.from_affine(150.0, 2.0, [[-5e-5, 0.0], [0.0, 5e-5]], (50.0, 50.0))
    ccds = [ExposureRecord(i, Box((0, 100), (0, 100)), {"wcs": wcs}, {"visit": 10 + i, "weight": 0.5}) for i in (1, 2)]
    inputs = to_compat(PlainCoaddInputs((), ccds))
    assert isinstance(inputs, CoaddInputs)
    assert len(inputs.visits) == 0
    assert inputs.ccds["visit"].tolist() == [11, 12]
    record = inputs.ccds.find(2)
    assert (record.getId(), record["weight"], record.getPsf()) == (2, 0.5, None)
    assert record.getBBox() == Box2I(Point2I(0, 0), Extent2I(100, 100))
    assert isinstance(record.getWcs(), SkyWcs)
    here, there = SpherePoint(150.0, 2.0, degrees), SpherePoint(151.0, 2.0, degrees)
    assert (record.contains(here), record.contains(there)) == (True, False)
    assert [len(inputs.ccds.subsetContaining(place)) for place in (here, there)] == [2, 0]
    assert inputs.ccds.find(3) is None


def test_transmission() -> None:
    curve = to_compat(SpatiallyConstantTransmission([0.0, 1.0], [4000.0, 5000.0]))
    assert isinstance(curve, TransmissionCurve)
    assert curve.sampleAt(Point2D(0.0, 0.0), np.array([4500.0])).tolist() == [0.5]
    assert curve.getWavelengthBounds() == (4000.0, 5000.0)
