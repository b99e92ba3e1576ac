"""Class names that other software has for our formatters: they lead back to what was written."""

from __future__ import annotations

import pytest

from skybutler.formatters.catalog import DEFAULTS, short_name
from skybutler.formatters.foreign import foreign_name


@pytest.mark.parametrize("storage_class", sorted(DEFAULTS))
def test_every_default_leads_back_to_itself(storage_class: str) -> None:
    ours = DEFAULTS[storage_class]
    foreign = foreign_name(ours, storage_class)
    assert foreign.startswith("lsst.")
    assert short_name(foreign, storage_class) == ours


def test_raws_have_the_formatter_of_their_instrument() -> None:
    name = foreign_name("raw", "Exposure", "lsst.obs.lsst.LsstCamImSim")
    assert name == "lsst.obs.lsst.rawFormatter.LsstCamImSimRawFormatter"
    assert short_name(name) == "raw"
    assert foreign_name("raw", "Exposure") == "raw"


def test_names_that_are_foreign_already_or_unknown_stay() -> None:
    assert foreign_name("lsst.obs.x.Y", "Z") == "lsst.obs.x.Y"
    assert foreign_name("of-a-package", "Z") == "of-a-package"
