"""The most specific entry wins."""

from __future__ import annotations

import pytest

from skybutler.errors import ConfigError
from skybutler.formatters.lookup import Lookup
from support.datasets import make_type

TABLE = {
    "default": "default",
    "ExposureF": "class",
    "physical_filter+detector+exposure": "dimensions",
    "exposure+nonsense": "never",
    "calexp": "type",
    "calexp.wcs": "component",
    "instrument<Cam>": {"ExposureF": "cam-class", "raw": "cam-type"},
}

RAW = make_type("raw", ["exposure", "detector"], "ExposureF")
CALEXP = make_type("calexp", ["visit", "detector"], "ExposureF")
BIAS = make_type("bias", ["detector"], "ExposureF")
OTHER = make_type("other", ["detector"], "Image")


def test_order() -> None:
    find = Lookup(TABLE).find
    assert find(CALEXP, component="wcs") == "component"
    assert find(CALEXP, component="psf") == find(CALEXP) == "type"
    assert find(RAW) == "dimensions"
    assert find(BIAS) == "class"
    assert find(OTHER) == "default"
    assert find(OTHER, storage_class="ExposureF") == "class"
    assert Lookup({}).find(OTHER) is None


def test_an_instruments_block_comes_before_everything() -> None:
    find = Lookup(TABLE).find
    assert find(RAW, instrument="Cam") == "cam-type"
    assert find(CALEXP, instrument="Cam") == "cam-class"
    assert find(OTHER, instrument="Cam") == "default"
    assert find(RAW, instrument="Other") == "dimensions"


@pytest.mark.parametrize("key", ["detector+exposure", "exposure+detector", "instrument+exposure+detector"])
def test_dimensions_are_completed(key: str) -> None:
    assert Lookup({key: 1}).find(RAW) == 1
    assert Lookup({key: 1}).find(CALEXP) is None


def test_all_values_can_be_checked() -> None:
    expected = {"default", "class", "dimensions", "never", "type", "component", "cam-class", "cam-type"}
    assert set(Lookup(TABLE).values()) == expected


def test_an_instruments_block_is_a_mapping() -> None:
    with pytest.raises(ConfigError, match="instrument<Cam>"):
        Lookup({"instrument<Cam>": "x"})
