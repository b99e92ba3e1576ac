"""Bias, dark and flat of a real Gen2 repository: taken in, certified from their dates, and fetched for an exposure."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from skybutler import Butler, CollectionType
from skybutler.errors import DatasetNotFoundError, InvalidError
from skybutler.images import Exposure
from skybutler.ingest import define_visits, ingest_files, ingest_raws
from skybutler.sky.timespan import Timespan, parse_time
from support.raws import CAMERA, RUN

EXPOSURE, DETECTOR = 204_595, 42
FILES = {
    "bias": "bias/2022-01-01/bias-R11-S20-det042_2022-01-01.fits",
    "dark": "dark/2022-01-01/dark-R11-S20-det042_2022-01-01.fits",
    "flat": "flat/i_sim_1.4/2022-08-06/flat_i_sim_1.4-R11-S20-det042_2022-08-06.fits",
}
DIMENSIONS = {"bias": ("detector",), "dark": ("detector",), "flat": ("detector", "physical_filter")}


@pytest.fixture
def folder(shared: Path) -> Path:
    return shared / "data/gen2_repos/imsim/CALIB"


def instant(text: str) -> int | None:
    """A date of a Gen2 registry; those beyond what nanoseconds count (100,000 days from now) mean no end."""
    try:
        return parse_time(text, scale="tai")
    except InvalidError:
        return None


@pytest.fixture
def repository(butler: Butler, real_raw: Path, folder: Path) -> Butler:
    """The raw and its visit, and the calibrations with the validity that the Gen2 registry has for them."""
    ingest_raws(butler, real_raw.parent, transfer="direct")
    define_visits(butler, CAMERA)
    butler.collections.register("2.2i/calib", CollectionType.CALIBRATION)
    with closing(sqlite3.connect(f"{(folder / 'calibRegistry.sqlite3').as_uri()}?mode=ro", uri=True)) as gen2:
        for kind, path in FILES.items():
            row = f"SELECT detector, filter, calibDate, validStart, validEnd FROM {kind}"
            ((detector, physical_filter, date, begin, end),) = gen2.execute(row)
            assert date in path
            run = f"2.2i/calib/gen2/{date.replace('-', '')}T000000Z"
            butler.register_dataset_type(kind, ["instrument", *DIMENSIONS[kind]], "ExposureF", is_calibration=True)
            table = {"filename": [str(folder / path)], "detector": [detector]}
            if kind == "flat":
                table["physical_filter"] = [physical_filter]
            assert ingest_files(butler, kind, run, table, transfer="direct") == 1
            span = Timespan(instant(begin), instant(end))
            assert butler.calibrations.certify("2.2i/calib", butler.query_datasets(kind, run), span) == 1
    butler.collections.register("2.2i/defaults", CollectionType.CHAINED)
    butler.collections.redefine_chain("2.2i/defaults", [RUN, "2.2i/calib"])
    return butler


def planes(path: Path) -> list[Any]:
    with fits.open(path) as hdus:
        return [np.array(hdus[i].data) for i in (1, 2, 3)]


@pytest.mark.parametrize("kind", FILES)
def test_fetched_for_the_exposure(repository: Butler, folder: Path, shared: Path, kind: str) -> None:
    expected = json.loads((shared / "expect/fits_files.json").read_text())
    hdus = expected.get("files", expected)[f"gen2_repos/imsim/CALIB/{FILES[kind]}"]["hdus"]
    calibration = repository.get(kind, exposure=EXPOSURE, detector=DETECTOR, collections="2.2i/defaults")
    assert isinstance(calibration, Exposure)
    image, mask, variance = planes(folder / FILES[kind])
    np.testing.assert_array_equal(calibration.image.array, image)
    np.testing.assert_array_equal(calibration.mask.array, mask)
    np.testing.assert_array_equal(calibration.variance.array, variance)
    (pixels, *_) = (h["pixels"] for h in hdus if h.get("EXTTYPE") == "IMAGE")
    assert float(calibration.image.array.sum(dtype=np.float64)) == pytest.approx(pixels["sum"])
    assert list(calibration.image.array.shape) == next(h["shape"] for h in hdus if h.get("EXTTYPE") == "IMAGE")
    assert calibration.metadata["DETECTOR" if "DETECTOR" in calibration.metadata else "CALIB_ID"] is not None


def test_by_visit_and_by_names(repository: Butler) -> None:
    where: dict[str, Any] = {"collections": "2.2i/defaults", "detector": "R11_S20"}
    refs = [repository.find_dataset("flat", visit=EXPOSURE, **where),
            repository.find_dataset("flat", exposure=EXPOSURE, physical_filter="i_sim_1.4", **where),
            repository.find_dataset("flat", day_obs=20_221_005, physical_filter="i_sim_1.4", **where)]  # fmt: skip
    assert refs[0] is not None
    assert refs[0].run == "2.2i/calib/gen2/20220806T000000Z"
    assert len(set(refs)) == 1


def test_an_exposure_is_calibrated(repository: Butler) -> None:
    where: dict[str, Any] = {"exposure": EXPOSURE, "detector": DETECTOR, "collections": "2.2i/defaults"}
    raw = repository.get("raw", **where)
    bias = repository.get("bias", **where)
    assert raw.image.array.shape == bias.image.array.shape == (4000, 4072)


def test_before_it_was_valid(repository: Butler) -> None:
    repository.calibrations.decertify("2.2i/calib", "bias", Timespan(None, parse_time("2023-01-01", scale="tai")))
    with pytest.raises(DatasetNotFoundError, match=r"'2.2i/calib' has one for \[2023-01-01T00:00:00, ∞\)"):
        repository.get("bias", exposure=EXPOSURE, detector=DETECTOR, collections="2.2i/defaults")
    assert repository.find_dataset("bias", exposure=EXPOSURE, detector=DETECTOR, collections="2.2i/defaults") is None
