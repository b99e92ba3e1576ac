"""Sky coordinates against astropy and against values of real exposures."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS
from hypothesis import given
from hypothesis import strategies as st

from skybutler.errors import FormatError
from skybutler.images import Box, SkyWcs
from skybutler.sky.vectors import unit_vectors

GRID = np.array([[x, y] for x in (-500.0, 0.0, 100.25, 2000.0) for y in (-20.0, 0.0, 4000.0)]).T

angles = st.floats(0.0, 360.0)
elements = st.floats(-1e-3, 1e-3).filter(lambda value: abs(value) > 1e-6)
tangents = st.fixed_dictionaries(
    {
        "CTYPE1": st.just("RA---TAN"),
        "CTYPE2": st.just("DEC--TAN"),
        "CRPIX1": st.floats(-3000, 3000),
        "CRPIX2": st.floats(-3000, 3000),
        "CRVAL1": angles,
        "CRVAL2": st.one_of(st.floats(-90, 90), st.sampled_from([-90.0, 0.0, 90.0])),
        "CDELT1": elements,
        "CDELT2": elements,
        "PC1_2": st.floats(-0.4, 0.4),
        "PC2_1": st.floats(-0.4, 0.4),
    },
    optional={"LONPOLE": angles},
)


def header_of(path: Path, hdu: int = 1) -> fits.Header:
    with fits.open(path) as hdus:
        header: fits.Header = hdus[hdu].header
    return header


@given(tangents)
def test_plain_tangent_agrees_with_astropy(cards: dict[str, Any]) -> None:
    ours = SkyWcs.from_fits_header(cards)
    assert ours.is_tangent
    ra, dec = WCS(fits.Header(list(cards.items()))).all_pix2world(*GRID, 0)
    np.testing.assert_allclose(unit_vectors(*ours.pixel_to_sky(*GRID)), unit_vectors(ra, dec), rtol=0, atol=2e-14)


@given(tangents, st.integers(-5000, 5000), st.integers(-5000, 5000))
def test_laws_of_a_tangent(cards: dict[str, Any], x0: int, y0: int) -> None:
    wcs = SkyWcs.from_fits_header(cards, (x0, y0))
    x, y = wcs.sky_to_pixel(*wcs.pixel_to_sky(GRID[0] + x0, GRID[1] + y0))
    # Rounding of angles (1e-14 rad of tangent plane up to 10 rad wide) in pixels of down to 0.004 arcsec.
    np.testing.assert_allclose([x - x0, y - y0], GRID, rtol=0, atol=1e-3)
    again = SkyWcs.from_fits_header(wcs.to_fits_header((x0, y0)), (x0, y0))
    assert again == wcs
    assert hash(again) == hash(wcs)


def test_shift_of_the_stored_array(shared: Path) -> None:
    header = header_of(shared / "data/exposures/HSC-0908120-056-small.fits")
    wcs = SkyWcs.from_fits_header(header, (100, 100))
    assert not wcs.is_tangent
    direct = WCS(header).all_pix2world([[0.0, 0.0], [50.0, 70.0]], 0)
    icrs = SkyCoord(direct, unit="deg", frame="fk5").icrs
    ra, dec = wcs.pixel_to_sky([100, 150], [100, 170])
    np.testing.assert_allclose(ra, icrs.ra.deg, rtol=0, atol=1e-11)
    np.testing.assert_allclose(dec, icrs.dec.deg, rtol=0, atol=1e-11)
    assert wcs.to_fits_header((100, 100))["CRPIX1"] == pytest.approx(header["CRPIX1"], abs=1e-12)


def test_fk5_becomes_icrs_without_astropy_wcs(shared: Path) -> None:
    header = header_of(shared / "data/exposures/small_decorated_image.fits")
    wcs = SkyWcs.from_fits_header(header)
    assert wcs.is_tangent
    icrs = SkyCoord(WCS(header).all_pix2world([[3.0, 8.0]], 0), unit="deg", frame="fk5").icrs
    np.testing.assert_allclose(np.hstack(wcs.pixel_to_sky([3], [8])), [icrs.ra.deg[0], icrs.dec.deg[0]], atol=1e-11)
    np.testing.assert_allclose(np.hstack(wcs.sky_to_pixel(*wcs.pixel_to_sky([3], [8]))), [3, 8], atol=1e-7)


def test_sip_of_a_real_exposure(shared: Path) -> None:
    wcs = SkyWcs.from_fits_header(header_of(shared / "data/exposures/calexp.fits"))
    ra, dec = wcs.pixel_to_sky(100, 100)
    assert ra.shape == dec.shape == ()
    # The exact mapping of this file gives these values; SIP is an approximation good to 2e-4 arcsec.
    assert float(ra) == pytest.approx(320.6659822428, abs=6e-8)
    assert float(dec) == pytest.approx(-0.3706855694, abs=6e-8)
    assert wcs.pixel_scale_arcsec(32, 16) == pytest.approx(0.15764, abs=2e-4)
    x, y = np.meshgrid([0.0, 30.0, 63.0], [0.0, 31.0])
    np.testing.assert_allclose(wcs.sky_to_pixel(*wcs.pixel_to_sky(x, y)), [x, y], atol=1e-5)


def test_affine_corners_and_scale() -> None:
    scale = 0.2 / 3600
    wcs = SkyWcs.from_affine(30.0, 0.0, [[-scale, 0.0], [0.0, scale]], (49.5, 19.5))
    assert wcs.pixel_scale_arcsec() == pytest.approx(0.2, rel=1e-9)
    corners = wcs.corners(Box((0, 40), (0, 100)))
    offsets = np.array([[50, -20], [-50, -20], [-50, 20], [50, 20]]) * scale
    np.testing.assert_allclose(corners, np.add([30.0, 0.0], offsets), atol=1e-9)


def test_the_other_side_of_the_sky_has_no_pixel() -> None:
    x, y = SkyWcs.from_affine(30.0, 40.0, [[-1e-4, 0], [0, 1e-4]]).sky_to_pixel([210.0, 30.0], [-40.0, 40.0])
    np.testing.assert_array_equal(np.isnan(x), [True, False])
    np.testing.assert_allclose([x[1], y[1]], 0, atol=1e-9)


TAN = {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CD1_1": 1e-4, "CD2_2": 1e-4}


@pytest.mark.parametrize(
    "header, message",
    [
        ({}, "CTYPE1 and CTYPE2 are missing"),
        ({"CTYPE1": "LINEAR", "CTYPE2": "LINEAR"}, "axes are LINE"),
        (TAN | {"CD1_1": 0.0}, "singular"),
        (TAN | {"CD1_1": "abc"}, "not a number"),
        (TAN | {"CRVAL1": "abc"}, "not a number"),
        (TAN | {"RADESYS": "FK4"}, "FK4"),
        (TAN | {"EQUINOX": 1950.0}, "FK4"),
        (TAN | {"CPDIS1": "LOOKUP"}, "distortion table"),
        (TAN | {"CTYPE1": "RA---XYZ", "CTYPE2": "DEC--XYZ"}, "cannot be evaluated"),
    ],
)
def test_headers_that_cannot_be_evaluated(header: dict[str, Any], message: str) -> None:
    with pytest.raises(FormatError, match=message):
        SkyWcs.from_fits_header(header).pixel_to_sky(0, 0)


def test_a_plain_tangent_needs_no_astropy() -> None:
    code = (
        "import sys; from skybutler.images import SkyWcs;"
        "SkyWcs.from_affine(1, 2, [[1e-4, 0], [0, 1e-4]]).pixel_to_sky([1, 2], [3, 4]);"
        "print([name for name in ('astropy', 'lsst.sphgeom', 'pyarrow') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_wcs_defined_by_text() -> None:
    fits = SkyWcs.from_affine(320.0, -0.4, [[-4e-5, 1e-6], [1e-6, 4e-5]], (10.0, 20.0))
    text = fits.to_ast()
    wcs = SkyWcs.from_ast(f"1 SkyWcs 0 {text}")
    assert wcs.ast_text == text
    assert wcs == SkyWcs.from_ast(text, fits=fits) != fits
    assert hash(wcs) == hash(SkyWcs.from_ast(text))
    assert wcs.to_ast() == text
    np.testing.assert_allclose(wcs.pixel_to_sky([0, 7], [1, 8]), fits.pixel_to_sky([0, 7], [1, 8]), rtol=0, atol=1e-11)
    np.testing.assert_allclose(wcs.reference_pixel, (10.0, 20.0), atol=1e-9)
    assert wcs.pixel_scale_arcsec() == pytest.approx(fits.pixel_scale_arcsec(), rel=1e-9)
    assert wcs.has_fits_cards()
    assert wcs.to_fits_header((5, 6))["CRPIX1"] == pytest.approx(6.0)
    assert repr(wcs).startswith("SkyWcs(AST at (320, -0.4)")
    assert pickle.loads(pickle.dumps(wcs)) == wcs
    assert not wcs.is_tangent


def test_a_text_without_a_library_is_evaluated_by_its_cards(monkeypatch: pytest.MonkeyPatch) -> None:
    fits = SkyWcs.from_affine(320.0, -0.4, [[-4e-5, 0.0], [0.0, 4e-5]])
    text = fits.to_ast()
    monkeypatch.setattr("skybutler.images.ast_maps.can_evaluate", lambda: False)
    wcs = SkyWcs.from_ast(text, fits=fits)
    assert wcs.pixel_to_sky(3.0, 4.0) == fits.pixel_to_sky(3.0, 4.0)
    assert wcs.to_ast() == text


def test_other_numbers_of_pixels(shared: Path) -> None:
    cards = SkyWcs.from_fits_header(header_of(shared / "data/exposures/calexp.fits"))
    text = SkyWcs.from_affine(10.0, 20.0, [[-1e-4, 0.0], [0.0, 1e-4]]).to_ast()
    for wcs in (cards, SkyWcs.from_ast(text), SkyWcs.from_ast(text, fits=cards)):
        moved = wcs.shifted(100.0, -7.5)
        np.testing.assert_allclose(moved.pixel_to_sky(105, 2.5), wcs.pixel_to_sky(5, 10), rtol=0, atol=1e-11)
        assert (moved.ast_text is None) == (wcs.ast_text is None)
        np.testing.assert_allclose(np.subtract(moved.reference_pixel, wcs.reference_pixel), (100.0, -7.5), atol=1e-6)


def test_the_tangent_plane_at_a_pixel(shared: Path) -> None:
    wcs = SkyWcs.from_fits_header(header_of(shared / "data/exposures/calexp.fits"))
    tangent = wcs.tangent_at(40.0, 30.0)
    assert tangent.is_tangent
    for x, y in ((40.0, 30.0), (41.0, 31.0)):
        np.testing.assert_allclose(tangent.pixel_to_sky(x, y), wcs.pixel_to_sky(x, y), rtol=0, atol=2e-9)
