from __future__ import annotations

import pytest

from skybutler.errors import SkyMapError
from skybutler.skymap import SkyMapConfig


def test_defaults_of_the_kinds() -> None:
    dodeca = SkyMapConfig().to_mapping()
    assert (dodeca["kind"], dodeca["tractOverlap"], dodeca["pixelScale"], dodeca["patchBorder"]) == (
        "dodeca",
        3.5,
        0.2,
        250,
    )
    assert "name" not in dodeca
    assert SkyMapConfig("equat")["projection"] == "CEA"
    assert SkyMapConfig("healpix")["rotation"] == 45.0
    rings = SkyMapConfig("rings", numRings=3)
    assert (rings["projection"], rings["pixelScale"], rings["tractOverlap"]) == ("STG", 0.333, 1.0)


def test_mapping_is_read_back() -> None:
    config = SkyMapConfig("discrete", name="two", raList=[1, 2], decList=[3, 4], radiusList=[0.5, 0.5], version=0)
    assert SkyMapConfig.from_mapping(config.to_mapping()) == config
    assert config.to_mapping()["raList"] == [1.0, 2.0]


def test_kinds_keep_their_own_options() -> None:
    config = SkyMapConfig("rings", numRings=3, pixelScale=1.0)
    config.set_option("pixelScale", 2.0, kind="equat")
    assert config["pixelScale"] == 1.0
    config.set_path(("skyMap",), "equat")
    assert config["pixelScale"] == 2.0


def test_unknown_names_offer_the_nearest() -> None:
    with pytest.raises(SkyMapError, match="Did you mean 'pixelScale'"):
        SkyMapConfig("rings", pixelscale=1.0)
    with pytest.raises(SkyMapError, match="Did you mean 'numTracts'"):
        SkyMapConfig("equat")["numTract"]
    with pytest.raises(SkyMapError, match="Did you mean 'healpix'"):
        SkyMapConfig("healpx")
    with pytest.raises(SkyMapError, match="Name one of its options"):
        SkyMapConfig().set_kind_path("rings", (), 3)
    with pytest.raises(SkyMapError, match=r"'skyMap\.name\.x' is no setting"):
        SkyMapConfig().set_path(("skyMap", "name", "x"), 3)


def test_comparison() -> None:
    assert SkyMapConfig("rings", numRings=3) == SkyMapConfig("rings", numRings=3)
    assert SkyMapConfig("rings", numRings=3) != SkyMapConfig("rings", numRings=4)
    assert SkyMapConfig() != "dodeca"
    assert repr(SkyMapConfig("rings", name="x")) == "SkyMapConfig(kind='rings', name='x')"


def test_values_are_not_shared() -> None:
    radii = [0.5]
    config = SkyMapConfig("discrete", raList=[1.0], decList=[1.0], radiusList=radii)
    radii.append(1.0)
    assert config.options()["radiusList"] == [0.5]
