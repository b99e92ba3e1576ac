"""Records of the exposures of a coadd."""

from __future__ import annotations

import pytest

from skybutler.errors import InvalidError, NotFoundError
from skybutler.images import Box, CoaddInputs, ExposureRecord, GaussianPsf, PhotoCalib, Polygon, SkyWcs
from skybutler.images.coadd_inputs import EXPOSURE_PARTS

BOX = Box((0, 100), (0, 200))


def wcs(ra: float = 150.0) -> SkyWcs:
    return SkyWcs.from_affine(ra, 2.0, [[-5e-5, 0.0], [0.0, 5e-5]], (100.0, 50.0))


def record(number: int = 7, **parts: object) -> ExposureRecord:
    return ExposureRecord(number, BOX, {"psf": GaussianPsf(5, 5, 1.0), "wcs": wcs(), **parts}, {"weight": 0.5})


def test_parts_and_fields() -> None:
    found = record(photo_calib=PhotoCalib(2.0))
    assert found.psf == GaussianPsf(5, 5, 1.0)
    assert found.photo_calib == PhotoCalib(2.0)
    assert found["weight"] == found.fields["weight"] == 0.5
    for name in EXPOSURE_PARTS:
        assert getattr(found, name) is found.part(name)
    assert found.detector is None
    with pytest.raises(NotFoundError, match="no 'wieght'. Did you mean 'weight'"):
        found["wieght"]
    with pytest.raises(InvalidError, match="no part 'photoCalib'. Did you mean 'photo_calib'"):
        ExposureRecord(1, BOX, {"photoCalib": None})


def test_parts_are_loaded_once_and_when_needed() -> None:
    asked = []

    def load(name: str) -> object:
        asked.append(name)
        return GaussianPsf(5, 5, 1.0) if name == "psf" else None

    found = ExposureRecord(7, BOX, {"wcs": wcs()}, {"weight": 0.5}, load)
    assert asked == []
    assert found.psf is found.psf
    assert asked == ["psf"]
    assert found == record()
    assert sorted(asked) == sorted(set(EXPOSURE_PARTS) - {"wcs"})


def test_equal_by_value() -> None:
    assert record() == record() != record(8)
    assert record() != record(psf=GaussianPsf(5, 5, 2.0))
    assert CoaddInputs([record()], [record(8)]) == CoaddInputs([record()], [record(8)]) != CoaddInputs([record()])
    assert hash(CoaddInputs([record()])) == hash(CoaddInputs([record()]))
    assert repr(record()) == "ExposureRecord(7, [y=0:100, x=0:200], weight=0.5)"
    assert repr(CoaddInputs([record()])) == "CoaddInputs(1 visits, 0 detectors)"


def test_which_detectors_saw_a_position() -> None:
    half = Polygon.from_box(Box((0, 100), (0, 100)))
    inputs = CoaddInputs(ccds=[record(1), record(2, valid_polygon=half), record(3, wcs=wcs(151.0))])
    ra, dec = (float(v) for v in wcs().pixel_to_sky(150.0, 20.0))
    assert [r.id for r in inputs.containing(ra, dec)] == [1]
    ra, dec = (float(v) for v in wcs().pixel_to_sky(50.0, 20.0))
    assert [r.id for r in inputs.containing(ra, dec)] == [1, 2]
    assert list(inputs.containing(20.0, -80.0)) == []
    with pytest.raises(InvalidError, match="Exposure 4 has no WCS"):
        ExposureRecord(4, BOX).contains(1.0, 2.0)
