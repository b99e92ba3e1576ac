"""An exposure with all its parts, as ours and with the spellings of lsst.afw."""

from __future__ import annotations

import numpy as np
import pytest

from skybutler.compat.afw.exposure import ExposureF
from skybutler.compat.wrapping import to_compat
from skybutler.images import (
    DetectorLabel,
    Exposure,
    FilterLabel,
    Image,
    Mask,
    Metadata,
    Observatory,
    SkyWcs,
    VisitInfo,
    Weather,
)
from skybutler.images.photo_calib import PhotoCalib
from skybutler.images.psf import GaussianPsf


@pytest.fixture
def plain() -> Exposure:
    """60 x 40 pixels from (100, 200) on."""
    pixels = np.arange(2400, dtype=np.float32).reshape(40, 60)
    mask = Mask(np.zeros((40, 60), np.int32), xy0=(100, 200))
    mask.array[5, 6] = mask.bits(["SAT", "CR"])
    return Exposure(
        Image(pixels, (100, 200), "adu"),
        mask,
        Image(np.ones((40, 60), np.float32), (100, 200)),
        wcs=SkyWcs.from_affine(150.0, 2.0, [[-4.6e-5, 0.0], [0.0, 4.6e-5]], (130.0, 220.0)),
        psf=GaussianPsf(21, 21, 2.0),
        photo_calib=PhotoCalib(0.5, 0.01),
        filter_label=FilterLabel("r", "HSC-R"),
        detector=DetectorLabel(25, "0_24", "123"),
        visit_info=VisitInfo(
            id=903338,
            exposure_time=30.0,
            date_ns=1_383_372_990_908_000_000,
            boresight_ra=150.1,
            boresight_dec=2.1,
            rotation_angle=90.0,
            rotation_type="SKY",
            earth_rotation_angle=10.0,
            observatory=Observatory(-155.5, 19.8, 4139.0),
            weather=Weather(-0.7, 62160.0, 42.0),
        ),
        metadata=Metadata({"EXP-ID": "HSCA90333800", "GAIN": 3.0}),
        id=180667625,
    )


@pytest.fixture
def exposure(plain: Exposure) -> ExposureF:
    found = to_compat(plain)
    assert isinstance(found, ExposureF)
    return found
