"""The simulated survey: the real layout, the same bytes every time, sources where the truth says."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from skybutler.errors import InvalidError
from skybutler.instruments import Instrument
from skybutler.instruments.headers import read_headers
from skybutler.instruments.sidecars import read_index
from skybutler.instruments.translate import needed_cards, translate
from skybutler.sim import Survey, simulate_survey
from skybutler.sim.visits import FIELD

IMSIM = Instrument.load("LSSTCam-imSim")
DETECTORS = ["R22_S10", "R22_S11"]


def simulate(folder: Path, seed: int = 3) -> Survey:
    return simulate_survey(folder, visits=4, detectors=DETECTORS, seed=seed, full_size_one=False)


def digest(survey: Survey) -> dict[str, str]:
    names = [*survey.files, *survey.indexes]
    return {str(p.relative_to(survey.directory)): hashlib.sha256(p.read_bytes()).hexdigest() for p in names}


@pytest.fixture(scope="module")
def survey(tmp_path_factory: pytest.TempPathFactory) -> Survey:
    return simulate(tmp_path_factory.mktemp("survey"))


def test_same_seed_same_bytes(survey: Survey, tmp_path: Path) -> None:
    assert digest(simulate(tmp_path / "again")) == digest(survey)
    assert digest(simulate(tmp_path / "other", seed=4)) != digest(survey)


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
