"""Calibration products: files that read as exposures, and that take the detectors' signatures out of raws."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.table import Table

from skybutler import Butler
from skybutler.images import Exposure
from skybutler.ingest import ingest_files, ingest_raws, register_instrument
from skybutler.instruments import Instrument
from skybutler.sim import SimulatedVisit, simulate_survey
from skybutler.sim.calibrations import PRODUCTS, ProductFiles, simulate_calibrations
from skybutler.sim.visits import FIELD

IMSIM = Instrument.load("LSSTCam-imSim")
DETECTORS = [IMSIM.detector(94), IMSIM.detector(95)]
# A bright sky and few sources, so that the sky's level dominates.
VISIT = SimulatedVisit(77, "y", *FIELD, 30.0, 59880.2, moon=1.0)


@pytest.fixture(scope="module")
def products(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ProductFiles]:
    folder = tmp_path_factory.mktemp("c")
    made = simulate_calibrations(folder, IMSIM, DETECTORS, ["i", "y"], scale=8, seed=3)
    return {p.product.name: p for p in made}


@pytest.fixture(scope="module")
def butler(products: dict[str, ProductFiles], tmp_path_factory: pytest.TempPathFactory) -> Butler:
    """A repository with all products, and one raw exposure of the same detectors."""
    top = tmp_path_factory.mktemp("b")
    survey = simulate_survey(
        top / "raws", visits=[VISIT], detectors=[94, 95], scale=8, seed=3, full_size_one=False, index=False
    )
    Butler.create(top / "repo")
    butler = Butler(top / "repo", writeable=True)
    register_instrument(butler, IMSIM.name)
    ingest_raws(butler, survey.directory, transfer="direct").raise_for_failures()
    for made in products.values():
        name, run = made.product.name, made.product.run
        butler.register_dataset_type(name, made.product.dimensions, "ExposureF", is_calibration=True)
        assert ingest_files(butler, name, run, made.table, transfer="direct") == len(made.files)
    return butler


def get(butler: Butler, name: str, detector: int, **values: Any) -> Exposure:
    run = next(p.run for p in PRODUCTS if p.name == name)
    found = butler.get(name, instrument=IMSIM.name, detector=detector, collections=run, **values)
    assert isinstance(found, Exposure)
    return found


def test_tables_list_every_file_with_its_data_id(products: dict[str, ProductFiles]) -> None:
    assert {name: len(p.files) for name, p in products.items()} == {"bias": 2, "dark": 2, "flat": 4, "sky": 4}
    table = Table.read(products["flat"].table)
    assert table.colnames == ["filename", "instrument", "detector", "physical_filter"]
    for row in table:
        assert Path(row["filename"]).name == (
            f"flat_{row['physical_filter']}_{IMSIM.detector(int(row['detector'])).full_name}.fits"
        )


def test_same_seed_same_bytes(products: dict[str, ProductFiles], tmp_path: Path) -> None:
    again = simulate_calibrations(tmp_path / "again", IMSIM, DETECTORS[:1], ["i"], scale=8, seed=3)
    other = simulate_calibrations(tmp_path / "other", IMSIM, DETECTORS[:1], ["i"], scale=8, seed=4)
    for made, differs in zip(again, other, strict=True):
        was = next(f for f in products[made.product.name].files if f.name == made.files[0].name)
        assert made.files[0].read_bytes() == was.read_bytes()
        if made.product.name != "sky":
            assert differs.files[0].read_bytes() != was.read_bytes()


def test_products_say_what_they_are(butler: Butler) -> None:
    flat = get(butler, "flat", 95, physical_filter="y_sim_1.4")
    assert (flat.metadata["OBSTYPE"], flat.metadata["CALIBDATE"]) == ("flat", "2022-08-06")
    assert flat.filter_label is not None
    assert (flat.filter_label.band, flat.filter_label.physical) == ("y", "y_sim_1.4")
    assert flat.detector is not None
    assert (flat.detector.id, flat.detector.name) == (95, "R22_S12")
    assert get(butler, "dark", 94).image.unit == "adu/s"
    assert (get(butler, "bias", 94).variance.array > 0).all()


def test_products_take_the_signature_out_of_a_raw(butler: Butler) -> None:
    """What is left of the sky after bias, dark, flat and sky frame is its photon and read noise."""
    raw = butler.get("raw", exposure=77, detector=94, collections=f"{IMSIM.name}/raw/all")
    assert isinstance(raw, Exposure)
    bias, dark = get(butler, "bias", 94), get(butler, "dark", 94)
    flat, sky = (get(butler, name, 94, physical_filter="y_sim_1.4") for name in ("flat", "sky"))
    assert raw.image.array.shape == bias.image.array.shape == sky.image.array.shape
    counts = raw.image.array.astype(float) - 1000.0
    reduced = counts - bias.image.array - 30.0 * dark.image.array
    reduced /= flat.image.array * sky.image.array
    gain = IMSIM.detector(94).layout.amplifiers[0].gain
    expected = np.sqrt(np.median(reduced) / gain + 100.0)

    def scatter(image: np.ndarray) -> float:
        """Half the width of the middle two thirds, which sources hardly widen."""
        low, high = np.percentile(image, (15.87, 84.13))
        return float(high - low) / 2

    assert scatter(reduced) < 0.9 * scatter(counts)
    assert scatter(reduced) == pytest.approx(expected, rel=0.15)
