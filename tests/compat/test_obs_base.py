"""``Instrument`` and ``loadCamera`` by their foreign names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from skybutler import Butler as PlainButler
from skybutler.compat import hook
from skybutler.compat.butler import Butler
from skybutler.compat.obs_base import Instrument, loadCamera
from skybutler.errors import DataIdError, NotFoundError


@pytest.fixture
def butler(tmp_path: Path) -> Iterator[Butler]:
    PlainButler.create(tmp_path / "repo")
    with Butler(tmp_path / "repo", writeable=True) as butler:
        yield butler


def test_a_script(butler: Butler) -> None:
    with pytest.raises((DataIdError, NotFoundError)):
        Instrument.fromName("LSSTCam-imSim", butler.registry)
    Instrument.from_string("lsst.obs.lsst.LsstCamImSim").register(butler.registry)
    imsim = Instrument.fromName("LSSTCam-imSim", butler.registry)
    assert imsim.getName() == "LSSTCam-imSim"
    assert len(imsim.getCamera()) == 189
    assert imsim.makeDefaultRawIngestRunName() == "LSSTCam-imSim/raw/all"
    calib = imsim.makeCalibrationCollectionName("DM-1")
    assert loadCamera(butler, {"instrument": "LSSTCam-imSim"}) == (imsim.getCamera(), False)
    imsim.writeCuratedCalibrations(butler, labels=["DM-1"])
    assert set(butler.registry.queryCollections()) == {calib, imsim.makeUnboundedCalibrationRunName("DM-1")}
    camera, versioned = loadCamera(butler, {"instrument": "LSSTCam-imSim"}, collections=calib)
    assert (camera, versioned) == (imsim.getCamera(), True)
    ((association),) = butler.registry.queryDatasetAssociations("camera", collections=calib)
    assert str(association.timespan) == "(-∞, ∞)"


def test_prefixes() -> None:
    imsim = Instrument.from_string("imsim", collection_prefix="2.2i")
    assert imsim.makeCuratedCalibrationRunName("19700101T000000Z", "DM-30694") == (
        "2.2i/calib/DM-30694/curated/19700101T000000Z"
    )
    assert imsim.makeCollectionName("defaults") == "2.2i/defaults"


def test_imports_of_scripts() -> None:
    hook.install()
    try:
        from lsst.obs.base import Instrument as Foreign
        from lsst.obs.base import utils

        assert Foreign is Instrument
        assert utils.loadCamera is loadCamera
    finally:
        hook.uninstall()
