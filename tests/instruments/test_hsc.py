"""Hyper Suprime-Cam as described: its headers, its detectors, and where they look, against real files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skybutler import Butler
from skybutler.images import SkyWcs
from skybutler.ingest import define_visits, ingest_raws, register_instrument
from skybutler.instruments import Instrument
from skybutler.instruments.camera import initial_wcs, visit_regions
from skybutler.instruments.headers import CardValue, HeaderTable
from skybutler.instruments.nominal_camera import nominal_camera
from skybutler.instruments.properties import PROPERTIES
from skybutler.instruments.translate import recognise, translate
from skybutler.sky.vectors import unit_vectors
from support.instruments import real_header, simple

HEADER, BOOK = "fitsheader-hsc.yaml", "astro_metadata_translator"


@pytest.fixture(scope="module")
def hsc() -> Instrument:
    return Instrument.load("HSC")


def test_real_header_as_the_peer_translates_it(hsc: Instrument, shared: Path, truth: dict[str, Any]) -> None:
    observations = translate(real_header(shared, HEADER, BOOK), hsc)
    found = {name: simple(observations, name) for name in PROPERTIES}
    for name in ("temperature", "pressure"):
        found[name] = {"unit": PROPERTIES[name].unit, "value": found[name]}
    expected = dict(truth[f"headers/{BOOK}/{HEADER}"]["observation_info"])
    # Equal to the last digit but one: theirs go through other arithmetic.
    radec, place = found.pop("tracking_radec")["icrs_deg"], found.pop("location")["geocentric_m"]
    assert radec == pytest.approx(expected.pop("tracking_radec")["icrs_deg"], rel=1e-15)
    assert place == pytest.approx(expected.pop("location")["geocentric_m"], rel=1e-15)
    assert found.pop("focus_z")["value"] == pytest.approx(expected.pop("focus_z")["value"], rel=1e-15)
    assert found == expected


@pytest.mark.parametrize(
    "exposure, frame, number",
    [
        ("HSCE00904024", "HSCA90402512", 904024),
        ("HSCA90402400", "HSCA90402512", 904024),
        ("HSCB00000200", "HSCB00000212", 1000002),
        ("HSCA00000000", "HSCA90402512", 904024),
        ("HSCA00000000", "HSCA90402412", 904024),
        ("HSCZ", "SUPA", None),
    ],
)
def test_numbers_of_exposures(hsc: Instrument, exposure: str, frame: str, number: int | None) -> None:
    table = HeaderTable(["a.fits"], {"EXP-ID": [exposure], "FRAMEID": [frame]})
    assert simple(translate(table, hsc), "exposure_id") == number


def test_end_is_after_the_exposure_also_when_the_day_ends_in_it(hsc: Instrument, shared: Path) -> None:
    table = real_header(shared, HEADER, BOOK)
    table.cards.update({"UT-STR": ["23:59:50.0"], "UT-END": ["00:00:20.5"]})
    observations = translate(table, hsc)
    begin, end = (simple(observations, f"datetime_{which}")["tai_ns"] for which in ("begin", "end"))
    assert end - begin == pytest.approx(30e9, abs=1e3)


def test_files_are_told_from_others(hsc: Instrument, imsim: Instrument, shared: Path) -> None:
    frames: list[CardValue] = ["HSCA90402512", "SUPA00000010", None, 7, "xHSCA"]
    assert recognise(HeaderTable(list("abcde"), {"FRAMEID": frames}), [imsim, hsc]).tolist() == [1, -1, -1, -1, -1]


def test_records_are_those_of_obs_subaru(hsc: Instrument, tmp_path: Path) -> None:
    assert Instrument.load("lsst.obs.subaru.HyperSuprimeCam") is hsc
    Butler.create(tmp_path / "repo")
    with Butler(tmp_path / "repo", writeable=True) as butler:
        register_instrument(butler, hsc)
        (record,) = butler.query_dimension_records("instrument")
        assert (record.visit_max, record.exposure_max, record.detector_max) == (21474800, 21474800, 200)
        assert record.class_name == "lsst.obs.subaru.HyperSuprimeCam"
        detectors = list(butler.query_dimension_records("detector", instrument="HSC"))
        assert [d.id for d in sorted(detectors, key=lambda d: d.id)] == list(range(112))
        assert {p: sum(d.purpose == p for d in detectors) for p in ("SCIENCE", "FOCUS")} == {"SCIENCE": 104, "FOCUS": 8}
        (named,) = (d for d in detectors if d.id == 50)
        assert (named.full_name, named.raft, named.name_in_raft) == ("1_12", "1", "12")
        bands = {f.name: f.band for f in butler.query_dimension_records("physical_filter", instrument="HSC")}
    assert (bands["HSC-R"], bands["HSC-R2"], bands["HSC-I2"], bands["NB0921"]) == ("r", "r", "i", "N921")


def test_detectors_do_not_overlap_and_fill_the_focal_plane(hsc: Instrument) -> None:
    camera = nominal_camera(hsc)
    assert (camera.name, len(camera)) == ("HSC", 112)
    boxes = []
    for detector in camera:
        corners = detector.corners()
        boxes.append((*corners.min(axis=0), *corners.max(axis=0)))
    x0, y0, x1, y1 = np.array(boxes).T
    apart = (x0[:, None] >= x1) | (x1[:, None] <= x0) | (y0[:, None] >= y1) | (y1[:, None] <= y0)
    assert (apart | np.eye(112, dtype=bool)).all()
    assert np.hypot(x0, y0).max() < 310.0
    covered = ((x1 - x0) * (y1 - y0)).sum() / (np.pi * 270.0**2)
    assert 0.9 < covered < 1.1


def test_nominal_astrometry_is_that_of_a_real_exposure(hsc: Instrument, shared: Path) -> None:
    """Detector 4 at the edge of the field: within a few arcseconds, where plain optics would miss by a minute."""
    from astropy.io import fits

    with fits.open(shared / "data/exposures/calexp.fits") as hdus:
        primary, real = hdus[0].header, SkyWcs.from_fits_header(hdus[1].header)
    ra0, dec0, turn = (float(primary[card]) for card in ("BORE-RA", "BORE-DEC", "BORE-ROTANG"))
    ours = initial_wcs(hsc, hsc.detector(int(primary["DET-ID"])), ra0, dec0, turn)
    x, y = np.meshgrid([0.0, 1023.5, 2047.0], [0.0, 2087.5, 4175.0])
    (ra, dec), (ra_real, dec_real) = ours.pixel_to_sky(x, y), real.pixel_to_sky(x, y)
    off = np.hypot((ra - ra_real) * np.cos(np.radians(dec)), dec - dec_real) * 3600.0
    assert off[1, 1] < 5.0
    assert off.max() < 15.0
    regions = visit_regions(hsc, np.array([ra0]), np.array([dec0]), np.array([turn]))
    assert regions.shape == (1, 112, 4, 3)
    np.testing.assert_allclose(regions[0, 4].mean(axis=0), unit_vectors(ra, dec)[1, 1], atol=2e-4)


def _raw(shared: Path, folder: Path, compressed: bool) -> Path:
    """A raw with the real header: 10 to 40 in the data of the amplifiers, with a slope along x; 1000 around them."""
    from astropy.io import fits

    cards = {k: v[0] for k, v in real_header(shared, HEADER, BOOK).cards.items() if len(k) <= 8 and "NAXIS" not in k}
    header = fits.Header()
    for card, value in cards.items():
        if card not in ("SIMPLE", "BITPIX", "BZERO", "BSCALE", "COMMENT", "HISTORY", "") and not isinstance(
            value, list
        ):
            header[card] = value
    pixels = np.full((4241, 2144), 1000, np.uint16)
    # Where the header says that the effective pixels of each channel are, 1-based.
    for channel in (1, 2, 3, 4):
        x0, x1, y0, y1 = (int(str(cards[f"T_EF{end}{channel}{axis}"])) for axis in (1, 2) for end in ("MN", "MX"))
        pixels[y0 - 1 : y1, x0 - 1 : x1] = 10 * channel
    path = folder / ("b.fits.fz" if compressed else "a.fits")
    hdu = (fits.CompImageHDU if compressed else fits.PrimaryHDU)(pixels, header)
    hdus = [fits.PrimaryHDU(header=header), hdu] if compressed else [hdu]
    fits.HDUList(hdus).writeto(path)
    return path


@pytest.mark.parametrize("compressed", [False, True], ids=["plain", "compressed"])
def test_raws_are_ingested_and_read(shared: Path, tmp_path: Path, compressed: bool) -> None:
    _raw(shared, tmp_path, compressed)
    Butler.create(tmp_path / "repo")
    with Butler(tmp_path / "repo", writeable=True) as butler:
        register_instrument(butler, "HSC")
        ingest_raws(butler, [next(tmp_path.glob("*.fits*"))], transfer="copy")
        define_visits(butler, "HSC")
        (visit,) = butler.query_dimension_records("visit", instrument="HSC")
    with Butler(tmp_path / "repo", collections="HSC/raw/all") as butler:
        raw = butler.get("raw", instrument="HSC", exposure=904024, detector="1_12")
        box = butler.get("raw.bbox", instrument="HSC", exposure=904024, detector=50)
        part = butler.get("raw", instrument="HSC", exposure=904024, detector=50, parameters={"amp": "1"})
    assert raw.image.array.shape == box.shape == (4176, 2048)
    assert [np.unique(raw.image.array[:, i * 512 : i * 512 + 512]).tolist() for i in range(4)] == [
        [10], [20], [30], [40],
    ]  # fmt: skip
    assert part.image.array.shape == (4241, 536)
    assert (part.image.array[100, :16] == 1000).all()
    assert (part.image.array[100, 16:528] == 20).all()
    assert visit.physical_filter == "HSC-I"
    assert raw.visit_info.focus_z == pytest.approx(3.7)
    # The optical axis as the camera's own software writes it, of pixels before the overscan is cut off.
    x, y = raw.wcs.sky_to_pixel(320.749925, 0.500019444)
    assert (x, y) == (pytest.approx(1023.5, abs=1.0), pytest.approx(4395.167 - 1.0, abs=60.0))
