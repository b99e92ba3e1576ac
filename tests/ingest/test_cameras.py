"""The camera for an observation: the one that was written, else the nominal one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from skybutler import Butler
from skybutler.errors import DataIdError, NotFoundError
from skybutler.ingest.cameras import load_camera
from skybutler.ingest.curated import write_curated_calibrations
from skybutler.instruments import Instrument
from skybutler.instruments.nominal_camera import nominal_camera
from skybutler.sky.timespan import Timespan

NOMINAL = nominal_camera(Instrument.load("LSSTCam-imSim"))


def test_versioned_or_not(butler: Butler) -> None:
    assert load_camera(butler) == (NOMINAL, False)
    assert load_camera(butler, instrument="LSSTCam-imSim", collections=()) == (NOMINAL, False)
    write_curated_calibrations(butler, "LSSTCam-imSim")
    assert load_camera(butler, {"detector": 94}, collections="LSSTCam-imSim/calib") == (NOMINAL, True)
    assert load_camera(butler) == (NOMINAL, False)


def test_the_time_decides(butler: Butler) -> None:
    write_curated_calibrations(butler, "LSSTCam-imSim", collection="calib")
    moved = replace(NOMINAL, detectors=NOMINAL.detectors[:3])
    ref = butler.put(moved, "camera", instrument="LSSTCam-imSim", run="metrology")
    butler.calibrations.decertify("calib", "camera", Timespan.from_ns(100, None))
    butler.calibrations.certify("calib", [ref], Timespan.from_ns(100, 200))
    assert load_camera(butler, collections="calib", timespan=Timespan.from_ns(50, 60)) == (NOMINAL, True)
    assert load_camera(butler, collections="calib", timespan=Timespan.from_ns(150, 160)) == (moved, True)
    assert load_camera(butler, collections="calib", timespan=Timespan.from_ns(900, 901)) == (NOMINAL, False)


def test_an_instrument_that_nobody_describes(empty_butler: Butler) -> None:
    butler = empty_butler
    with pytest.raises(DataIdError, match="instrument"):
        load_camera(butler)
    butler.insert_dimension_data("instrument", {"name": "Nowhere"})
    with pytest.raises(NotFoundError, match="No instrument 'Nowhere'"):
        load_camera(butler)
