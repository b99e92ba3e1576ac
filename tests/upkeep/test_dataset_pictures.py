"""Pictures of datasets of all kinds of images, in parts, side by side and in colours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from skybutler import Butler
from skybutler.datasets import DatasetRef
from skybutler.display import Scaling
from skybutler.errors import InvalidError, ParameterError
from skybutler.images import Box, Exposure, Image, Mask, MaskedImage, SkyWcs
from skybutler.upkeep.dataset_pictures import Looks, Part, check_is_image, draw_datasets, draw_rgb, title_of

WCS = SkyWcs.from_affine(50.0, -30.0, [[-1e-3, 0], [0, 1e-3]], (40, 30))


def _exposure(seed: int) -> Exposure:
    mask = Mask(np.zeros((60, 80), np.int32))
    mask.set("DETECTED", np.arange(80)[None, :] + np.zeros((60, 1)) < 20)
    return Exposure(Image(np.random.default_rng(seed).normal(0, 1, (60, 80)).astype(np.float32)), mask, wcs=WCS)


@pytest.fixture
def butler(tmp_path: Path) -> Iterator[Butler]:
    """Exposures of three bands, an image and a mask."""
    Butler.create(tmp_path / "repo")
    with Butler(tmp_path / "repo", run="r") as butler:
        for name, kind in (("coadd", "ExposureF"), ("sky", "ImageF"), ("flags", "MaskX"), ("both", "MaskedImageF")):
            butler.register_dataset_type(name, ["band"], kind)
        butler.register_dataset_type("counts", ["band"], "StructuredDataDict")
        butler.insert_dimension_data("instrument", {"name": "Cam"})
        for i, band in enumerate("gri"):
            butler.insert_dimension_data("physical_filter", {"instrument": "Cam", "name": band, "band": band})
            exposure = _exposure(i)
            butler.put(exposure, "coadd", band=band)
            butler.put(exposure.image, "sky", band=band)
            butler.put(exposure.mask, "flags", band=band)
            butler.put(MaskedImage(exposure.image, exposure.mask), "both", band=band)
        yield butler


def _refs(butler: Butler, name: str) -> list[DatasetRef]:
    return list(butler.query_datasets(name, "r", order_by="band"))


@pytest.mark.parametrize("name", ["coadd", "sky", "flags", "both"])
def test_every_kind_of_image(butler: Butler, name: str) -> None:
    check_is_image(butler, butler.get_dataset_type(name))
    figure = draw_datasets(butler, _refs(butler, name)[:1], Part(), Looks(size=4.0))
    figure.canvas.draw()
    assert figure.axes[0].get_title() == f"{name}, band g"
    assert (figure.axes[0].get_legend() is not None) == (name != "sky")
    assert (figure.axes[0].get_xlabel() != "") == (name == "coadd")


def test_side_by_side_and_planes(butler: Butler) -> None:
    looks = Looks(planes=["BAD"], grid=False, scaling=Scaling("linear", -1.0, 1.0))
    figure = draw_datasets(butler, _refs(butler, "coadd"), Part(), looks)
    assert len(figure.axes) == 3
    assert all(a.get_legend() is None for a in figure.axes)
    with pytest.raises(InvalidError, match="DETECTED"):
        draw_datasets(butler, _refs(butler, "coadd"), Part(), Looks(planes=["DETECTD"]))


def test_parts(butler: Butler) -> None:
    ref = _refs(butler, "coadd")[0]
    assert Part(box=Box((10, 500), (20, 30))).read(butler, ref).bbox == Box((10, 60), (20, 30))
    got = Part(circle=(50.0, -30.0, 0.005)).read(butler, ref)
    assert got.bbox.contains((40, 30))
    assert 9 <= got.bbox.x.size <= 13
    with pytest.raises(InvalidError):
        Part(box=Box((100, 200), (0, 10))).read(butler, ref)
    with pytest.raises(InvalidError):
        Part(circle=(80.0, -30.0, 0.005)).read(butler, ref)
    with pytest.raises(InvalidError, match="no sky coordinates"):
        Part(circle=(50.0, -30.0, 0.005)).read(butler, _refs(butler, "flags")[0])


def test_three_bands_in_colours(butler: Butler) -> None:
    refs = _refs(butler, "coadd")
    figure = draw_rgb(butler, [refs[1], refs[2], refs[0]], Part(), Looks())
    assert figure.axes[0].get_title() == "coadd: i, r, g"
    with pytest.raises(InvalidError, match="three"):
        draw_rgb(butler, refs[:2], Part(), Looks())


def test_other_datasets_are_refused(butler: Butler) -> None:
    with pytest.raises(ParameterError, match="retrieve-artifacts"):
        check_is_image(butler, butler.get_dataset_type("counts"))


def test_titles(butler: Butler) -> None:
    assert title_of(_refs(butler, "coadd")[0]) == "coadd, band g"
