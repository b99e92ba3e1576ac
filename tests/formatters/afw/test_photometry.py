"""Calibrations and aperture corrections in archives."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st

from skybutler.errors import FormatError, SchemaVersionError, UnreadableFileError
from skybutler.formatters.afw import Archive, ArchiveWriter, Column
from skybutler.images import ApertureCorrections, Box, ChebyshevField, PhotoCalib
from support.archives import archive_of, rewritten, round_trip, same_pieces

BOX = Box((0, 40), (0, 50))
FIELD = ChebyshevField(BOX, [[10.0, 1.0], [2.0, 0.0]])
positive = st.floats(0, 1e30)


@settings(max_examples=10)
@given(positive, positive, st.booleans())
def test_calibrations_round_trip(mean: float, error: float, varying: bool) -> None:
    calib = PhotoCalib(mean, error, FIELD if varying else None)
    assert round_trip(calib) == calib


@settings(max_examples=10)
@given(st.dictionaries(st.text("ab _", min_size=1, max_size=64).map(str.rstrip).filter(bool), st.just(FIELD)))
def test_corrections_round_trip(fields: dict[str, ChebyshevField]) -> None:
    corrections = ApertureCorrections(fields)
    again = round_trip(corrections)
    assert again == corrections
    assert list(again) == list(corrections)


def test_those_of_a_real_file(shared: Path) -> None:
    expected = json.loads((shared / "expect/fits_files.json").read_text())["files"]["exposures/calexp.fits"]
    assert len(expected["hdus"]) == 22
    with fits.open(shared / "data/exposures/calexp.fits") as hdus:
        archive = Archive(hdus, "calexp", 4)
        calib = archive.get(hdus[0].header["PHOTOCALIB_ID"], PhotoCalib)
        corrections = archive.get(hdus[0].header["AP_CORR_MAP_ID"], ApertureCorrections)
        assert calib is not None
        assert corrections is not None
        assert calib.mean == pytest.approx(1.99408750546, abs=1e-11)
        assert calib.error == pytest.approx(3.4856714e-4, abs=1e-11)
        assert calib.inst_flux_at_zero_magnitude == pytest.approx(1.8207729288e12, rel=1e-10)
        assert str(calib) == "spatially constant with mean: 1.99409 error: 0.000348567"
        assert len(corrections) == 46
        field = corrections["base_GaussianFlux_instFlux"]
        assert float(field.evaluate(1000, 2000)) == pytest.approx(1.155105762603, abs=1e-12)
        for key in ("PHOTOCALIB_ID", "AP_CORR_MAP_ID"):
            number = hdus[0].header[key]
            assert same_pieces(archive, number, rewritten(archive, number), 1, references=("field",))


def test_that_of_a_file_of_its_own(shared: Path) -> None:
    with fits.open(shared / "data/exposures/photoCalib-version1.fits") as hdus:
        archive = Archive(hdus, "calib")
        assert archive.get(1) == PhotoCalib(123.0, 45.0)
        again = rewritten(archive, 1)
        assert same_pieces(archive, 1, again, 1, references=())
        assert same_pieces(archive, 2, again, 2, references=())


def test_that_of_an_exposure_of_version_1(shared: Path) -> None:
    with fits.open(shared / "data/exposures/exposure-version-1.fits") as hdus:
        calib = Archive(hdus, "exposure", 4).get(hdus[0].header["PHOTOCALIB_ID"], PhotoCalib)
    assert calib == PhotoCalib(1e6, 2e4)
    assert calib.inst_flux_at_zero_magnitude == pytest.approx(3630780.5477, abs=1e-4)


def test_those_before_2018(shared: Path) -> None:
    with fits.open(shared / "data/exposures/testCoaddInputs_coadd_with_version_1_data.fits") as hdus:
        archive = Archive(hdus, "coadd", 4)
        (number, *_) = (n for n, kind in archive.classes.items() if kind == "Calib")
        calib = archive.get(number, PhotoCalib)
        assert calib is not None
        assert calib.inst_flux_at_zero_magnitude == pytest.approx(1.1e12)
        assert calib.error / calib.mean == pytest.approx(0.02)


def test_an_old_calibration_that_says_nothing() -> None:
    writer, buffer = ArchiveWriter(), BytesIO()
    columns = (Column("fluxmag0", "D"), Column("fluxmag0.err", "D"))
    writer.add(writer.number(), writer.table(columns), "Calib", "", [{"fluxmag0": 0.0, "fluxmag0.err": 0.0}])
    writer.file().writeto(buffer)
    assert Archive(fits.open(BytesIO(buffer.getvalue())), "memory").get(1) is None


@pytest.mark.parametrize(
    "version, said", [(0, "of version 0: its fluxes are in maggies"), (2, "of version 2: only version 1 is known")]
)
def test_other_versions_are_refused(version: int, said: str) -> None:
    archive = archive_of(PhotoCalib(1.0))
    archive._hdus[2].data["version"][0] = version
    with pytest.raises(SchemaVersionError, match=said):
        archive.get(1)


def test_a_calibration_without_its_field() -> None:
    archive = archive_of(PhotoCalib(1.0, 0.0, FIELD))
    archive._hdus[2].data["field"][0] = 0
    with pytest.raises(UnreadableFileError, match="varies with position, but does not say how"):
        archive.get(1)


def test_a_correction_without_its_field() -> None:
    archive = archive_of(ApertureCorrections({"a": FIELD}))
    archive._hdus[2].data["field"][0] = 0
    with pytest.raises(UnreadableFileError, match="aperture correction of a is not in the file"):
        archive.get(1)


@pytest.mark.parametrize("name", ["a" * 65, "é"])
def test_names_that_do_not_fit(name: str) -> None:
    with pytest.raises(FormatError, match="cannot be the name of an aperture correction"):
        archive_of(ApertureCorrections({name: FIELD}))
