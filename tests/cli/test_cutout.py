"""Cut-outs from the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from skybutler import Butler
from skybutler.datasets.storage_class import StorageClasses
from skybutler.formatters.fits_image import FitsImageFormatter
from skybutler.formatters.formatter import Source
from skybutler.images import Box, Exposure, Image, SkyWcs
from skybutler.images.stencils import SkyBox, SkyCircle, SkyPolygon
from skybutler.storage import LocalStorage

Said = Callable[..., str]
WCS = SkyWcs.from_affine(150.0, -2.0, [[-5e-5, 0.0], [0.0, 5e-5]], (60.0, 40.0))
POLYGON = [(150.001, -2.001), (149.999, -2.001), (150.0, -1.999)]


@pytest.fixture
def exposure(repo: Path) -> Exposure:
    image = Image(np.arange(8000, dtype="f4").reshape(80, 100), (10, 5))
    made = Exposure(image, wcs=WCS)
    with Butler(repo, writeable=True) as butler:
        butler.register_dataset_type("calexp", ["instrument", "detector"], "ExposureF")
        butler.put(made, "calexp", instrument="Cam", detector=0, run="u/images")
    return made


def written(path: Path, storage_class: str = "ExposureF") -> Exposure:
    source = Source(LocalStorage(path.parent), path.name)
    found = FitsImageFormatter().read(source, StorageClasses.default()[storage_class], None, {})
    assert isinstance(found, Exposure)
    return found


@pytest.mark.parametrize(
    "options, expected",
    [
        (["--circle", 150, -2, 0.0005], lambda e: e.cutout(SkyCircle(150.0, -2.0, 0.0005))),
        (["--circle", 150, -2, 0.0005, "--mask-outside"],
         lambda e: e.cutout(SkyCircle(150.0, -2.0, 0.0005), mask_outside=True)),
        (["--polygon", "150.001 -2.001 149.999,-2.001 150 -1.999"], lambda e: e.cutout(SkyPolygon(POLYGON))),
        (["--box", 150, -2, 9, 5, "--unit", "pixel"], lambda e: e.cutout(SkyBox(150.0, -2.0, 9, 5, "pixel"))),
        (["--box", 150, -2, 0.01, 0.001, "--pad"], lambda e: e.cutout(SkyBox(150.0, -2.0, 0.01, 0.001), pad=True)),
        (["--pos", "CIRCLE 150 -2 0.0005"], lambda e: e.cutout(SkyCircle(150.0, -2.0, 0.0005))),
        (["--bbox", 20, 10, 30, 4], lambda e: e[Box((10, 14), (20, 50))]),
    ],
)  # fmt: skip
def test_shapes(
    good: Said, repo: Path, exposure: Exposure, tmp_path: Path, options: list[object],
    expected: Callable[[Exposure], Exposure],
) -> None:  # fmt: skip
    out = tmp_path / "x.fits"
    where = ["instrument=Cam", "detector=0", "--collections", "u/images"]
    said = good("cutout", repo, "calexp", *where, *options, "--out", out)
    cut = expected(exposure)
    assert said == f"Wrote {cut.dimensions[0]} x {cut.dimensions[1]} pixels of calexp to {out}.\n"
    assert written(out).same_as(cut)
    with fits.open(out) as hdus:
        assert [hdu.header.get("EXTTYPE") for hdu in hdus[1:4]] == ["IMAGE", "MASK", "VARIANCE"]


def test_a_component(good: Said, repo: Path, exposure: Exposure, tmp_path: Path) -> None:
    where = ["instrument=Cam", "detector=0", "--collections", "u/images", "--bbox", 20, 10, 3, 4]
    good("cutout", repo, "calexp.image", *where, "--out", tmp_path / "x.fits")
    with fits.open(tmp_path / "x.fits") as hdus:
        assert len(hdus) == 2
        assert np.array_equal(hdus[1].data, exposure[Box((10, 14), (20, 23))].image.array)


def test_what_is_wrong_is_said(bad: Said, good: Said, repo: Path, exposure: Exposure, tmp_path: Path) -> None:
    out = tmp_path / "x.fits"
    calexp = ["cutout", repo, "calexp", "instrument=Cam", "detector=0", "--collections", "u/images", "--out", out]
    assert "Give one of --circle" in bad(*calexp, status=2)
    assert "Give one of --circle" in bad(*calexp, "--bbox", 20, 10, 3, 4, "--circle", 150, -2, 0.1, status=2)
    assert "is not in" in bad(*calexp, "--circle", 10, -2, 0.1)
    assert "'here' is not RA and Dec" in bad(*calexp, "--polygon", "here", status=2)
    assert "has no pixels" in bad(*calexp, "--bbox", 20, 10, 0, 4)
    assert "NAME=VALUE" in bad("cutout", repo, "calexp", "Cam", "--bbox", 0, 0, 1, 1, "--out", out, status=2)
    assert not out.exists()
    good(*calexp, "--bbox", 20, 10, 3, 4)
    assert f"There is already a file {out}." in bad(*calexp, "--bbox", 20, 10, 9, 4)
    good(*calexp, "--bbox", 20, 10, 9, 4, "--overwrite")
    assert written(out).dimensions == (9, 4)
    numbers = ["cutout", repo, "numbers", "instrument=Cam", "detector=0", "--collections", "u/one", "--out", out]
    assert "has no read parameter 'bbox'" in bad(*numbers, "--bbox", 0, 0, 1, 1, "--overwrite")
