"""The evaluators of FITS WCS cards agree where both can evaluate."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from skybutler.images import Metadata
from skybutler.images.wcs_fits import FitsSky, Tangent, is_plain_tangent, is_wcs_key

CARDS: dict[str, Any] = {
    "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRPIX1": 11.0, "CRPIX2": -5.0, "CRVAL1": 359.999, "CRVAL2": 89.9,
    "CD1_1": -1e-4, "CD1_2": 2e-5, "CD2_1": 1e-5, "CD2_2": 1e-4,
}  # fmt: skip


@pytest.mark.parametrize("more", [{}, {"RADESYS": "FK5", "EQUINOX": 2000.0}])
def test_both_ways_to_evaluate_a_tangent_plane(more: dict[str, Any]) -> None:
    cards = Metadata({**CARDS, **more})
    assert is_plain_tangent(cards)
    tangent, general = Tangent.from_cards(cards), FitsSky(cards)
    x, y = np.meshgrid(np.linspace(-1000, 1000, 4), np.linspace(-1000, 1000, 3))
    vectors = tangent.to_sky(x, y)
    np.testing.assert_allclose(vectors, general.to_sky(x, y), rtol=0, atol=1e-14)
    np.testing.assert_allclose(tangent.to_pixel(vectors), general.to_pixel(vectors), rtol=0, atol=1e-6)


def test_which_cards_are_of_the_wcs() -> None:
    assert all(is_wcs_key(key) for key in [*CARDS, "A_2_0", "AP_ORDER", "PV1_3", "LONPOLE"])
    assert not any(is_wcs_key(key) for key in ("CTYPE1A", "FILTER", "LTV1", "CD3_3"))
