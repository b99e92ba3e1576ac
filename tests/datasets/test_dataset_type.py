from __future__ import annotations

import pickle

import pytest

from skybutler.datasets import DatasetType
from skybutler.dimensions import DimensionUniverse
from skybutler.errors import DatasetTypeError

UNIVERSE = DimensionUniverse.load()
GROUP = UNIVERSE.conform(["visit", "detector"])


def test_text_is_that_of_the_peer() -> None:
    calexp = DatasetType("calexp", GROUP, "ExposureF")
    text = "DatasetType('calexp', {band, instrument, day_obs, detector, physical_filter, visit}, ExposureF)"
    assert (str(calexp), repr(calexp)) == (text, text)
    bias = DatasetType("bias", UNIVERSE.conform(["detector"]), "ExposureF", is_calibration=True)
    assert str(bias) == "DatasetType('bias', {instrument, detector}, ExposureF, isCalibration=True)"
    old = DimensionUniverse.load(1).conform(["visit", "detector"])
    assert str(DatasetType("calibrate_metadata", old, "PropertySet")) == (
        "DatasetType('calibrate_metadata', "
        "{band, instrument, detector, physical_filter, visit_system, visit}, PropertySet)"
    )
    assert str(DatasetType("packages", UNIVERSE.empty, "Packages")) == "DatasetType('packages', {}, Packages)"


def test_components() -> None:
    calexp = DatasetType("calexp", GROUP, "ExposureF")
    assert calexp.component is None
    assert calexp.component_name("wcs") == "calexp.wcs"
    wcs = DatasetType("calexp.wcs", GROUP, "Wcs")
    assert wcs.component == "wcs"
    assert wcs.component_name("psf") == "calexp.psf"
    assert DatasetType.split("calexp.wcs") == ("calexp", "wcs")
    assert DatasetType.split("calexp") == ("calexp", None)


@pytest.mark.parametrize("name", ["a", "_x", "deepCoadd_calexp", "cal_ref_cat_2_2", "A1.b_2"])
def test_good_names(name: str) -> None:
    assert DatasetType(name, GROUP, "int").name == name


@pytest.mark.parametrize(
    "name", ["", "1a", "a-b", "a b", "a/b", "a.", ".a", "a..b", "a.1", "ä", "a\n", "a.b.c", "../a"]
)
def test_bad_names(name: str) -> None:
    with pytest.raises(DatasetTypeError, match="cannot name a dataset type"):
        DatasetType(name, GROUP, "int")


def test_types_are_values() -> None:
    one, same = DatasetType("a", GROUP, "int"), DatasetType("a", UNIVERSE.conform(GROUP.names), "int", False)
    assert one == same
    assert len({one, same}) == 1
    for other in (
        DatasetType("b", GROUP, "int"),
        DatasetType("a", UNIVERSE.conform(["visit"]), "int"),
        DatasetType("a", GROUP, "dict"),
        DatasetType("a", GROUP, "int", is_calibration=True),
    ):
        assert one != other
    assert pickle.loads(pickle.dumps(one)) == one
