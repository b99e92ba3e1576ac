"""Masks with the spellings of lsst.afw.image; their planes are their own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from skybutler.compat.afw.exposure import ExposureF
from skybutler.compat.afw.mask import Mask
from skybutler.compat.geom import Box2I, Extent2I, Point2I
from skybutler.errors import InvalidError


def test_planes_of_a_mask_and_of_the_class(exposure: ExposureF) -> None:
    mask = exposure.mask
    assert mask.getPlaneBitMask("SAT") == 2 == Mask.getPlaneBitMask("SAT")
    assert mask.getPlaneBitMask(["SAT", "CR"]) == 10
    assert (mask.getMaskPlane("CR"), Mask.getMaskPlane("CR")) == (3, 3)
    assert mask.getMaskPlaneDict()["NO_DATA"] == 8
    assert mask.interpret(10) == Mask.interpret(10) == "SAT,CR"
    assert mask.getAsString(106, 205) == "SAT,CR"
    bit = mask.addMaskPlane("STREAK")
    assert (mask.getNumPlanesUsed(), bit) == (10, 9)
    assert "STREAK" in exposure.plain.mask.planes
    assert "STREAK" not in Mask.getMaskPlaneDict()
    with pytest.raises(InvalidError, match="No mask plane 'SATT'. Did you mean 'SAT'"):
        mask.getPlaneBitMask("SATT")


def test_bits(exposure: ExposureF, capsys: pytest.CaptureFixture[str]) -> None:
    mask = exposure.getMask()
    assert mask[106, 205] == 10
    mask |= 1
    assert mask.array[0, 0] == 1
    mask &= ~1
    mask ^= mask.getPlaneBitMask("BAD")
    mask.clearMaskPlane(mask.getMaskPlane("BAD"))
    assert (mask.array != 0).sum() == 1
    part = mask[Box2I(Point2I(106, 205), Extent2I(1, 1))]
    part.set(4)
    mask[107, 205] = 8
    mask[Box2I(Point2I(108, 205), Extent2I(2, 1))] = 16
    assert exposure.mask.array[5, 6:10].tolist() == [4, 8, 16, 16]
    assert exposure.mask.getArray() is exposure.plain.mask.array
    mask.printMaskPlanes()
    assert "Plane 1 -> SAT" in capsys.readouterr().out


def test_making_and_files(tmp_path: Path, exposure: ExposureF) -> None:
    assert Mask(3, 2).array.shape == (2, 3)
    array = np.zeros((2, 3), np.int32)
    assert Mask(array, xy0=(5, 6)).array is array
    assert Mask(array, deep=True).array is not array
    mask = exposure.mask
    assert Mask(mask, deep=True) == mask.clone() == mask
    mask.writeFits(tmp_path / "m.fits")
    assert Mask(str(tmp_path / "m.fits")) == Mask.readFits(tmp_path / "m.fits") == mask
    target = Mask(mask.getBBox())
    target.assign(mask)
    target.setXY0(0, 0)
    assert (target.array == mask.array).all()
    assert target != mask
    with pytest.raises(InvalidError, match="Mask cannot be made of {'a': 3}"):
        Mask({"a": 3})
