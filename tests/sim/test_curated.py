"""Lists of defects, and the pixels they are about."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from astropy.table import Table

from skybutler.instruments import Instrument
from skybutler.sim import SimulatedVisit
from skybutler.sim.curated import simulate_defects
from skybutler.sim.detector_image import expose
from skybutler.sim.raw_file import scaled_shape
from skybutler.sim.visits import FIELD

IMSIM = Instrument.load("LSSTCam-imSim")
DETECTOR = IMSIM.detector(94)


def test_tree_and_columns_are_those_of_the_data_packages(shared: Path, tmp_path: Path) -> None:
    files = simulate_defects(tmp_path, IMSIM, [DETECTOR], scale=8)
    names = [str(f.relative_to(tmp_path)) for f in files]
    assert names == ["defects/r22_s11/19700101T000000.ecsv", "defects/r22_s11/20221030T000000.ecsv"]
    real = Table.read(shared / "data/curated/latiss/defects/rxx_s00/20180101T000000.ecsv")
    made = Table.read(files[1])
    assert made.colnames == real.colnames
    assert [made[c].dtype for c in made.colnames] == [real[c].dtype for c in real.colnames]
    assert set(made.meta) < set(real.meta)
    assert (made.meta["DETECTOR"], made.meta["CALIBDATE"]) == (94, "2022-10-30T00:00:00")


def test_pixels_are_dead_since_the_date_of_their_list(tmp_path: Path) -> None:
    shape = scaled_shape(DETECTOR, 8)
    before, after = simulate_defects(tmp_path, IMSIM, [DETECTOR], scale=8)
    for path, mjd in ((before, 59881.2), (after, 59884.2)):
        image = expose(IMSIM, DETECTOR, SimulatedVisit(1, "i", *FIELD, 0.0, mjd), shape, 3).electrons
        dead = np.zeros(shape, bool)
        for x, y, width, height in Table.read(path)["x0", "y0", "width", "height"].iterrows():
            dead[y : y + height, x : x + width] = True
        assert np.array_equal(image == 0, dead)
