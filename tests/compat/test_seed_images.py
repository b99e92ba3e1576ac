"""Cells of the notebooks 001 and 003 that have to do with images run unchanged, on a real exposure and a simulated one.

What they ask of the butler before Gen3 and of services is not tested here.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from skybutler import Butler, CollectionType
from skybutler.compat.wrapping import to_compat
from skybutler.ingest import register_instrument, register_sky_map
from skybutler.sim import SimulatedVisit, measure, simulate_calexp
from skybutler.sim.visits import FIELD
from support.dp02 import dc2_sky_map
from support.notebooks import Shown, run_notebook
from support.seeds import notebook_cells

GEN2, SERVICES = "seeds/001_exploring_dc2_gen2_repo.txt", "seeds/003_image_services.txt"
CALEXP = "data/exposures/calexp.fits"
ABSENT = re.compile(r"\b(rsp|pyvo|bokeh|holoviews|requests)\b")
"""What the services notebook imports besides, and these cells do not use."""
COLLECTION = "2.2i/runs/DP0.2"


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


# ------------------------------------------------------------------------------------------------------ 003
@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A coadd at the place that the notebook looks for; what it shows is one visit."""
    root = tmp_path_factory.mktemp("dp02") / "repo"
    exposure = simulate_calexp("LSSTCam-imSim", "R22_S11", SimulatedVisit(1, "i", *FIELD, 0.0, 59880.3))
    Butler.create(root)
    with Butler(root, run="u/me/coadds") as butler:
        register_instrument(butler, "LSSTCam-imSim")
        register_sky_map(butler, dc2_sky_map(), name="DC2", tracts=[4431])
        butler.register_dataset_type("deepCoadd_calexp", ["skymap", "tract", "patch", "band"], "ExposureF")
        butler.put(exposure, "deepCoadd_calexp", skymap="DC2", tract=4431, patch=17, band="i")
        butler.collections.register(COLLECTION, CollectionType.CHAINED)
        butler.collections.redefine_chain(COLLECTION, ["u/me/coadds", "skymaps"])
    return root


@pytest.fixture(scope="module")
def served(shared: Path, repository: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Shown]:
    folder = tmp_path_factory.mktemp("services")
    (folder / "index.yaml").write_text(f"dp02: {repository}\n")
    (imports,) = _cells(shared, SERVICES, "from lsst.afw.image.exposure")
    begin = "\n".join(line for line in imports.splitlines() if not ABSENT.search(line))
    uri = "import os\nimage_url = sodaCutout = butler.getURI('deepCoadd_calexp', dataId).geturl()"
    cells = _cells(
        shared, SERVICES, "rcParams", "def plotImage", "setDefaultBackend", "butler = Butler", "SpherePoint",
        "deepCoadd_uuid", "new_coadd", "hdulist", "plotImage(ExposureF(",
    )  # fmt: skip
    first = next(i for i, cell in enumerate(cells) if "new_coadd" in cell)
    return run_notebook(
        [begin, *cells[:first], uri, *cells[first:]],
        folder,
        {"DAF_BUTLER_REPOSITORY_INDEX": str(folder / "index.yaml")},
    )


def test_the_coadd_of_a_place_is_an_exposure(served: list[Shown]) -> None:
    """The cell itself asserts that its type is lsst.afw.image.exposure.ExposureF."""
    text = "".join(one.text for one in served)
    assert "Tract: 4431, Patch: 17" in text
    assert "UUID for deep coadd: " in text
    assert "ARCHIVE_INDEX" in text


def test_exposures_of_urls_are_drawn(served: list[Shown]) -> None:
    from matplotlib.image import imread

    figures = [path for one in served for path in one.figures]
    assert len(figures) == 2
    one, other = (np.asarray(imread(path)) for path in figures)
    assert np.array_equal(one, other)
    assert one[:, :, :3].std() > 0.05
