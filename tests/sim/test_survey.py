"""The simulated survey: the real layout, the same bytes every time, sources where the truth says."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from astropy.coordinates import AltAz, EarthLocation, SkyCoord
from astropy.io import fits
from astropy.time import Time

from skybutler.errors import InvalidError
from skybutler.instruments import Instrument
from skybutler.instruments.camera import initial_wcs, visit_regions
from skybutler.instruments.headers import read_headers
from skybutler.instruments.sidecars import read_index
from skybutler.instruments.translate import needed_cards, translate
from skybutler.sim import Survey, plan_visits, simulate_survey
from skybutler.sim.detector_image import electrons_on_detector
from skybutler.sim.raw_file import scaled_shape
from skybutler.sim.truth import sources_in_cell, sources_in_cone
from skybutler.sim.visits import FIELD, SimulatedVisit

IMSIM = Instrument.load("LSSTCam-imSim")
DETECTORS = ["R22_S10", "R22_S11"]


def simulate(folder: Path, seed: int = 3) -> Survey:
    return simulate_survey(folder, visits=4, detectors=DETECTORS, seed=seed, full_size_one=False)


def digest(survey: Survey) -> dict[str, str]:
    names = [*survey.files, *survey.indexes]
    return {str(p.relative_to(survey.directory)): hashlib.sha256(p.read_bytes()).hexdigest() for p in names}


def directions(section: str) -> tuple[bool, bool]:
    x1, x2, y1, y2 = (int(n) for n in section.strip("[]").replace(":", ",").split(","))
    return x2 > x1, y2 > y1


@pytest.fixture(scope="module")
def survey(tmp_path_factory: pytest.TempPathFactory) -> Survey:
    return simulate(tmp_path_factory.mktemp("survey"))


def test_same_seed_same_bytes(survey: Survey, tmp_path: Path) -> None:
    assert digest(simulate(tmp_path / "again")) == digest(survey)
    assert digest(simulate(tmp_path / "other", seed=4)) != digest(survey)


def test_layout_is_that_of_a_real_raw(survey: Survey, real_raw: Path) -> None:
    with fits.open(survey.files[0]) as ours, fits.open(real_raw) as real:
        ours.verify("exception")
        assert [h.name for h in ours] == [h.name for h in real]
        for mine, theirs in zip(ours[1:], real[1:], strict=True):
            assert mine.data.dtype == np.dtype(np.int32)
            assert (mine.compression_type, mine.header["GAIN"]) == (theirs.compression_type, theirs.header["GAIN"])
            # Read-out runs in the same directions.
            assert directions(mine.header["DETSEC"]) == directions(theirs.header["DETSEC"])
        wanted = set(needed_cards([IMSIM])) - {c for c in needed_cards([IMSIM]) if c.startswith(("PKG", "VER"))}
        assert wanted <= set(ours[0].header)
        assert wanted <= set(ours[1].header)


def test_directories_names_and_index(survey: Survey) -> None:
    visit = survey.visits[1]
    assert survey.files[2] == survey.directory / f"{visit.id:08d}" / f"lsst_a_{visit.id}_R22_S10_{visit.band}.fits"
    assert len(survey.files) == 8
    index = read_index(survey.indexes[1])
    cards = needed_cards([IMSIM])
    by_index = index.header_table(sorted(index.files), cards)
    assert by_index.cards == read_headers(sorted(survey.files[2:4]), cards).cards
    assert index.common["OBSID"] == visit.id
    assert {name: entry["SENSNAME"] for name, entry in index.files.items()}[survey.files[2].name] == "S10"


def test_index_has_what_the_file_has_for_astropy(survey: Survey) -> None:
    index = read_index(survey.indexes[0])
    path = survey.files[0]
    merged = {**fits.getheader(path, 0), **fits.getheader(path, 1)}
    assert json.loads(json.dumps(index.full(path.name))) == merged


def test_several_bands_and_nights_near_the_field(survey: Survey) -> None:
    observations = translate(read_headers(survey.files, needed_cards([IMSIM])), IMSIM)
    assert observations.problems() == {}
    assert observations["exposure_id"].to_list() == [v.id for v in survey.visits for _ in DETECTORS]
    assert len(set(observations["physical_filter"].to_list())) == 4
    assert len(set(observations["observing_day"].to_list())) == 2
    radec = observations["tracking_radec"].values
    assert np.abs((radec - FIELD) * [np.cos(np.radians(FIELD[1])), 1.0]).max() < 0.05
    assert (observations["altaz_begin"].values[:, 1] > 45.0).all()
    angles = [v.sky_angle for v in survey.visits for _ in DETECTORS]
    assert observations["boresight_rotation_angle"].to_list() == pytest.approx(angles)


def test_hour_angle_is_where_astropy_sees_the_field(survey: Survey) -> None:
    place = IMSIM.observatory
    site = EarthLocation.from_geodetic(place.longitude, place.latitude, place.height)
    for visit in survey.visits:
        when = Time(visit.mjd, format="mjd", scale="tai")
        altaz = SkyCoord(visit.ra, visit.dec, unit="deg").transform_to(AltAz(obstime=when, location=site))
        assert visit.airmass(IMSIM) == pytest.approx(float(altaz.secz), abs=0.01)


def test_longer_survey_begins_with_the_shorter() -> None:
    assert plan_visits(9, 5, IMSIM)[:4] == plan_visits(4, 5, IMSIM)
    assert len({v.id for v in plan_visits(30, 5, IMSIM)}) == 30
    assert {v.band for v in plan_visits(6, 5, IMSIM)} == set("ugrizy")


def test_patch_17_is_in_the_field(survey: Survey) -> None:
    centre = np.radians(FIELD)
    point = np.array([np.cos(centre[1]) * np.cos(centre[0]), np.cos(centre[1]) * np.sin(centre[0]), np.sin(centre[1])])
    for visit in survey.visits:
        ra, dec, angle = (np.array([v]) for v in (visit.ra, visit.dec, visit.sky_angle))
        outlines = visit_regions(IMSIM, ra, dec, angle, padding=0)[0]
        inside = (np.cross(outlines, np.roll(outlines, -1, axis=1)) @ point > 0).all(axis=1)
        assert inside[90:99].sum() == 1


def test_bright_stars_are_where_the_truth_says_in_every_visit() -> None:
    detector = IMSIM.detector("R22_S11")
    shape = scaled_shape(detector, 8)
    for sky_angle in (20.0, 200.0):
        visit = SimulatedVisit(1, "r", *FIELD, sky_angle, 59880.2)
        image = electrons_on_detector(IMSIM, detector, visit, shape, 3)
        wcs = initial_wcs(IMSIM, detector, *FIELD, sky_angle, shape)
        stars = sources_in_cone(*FIELD, 0.1, 3)
        stars = stars.take((stars.radius == 0) & (stars.magnitude < 17.5) & np.isnan(stars.peak))
        x, y = wcs.sky_to_pixel(stars.ra, stars.dec)
        near = (x > 5) & (x < shape[1] - 6) & (y > 5) & (y < shape[0] - 6)
        assert near.sum() > 3
        level, noise = np.median(image), np.std(image[image < np.percentile(image, 90)])
        for column, row in zip(np.rint(x[near]).astype(int), np.rint(y[near]).astype(int), strict=True):
            assert image[row - 1 : row + 2, column - 1 : column + 2].max() > level + 10 * noise


def test_sources_do_not_depend_on_the_pointing() -> None:
    wide, narrow = sources_in_cone(*FIELD, 0.3, 3), sources_in_cone(*FIELD, 0.05, 3)
    positions = set(zip(wide.ra.tolist(), wide.dec.tolist(), strict=True))
    assert set(zip(narrow.ra.tolist(), narrow.dec.tolist(), strict=True)) < positions
    assert len(sources_in_cell(1000, 3)) > 50


def test_transients_come_and_go() -> None:
    sources = sources_in_cone(*FIELD, 1.0, 3)
    transients = sources.take(~np.isnan(sources.peak))
    assert len(transients) > 10
    one = transients.take(np.array([0]))
    at_peak, later = (one.magnitudes("i", float(one.peak[0]) + days)[0] for days in (0.0, 60.0))
    assert at_peak == pytest.approx(one.magnitude[0])
    assert later > at_peak + 4
    constant = sources.take(np.isnan(sources.peak))
    assert np.array_equal(constant.magnitudes("i", 59880.0), constant.magnitudes("i", 60000.0))


def test_progress_and_mistakes(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    simulate_survey(
        tmp_path,
        visits=1,
        detectors=[94, 95],
        full_size_one=False,
        index=False,
        progress=lambda done, total, path: seen.append((done, total)),
    )
    assert seen == [(1, 2), (2, 2)]
    with pytest.raises(InvalidError, match="scale of a simulation is 0"):
        simulate_survey(tmp_path, scale=0)
    with pytest.raises(InvalidError, match="at least one detector"):
        simulate_survey(tmp_path, detectors=[])


def test_full_size_detector(tmp_path: Path) -> None:
    survey = simulate_survey(tmp_path, visits=1, detectors=[94], index=False)
    with fits.open(survey.files[0]) as hdus:
        assert hdus["Segment10"].shape == (2048, 544)
        assert hdus["Segment10"].header["DATASEC"] == "[4:512,1:2000]"
        assert hdus["Segment10"].header["DETSEC"] == "[509:1,1:2000]"
