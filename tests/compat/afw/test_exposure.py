"""Exposures with the spellings of lsst.afw.image: parts by all their names, constructors, cut-outs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from skybutler.compat.afw.camera import Detector
from skybutler.compat.afw.exposure import Exposure, ExposureD, ExposureF, ExposureI, ExposureInfo, exposure_of
from skybutler.compat.afw.masked_image import MaskedImageF
from skybutler.compat.afw.photo_calib import PhotoCalib
from skybutler.compat.afw.pixels import ImageF
from skybutler.compat.afw.psf import GaussianPsf, Psf
from skybutler.compat.afw.visit_info import FilterLabel, VisitInfo
from skybutler.compat.afw.wcs import SkyWcs
from skybutler.compat.daf_base import PropertyList
from skybutler.compat.geom import Box2I, Extent2I, Point2D, Point2I
from skybutler.errors import InvalidError, MissingFileError
from skybutler.images import Exposure as PlainExposure
from skybutler.images import Image as PlainImage

PARTS = {
    "Wcs": ("wcs", SkyWcs),
    "Psf": ("psf", Psf),
    "PhotoCalib": ("photoCalib", PhotoCalib),
    "VisitInfo": ("visitInfo", VisitInfo),
    "Detector": ("detector", Detector),
    "Filter": ("filter", FilterLabel),
}
PART = Box2I(Point2I(102, 201), Extent2I(3, 2))


@pytest.mark.parametrize("name", PARTS)
def test_parts_have_getters_setters_and_properties(exposure: ExposureF, name: str) -> None:
    short, kind = PARTS[name]
    info = exposure.getInfo()
    found = getattr(exposure, f"get{name}")()
    assert isinstance(found, kind)
    assert found == getattr(exposure, short) == getattr(info, short) == getattr(info, f"get{name}")()
    assert getattr(exposure, f"has{name}")() is True
    getattr(info, f"set{name}")(None)
    assert getattr(exposure, short) is None
    assert getattr(exposure, f"has{name}")() is False
    setattr(exposure, short, found)
    assert getattr(info, f"has{name}")() is True


def test_parts_that_it_does_not_have(exposure: ExposureF) -> None:
    for name in ("ApCorrMap", "CoaddInputs", "TransmissionCurve", "SummaryStats", "ValidPolygon"):
        assert getattr(exposure, f"get{name}")() is None
        assert not getattr(exposure.info, f"has{name}")()
    assert exposure.info.getComponent("anything") is None


def test_metadata_and_id(exposure: ExposureF) -> None:
    metadata = exposure.getMetadata()
    assert isinstance(metadata, PropertyList)
    assert metadata.toDict() == {"EXP-ID": "HSCA90333800", "GAIN": 3.0}
    exposure.metadata["NEW"] = 1
    assert exposure.getInfo().getMetadata().getScalar("NEW") == 1
    assert exposure.info.hasMetadata()
    exposure.setMetadata(PropertyList())
    assert not exposure.info.hasMetadata()
    assert exposure.info.id == exposure.getId() == 180667625
    exposure.info.id = 7
    assert exposure.info.hasId()
    assert exposure.plain.id == 7
    assert repr(exposure.info) == "ExposureInfo(detector, filter_label, photo_calib, psf, visit_info, wcs)"


def test_methods_are_listed(exposure: ExposureF) -> None:
    listed = {name for name in dir(exposure) if not name.startswith("_")}
    assert listed >= {"getWcs", "getPsf", "getMaskedImage", "maskedImage", "image", "hasPsf", "getMetadata", "getInfo"}


@pytest.mark.parametrize(
    "made, box",
    [
        (ExposureF(3, 2), Box2I(Point2I(0, 0), Extent2I(3, 2))),
        (ExposureF(Extent2I(3, 2)), Box2I(Point2I(0, 0), Extent2I(3, 2))),
        (ExposureD(PART), PART),
        (ExposureF(ImageF(PART)), PART),
        (ExposureI(bbox=PART), PART),
    ],
)
def test_new_exposures(made: Exposure, box: Box2I) -> None:
    assert made.getBBox() == box
    assert made.getMask().array.shape == made.image.array.shape
    assert made.getWcs() is None


def test_made_of_others(exposure: ExposureF) -> None:
    wcs = exposure.getWcs()
    made = ExposureF(exposure.maskedImage, wcs)
    assert made.getWcs() == wcs
    assert not made.hasPsf()
    made = ExposureF(MaskedImageF(exposure.maskedImage, PART), exposure.info)
    assert made.getPsf() == exposure.getPsf()
    shared, own = ExposureF(exposure), ExposureF(exposure, deep=True)
    exposure.image.array[0, 0] = 77.0
    assert (shared.image[100, 200], own.image[100, 200]) == (77.0, 0.0)
    assert exposure.Factory(exposure, PART, deep=True).getBBox() == PART
    info = ExposureInfo(wcs=wcs, psf=GaussianPsf(5, 5, 1.0))
    assert (info.getWcs(), info.getPsf().getSigma()) == (wcs, pytest.approx(1.0))
    with pytest.raises(InvalidError, match="no 'wsc'"):
        ExposureInfo(wsc=wcs)
    with pytest.raises(InvalidError, match="ExposureF cannot be made of.*Give the path or URL"):
        ExposureF({})


def test_views_and_copies(exposure: ExposureF) -> None:
    part = exposure[PART]
    assert type(part) is ExposureF
    assert (part.getBBox(), part.getXY0()) == (PART, Point2I(102, 201))
    assert part.getWcs() == exposure.getWcs()
    part.image.set(5.0)
    assert exposure.image[103, 202] == 5.0
    assert exposure[102:105, 201:203] == part == exposure.subset(PART)
    exposure[PART] = ExposureF(PART)
    assert part.image.array.sum() == 0.0
    clone = exposure.clone()
    clone.image.set(1.0)
    assert exposure.image[101, 200] == 1.0 != exposure.image[102, 200]
    with pytest.raises(InvalidError, match="by a box or by slices"):
        exposure[102, 201]


def test_cut_outs_around_a_place(exposure: ExposureF) -> None:
    inside = exposure.getCutout(exposure.getWcs().pixelToSky(Point2D(120.0, 215.0)), Extent2I(11, 7))
    assert inside.getBBox() == Box2I(Point2I(115, 212), Extent2I(11, 7))
    assert np.array_equal(inside.image.array, exposure[inside.getBBox()].image.array)
    edge = exposure.getCutout(Point2D(101.0, 201.0), Extent2I(10, 10))
    outside = edge.mask.array == edge.mask.getPlaneBitMask("NO_DATA")
    assert edge.getDimensions() == Extent2I(10, 10)
    assert outside.sum() == 100 - 49
    assert edge.image[100, 200] == 0.0
    assert edge.image[105, 205] == exposure.image[105, 205]
    assert edge.getPsf() == exposure.getPsf()
    with pytest.raises(InvalidError, match="outside of"):
        exposure.getCutout(Point2D(50.0, 201.0), Extent2I(10, 10))
    with pytest.raises(InvalidError, match=r"no WCS.*Point2D\(x, y\)"):
        ExposureF(5, 5).getCutout(exposure.getWcs().pixelToSky(1.0, 1.0), Extent2I(2, 2))


def test_files(exposure: ExposureF, tmp_path: Path) -> None:
    exposure.writeFits(tmp_path / "a.fits")
    read = ExposureF(str(tmp_path / "a.fits"))
    assert type(read) is ExposureF
    assert read.maskedImage == exposure.maskedImage
    assert ExposureF.readFits(tmp_path / "a.fits") == ExposureF((tmp_path / "a.fits").as_uri()) == read
    assert ExposureF(str(tmp_path / "a.fits"), PART).maskedImage == exposure[PART].maskedImage
    with pytest.raises(MissingFileError, match="no file"):
        ExposureF(str(tmp_path / "b.fits"))


def test_class_is_that_of_the_pixels(exposure: ExposureF) -> None:
    for kind in (ExposureF, ExposureD, ExposureI):
        plain = PlainExposure(PlainImage(np.zeros((1, 1), kind(1, 1).image.array.dtype)))
        assert type(exposure_of(plain)) is kind
    assert type(ExposureI(2, 2).convertF()) is ExposureF
