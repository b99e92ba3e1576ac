"""Images compressed without loss: astropy reads what was written, and the same image gives the same bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from skybutler.formatters.gzip_tiles import gzip_hdu

KINDS = ("f4", "f8", "i8", "u8", "i4", "u2")


def written(path: Path, pixels: npt.NDArray[Any], tile: tuple[int, int]) -> bytes:
    header = fits.Header([("EXTNAME", "IMAGE"), ("BUNIT", "nJy"), ("HIERARCH MP_DETECTED_NEGATIVE", 6)])
    fits.HDUList([fits.PrimaryHDU(), gzip_hdu(pixels, header, tile)]).writeto(path, overwrite=True)
    return path.read_bytes()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_astropy_reads_it_bit_for_bit(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    dtype = data.draw(st.sampled_from(KINDS))
    pixels = data.draw(arrays(dtype, array_shapes(min_dims=2, max_dims=2, max_side=20)))
    tile = data.draw(st.tuples(st.integers(1, pixels.shape[0]), st.integers(1, pixels.shape[1])))
    path = tmp_path_factory.mktemp("gzip") / "image.fits"
    written(path, pixels, tile)
    with fits.open(path) as hdus:
        found, header = hdus[1].data, hdus[1].header
        assert found.dtype.kind == pixels.dtype.kind
        assert found.astype(dtype).tobytes() == pixels.tobytes()
        assert (header["EXTNAME"], header["BUNIT"], header["MP_DETECTED_NEGATIVE"]) == ("IMAGE", "nJy", 6)


def test_two_times_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = np.random.default_rng(7).normal(size=(300, 200)).astype("f4")
    contents = []
    for second in (1_000_000_000, 2_000_000_000):
        monkeypatch.setattr("time.time", lambda now=second: float(now))
        contents.append(written(tmp_path / f"{second}.fits", pixels, (128, 128)))
    assert contents[0] == contents[1]


def test_noise_and_what_repeats_become_smaller(tmp_path: Path) -> None:
    noise = np.random.default_rng(7).normal(1000.0, 1.0, (256, 256)).astype("f4")
    assert len(written(tmp_path / "noise.fits", noise, (128, 128))) < 0.9 * noise.nbytes
    assert len(written(tmp_path / "zeros.fits", np.zeros_like(noise), (128, 128))) < 0.1 * noise.nbytes
