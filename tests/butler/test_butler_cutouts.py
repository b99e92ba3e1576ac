"""Cut-outs through a Butler, of files on the disk and in an object store, with a cache and without."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skybutler import Butler
from skybutler.errors import ParameterError
from skybutler.formatters import fits_planes
from skybutler.images import Box, Exposure, Image, SkyWcs
from skybutler.images.stencils import SkyCircle
from support.s3 import S3Server

WCS = SkyWcs.from_affine(150.0, -2.0, [[-5e-5, 0.0], [0.0, 5e-5]], (300.0, 300.0))
CIRCLE = SkyCircle(150.0, -2.0, 0.002)


def an_exposure(seed: int) -> Exposure:
    pixels = np.random.default_rng(seed).normal(0.0, 1.0, (600, 600)).astype("f4")
    return Exposure(Image(pixels), wcs=WCS)


@pytest.fixture(
    params=["disk", pytest.param("store", marks=pytest.mark.s3), pytest.param("cached", marks=pytest.mark.s3)]
)
def butler(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Butler]:
    seed: dict[str, Any] = {}
    if request.param != "disk":
        server: S3Server = request.getfixturevalue("s3_server")
        seed = {"datastore": {"root": server.new_root(), "s3": server.options}}
        if request.param == "cached":
            seed["datastore"]["cached"] = {"root": str(tmp_path / "cache"), "default": True}
    fits_planes.forget_planes()
    Butler.create(tmp_path / "repo", seed=seed)
    with Butler(tmp_path / "repo", writeable=True, run="u/a") as opened:
        opened.insert_dimension_data("instrument", {"name": "Cam"})
        opened.register_dataset_type("calexp", ["instrument"], "ExposureF")
        yield opened


def test_shapes_and_components(butler: Butler) -> None:
    exposure = an_exposure(1)
    ref = butler.put(exposure, "calexp", instrument="Cam")
    for _ in range(2):  # not known, known
        assert butler.get(ref, parameters={"circle": (150.0, -2.0, 0.002)}).same_as(exposure.cutout(CIRCLE))
        assert butler.get(ref, parameters={"bbox": Box((5, 9), (7, 8))}).same_as(exposure[Box((5, 9), (7, 8))])
    assert butler.get(ref).same_as(exposure)
    cut = butler.get(ref, parameters={"region": CIRCLE, "mask_outside": True})
    assert cut.same_as(exposure.cutout(CIRCLE, mask_outside=True))
    image = butler.get("calexp.image", instrument="Cam", parameters={"circle": CIRCLE, "pad": True})
    assert image.same_as(exposure.cutout(CIRCLE).image)
    with pytest.raises(ParameterError, match="is not in"):
        butler.get(ref, parameters={"circle": (10.0, -2.0, 0.002)})
    with pytest.raises(ParameterError, match="no read parameter 'circles'.*circle"):
        butler.get(ref, parameters={"circles": (10.0, -2.0, 0.002)})


def test_a_file_put_anew_is_not_taken_for_the_old_one(butler: Butler) -> None:
    for seed in (1, 2, 3):
        exposure = an_exposure(seed)
        ref = butler.put(exposure, "calexp", instrument="Cam")
        assert butler.get(ref, parameters={"circle": CIRCLE}).same_as(exposure.cutout(CIRCLE))
        butler.prune_datasets([ref], disassociate=True, unstore=True, purge=True)
