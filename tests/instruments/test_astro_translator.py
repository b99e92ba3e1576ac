"""The translators for astro_metadata_translator: equal to the columnar translation, and usable by its command."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from astro_metadata_translator import MetadataTranslator, ObservationInfo
from astropy import units as u

from skybutler.instruments import Instrument
from skybutler.instruments.astro_translator import make_translator, translator_names
from skybutler.instruments.headers import HeaderTable, read_all_cards
from skybutler.instruments.properties import PROPERTIES
from skybutler.instruments.translate import translate
from support.instruments import OWN, RAW, real_header, write_description

HEADERS = [
    "imsim-lsst_a_204595_R11_S02_i.yaml",
    "imsim-bias-lsst_a_3010002_R11_S00.yaml",
    "imsim-flats-lsst_a_5000007_R11_S20_i.yaml",
]


def as_simple(info: ObservationInfo) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in info.to_simple().items()}


def assert_translators_agree(header: dict[str, Any], instrument: Instrument) -> None:
    theirs = as_simple(ObservationInfo(header, pedantic=True))
    assert theirs["_translator"] == instrument.name
    columns = translate(HeaderTable(["header"], {card: [value] for card, value in header.items()}), instrument)
    for name in PROPERTIES:
        assert theirs.get(name) == columns[name].to_list()[0], name


@pytest.mark.parametrize("name", HEADERS)
def test_both_translators_agree_on_real_headers(imsim: Instrument, shared: Path, name: str) -> None:
    assert_translators_agree({c: v[0] for c, v in real_header(shared, name).cards.items()}, imsim)


def test_translated_form_equals_the_index_the_peer_wrote(shared: Path, real_raw: Path) -> None:
    header = {card: value for hdu in (0, 1) for card, value, _ in read_all_cards(real_raw, hdu)}
    index = shared / "data/ingest_sidecars/index_files/imsim_204595_R11_translated/_index.json"
    expected = json.loads(index.read_text())["__COMMON__"]
    simple = as_simple(ObservationInfo(header, filename=str(real_raw), pedantic=True))
    assert {name: value for name, value in simple.items() if value is not None} == expected


def test_units_and_cards_used(real_raw: Path) -> None:
    header = {card: value for card, value, _ in read_all_cards(real_raw)}
    info: Any = ObservationInfo(header)
    assert info.exposure_time.to_value(u.s) == 30.0
    assert info.altaz_begin.location is not None
    assert info.altaz_begin.zen.to_value(u.deg) == 7.88337136893864
    assert {"OBSID", "MJD-OBS", "HASTART", "PKG00001"} <= set(info.cards_used)
    assert "CRVAL1" not in info.cards_used


@pytest.fixture
def no_trace() -> Iterator[None]:
    """Forget translators a test registered."""
    known = dict(MetadataTranslator.translators)
    yield
    MetadataTranslator.translators.clear()
    MetadataTranslator.translators.update(known)


@pytest.mark.usefixtures("no_trace")
def test_own_instrument_becomes_a_translator(tmp_path: Path) -> None:
    own = Instrument.load(write_description(tmp_path, OWN))
    translator = make_translator(own)
    assert make_translator(own) is translator
    header = {
        "INSTRUME": "Backyard",
        "EXPNUM": 17,
        "FILTER": "R",
        "DATE-OBS": "2020-01-01T00:00:00.5",
        "EXPTIME": 12.0,
        "CHIP": "right",
        "RA": "01:30:00",
        "DEC": "-00:30:36",
        "OBSTYPE": "FLAT",
    }
    assert_translators_agree(header, own)
    assert not translator.can_translate({"INSTRUME": "HSC"})


def test_names_for_the_entry_point() -> None:
    assert translator_names() == ["HSC", "LSSTCam-imSim"]


def astrometadata(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = "from astro_metadata_translator.cli.astrometadata import main; main()"
    return subprocess.run(
        [sys.executable, "-c", command, "--packages", "lsst.obs.lsst", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_astrometadata_command_with_packages_lsst_obs_lsst(real_raw: Path, tmp_path: Path, shared: Path) -> None:
    shutil.copy(real_raw, tmp_path / real_raw.name)
    translated = astrometadata("translate", str(tmp_path / real_raw.name))
    assert translated.returncode == 0, translated.stderr
    assert "exposure_id: 204595" in translated.stdout
    written = astrometadata("write-index", "--content", "metadata", str(tmp_path))
    assert written.returncode == 0, written.stderr
    expected = shared / "data/ingest_sidecars/index_files/imsim_204595_R11_metadata/_index.json"
    assert json.loads((tmp_path / "_index.json").read_text()) == json.loads(expected.read_text())
    assert RAW.endswith(real_raw.name)
