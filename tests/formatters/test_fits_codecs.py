"""The compiled codecs of astropy: found, checked, and done without when they have moved."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from astropy.io.fits.hdu.compressed import _compression

from skybutler.datasets.storage_class import StorageClasses
from skybutler.formatters import fits_planes
from skybutler.formatters.fits_codecs import PixelCodec, compiled, gunzipped, stored_type
from skybutler.formatters.fits_image import FitsImageFormatter
from skybutler.formatters.fits_scan import HeldFile
from skybutler.formatters.formatter import Source
from skybutler.images import Box, Exposure, Image, MaskedImage
from skybutler.storage import LocalStorage

NAMES = ("CfitsioException", "compress_rice_1_c", "decompress_rice_1_c", "unquantize_float_c", "unquantize_double_c")


@pytest.fixture(autouse=True)
def _anew() -> Iterator[None]:
    compiled.cache_clear()
    fits_planes.forget_planes()
    yield
    compiled.cache_clear()
    fits_planes.forget_planes()


def changed(**changes: Any) -> ModuleType:
    """The module of the codecs with some of its names changed."""
    module = ModuleType("_compression")
    for name in NAMES:
        setattr(module, name, changes.get(name, getattr(_compression, name)))
    return module


def _zeros(*arguments: Any) -> bytes:
    return bytes(4 * arguments[3])


def _signature(data: bytes) -> bytes:
    return data


def _failure(*arguments: Any) -> bytes:
    raise _compression.CfitsioException("moved")


@pytest.mark.parametrize(
    "moved",
    [
        None,
        ModuleType("_compression"),
        changed(decompress_rice_1_c=_zeros),
        changed(decompress_rice_1_c=_signature),
        changed(decompress_rice_1_c=_failure),
        changed(unquantize_float_c=lambda *a: bytes(400)),
        changed(unquantize_double_c=lambda *a: bytes(7)),
    ],
)
def test_without_the_codecs_astropy_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moved: ModuleType | None
) -> None:
    """Not there, without its functions, with others, or with functions that do other things."""
    rng = np.random.default_rng(1)
    exposure = Exposure(MaskedImage(Image(rng.normal(0, 1, (300, 300)).astype("f4"), (5, -3))))
    exposure.mask.set("BAD", exposure.image.array > 2)
    storage_class = StorageClasses.default()["ExposureF"]
    FitsImageFormatter(tile=64).write(exposure, tmp_path / "x.fits", storage_class, None)
    box = Box((50, 150), (100, 180))
    source = Source(LocalStorage(tmp_path), "x.fits")
    with fits.open(tmp_path / "x.fits") as hdus:  # the library itself has its codecs already
        assert hdus[2].compression_type == "RICE_1"
    monkeypatch.setitem(sys.modules, _compression.__name__, moved)
    monkeypatch.setattr(sys.modules["astropy.io.fits.hdu.compressed"], "_compression", moved)
    assert compiled() is None
    assert fits_planes.read_planes(HeldFile(source), fits_planes.PLANES, lambda file: Box((0, 1), (0, 1))) is None
    assert FitsImageFormatter().read(source, storage_class, None, {"bbox": box}).same_as(exposure[box])  # type: ignore[attr-defined]


def test_the_codecs_are_where_they_were() -> None:
    """In the version of astropy that we are tested with; if this fails, cut-outs are right, but slow."""
    assert compiled() is _compression


def test_rice_that_cannot_be() -> None:
    codec = PixelCodec("RICE_1", 32)
    part = slice(0, 1), slice(0, 1)
    with pytest.raises(ValueError, match="3 bytes cannot hold 4000000 pixels"):
        codec.pixels(b"abc", (2000, 2000), part, 0)
    with pytest.raises(ValueError, match="end of compressed byte stream"):
        codec.pixels(b"abcdefgh", (10, 10), part, 0)


def test_gzip_that_cannot_be() -> None:
    import gzip

    data = gzip.compress(bytes(100))
    assert gunzipped(data, 100) == bytes(100)
    for broken, message in ((data[:-9], "cut short"), (data[3:], "incorrect header"), (b"", "cut short")):
        with pytest.raises(ValueError, match=message):
            gunzipped(broken, 100)
    with pytest.raises(ValueError, match="longer"):
        gunzipped(data, 99)


def test_widths_of_stored_pixels() -> None:
    assert stored_type(8, (2, 2), 32) == np.dtype(">i2")
    assert stored_type(16, (2, 2), -32) == np.dtype(">f4")
    assert stored_type(32, (2, 2), -64) == np.dtype(">f8")
    assert stored_type(4, (2, 2), 32) == np.dtype("u1")
    for size in (0, 7, 12, 64):
        with pytest.raises(ValueError, match="are not 2 x 2 pixels"):
            stored_type(size, (2, 2), 32)
