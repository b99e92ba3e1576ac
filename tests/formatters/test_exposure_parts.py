"""What belongs to pixels in real exposures of all versions, values against the reference, and broken ones."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skybutler.errors import (
    ButlerError,
    SchemaVersionError,
    UnknownComponentError,
    UnreadableFileError,
)
from skybutler.formatters.afw.unknown import StoredObject
from skybutler.formatters.exposure_parts import COMPONENTS
from skybutler.formatters.fits_image import FitsImageFormatter
from skybutler.images import Box, CameraDetector, Exposure, FilterLabel, Image, SkyWcs, Weather
from support.files import Files


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path, "fits-image", "ExposureF")


@pytest.fixture
def folder(shared: Path) -> Path:
    return shared / "data/exposures"


def test_a_real_calexp_has_everything(files: Files, folder: Path) -> None:
    exposure: Any = files.read_bytes((folder / "calexp.fits").read_bytes())
    assert exposure.wcs is not None
    ra, dec = exposure.wcs.pixel_to_sky(100, 100)
    assert (float(ra), float(dec)) == pytest.approx((320.6659822428, -0.3706855694), abs=1e-9)
    assert (exposure.photo_calib.mean, exposure.photo_calib.error) == pytest.approx((1.99408750546, 3.4856714e-4))
    assert exposure.photo_calib.inst_flux_at_zero_magnitude == pytest.approx(1.8207729288e12)
    assert (exposure.psf.sigma(), exposure.psf.compute_image().dimensions) == (4.0, (3, 3))
    field = exposure.aperture_corrections["base_GaussianFlux_instFlux"]
    assert float(field.evaluate(1000, 2000)) == pytest.approx(1.155105762603)
    assert len(exposure.aperture_corrections) == 46
    assert exposure.filter_label == FilterLabel("300", "HSC-I")
    assert exposure.visit_info is not None
    assert exposure.visit_info.weather == Weather(-0.699999999999989, 62160.0, 42.0)
    detector = exposure.detector
    assert isinstance(detector, CameraDetector)
    assert (detector.name, detector.serial, detector.box) == ("1_42", "4", Box((0, 4176), (0, 2048)))
    assert (len(detector.amplifiers), detector.focal_plane_to_field_angle is not None) == (4, True)
    assert len(exposure.valid_polygon.vertices) == 7
    assert exposure.summary_stats.psf_sigma == 1
    assert exposure.coadd_inputs.visits == ()
    assert exposure.id == 180802004
    assert exposure.components == {}


def test_focal_plane_of_a_real_detector(files: Files, folder: Path) -> None:
    files.read_bytes((folder / "calexp.fits").read_bytes())
    detector = files.read("detector")
    x, y = detector.pixels_to_focal_plane(*detector.reference_pixel)
    position = detector.position
    assert (float(x), float(y)) == pytest.approx(position[:2], abs=1e-6)
    back = detector.pixels_to_focal_plane.inverse()(x, y)
    assert back == (pytest.approx(detector.reference_pixel[0]), pytest.approx(detector.reference_pixel[1]))


@pytest.mark.parametrize(
    "name, calibration, number, filter_label",
    [
        ("exposure-noversion", (3.6307805477e6, 1e6), 12345, FilterLabel(physical="ha")),
        ("exposure-version-1", (1e6, 3630780.5477), 12345, FilterLabel(physical="ha")),
        ("HSC-0908120-056-small", None, None, None),
        ("small_decorated_image", None, None, None),
        ("testCoaddInputs_coadd_with_version_1_data", None, None, None),
    ],
)
def test_earlier_versions(
    files: Files, folder: Path, name: str, calibration: Any, number: int | None, filter_label: FilterLabel | None
) -> None:
    exposure = files.read_bytes((folder / f"{name}.fits").read_bytes())
    found = exposure.photo_calib
    if calibration is None:
        assert found is None  # they say that a star of magnitude 0 has no counts
    else:
        assert (found.mean, found.inst_flux_at_zero_magnitude) == pytest.approx(calibration)
        assert found.error / found.mean == pytest.approx(0.02)
    assert (exposure.id, exposure.filter_label) == (number, filter_label)
    assert exposure.wcs is not None
    with fits.open(folder / f"{name}.fits") as hdus:
        cards = SkyWcs.from_fits_header(hdus[1].header, exposure.xy0)
    x, y = np.meshgrid(np.arange(4.0) + exposure.xy0[0], np.arange(3.0) + exposure.xy0[1])
    np.testing.assert_allclose(exposure.wcs.pixel_to_sky(x, y), cards.pixel_to_sky(x, y), rtol=0, atol=1e-10)
    assert not {"FLUXMAG0", "FLUXMAG0ERR", "WCS_ID", "SKYWCS_ID", "PSF_ID"} & set(exposure.metadata)


def test_a_real_coadd_of_the_first_version(files: Files, folder: Path) -> None:
    content = (folder / "testCoaddInputs_coadd_with_version_1_data.fits").read_bytes()
    inputs = files.read_bytes(content).coadd_inputs
    assert [record.id for record in inputs.visits] == [0, 1, 2]
    record = inputs.ccds[1]
    assert (record.fields["visit"], record.bbox) == (1, Box((100, 110), (100, 110)))
    assert record.wcs.pixel_to_sky(5, 5)[1] == pytest.approx(45.0, abs=1e-5)
    assert (record.psf.width, record.psf.height, record.psf.sigma()) == (5, 5, 2.5)


@pytest.mark.parametrize("name", COMPONENTS)
def test_a_component_is_that_of_the_whole(files: Files, folder: Path, name: str) -> None:
    whole = files.read_bytes((folder / "calexp.fits").read_bytes())
    assert files.read(name) == getattr(whole, COMPONENTS[name])


@pytest.mark.parametrize("name", ["wcs", "psf", "photoCalib", "visitInfo", "filter", "apCorrMap", "bbox", "id"])
def test_components_read_little(files: Files, folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = files.read_bytes((folder / "calexp.fits").read_bytes())
    big = Exposure(Image.zeros(Box((0, 1000), (0, 1000))), **{
        attribute: getattr(whole, attribute) for attribute in COMPONENTS.values()
    })  # fmt: skip
    files.formatter = FitsImageFormatter(compress=False)
    files.write(big)
    counted: list[int] = []
    plain = files.storage.open

    def opened(path: str) -> Any:
        return _Counting(plain(path), counted)

    monkeypatch.setattr(files.storage, "open", opened)
    monkeypatch.setattr(files.storage, "local_path", _refuse)
    assert files.read(name) is not None
    assert 0 < sum(counted) < 600_000 < 12_000_000 < files.storage.sizes([files.path])[0]


def _refuse(path: str) -> Any:
    raise AssertionError(f"all of {path} is read")


class _Counting:
    """A stream that notes how much is read."""

    def __init__(self, stream: Any, counted: list[int]) -> None:
        self._stream, self._counted = stream, counted

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._stream.read(size)
        self._counted.append(len(data))
        return data

    def __enter__(self) -> _Counting:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()


# -------------------------------------------------------------------------------------------------------- broken files
def changed(folder: Path, tmp_path: Path, change: Callable[[fits.HDUList], None], name: str = "calexp") -> bytes:
    with fits.open(BytesIO((folder / f"{name}.fits").read_bytes()), mode="update") as hdus:
        change(hdus)
        hdus.writeto(tmp_path / "changed.fits", overwrite=True)
    return (tmp_path / "changed.fits").read_bytes()


def test_a_broken_object_leaves_the_rest(
    files: Files, folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def change(hdus: fits.HDUList) -> None:
        hdus[0].header["ARCHIVE_ID_PSF"] = 999  # nothing
        hdus[0].header["ARCHIVE_ID_FILTER"] = 249  # the PSF
        hdus[16].data["version"][0] = 0

    exposure = files.read_bytes(changed(folder, tmp_path, change))
    assert (exposure.psf, exposure.filter_label, exposure.photo_calib) == (None, None, None)
    assert len(exposure.aperture_corrections) == 46
    assert len(caplog.records) == 3
    assert "The psf of file://" in caplog.text
    assert "persisted object 999, which it does not have" in caplog.text
    assert "object 249 is a GaussianPsf where a FilterLabel should be" in caplog.text
    with pytest.raises(UnreadableFileError, match="persisted object 999"):
        files.read("psf")
    with pytest.raises(UnreadableFileError, match="a GaussianPsf where a FilterLabel should be"):
        files.read("filter")
    with pytest.raises((UnreadableFileError, SchemaVersionError), match="version"):
        files.read("photoCalib")


def test_objects_that_refer_to_each_other(files: Files, folder: Path, tmp_path: Path) -> None:
    def change(hdus: fits.HDUList) -> None:
        hdus[12].data["a"][:] = 233

    files.read_bytes(changed(folder, tmp_path, change))
    with pytest.raises(UnreadableFileError, match="in a circle: 233"):
        files.read("transmissionCurve")


def test_unknown_classes_and_components_are_kept(
    files: Files, folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def change(hdus: fits.HDUList) -> None:
        names = hdus[4].data["name"]
        names[names == "GaussianPsf"] = "FancyPsf"
        hdus[0].header["HIERARCH ARCHIVE_ID_EXTRA"] = 2

    exposure = files.read_bytes(changed(folder, tmp_path, change))
    assert exposure.psf is None
    assert sorted(exposure.components) == ["EXTRA", "PSF"]
    assert isinstance(exposure.components["PSF"], StoredObject)
    assert exposure.components["EXTRA"] == exposure.wcs
    assert "is a FancyPsf, which skybutler does not know" in caplog.text
    assert "has a component EXTRA that skybutler does not know; it is kept" in caplog.text
    with pytest.raises(UnknownComponentError, match="is a FancyPsf"):
        files.read("psf")
    caplog.clear()
    caplog.set_level(logging.WARNING)
    files.write(exposure)
    assert "Component PSF, a FancyPsf, cannot be written" in caplog.text  # its numbers might be references
    again = files.read()
    assert again.components == {"EXTRA": exposure.wcs}


def test_a_version_to_come(files: Files, folder: Path, tmp_path: Path) -> None:
    def change(hdus: fits.HDUList) -> None:
        hdus[0].header["EXPINFO_V"] = 3

    with pytest.raises(SchemaVersionError, match="version 3; versions up to 2 are known"):
        files.read_bytes(changed(folder, tmp_path, change))


def test_where_the_archive_is_said_to_be(files: Files, folder: Path, tmp_path: Path) -> None:
    for place, said in ((2, "no index"), (99, "no index of persisted objects in HDU 98"), ("x", "AR_HDU is 'x'")):

        def change(hdus: fits.HDUList, place: Any = place) -> None:
            hdus[0].header["AR_HDU"] = place

        with pytest.raises(UnreadableFileError, match=said):
            files.read_bytes(changed(folder, tmp_path, change))
        assert files.read("bbox") == Box((0, 32), (0, 64))


def test_an_archive_cut_short(files: Files, folder: Path) -> None:
    content = (folder / "calexp.fits").read_bytes()
    with pytest.raises(UnreadableFileError, match="cut short|truncated|ends at"):
        files.read_bytes(content[: len(content) - 20_000])
    assert files.read("image").dimensions == (64, 32)
    with pytest.raises(UnreadableFileError):
        files.read_bytes(content[:60_000])


def test_no_sky(files: Files, folder: Path, tmp_path: Path) -> None:
    def change(hdus: fits.HDUList) -> None:
        hdus[0].header["SKYWCS_ID"] = hdus[0].header["ARCHIVE_ID_SKYWCS"] = 0
        for hdu in hdus[1:4]:
            del hdu.header["CTYPE1"]

    exposure = files.read_bytes(changed(folder, tmp_path, change))
    assert exposure.wcs is None
    assert files.read("wcs") is None
    assert files.round_trip(exposure).same_as(exposure)


def test_without_ast_the_cards_are_used(files: Files, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files.read_bytes((folder / "calexp.fits").read_bytes())
    exact = files.read("wcs")
    monkeypatch.setattr("skybutler.images.ast_maps.can_evaluate", lambda: False)
    approximate = files.read("wcs")
    assert approximate == exact
    np.testing.assert_allclose(approximate.pixel_to_sky(9, 9), exact.pixel_to_sky(9, 9), rtol=0, atol=1e-7)
    assert files.read("wcs").pixel_to_sky(9, 9) != exact.pixel_to_sky(9, 9)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(0, 140_000), st.integers(0, 255)), min_size=1, max_size=6),
    st.lists(st.tuples(st.integers(1_750_000, 2_059_199), st.integers(0, 255)), max_size=6),
)
def test_a_damaged_file_is_refused_or_read(
    files: Files, folder: Path, front: list[tuple[int, int]], back: list[tuple[int, int]]
) -> None:
    damaged = bytearray((folder / "calexp.fits").read_bytes())
    for place, value in [*front, *back]:
        damaged[place] = value
    for component in (None, *COMPONENTS):
        with suppress(ButlerError):
            files.storage.write(files.path, bytes(damaged), overwrite=True)
            files.read(component)


def test_the_image_in_the_primary_hdu(files: Files, folder: Path) -> None:
    """As before there were primary headers without pixels: mask and variance are HDUs 1 and 2, the index is HDU 3."""
    with fits.open(folder / "exposure-version-1.fits") as hdus:
        header = hdus[1].header.copy()
        for key in ("XTENSION", "PCOUNT", "GCOUNT", "EXTTYPE", "INHERIT"):
            header.remove(key)
        primary = fits.PrimaryHDU(hdus[1].data, header)
        primary.header.update({"AR_HDU": 4, "HIERARCH SKYWCS_ID": 1, "OWN": "kept", "FLUXMAG0": 1e9, "EXPTIME": 30.0})
        buffer = BytesIO()
        fits.HDUList([primary, *hdus[2:]]).writeto(buffer)
    exposure = files.read_bytes(buffer.getvalue())
    assert exposure.bbox == Box((0, 10), (0, 10))
    assert exposure.wcs is not None
    assert exposure.wcs.ast_text is not None
    assert exposure.photo_calib.inst_flux_at_zero_magnitude == pytest.approx(1e9)
    assert dict(exposure.metadata) == {"OWN": "kept"}
    assert exposure.visit_info is not None
    assert exposure.visit_info.exposure_time == 30.0
    assert files.round_trip(exposure).same_as(exposure)
