"""Slots: defined, missing, of all spellings."""

from __future__ import annotations

import numpy as np
import pytest

from skybutler.errors import InvalidError, MissingColumnError
from skybutler.tables import SLOTS, SourceCatalog
from skybutler.tables.slots import SlotValues


def _catalog(aliases: dict[str, str], *names: str) -> SourceCatalog:
    columns = {name: np.arange(2.0) + i for i, name in enumerate(names)}
    return SourceCatalog({"id": [1, 2], **columns}, aliases=aliases)


@pytest.mark.parametrize(
    "value, error",
    [("instFlux", "instFluxErr"), ("flux", "fluxErr"), ("flux", "fluxSigma"), ("instFlux", "instFluxSigma")],
)
def test_fluxes_of_all_spellings(value: str, error: str) -> None:
    catalog = _catalog({"slot_PsfFlux": "m"}, f"m_{value}", f"m_{error}")
    assert catalog.psf_flux is catalog[f"m_{value}"]
    assert catalog[1].psf_flux_error == 2.0


def test_the_old_name_of_a_slot() -> None:
    assert _catalog({"slot_InstFlux": "g"}, "g_flux")[0].gaussian_flux == 0.0


def test_without_slots_the_error_says_what_to_do() -> None:
    catalog = _catalog({}, "base_SdssCentroid_x", "base_SdssCentroid_y")
    with pytest.raises(MissingColumnError, match="no slot 'Centroid', so x is not known") as caught:
        _ = catalog[0].x
    assert (
        caught.value.hint
        == "Define it with catalog.define_slot('Centroid', 'base_SdssCentroid'). It has base_SdssCentroid."
    )
    catalog.define_slot("Centroid", "base_SdssCentroid")
    assert catalog[1].centroid == (1.0, 2.0)


def test_a_slot_that_leads_nowhere() -> None:
    catalog = _catalog({"slot_Shape": "base_Gone"}, "a_xx")
    with pytest.raises(MissingColumnError, match=r"'base_Gone', which has no column ending with _xx.*'a'"):
        _ = catalog.ixx


def test_defining_what_is_not_there() -> None:
    catalog = _catalog({"slot_Centroid": "a"}, "a_x", "a_y")
    with pytest.raises(MissingColumnError):
        catalog.define_slot("Centroid", "b")
    assert catalog.x.tolist() == [0.0, 1.0]
    with pytest.raises(InvalidError, match="no slot 'Center'"):
        catalog.define_slot("Center", "a")


def test_every_slot_has_its_attributes() -> None:
    names = {name for name in vars(SlotValues) if not name.startswith("_")}
    fluxes = {
        f"{slot.removesuffix('Flux').lower()}_flux{end}"
        for slot in SLOTS
        if "Flux" in slot
        for end in ("", "_error", "_flag")
    }
    assert fluxes < names
    catalog = _catalog({})
    for name in names:
        with pytest.raises(MissingColumnError, match="no slot"):
            getattr(catalog, name)
