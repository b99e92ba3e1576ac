"""Planes of files as objects, and cut-outs of them by pixels and by shapes on the sky."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skybutler.datasets.storage_class import StorageClasses
from skybutler.errors import ButlerError, ParameterError, SchemaVersionError, UnknownComponentError, UnreadableFileError
from skybutler.formatters import fits_planes
from skybutler.formatters.fits_image import FitsImageFormatter
from skybutler.formatters.fits_pixels import absent_plane, assembled, check_layout, header_wcs, made_plane
from skybutler.formatters.fits_planes import PLANES, read_planes
from skybutler.formatters.fits_scan import HeldFile
from skybutler.formatters.formatter import Source
from skybutler.images import Box, Exposure, GaussianPsf, Image, Mask, MaskedImage, Metadata, PhotoCalib, SkyWcs
from skybutler.images.cutout import NO_DATA, OUTSIDE
from skybutler.images.stencils import SkyBox, SkyCircle, SkyPolygon
from skybutler.sky import region
from skybutler.storage import LocalStorage
from support.storages import Counting

CLASSES = StorageClasses.default()
WCS = SkyWcs.from_affine(150.0, 2.0, [[-5e-5, 1e-6], [1e-6, 5e-5]], (1100.0, 180.0))
SHAPES: list[dict[str, Any]] = [
    {"circle": (150.0, 2.0, 0.002)},
    {"polygon": [(150.003, 1.998), (149.998, 1.998), (150.0, 2.004)]},
    {"polygon": (150.003, 1.998, 149.998, 1.998, 150.0, 2.004)},
    {"box": (150.0, 2.0, 0.004, 0.002)},
    {"box": (150.0, 2.0, 40, 31, "pixel")},
    {"region": region.circle(150.0, 2.0, 0.002)},
    {"region": region.polygon_deg([(150.003, 1.998), (149.998, 1.998), (150.0, 2.004)])},
    {"region": region.box(150.0, 2.0, 0.004, 0.002)},
]


@pytest.fixture(autouse=True)
def _anew() -> None:
    fits_planes.forget_planes()


def an_exposure(wcs: SkyWcs | None = WCS) -> Exposure:
    rng = np.random.default_rng(1)
    image = Image(rng.normal(100, 10, (400, 300)).astype("f4"), (1000, -20), "nJy")
    mask = Mask.zeros(image.bbox, {"BAD": 3, "SAT": 30})
    mask.set("BAD", image.array < 90)
    variance = Image(rng.uniform(1, 2, (400, 300)).astype("f4"), (1000, -20))
    return Exposure(image, mask, variance, wcs=wcs, metadata=Metadata({"RUNNUM": "7"}), id=12)


@pytest.fixture
def source(tmp_path: Path) -> Source:
    FitsImageFormatter(tile=64).write(an_exposure(), tmp_path / "x.fits", CLASSES["ExposureF"], None)
    return Source(LocalStorage(tmp_path), "x.fits")


def read(source: Source, component: str | None = None, storage_class: str = "ExposureF", **parameters: Any) -> Any:
    return FitsImageFormatter().read(source, CLASSES[storage_class], component, parameters)


@pytest.mark.parametrize("parameters", SHAPES, ids=str)
@pytest.mark.parametrize("around", [{}, {"mask_outside": True}, {"pad": True}])
def test_files_and_memory_give_the_same(source: Source, parameters: dict[str, Any], around: dict[str, Any]) -> None:
    ((name, value),) = parameters.items()
    stencil = value
    if name == "circle":
        stencil = SkyCircle(*value)
    elif name == "box":
        stencil = SkyBox(*value)
    elif name == "polygon":
        stencil = SkyPolygon(np.reshape(value, (-1, 2)))
    cut = an_exposure().cutout(stencil, **around)
    assert cut.bbox.area > 300
    assert cut.wcs == WCS
    assert read(source, **parameters, **around).same_as(cut)
    assert read(source, "mask", **parameters, **around).same_as(cut.mask)
    assert read(source, storage_class="MaskedImageF", **parameters, **around).same_as(cut.masked_image)
    if "mask_outside" not in around:
        assert read(source, "image", **parameters, **around).same_as(cut.image)


def test_a_circle_at_the_edge(source: Source) -> None:
    ra, dec = (float(v) for v in WCS.pixel_to_sky(1000.0, 100.0))
    clipped = read(source, circle=(ra, dec, 0.001), mask_outside=True)
    assert (clipped.bbox.x, clipped.bbox.y) == ((1000, 1021), (80, 121))
    padded = read(source, circle=(ra, dec, 0.001), pad=True)
    assert (padded.bbox.x, padded.bbox.y) == ((980, 1021), (80, 121))
    assert np.isnan(padded.image.array[:, :20]).all()
    assert np.isnan(padded.variance.array[:, :20]).all()
    assert padded.mask.where(NO_DATA)[:, :20].all()
    assert not padded.mask.where(NO_DATA)[:, 20:].any()
    assert padded[clipped.bbox].image.same_as(clipped.image)
    assert clipped.mask.where(OUTSIDE)[0, 20]
    assert not clipped.mask.where(OUTSIDE)[20, :20].any()


def test_only_the_tiles_of_a_circle_are_read(tmp_path: Path) -> None:
    exposure = an_exposure()
    FitsImageFormatter(tile=32).write(exposure, tmp_path / "x.fits", CLASSES["ExposureF"], None)
    size = (tmp_path / "x.fits").stat().st_size
    storage = Counting(LocalStorage(tmp_path))
    read(Source(storage, "x.fits", size), storage_class="MaskedImageF", circle=(150.0, 2.0, 0.001))
    tiles = storage.trips[-1]
    assert len(storage.trips) <= 3
    assert 0 < sum(stop - start for start, stop in tiles) < size / 10


@pytest.mark.parametrize("parameters", [{"bbox": Box((0, 40), (1100, 1150))}, {"circle": (150.0, 2.0, 0.001)}], ids=str)
@pytest.mark.parametrize("following", [0, 300_000])
def test_all_of_an_exposure_in_three_trips(tmp_path: Path, parameters: dict[str, Any], following: int) -> None:
    """Metadata, sky coordinates and what stands behind the planes come along."""
    path, exposure = tmp_path / "x.fits", an_exposure()
    exposure.psf, exposure.photo_calib = GaussianPsf(11, 11, 1.5), PhotoCalib(2.0, 0.1)
    FitsImageFormatter(tile=32).write(exposure, path, CLASSES["ExposureF"], None)
    if following:
        fits.append(path, np.zeros(following, "u1"))
    storage = Counting(LocalStorage(tmp_path))
    for trips in (3, 1):
        storage.trips.clear()
        storage.states = 0
        found = read(Source(storage, "x.fits", path.stat().st_size), **parameters)
        assert found.same_as(exposure[found.bbox])
        assert (len(storage.trips), storage.states, storage.others) == (trips, 1, [])


def test_cut_outs_of_a_file_do_not_share_what_can_be_changed(source: Source) -> None:
    first = read(source, circle=(150.0, 2.0, 0.001))
    first.metadata["RUNNUM"] = "changed"
    first.components["new"] = 5
    first.image.array[:] = 0
    exposure = an_exposure()
    second = read(source, circle=(150.0, 2.0, 0.001))
    assert second.same_as(exposure.cutout(SkyCircle(150.0, 2.0, 0.001)))
    assert second.components == {}


def test_the_rest_is_kept_of_few_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fits_planes, "_MOST_RESTS", 2)
    for name in "abc":
        FitsImageFormatter().write(an_exposure(), tmp_path / f"{name}.fits", CLASSES["ExposureF"], None)
        read(Source(LocalStorage(tmp_path), f"{name}.fits"), bbox=Box((0, 5), (1000, 1005)))
    assert [fits_planes.REST in file.notes for file in fits_planes._kept._files.values()] == [False, True, True]


def test_a_long_rest_of_a_file_is_read_when_it_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fits_planes, "_MOST_FOLLOWING", 1000)
    path, exposure = tmp_path / "x.fits", an_exposure()
    FitsImageFormatter(tile=32).write(exposure, path, CLASSES["ExposureF"], None)
    fits.append(path, np.zeros(1_000_000, "u1"))
    storage = Counting(LocalStorage(tmp_path))
    found = read(Source(storage, "x.fits", path.stat().st_size), circle=(150.0, 2.0, 0.001))
    assert found.same_as(exposure[found.bbox])
    assert storage.others == []
    assert storage.n_bytes < 600_000


def test_without_our_reader_the_same_comes(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = [read(source, **parameters) for parameters in SHAPES]
    fits_planes.forget_planes()
    monkeypatch.setattr(fits_planes, "pixel_reader", lambda hdu, what: None)
    for parameters, cut in zip(SHAPES, expected, strict=True):
        assert read(source, **parameters).same_as(cut)


@pytest.mark.parametrize(
    "parameters, message",
    [
        (
            {"circle": (10.0, 2.0, 0.001)},
            r"SkyCircle\(ra=10.0, .* is not in .*x.fits, which covers 0.015 x 0.02 deg",
        ),
        ({"circle": (330.0, -2.0, 0.001)}, "is not in"),
        ({"circle": (float("nan"), 2.0, 0.001)}, "no place on the sky at RA nan"),
        ({"circle": (150.0, 91.0, 0.001)}, "no place on the sky"),
        ({"circle": (150.0, 2.0, 0.0)}, "radius is above 0"),
        ({"circle": (150.0, 2.0)}, "is not ra, dec, radius"),
        ({"circle": "here"}, "is not ra, dec, radius"),
        ({"polygon": [(150.0, 2.0), (150.1, 2.0)]}, "at least three corners, not 2"),
        ({"polygon": [(150.0, 0.0), (150.1, 0.0), (150.2, 0.0)]}, "has no area"),
        ({"polygon": [(150.0, 2.0)] * 3}, "at least three corners|has no area"),
        ({"polygon": [150.0, 2.0, 1.0]}, "is not corners"),
        ({"polygon": 5}, "polygon is a int"),
        ({"polygon": [(0, 0), (120, 0), (240, 0), (0, 80)]}, "larger than 90 degrees"),
        ({"box": (150.0, 2.0, 0.0, 1.0)}, "sides must be positive"),
        ({"box": (150.0, 2.0, 1.0, 1.0, "mile")}, "'mile' is no unit"),
        ({"box": (10.0, 2.0, 1.0, 1.0)}, "is not in"),
        ({"region": "CIRCLE 1 2 3"}, "A str is no shape on the sky"),
        ({"bbox": Box((0, 10), (900, 910)), "pad": True}, "is not in"),
        ({"circle": (150.0, 2.0, 0.001), "box": (150.0, 2.0, 1.0, 1.0)}, "box and circle are given"),
        ({"pad": True}, "pad says what is around a shape"),
        ({"circles": (1, 2, 3)}, "Did you mean 'circle'|parameter 'circles'"),
    ],
    ids=str,
)
def test_wrong_parameters(source: Source, parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        read(source, **parameters)


def test_an_image_alone_cannot_be_masked(source: Source) -> None:
    with pytest.raises(ParameterError, match="no mask"):
        read(source, "image", circle=(150.0, 2.0, 0.001), mask_outside=True)


def test_an_image_without_sky_coordinates(tmp_path: Path) -> None:
    FitsImageFormatter().write(an_exposure(None), tmp_path / "x.fits", CLASSES["ExposureF"], None)
    with pytest.raises(ParameterError, match=r"x\.fits has no sky coordinates"):
        read(Source(LocalStorage(tmp_path), "x.fits"), circle=(150.0, 2.0, 0.001))


def test_files_cut_short_are_named(source: Source, tmp_path: Path) -> None:
    content = (tmp_path / "x.fits").read_bytes()
    for part in (0.001, 0.05, 0.3, 0.6, 0.9):
        (tmp_path / "y.fits").write_bytes(content[: int(len(content) * part)])
        with pytest.raises(UnreadableFileError, match=r"y\.fits"):
            read(Source(LocalStorage(tmp_path), "y.fits"), circle=(150.0, 2.0, 0.001))


def test_layouts() -> None:
    check_layout({"EXPINFO_V": 2, "SB_PARTS": "image,mask,wcs"}, ["IMAGE", "MASK"], "x.fits")
    check_layout({"SB_PARTS": "image,mask"}, ["IMAGE"], "x.fits", ["IMAGE"])
    with pytest.raises(SchemaVersionError, match="version 3"):
        check_layout({"EXPINFO_V": 3}, ["IMAGE"], "x.fits")
    with pytest.raises(UnreadableFileError, match="data model"):
        check_layout({"DATAMODL": "https://x"}, ["IMAGE"], "x.fits")
    with pytest.raises(UnreadableFileError, match=r"x\.fits has no mask HDU"):
        check_layout({"SB_PARTS": "image,mask"}, ["IMAGE"], "x.fits")
    with pytest.raises(UnreadableFileError, match=r"x\.fits has no image HDU"):
        check_layout({}, [], "x.fits")


def test_planes() -> None:
    box = Box((0, 2), (0, 3))
    image = made_plane("IMAGE", np.ones(box.shape, "f4"), {"BUNIT": "adu"}, (0, 0), "x.fits")
    mask = absent_plane("MASK", box, None, ["IMAGE"], "x.fits")
    variance = absent_plane("VARIANCE", box, None, ["IMAGE"], "x.fits")
    planes = {"IMAGE": image, "MASK": mask, "VARIANCE": variance}
    assert isinstance(image, Image)
    assert assembled(("IMAGE", "MASK", "VARIANCE"), planes).same_as(MaskedImage(image))  # type: ignore[arg-type]
    assert assembled(("MASK",), planes) is mask
    with pytest.raises(UnknownComponentError, match=r"x\.fits has no mask"):
        absent_plane("MASK", box, ["image"], ["IMAGE"], "x.fits")
    with pytest.raises(UnreadableFileError, match=r"x\.fits has a mask that cannot be used"):
        made_plane("MASK", np.zeros(box.shape, "i4"), {"MP_BAD": 50}, (0, 0), "x.fits")


def test_wcs_of_cards() -> None:
    header = WCS.to_fits_header((1000, -20))
    assert header_wcs(header, (1000, -20), "x.fits") == WCS
    assert header_wcs({}, (0, 0), "x.fits") is None
    with pytest.raises(UnreadableFileError, match=r"x\.fits"):
        header_wcs({**header, "CD1_1": 0.0, "CD1_2": 0.0}, (0, 0), "x.fits")


REAL = ["HSC-0908120-056-small.fits", "calexp.fits", "exposure-noversion.fits", "exposure-version-1.fits"]


@pytest.mark.parametrize("name", REAL)
def test_circles_of_real_exposures(shared: Path, name: str) -> None:
    """The WCS of an exposure may stand in its archive."""
    src = Source(LocalStorage(shared / "data" / "exposures"), name)
    whole = read(src)
    x, y = whole.bbox.center
    box = Box((int(y), int(y) + 2), (int(x), int(x) + 3))
    assert read(src, bbox=box).same_as(whole[box])
    if whole.wcs is None:
        with pytest.raises(ParameterError, match="no sky coordinates"):
            read(src, circle=(320.6, -0.37, 0.001))
        return
    ra, dec = (float(v) for v in whole.wcs.pixel_to_sky(x, y))
    circle = SkyCircle(ra, dec, 5 * whole.wcs.pixel_scale_arcsec(x, y) / 3600)
    cut = read(src, circle=circle)
    assert cut.same_as(whole.cutout(circle))
    assert cut.wcs == whole.wcs
    assert abs(cut.bbox.x.size - 11) <= 1


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_corrupt_files_give_our_errors(tmp_path: Path, data: st.DataObject) -> None:
    """Bytes of headers and tables of tiles changed at random: pixels, or an error of ours."""
    whole = tmp_path / "whole.fits"
    if not whole.exists():
        FitsImageFormatter(tile=64).write(an_exposure(), whole, CLASSES["ExposureF"], None)
    content = bytearray(whole.read_bytes())
    starts = [i for i in range(0, len(content), 2880) if content.startswith((b"SIMPLE  =", b"XTENSION="), i)]
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(starts)) + data.draw(st.integers(0, 4 * 2880))
        content[min(place, len(content) - 1)] = data.draw(st.sampled_from(b"0123456789-TF' ABZ\xff\x00"))
    (tmp_path / "x.fits").write_bytes(content)
    held, box = HeldFile(Source(LocalStorage(tmp_path), "x.fits")), Box((50, 150), (100, 150))
    with contextlib.suppress(ButlerError):
        read_planes(held, PLANES, lambda file: box.intersection(Box.from_shape(file.shape)))
