"""Products as files: what a repository takes in, the same bytes each time."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from astropy.table import Table

from skybutler.errors import InvalidError
from skybutler.instruments import Instrument
from skybutler.sim import plan_visits
from skybutler.sim.products import Products, simulate_products
from skybutler.skymap import SkyMap, SkyMapConfig

IMSIM = Instrument.load("LSSTCam-imSim")
DC2 = SkyMap(SkyMapConfig("rings", name="DC2", numRings=120, projection="TAN", tractOverlap=1 / 60, pixelScale=0.2))
VISITS = plan_visits(1, 42, IMSIM)


def made(folder: Path) -> Products:
    return simulate_products(folder, IMSIM, VISITS, [94], sky_map=("DC2", DC2), patches=[(4431, 17)], scale=16, seed=3)


def test_files_and_tables(tmp_path: Path) -> None:
    products = made(tmp_path)
    assert [path.relative_to(tmp_path).as_posix() for paths in products.files.values() for path in paths] == [
        "calexp/00250000/calexp_250000_R22_S11.fits",
        "src/00250000/src_250000_R22_S11.fits",
        "deepCoadd/4431/deepCoadd_4431_17_r.fits",
    ]
    table = Table.read(products.tables["deepCoadd"])
    assert table.colnames == ["filename", "band", "skymap", "tract", "patch"]
    assert tuple(table[0])[1:] == ("r", "DC2", 4431, 17)
    table = Table.read(products.tables["src"])
    assert tuple(table[0]) == (str(products.files["src"][0]), IMSIM.name, 250000, 94)


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    digests = [
        [
            hashlib.sha256(path.read_bytes()).hexdigest()
            for paths in made(tmp_path / name).files.values()
            for path in paths
        ]
        for name in ("one", "two")
    ]
    assert digests[0] == digests[1]


def test_patches_that_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(InvalidError, match="need a sky map"):
        simulate_products(tmp_path, IMSIM, VISITS, [94], patches=[(4431, 17)])
    with pytest.raises(InvalidError, match="None of the exposures touches patch 0 of tract 4431"):
        simulate_products(tmp_path, IMSIM, VISITS, [94], sky_map=("DC2", DC2), patches=[(4431, 0)], scale=32)
