"""Sky coordinates in an archive, against values of real files and the cards beside them."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from skybutler.errors import FormatError, UnreadableFileError
from skybutler.formatters.afw import Archive, ArchiveWriter, Column
from skybutler.formatters.afw.wcs import can_write
from skybutler.images import SkyWcs


def read(writer: ArchiveWriter) -> Any:
    buffer = BytesIO()
    writer.file().writeto(buffer)
    return Archive(fits.open(BytesIO(buffer.getvalue())), "memory").get(1)


def wcs_of(path: Path) -> tuple[Any, fits.Header]:
    with fits.open(path) as hdus:
        archive = Archive(hdus, path.name, 4)
        (number,) = [n for n, kind in archive.classes.items() if kind in ("SkyWcs", "TanWcs")][-1:]
        return archive.get(number, SkyWcs), hdus[1].header


def test_the_sky_of_a_real_calexp(shared: Path) -> None:
    wcs, header = wcs_of(shared / "data/exposures/calexp.fits")
    ra, dec = wcs.pixel_to_sky(100, 100)
    assert (float(ra), float(dec)) == pytest.approx((320.6659822428, -0.3706855694), abs=1e-9)
    assert wcs.pixel_scale_arcsec(32, 16) == pytest.approx(0.15764, abs=1e-6)
    approximate = SkyWcs.from_fits_header(header)
    np.testing.assert_allclose(approximate.pixel_to_sky(100, 100), (ra, dec), rtol=0, atol=1e-7)
    writer = ArchiveWriter()
    writer.put(wcs)
    again = read(writer)
    assert again == wcs
    assert again.ast_text == wcs.ast_text


@pytest.mark.parametrize(
    "name", ["HSC-0908120-056-small", "small_decorated_image", "testCoaddInputs_coadd_with_version_1_data"]
)
def test_terms_of_before_2018(shared: Path, name: str) -> None:
    wcs, header = wcs_of(shared / f"data/exposures/{name}.fits")
    x0, y0 = header["CRVAL1A"], header["CRVAL2A"]
    cards = SkyWcs.from_fits_header(header, (x0, y0))
    x, y = np.meshgrid(np.linspace(x0 - 100, x0 + 300, 5), np.linspace(y0, y0 + 200, 4))
    np.testing.assert_allclose(wcs.pixel_to_sky(x, y), cards.pixel_to_sky(x, y), rtol=0, atol=1e-10)


def test_a_wcs_of_cards_becomes_text() -> None:
    fits_wcs = SkyWcs.from_affine(10.0, 20.0, [[-1e-4, 0.0], [0.0, 1e-4]], (4.0, 5.0))
    assert can_write(fits_wcs)
    writer = ArchiveWriter()
    writer.put(fits_wcs)
    assert read(writer) == fits_wcs
    text = writer.file()[2].data["wcs"][0].tobytes().decode()
    defined = SkyWcs.from_ast(text)
    assert defined != fits_wcs
    np.testing.assert_allclose(defined.pixel_to_sky(7, 8), fits_wcs.pixel_to_sky(7, 8), rtol=0, atol=1e-11)
    writer = ArchiveWriter()
    row = {"wcs": f"{text}# SB CRPIX1 = 1,\n".encode()}
    writer.add(writer.number(), writer.table([Column("wcs", "QB")]), "SkyWcs", "", [row])
    with pytest.raises(UnreadableFileError, match="note of a card"):
        read(writer)


def test_an_approximation_is_kept() -> None:
    text = SkyWcs.from_affine(10.0, 20.0, [[-1e-4, 0.0], [0.0, 1e-4]]).to_ast()
    writer = ArchiveWriter()
    writer.put(SkyWcs.from_ast(text, approximation="1 SkyWcs 0 that"))
    found = read(writer)
    assert (found.ast_text, found.approximation) == (text, "1 SkyWcs 0 that")


def test_without_ast(monkeypatch: pytest.MonkeyPatch) -> None:
    from skybutler.images import ast_maps

    def missing() -> Any:
        raise FormatError("missing")

    monkeypatch.setattr(ast_maps, "_library", missing)
    assert not can_write(SkyWcs.from_affine(10.0, 20.0, [[-1e-4, 0.0], [0.0, 1e-4]]))


def test_malformed_rows() -> None:
    writer = ArchiveWriter()
    writer.add(writer.number(), writer.table([Column("wcs", "QB")]), "SkyWcs", "", [{"wcs": b"1 SkyWcs 0 Begin Fr"}])
    with pytest.raises(FormatError, match="text of a sky WCS cannot be parsed"):
        read(writer)
    writer = ArchiveWriter()
    row = {"crval": [1.0, 2.0], "crpix": [0.0, 0.0], "cd": [1e-4, 0, 0, 1e-4], "ctype1": "RA---TAN",
           "ctype2": "DEC--TAN", "equinox": 2000.0, "radesys": ""}  # fmt: skip
    table = writer.table([
        *(Column(name, "2D") for name in ("crval", "crpix")), Column("cd", "4D"), Column("equinox", "D"),
        *(Column(name, "72A") for name in ("ctype1", "ctype2", "radesys")),
    ])  # fmt: skip
    writer.add(writer.number(), table, "TanWcs", "", [row])
    sip = writer.table([Column(name, "5D") for name in ("A", "B", "Ap", "Bp")])
    writer.add(1, sip, "TanWcs", "", [dict.fromkeys(("A", "B", "Ap", "Bp"), [0.0] * 5)])
    with pytest.raises(UnreadableFileError, match="5 coefficients A, which are no square"):
        read(writer)
