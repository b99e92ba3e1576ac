"""Footprints with the spellings of lsst.afw.detection, of a real catalog and made by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from skybutler.compat.afw.catalogs import SourceCatalog, SourceTable
from skybutler.compat.afw.footprints import Footprint, HeavyFootprint, Span
from skybutler.compat.afw.mask import Mask
from skybutler.compat.afw.pixels import ImageF
from skybutler.compat.geom import Box2I, Extent2I, Point2D, Point2I
from skybutler.compat.wrapping import to_compat
from skybutler.tables import Footprint as PlainFootprint
from skybutler.tables import HeavyFootprint as PlainHeavyFootprint
from skybutler.tables import PeakCatalog as PlainPeakCatalog

SPANS = [(2, 1, 3), (3, 2, 2)]


@pytest.fixture
def footprint() -> Footprint:
    return to_compat(PlainFootprint(SPANS))


def test_pixels(footprint: Footprint) -> None:
    assert type(footprint) is Footprint
    assert not footprint.isHeavy()
    spans = footprint.getSpans()
    assert (footprint.getArea(), spans.getArea(), len(spans)) == (4, 4, 2)
    assert footprint.getBBox() == spans.getBBox() == Box2I(Point2I(1, 2), Extent2I(3, 2))
    assert footprint.getCentroid() == spans.computeCentroid() == Point2D(2.0, 2.25)
    assert footprint.contains(Point2I(2, 3))
    assert not footprint.spans.contains(Point2I(1, 3))
    first = next(iter(spans))
    assert first == Span(2, 1, 3)
    assert (first.getY(), first.getX0(), first.getX1(), first.getWidth()) == (2, 1, 3, 3)
    rows, columns = spans.indices()
    assert list(zip(rows.tolist(), columns.tolist(), strict=True)) == [(2, 1), (2, 2), (2, 3), (3, 2)]
    assert len(footprint.getPeaks()) == len(footprint.peaks) == 0


def test_planes_are_marked(footprint: Footprint) -> None:
    mask, image = Mask(Box2I(Point2I(2, 2), Extent2I(3, 3))), ImageF(4, 4)
    footprint.spans.setMask(mask, 4)
    assert mask.array.tolist() == [[4, 4, 0], [4, 0, 0], [0, 0, 0]]
    footprint.spans.setImage(image, 7.0)
    assert image.array.sum() == 28.0


def test_heavy_ones() -> None:
    heavy = to_compat(PlainHeavyFootprint(SPANS, image=np.arange(4, dtype="f4"), mask=[1] * 4, variance=[2.0] * 4))
    assert type(heavy) is HeavyFootprint
    assert heavy.isHeavy()
    assert heavy.getImageArray().tolist() == [0.0, 1.0, 2.0, 3.0]
    assert (heavy.getMaskArray().sum(), heavy.getVarianceArray().sum()) == (4, 8.0)
    assert heavy.extractImage(fill=-1.0).array.tolist() == [[0.0, 1.0, 2.0], [-1.0, 3.0, -1.0]]
    assert heavy.extractImage(bbox=Box2I(Point2I(3, 2), Extent2I(1, 1))).array.tolist() == [[2.0]]
    image = ImageF(Box2I(Point2I(2, 2), Extent2I(2, 2)), 9.0)
    heavy.insert(image)
    assert image.array.tolist() == [[1.0, 2.0], [3.0, 9.0]]


def test_peaks_and_files(tmp_path: Path) -> None:
    peaks = PlainPeakCatalog({"id": [9], "f_x": [2.2], "f_y": [1.9], "i_x": [2], "i_y": [2], "peakValue": [55.0]})
    catalog = SourceCatalog(SourceTable.makeMinimalSchema())
    catalog.addNew().setFootprint(to_compat(PlainFootprint(SPANS, peaks)))
    catalog.writeFits(tmp_path / "src.fits")
    found = SourceCatalog.readFits(tmp_path / "src.fits")[0].getFootprint()
    assert type(found) is Footprint
    (peak,) = found.getPeaks()
    assert (peak.getId(), peak.getIx(), peak.getIy(), peak.getPeakValue()) == (9, 2, 2, 55.0)
    assert (peak.getFx(), peak.getFy()) == (pytest.approx(2.2), pytest.approx(1.9))
    assert peak.getF() == Point2D(peak.getFx(), peak.getFy())
    assert found.contains(Point2I(peak.getIx(), peak.getIy()))
