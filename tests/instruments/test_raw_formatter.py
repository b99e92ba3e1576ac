"""Raws read as exposures: every pixel where an independent reading by the DETSEC cards puts it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from skybutler.datasets.storage_class import StorageClasses
from skybutler.errors import FormatError, NotFoundError, ParameterError, UnknownComponentError, UnreadableFileError
from skybutler.formatters.formatter import Source
from skybutler.images import Box, DetectorLabel, Exposure, FilterLabel, Image, SkyWcs, VisitInfo
from skybutler.images.stencils import SkyCircle
from skybutler.instruments import Instrument
from skybutler.instruments.camera import initial_wcs
from skybutler.instruments.raw_formatter import RawFormatter
from skybutler.sim import simulate_survey
from skybutler.storage import LocalStorage
from support.instruments import OWN, write_description

EXPOSURE = StorageClasses.default()["Exposure"]
Numbers = np.ndarray[Any, Any]


def read(path: Path, component: str | None = None, data_id: dict[str, Any] | None = None, **parameters: Any) -> Any:
    source = Source(LocalStorage(path.parent), path.name, data_id=data_id)
    return RawFormatter().read(source, EXPOSURE, component, parameters)


def by_detsec(path: Path) -> Numbers:
    """Assemble by the cards alone: DATASEC is where light is, DETSEC where it goes, backwards if so written."""
    with fits.open(path) as hdus:
        placed = []
        for hdu in hdus[1:]:
            a, b, c, d = (int(n) for n in re.findall(r"\d+", hdu.header["DATASEC"]))
            x1, x2, y1, y2 = (int(n) for n in re.findall(r"\d+", hdu.header["DETSEC"]))
            x = np.arange(x1, x2 + np.sign(x2 - x1), np.sign(x2 - x1)) - 1
            y = np.arange(y1, y2 + np.sign(y2 - y1), np.sign(y2 - y1)) - 1
            placed.append((y, x, hdu.data[c - 1 : d, a - 1 : b]))
    whole = np.full((max(y.max() for y, _, _ in placed) + 1, max(x.max() for _, x, _ in placed) + 1), -1)
    for y, x, pixels in placed:
        whole[np.ix_(y, x)] = pixels
    return whole


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("survey")
    survey = simulate_survey(folder, visits=1, detectors=["R11_S20"], full_size_one=False, index=False)
    return survey.files[0]


@pytest.fixture(scope="module")
def numbered(real_raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real raw, whose pixels are all 0, with a different number in every pixel."""
    path = tmp_path_factory.mktemp("raw") / real_raw.name
    with fits.open(real_raw) as hdus:
        for i, hdu in enumerate(hdus[1:]):
            hdu.data = np.arange(hdu.data.size, dtype=np.int32).reshape(hdu.data.shape) + i * hdu.data.size
        hdus.writeto(path)
    return path


def test_full_size_raw_pixel_by_pixel(numbered: Path) -> None:
    exposure = read(numbered)
    assert isinstance(exposure, Exposure)
    assert exposure.dimensions == (4072, 4000)
    assert np.array_equal(exposure.image.array, by_detsec(numbered))


def test_scaled_raw_pixel_by_pixel(simulated: Path) -> None:
    exposure = read(simulated)
    assert exposure.dimensions == (512, 500)
    assert np.array_equal(exposure.image.array, by_detsec(simulated))
    assert exposure.image.array.std() > 10


def test_cutout_and_amplifier(simulated: Path) -> None:
    whole = read(simulated).image
    box = Box((240, 260), (60, 70))
    part = read(simulated, bbox=box)
    assert part.bbox == box
    assert np.array_equal(part.image.array, whole.array[240:260, 60:70])
    assert part.wcs == read(simulated).wcs
    amplifier = read(simulated, amp="C10")
    assert np.array_equal(amplifier.image.array, fits.getdata(simulated, "Segment10"))
    assert amplifier.wcs is None
    assert read(simulated, "image", amp="Segment10").bbox == amplifier.bbox


def test_cut_outs_by_place_on_the_sky(simulated: Path) -> None:
    whole = read(simulated)
    ra, dec = (float(v) for v in whole.wcs.pixel_to_sky(20.0, 250.0))
    circle = SkyCircle(ra, dec, 30 * whole.wcs.pixel_scale_arcsec(20.0, 250.0) / 3600)
    assert read(simulated, circle=circle).same_as(whole.cutout(circle))
    assert read(simulated, "image", circle=circle, pad=True).same_as(whole.cutout(circle, pad=True).image)
    assert read(simulated, region=circle, mask_outside=True).same_as(whole.cutout(circle, mask_outside=True))
    with pytest.raises(ParameterError, match="is not in .*, which covers"):
        read(simulated, circle=(ra, -dec, 0.1))
    with pytest.raises(ParameterError, match="Amplifier 'C10' as it was read has no place"):
        read(simulated, amp="C10", circle=circle)


def test_components_of_the_real_raw(real_raw: Path, imsim: Instrument, truth: dict[str, Any]) -> None:
    header = fits.getheader(real_raw)
    metadata = read(real_raw, "metadata")
    of_the_file = {"SIMPLE", "BITPIX", "NAXIS", "EXTEND", "EXTTYPE", "CHECKSUM", "DATASUM"}
    assert {key: metadata[key] for key in metadata} == {key: header[key] for key in header if key not in of_the_file}
    assert read(real_raw, "filter") == FilterLabel("i", "i_sim_1.4")
    assert read(real_raw, "detector") == DetectorLabel(42, "R11_S20", "LCA-11021_RTM-000")
    assert read(real_raw, "bbox") == Box((0, 4000), (0, 4072))
    assert read(real_raw, "dimensions") == (4072, 4000)
    assert read(real_raw, "xy0") == (0, 0)
    assert read(real_raw, "id") == 204595042
    info = read(real_raw, "visitInfo")
    assert isinstance(info, VisitInfo)
    assert (info.id, info.exposure_time, info.boresight_altitude, info.airmass) == (
        204595,
        30.0,
        82.11662863106136,
        1.010089060267289,
    )
    assert info.date_ns == (1664952806356800115 + 1664952836357000000) // 2
    expected = initial_wcs(imsim, imsim.detector(42), 55.67759885870274, -30.4423935708909, 254.3754869220274)
    assert read(real_raw, "wcs") == expected


def test_wcs_of_a_scaled_raw_is_that_of_its_amplifiers(simulated: Path) -> None:
    wcs: SkyWcs = read(simulated, "wcs")
    with fits.open(simulated) as hdus:
        for name, corner, step in (("Segment10", (63, 0), (-1, 1)), ("Segment07", (511, 499), (-1, -1))):
            header = hdus[name].header
            cards = fits.Header([c for c in header.cards if not c.keyword.startswith(("DATE", "MJD", "OBS"))])
            # First and third light pixel of the amplifier (0-based column 3 on), and where it is on the detector.
            ra, dec = WCS(cards).wcs_pix2world([3.0, 5.0], [0.0, 2.0], 0)
            x, y = ([at, at + 2 * by] for at, by in zip(corner, step, strict=True))
            ours = wcs.pixel_to_sky(x, y)
            assert np.abs(np.array(ours) - np.array([ra, dec])).max() < 1e-9


def test_instrument_and_detector_by_data_id(simulated: Path) -> None:
    assert read(simulated, "detector", {"instrument": "LSSTCam-imSim", "detector": 42}).name == "R11_S20"
    with pytest.raises(NotFoundError, match="No instrument 'LSSTCam-imsin'"):
        read(simulated, "detector", {"instrument": "LSSTCam-imsin"})


def test_own_instrument(tmp_path: Path) -> None:
    write_description(tmp_path, OWN)
    path = tmp_path / "own.fits"
    pixels = np.arange(8000, dtype=np.int16).reshape(80, 100)
    cards = [("INSTRUME", "Backyard"), ("EXPNUM", 3), ("CHIP", "right"), ("FILTER", "R"), ("OBSTYPE", "BIAS")]
    fits.HDUList([fits.PrimaryHDU(header=fits.Header(cards)), fits.ImageHDU(pixels, name="AMP0")]).writeto(path)
    source = Source(LocalStorage(tmp_path), path.name)
    exposure = RawFormatter(descriptions=str(tmp_path)).read(source, EXPOSURE, None, {})
    assert isinstance(exposure, Exposure)
    assert np.array_equal(exposure.image.array, pixels)
    assert exposure.wcs is None
    assert (exposure.filter_label, exposure.detector) == (FilterLabel("r", "R"), DetectorLabel(1, "right", None))


def test_mistakes_are_named(simulated: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownComponentError, match="'wsc'.*Did you mean 'wcs'"):
        read(simulated, "wsc")
    with pytest.raises(ParameterError, match="no amplifier 'C99'"):
        read(simulated, amp="C99")
    with pytest.raises(ParameterError, match="no box inside"):
        read(simulated, bbox=Box((490, 510), (0, 10)))
    with pytest.raises(FormatError, match="ingested, not written"):
        RawFormatter().write(Image(np.zeros((2, 2), np.int32)), tmp_path / "x.fits", EXPOSURE, None)
    foreign = tmp_path / "foreign.fits"
    fits.PrimaryHDU().writeto(foreign)
    with pytest.raises(UnreadableFileError, match="no known instrument"):
        read(foreign)


def test_truncated_raw(simulated: Path, tmp_path: Path) -> None:
    short = tmp_path / "short.fits"
    short.write_bytes(simulated.read_bytes()[:200_000])
    with pytest.raises(UnreadableFileError, match="short.fits"):
        read(short)
    assert read(short, "filter").physical == "r_sim_1.4"
