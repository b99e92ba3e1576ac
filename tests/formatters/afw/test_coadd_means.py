"""Fields and transmission curves of coadds in archives."""

from __future__ import annotations

import numpy as np
import pytest

from skybutler.errors import UnreadableFileError
from skybutler.images import (
    ApertureCorrections,
    Box,
    ChebyshevField,
    CoaddField,
    CoaddTerm,
    CoaddTransmission,
    Polygon,
    SkyWcs,
    SpatiallyConstantTransmission,
)
from skybutler.images.coadd_means import bounds_of
from support.archives import archive_of, round_trip

BOX = Box((0, 100), (0, 200))
WCS = SkyWcs.from_affine(10.0, 1.0, [[-5e-5, 0.0], [0.0, 5e-5]], (3.0, 4.0))
POLYGON = Polygon.from_box(Box((0, 50), (0, 60)))


def field() -> CoaddField:
    slope = ChebyshevField(BOX, [[2.0, 1.0]])
    terms = CoaddTerm(slope, WCS, 1.5, bounds_of(BOX)), CoaddTerm(slope, WCS, 0.5, bounds_of(BOX), POLYGON)
    return CoaddField(Box((0, 300), (10, 500)), WCS, terms, -1.0)


def curve() -> CoaddTransmission:
    value = SpatiallyConstantTransmission([0.5, 1.0], [4000.0, 5000.0])
    terms = CoaddTerm(value, WCS, 1.5, bounds_of(BOX)), CoaddTerm(value, WCS, 0.5, (0.5, 1.5, 9.5, 8.5), POLYGON)
    return CoaddTransmission(WCS, terms, (4000.0, 5000.0), (0.25, 0.75))


def test_a_field() -> None:
    found = round_trip(field())
    assert (found.bbox, found.missing, len(found.terms)) == (field().bbox, -1.0, 2)
    assert [(t.weight, t.bounds, t.valid_polygon, t.value) for t in found.terms] == [
        (t.weight, t.bounds, t.valid_polygon, t.value) for t in field().terms
    ]
    x, y = np.array([20.0, 100.0, 400.0]), np.array([20.0, 70.0, 20.0])
    np.testing.assert_allclose(found.evaluate(x, y), field().evaluate(x, y), atol=1e-9)
    archive = archive_of(field())
    assert sorted(archive.classes.values()) == ["ChebyshevBoundedField", "CoaddBoundedField", "Polygon", "SkyWcs"]
    assert [c.name for c in archive.schema(1)] == [
        "throwOnMissing", "bbox_min_x", "bbox_min_y", "bbox_max_x", "bbox_max_y", "coaddWcs", "default",
    ]  # fmt: skip


def test_a_curve() -> None:
    found = round_trip(curve())
    assert (found.wavelength_bounds, found.ends) == ((4000.0, 5000.0), (0.25, 0.75))
    assert [(t.weight, t.bounds, t.valid_polygon, t.value) for t in found.terms] == [
        (t.weight, t.bounds, t.valid_polygon, t.value) for t in curve().terms
    ]
    assert found.sample(4500.0, 5.0, 5.0) == pytest.approx(0.75)


def test_of_no_inputs() -> None:
    assert round_trip(CoaddField(BOX, WCS, (), 2.0)).evaluate(1, 1) == 2.0
    assert round_trip(CoaddTransmission(WCS, ())).terms == ()


def test_corrections_of_a_coadd() -> None:
    corrections = ApertureCorrections({"a": field(), "b": 2.0 * field()})
    found = round_trip(corrections)
    np.testing.assert_allclose(found["b"].evaluate(20.0, 20.0), 2.0 * found["a"].evaluate(20.0, 20.0))


def test_without_its_wcs() -> None:
    for made, column in ((field(), "coaddWcs"), (curve(), "coaddWcs")):
        archive = archive_of(made)
        archive._hdus[2].data[column][0] = 0
        with pytest.raises(UnreadableFileError, match="what a coadd is the mean of lacks a SkyWcs"):
            archive.get(1)
