"""Catalogs of versions 0 to 2: vectors, names, slots."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from skybutler.errors import InvalidError
from skybutler.formatters.afw_catalog_versions import derived_aliases, parts_of
from support.files import Files


@pytest.fixture
def old(files: Callable[[str, str], Files]) -> Any:
    """A catalog of version 0, with a slot card for each slot."""
    columns: list[tuple[str, str, str, Any]] = [
        ("flags", "3X", "", np.array([[1, 0, 1], [0, 1, 0]], bool)),
        ("id", "K", "Scalar", [1, 2]),
        ("coord", "2D", "Coord", [[0.1, 0.2], [0.3, 0.4]]),
        ("parent", "K", "Scalar", [0, 1]),
        ("centroid_sdss", "2D", "Point", [[10.0, 20.0], [30.0, 40.0]]),
        ("centroid_sdss_err", "3E", "Covariance(Point)", [[4.0, 0.5, 9.0], [16.0, 0.25, 25.0]]),
        ("shape_sdss", "3D", "Moments", [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
        ("shape_sdss_err", "6E", "Covariance(Moments)", [[1, 2, 4, 3, 5, 9], [16, 2, 25, 3, 5, 36]]),
        ("flux_psf", "D", "Scalar", [100.0, 200.0]),
        ("flux_psf_err", "D", "Scalar", [1.0, 2.0]),
        ("pixel", "2J", "Point", [[1, 2], [3, 4]]),
        ("matrix", "3D", "Covariance", [[1.0, 2.0, 4.0], [9.0, 3.0, 16.0]]),
    ]
    hdu = fits.BinTableHDU.from_columns([fits.Column(name, form, array=np.array(v)) for name, form, _, v in columns])
    for number, (_, _, kind, _) in enumerate(columns, start=1):
        if kind:
            hdu.header[f"TCCLS{number}"] = kind
    hdu.header["FLAGCOL"] = 1
    for bit, name in enumerate(["flux_psf_flags", "centroid_sdss_flags", "flags_pixel_edge"], start=1):
        hdu.header[f"TFLAG{bit}"] = (name, "set if bad")
    hdu.header["AFW_TYPE"] = "SOURCE"
    for card, target in (("PSF_FLUX", "flux_psf"), ("CENTROID", "centroid_sdss"), ("SHAPE", "shape_sdss")):
        hdu.header[f"HIERARCH {card}_SLOT"] = target
        hdu.header[f"HIERARCH {card}_ERR_SLOT"] = f"{target}_err"
        hdu.header[f"HIERARCH {card}_FLAG_SLOT"] = f"{target}_flags"
    catalogs = files("afw-catalog", "SourceCatalog")
    catalogs.storage.write(catalogs.path, lambda path: fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(path))
    return catalogs


def test_vectors_become_columns(old: Files) -> None:
    found = old.read()
    assert found.ra == pytest.approx(np.degrees([0.1, 0.3]))
    assert found["centroid_sdss_x"].tolist() == [10.0, 30.0]
    assert found["shape_sdss_xy"].tolist() == [3.0, 6.0]
    assert found["pixel_y"].tolist() == [2, 4]
    assert found["pixel_y"].dtype == np.int32


def test_covariances_become_errors_and_covariances(old: Files) -> None:
    found = old.read()
    assert found["centroid_sdss_err_xSigma"].tolist() == [2.0, 4.0]
    assert found["centroid_sdss_err_ySigma"].tolist() == [3.0, 5.0]
    assert found["centroid_sdss_err_x_y_Cov"].tolist() == [0.5, 0.25]
    assert [found[0][f"shape_sdss_err_{axes}Sigma"] for axes in ("xx", "yy", "xy")] == [1.0, 2.0, 3.0]
    assert [found[0][f"shape_sdss_err_{axes}_Cov"] for axes in ("xx_yy", "xx_xy", "yy_xy")] == [2.0, 3.0, 5.0]
    assert [found[1][f"matrix_{part}"] for part in ("0Sigma", "0_1_Cov", "1Sigma")] == [3.0, 3.0, 4.0]


def test_slots_of_cards(old: Files) -> None:
    record = old.read()[1]
    assert record.centroid == (30.0, 40.0)
    assert (record.x_error, record.y_error) == (4.0, 5.0)
    assert record.shape == (4.0, 5.0, 6.0)
    assert (record.psf_flux, record.psf_flux_error, record.psf_flux_flag) == (200.0, 2.0, False)
    assert (record.centroid_flag, record["slot_Centroid_xErr"]) == (True, 4.0)


def test_old_and_new_names_are_known(old: Files) -> None:
    found = old.read()
    for name in ("flux_psf", "flux_psf_flux", "flux_psf_instFlux"):
        assert found[name].tolist() == [100.0, 200.0]
    for name in ("flux_psf_err", "flux_psf_fluxSigma", "flux_psf_fluxErr", "flux_psf_instFluxErr"):
        assert found[name].tolist() == [1.0, 2.0]
    assert found["flux_psf_flags"].tolist() == found["flux_psf_flag"].tolist() == [True, False]
    assert found["flags_pixel_edge"] is found["flag_pixel_edge"]
    assert found.schema["flux_psf_flag"].doc == "set if bad"
    assert list(found.metadata) == []


def test_written_again_it_has_the_same_names(old: Files) -> None:
    found = old.read()
    again = old.round_trip(found)
    assert again.schema == found.schema
    assert {name: again.schema.find(name).name for name in found.aliases if name in again.schema} == {
        name: found.schema.find(name).name for name in found.aliases if name in found.schema
    }
    assert again[0].psf_flux == 100.0


@pytest.mark.parametrize("version, stored", [(1, "m_fluxSigma"), (2, "m_fluxErr")])
def test_all_spellings_lead_to_the_stored_one(version: int, stored: str) -> None:
    found = derived_aliases(version, ["m_flux", stored, "m_xSigma", "id"], [])
    spellings = {"m_fluxSigma", "m_fluxErr", "m_instFluxSigma", "m_instFluxErr"} - {stored}
    assert found == {**dict.fromkeys(spellings, stored), "m_instFlux": "m_flux", "m_xErr": "m_xSigma"}


def test_new_tables_have_no_other_spellings() -> None:
    assert derived_aliases(3, ["m_flux", "m_fluxErr"], []) == {}


def test_names_that_exist_are_never_aliases() -> None:
    assert derived_aliases(2, ["m_flux", "m_instFlux"], []) == {}


@pytest.mark.parametrize("kind, count", [("Covariance", 4), ("Covariance(Point)", 6), ("Covariance(Moments)", 3)])
def test_covariances_of_a_wrong_size(kind: str, count: int) -> None:
    with pytest.raises(InvalidError, match=f"cannot have {count} elements"):
        parts_of("c", kind, "D", count, "", "")


def test_units_of_errors() -> None:
    units = {f.name: f.unit for f in parts_of("c", "Covariance(Point)", "D", 3, "", "pixel^2")}
    assert units == {"c_xSigma": "pixel", "c_x_y_Cov": "pixel^2", "c_ySigma": "pixel"}


def test_other_vectors_are_arrays() -> None:
    assert parts_of("c", "Array", "D", 3, "", "") == ()
    assert parts_of("c", "Point", "D", 3, "", "") == ()
    assert parts_of("c", "Scalar", "K", 2, "", "") == ()
