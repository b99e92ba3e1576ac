"""Maps that are texts of AST."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

from skybutler.errors import FormatError
from skybutler.images import SkyWcs, ast_maps
from skybutler.images.ast_maps import AstMap, AstSky, fits_cards_of, text_of_fits_cards

POLYNOMIAL = """Begin PolyMap
   Nin = 2
IsA Mapping
   MPF1 = 2
   MPF2 = 1
   NCF1 = 2
   NCF2 = 1
   CF1 = 1
   CF2 = 0.001
   CF3 = 2
   PF1 = 1
   PF2 = 0
   PF3 = 2
   PF4 = 0
   PF5 = 0
   PF6 = 1
   IterInv = 1
   NiterInv = 20
   TolInv = 1e-12
End PolyMap
"""
SIP = {
    "WCSAXES": 2, "CTYPE1": "RA---TAN-SIP", "CTYPE2": "DEC--TAN-SIP", "CRPIX1": 101.5, "CRPIX2": 52.25, "CRVAL1": 30.0,
    "CRVAL2": -40.0, "CD1_1": -5e-5, "CD1_2": 1e-6, "CD2_1": 2e-6, "CD2_2": 5e-5, "RADESYS": "ICRS", "A_ORDER": 2,
    "B_ORDER": 2, "A_2_0": 1e-6, "B_1_1": -2e-6,
}  # fmt: skip


def test_a_polynomial_of_two_axes() -> None:
    there = AstMap(POLYNOMIAL)
    x, y = there([[1.0, 10.0]], [[2.0, 3.0]])
    np.testing.assert_allclose(x, [[1.001, 10.1]], rtol=1e-15)
    np.testing.assert_allclose(y, [[4.0, 6.0]], rtol=1e-15)
    np.testing.assert_allclose(there.inverse()(x, y)[0], [[1.0, 10.0]], rtol=1e-9)
    assert there.inverse().inverse() == there != there.inverse()
    assert pickle.loads(pickle.dumps(there)) == there
    assert there.apply(np.zeros((0, 2))).shape == (0, 2)


@pytest.mark.parametrize(
    "text, said",
    [
        ("", "empty or cut off"),
        ("Hello", "cannot be parsed: astRead"),
        (POLYNOMIAL[:60], "cannot be parsed: astRead"),
        ("Begin UnitMap\n   Nin = 3\nIsA Mapping\nEnd UnitMap\n", "goes from 3 axes to 3"),
    ],
)
def test_texts_that_are_no_maps(text: str, said: str) -> None:
    with pytest.raises(FormatError, match=said):
        AstMap(text).apply(np.zeros((1, 2)))


def test_texts_that_are_no_sky() -> None:
    with pytest.raises(FormatError, match="no FrameSet whose current frame is the sky"):
        AstSky(POLYNOMIAL)


def test_cards_as_text_and_back() -> None:
    text = text_of_fits_cards(SIP)
    sky = AstSky(text)
    fits = SkyWcs.from_fits_header(SIP)
    x, y = np.meshgrid(np.linspace(-50, 300, 5), np.linspace(-20, 200, 4))
    ra, dec = fits.pixel_to_sky(x, y)
    own = SkyWcs.from_ast(text)
    np.testing.assert_allclose(own.pixel_to_sky(x, y), (ra, dec), rtol=0, atol=1e-11)
    np.testing.assert_allclose(own.sky_to_pixel(ra, dec), (x, y), rtol=0, atol=1e-3)
    np.testing.assert_allclose(sky.reference, (100.5, 51.25), atol=1e-6)
    tangent = {key: value for key, value in SIP.items() if key[0] not in "AB"} | {
        "CTYPE1": "RA---TAN",
        "CTYPE2": "DEC--TAN",
    }
    back = fits_cards_of(text_of_fits_cards(tangent))
    np.testing.assert_allclose(
        [back[key] for key in ("CRPIX1", "CRPIX2", "CRVAL1", "CD1_1")], [101.5, 52.25, 30.0, -5e-5]
    )


def test_other_frames_become_icrs() -> None:
    fk5 = {**SIP, "RADESYS": "FK5", "EQUINOX": 2000.0}
    ours = SkyWcs.from_fits_header(fk5).pixel_to_sky(10, 20)
    np.testing.assert_allclose(SkyWcs.from_ast(text_of_fits_cards(fk5)).pixel_to_sky(10, 20), ours, rtol=0, atol=1e-8)


def test_cards_that_are_no_sky() -> None:
    with pytest.raises(FormatError, match="AST"):
        text_of_fits_cards({"CTYPE1": "LINEAR", "CTYPE2": "LINEAR"})


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "starlink.Ast", None)
    monkeypatch.delattr("starlink.Ast")
    with pytest.raises(FormatError, match="starlink-pyast, which is not installed") as caught:
        AstMap(POLYNOMIAL).apply(np.zeros((1, 2)))
    assert "skybutler[images]" in str(caught.value)
    with monkeypatch.context() as patch:
        patch.setattr(ast_maps, "find_spec", _not_found)
        assert not ast_maps.can_evaluate()


def _not_found(name: str) -> Any:
    raise ModuleNotFoundError(name)
