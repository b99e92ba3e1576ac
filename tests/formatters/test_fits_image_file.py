"""Parts of an image as files of their own: what other software reads, and what our own writer would have written."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st

from skybutler.datasets.storage_class import StorageClasses
from skybutler.errors import FormatError
from skybutler.formatters.fits_image import FitsImageFormatter
from skybutler.formatters.fits_image_file import ImageFiles
from skybutler.formatters.formatter import Source
from skybutler.images import Exposure, FilterLabel, Image, Metadata, SkyWcs, VisitInfo
from skybutler.images.image import KINDS
from skybutler.storage import LocalStorage

EXPOSURE = StorageClasses.default()["ExposureF"]
WCS = SkyWcs.from_affine(10.0, 20.0, [[-5e-5, 1e-6], [1e-6, 5e-5]], (0.1, 1.0 / 3.0))
METADATA = Metadata([("PURPOSE", "a'b"), ("LONG", "x" * 200), ("LSST ISR THING", 1.5), ("HISTORY", "y" * 100)])


def an_image(kind: str = "F", shape: tuple[int, int] = (3, 5), xy0: tuple[int, int] = (7, 9)) -> Image:
    dtype = KINDS[kind]
    content = np.random.default_rng(1).integers(0, 256, (*shape, dtype.itemsize), np.uint8)
    return Image(content.view(dtype)[..., 0], xy0, "nJy")


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("wcs", [WCS, None])
def test_it_is_what_our_writer_writes_of_the_image(tmp_path: Path, kind: str, wcs: SkyWcs | None) -> None:
    image = an_image(kind)
    visit = VisitInfo(id=3, exposure_time=30.0)
    exposure = Exposure(image, filter_label=FilterLabel("r"), wcs=wcs, metadata=METADATA, visit_info=visit)
    FitsImageFormatter(compress=False).write(exposure, tmp_path / "all.fits", EXPOSURE, None)
    with fits.open(BytesIO(ImageFiles(exposure).file(image))) as found, fits.open(tmp_path / "all.fits") as known:
        found.verify("exception")
        assert len(found) == 2
        assert found[1].data.astype(KINDS[kind]).tobytes() == image.array.tobytes()
        assert dict(found[1].header) == dict(known[1].header)
        cards = set(map(str, found[0].header.cards))
        assert cards <= set(map(str, known[0].header.cards))
        assert {"PURPOSE", "LONG", "HISTORY", "EXPTIME", "LSST ISR THING"} <= set(found[0].header)


@given(st.tuples(st.integers(1, 90), st.integers(1, 90)), st.tuples(st.integers(-(10**6), 10**6), st.integers(-99, 99)))
@settings(max_examples=25, deadline=None)
def test_parts_are_read_as_exposures_of_other_software(
    tmp_path_factory: pytest.TempPathFactory, shape: tuple[int, int], xy0: tuple[int, int]
) -> None:
    folder = tmp_path_factory.mktemp("parts")
    files = ImageFiles(Exposure(an_image(), wcs=WCS, metadata=METADATA))
    files.file(an_image())  # what is kept of one is as good for another
    image = an_image("D", shape, xy0)
    (folder / "x.fits").write_bytes(files.file(image))
    assert (folder / "x.fits").stat().st_size % 2880 == 0
    found = FitsImageFormatter().read(Source(LocalStorage(folder), "x.fits"), EXPOSURE, None, {})
    assert isinstance(found, Exposure)
    assert found.image.same_as(image)
    assert (found.wcs, found.metadata["LONG"]) == (WCS, "x" * 200)
    assert not found.mask.array.any()


def test_a_wcs_that_cards_cannot_hold_is_the_tangent_plane_at_each_part() -> None:
    ast = pytest.importorskip("starlink.Ast")
    channel = ast.Channel(WCS.to_ast().splitlines())
    frames = channel.read()
    written: list[str] = []
    frames.remapframe(1, ast.PcdMap(-1e-6, [500.0, 500.0]))  # pincushion, which no card tells of
    ast.Channel(None, SimpleNamespace(astsink=written.append), "Full=-1,Comment=0").write(frames)
    general = SkyWcs.from_ast("\n".join(written))
    assert not general.has_fits_cards()
    files = ImageFiles(Exposure(an_image(), wcs=general))
    for xy0 in ((0, 0), (1000, 2000)):
        image = an_image(shape=(20, 30), xy0=xy0)
        with fits.open(BytesIO(files.file(image))) as hdus:
            part = SkyWcs.from_fits_header(dict(hdus[1].header), xy0)
        x, y = image.bbox.center
        assert np.allclose(part.pixel_to_sky(x, y), general.pixel_to_sky(x, y), rtol=0, atol=1e-9)


def test_metadata_that_no_header_can_hold_are_refused() -> None:
    with pytest.raises(FormatError, match="outside printable ASCII"):
        ImageFiles(Exposure(an_image(), metadata=Metadata({"A": "é"})))
