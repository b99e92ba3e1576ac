"""Cells of the notebook 001 that have to do with images run unchanged, on a real exposure.

What they ask of the butler before Gen3 is not tested here.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from skybutler.compat.wrapping import to_compat
from skybutler.sim import SimulatedVisit, measure, simulate_calexp
from skybutler.sim.visits import FIELD
from support.notebooks import Shown, run_notebook
from support.seeds import notebook_cells

GEN2 = "seeds/001_exploring_dc2_gen2_repo.txt"
CALEXP = "data/exposures/calexp.fits"


def _cells(shared: Path, notebook: str, *words: str) -> list[str]:
    """Source of the first cell that has each of some words, in the order of the notebook."""
    sources = [cell.source for cell in notebook_cells(shared / notebook)]
    found = {next(i for i, source in enumerate(sources) if word in source) for word in words}
    assert len(found) == len(words)
    return [sources[i] for i in sorted(found)]


# ------------------------------------------------------------------------------------------------------ 001
@pytest.fixture(scope="module")
def explored(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Shown]:
    begin = f"""
import matplotlib.pyplot as plt
from lsst.afw.image import ExposureF
calexp = ExposureF({str(shared / CALEXP)!r})
"""
    cells = _cells(
        shared, GEN2, "calexp_methods", "calexp.maskedImage", "pixelToSky", "getMetadata", "getWeather", "hasPsf",
        "computeImage", "getInstFluxAtZeroMagnitude",
    )  # fmt: skip
    return run_notebook([begin, *cells], tmp_path_factory.mktemp("gen2"))


def test_values_are_those_of_the_file(explored: list[Shown]) -> None:
    _, methods, _, sky, metadata, weather, has_psf, _, calib = (one.text for one in explored)
    for name in ("getWcs", "getPsf", "getMaskedImage", "getPhotoCalib", "hasPsf"):
        assert f"'{name}'" in methods
    assert "320.6659822428" in sky
    assert "-0.3706855694" in sky
    assert "'EXP-ID': 'HSCA90401000'" in metadata
    assert "Weather(-0.7, 62160, 42)" in weather
    assert "True" in has_psf
    assert "spatially constant with mean: 1.99409" in calib
    assert float(calib.split()[-1]) == pytest.approx(1.8207729288e12, rel=1e-9)


def test_both_pictures_are_drawn(explored: list[Shown]) -> None:
    from matplotlib.image import imread

    pictures = [np.asarray(imread(explored[i].figures[0]))[:, :, :3] for i in (2, 7)]
    # Bad and edge pixels are red and yellow; all of this PSF is brighter than the scale goes.
    for colour in ((1.0, 0.0, 0.0), (1.0, 1.0, 0.0)):
        assert (pictures[0] == colour).all(axis=-1).mean() > 0.05
    height, width = pictures[1].shape[:2]
    assert (pictures[1][height // 3 : height // 2, width // 3 : width // 2] == 1.0).all()


def test_fluxes_of_a_catalog_are_plotted(shared: Path, tmp_path: Path) -> None:
    exposure = simulate_calexp("LSSTCam-imSim", "R22_S11", SimulatedVisit(1, "i", *FIELD, 0.0, 59880.3))
    to_compat(measure(exposure)).writeFits(tmp_path / "src.fits")
    begin = """
import matplotlib.pyplot as plt
import numpy as np
import lsst.afw.table
coadd_sources = lsst.afw.table.SourceCatalog.readFits("src.fits")
filter, tract, patch = "i", 3828, "1,3"
"""
    (cell,) = _cells(shared, GEN2, "plt.hist(coadd_sources")
    shown = run_notebook([begin, cell, "coadd_sources.asAstropy()", "print(coadd_sources.getSchema())"], tmp_path)
    assert len(shown[1].figures) == 1
    assert "<Table length=" in shown[2].text
    assert "ext_photometryKron_KronFlux_instFlux" in shown[3].text
